//! What watchers and their queue print, and the hints of their errors.

mod errors;
mod queue;
mod watch;

pub use queue::queue_json;
