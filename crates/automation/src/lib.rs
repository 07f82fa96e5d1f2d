//! Automation between commits: a queue of changed files, and the watcher that fills it.

mod child_process;
mod control;
mod daemon;
mod events;
mod generator_process;
mod heartbeat;
mod heartbeat_sender;
mod live_state;
mod liveness;
mod moment;
mod notifier;
mod other_watcher;
mod path_change;
mod pending_paths;
mod problems;
mod queue;
mod queue_processing;
mod repairs;
mod round;
mod scan;
mod status;
mod suppress;
mod watch_error;
mod watch_facts;
mod watch_unit;
mod watched_tree;
mod watcher;

pub use child_process::OwnProcessError;
pub use control::WatchControl;
pub use daemon::{
    QueueRun, WatchReport, is_watcher_live, lock_watcher, pause_watcher, run_queue, run_watcher,
    start_watcher, stop_watcher, watch_report,
};
pub use heartbeat::Beat;
pub use liveness::{Hang, Liveness};
pub use moment::Moment;
pub use notifier::{Notifier, show_on_desktop};
pub use other_watcher::OtherWatcher;
pub use problems::WatchProblem;
pub use queue::{
    FileEvent, ItemStatus, KnownFiles, KnownStamp, MAX_ATTEMPTS, NamedItems, Queue, QueueDepth,
    QueueError, QueueEvent, QueueItem, QueueRefusal, QueueWriter, clear_queue, drop_items,
    retry_items,
};
pub use queue_processing::ProcessedItem;
pub use repairs::{forget_made, queue_questions, queue_repairs};
pub use round::{CheckOutcome, ObservedMove, Overtaken, RoundAnswer, RoundRequest, do_round};
pub use status::{
    DETECTION_BOUNDS, Detections, RunningGenerators, WatchMode, WatchState, WatchStatus,
};
pub use watch_error::WatchError;
pub use watch_facts::{watch_facts, watcher_down};
pub use watch_unit::{WatchUnitOptions, change_watch_unit};
pub use watcher::{WatchNews, WatchOptions, rules_of};
