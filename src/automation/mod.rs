//! The output of watchers and their queue, and the hints for their errors.

mod errors;
mod queue;
mod watch;

pub use queue::queue_json;
