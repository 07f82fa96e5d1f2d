//! What happens between commits: a queue of the files that changed, and the watcher that fills it.

pub mod moment;
pub mod queue;
