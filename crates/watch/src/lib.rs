//! What happens between commits: a queue of the files that changed, and the watcher that fills it.

pub mod beat;
pub mod compare;
pub mod control;
pub mod daemon;
pub mod events;
mod generator_process;
mod heart;
mod live_state;
pub mod liveness;
pub mod moment;
pub mod notifier;
pub mod other_watcher;
pub mod own_process;
pub mod pending;
pub mod problems;
pub mod queue;
pub mod repairs;
pub mod round;
pub mod scan;
pub mod status;
pub mod suppress;
pub mod tree;
pub mod watch_error;
pub mod watcher;
pub mod work;
