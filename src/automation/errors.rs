//! Hints for errors from watchers and their queue.

use idhooks_automation::{Liveness, QueueError, QueueRefusal, WatchError};

use crate::error::{CommandError, explained};

impl From<WatchError> for CommandError {
    fn from(error: WatchError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            WatchError::Open(error) => error.into(),
            WatchError::Git(error) => error.into(),
            WatchError::Store(error) => error.into(),
            WatchError::Queue(error) => error.into(),
            WatchError::Program(error) => error.into(),
            WatchError::Config(mistake) => {
                explained(converted, idhooks_core::config::CONFIG_PATH, mistake)
            }
            WatchError::Check(_) => converted.hint("see why: idhooks check"),
            // A hung watcher does not respond to `stop`, so the remedy for hung watchers comes
            // first.
            WatchError::Running(other) => {
                let remedy = other.liveness.and_then(|liveness| liveness.remedy());
                converted.hint(remedy.unwrap_or_else(|| {
                    "stop it: idhooks watch stop; or show its state: idhooks watch status"
                        .to_owned()
                }))
            }
            WatchError::NotStarted(complaints) => converted
                .because(&if complaints.is_empty() {
                    "it printed no error".to_owned()
                } else {
                    complaints
                })
                .hint("run it in the foreground to see the problem: idhooks watch run"),
            WatchError::NotEnded(other) => {
                let remedy = Liveness::Ending(other.holder.process()).remedy();
                remedy.into_iter().fold(converted, Self::hint)
            }
            WatchError::Signals(_) => Self::internal(converted.message),
            WatchError::Gone(_) => {
                converted.hint("start a watcher where the repository is now: idhooks watch start")
            }
        }
    }
}

impl From<QueueRefusal> for CommandError {
    fn from(refusal: QueueRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            QueueRefusal::NoItem(_) => converted.hint("list the queue: idhooks queue list"),
            QueueRefusal::NotFailed(..) => {
                converted.hint("only failed items and dead letters can be retried")
            }
            QueueRefusal::Running(_) => {
                converted.hint("wait until it is done, or stop the watcher: idhooks watch stop")
            }
            QueueRefusal::Path(error) => error.into(),
            QueueRefusal::Queue(error) => error.into(),
        }
    }
}

impl From<QueueError> for CommandError {
    fn from(error: QueueError) -> Self {
        Self::new(error.to_string()).hint(error.remedy())
    }
}
