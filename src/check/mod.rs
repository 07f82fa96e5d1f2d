//! What can be wrong, and the checks that find it. Pure.

mod code;
mod finding;

pub use code::Code;
pub use finding::{Finding, Related, Severity};
