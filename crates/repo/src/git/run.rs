//! The current run of a command that changes something.

use uuid::Uuid;

use super::Repo;

/// The id and name of a run, for the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitRun {
    /// Its id, a UUID.
    pub id: String,
    /// The command, in a word or two.
    pub what: String,
}

impl Repo {
    /// Records that the command `what` has started. Later calls have no effect.
    pub fn begin(&self, what: &str) {
        let run = || GitRun { id: Uuid::new_v4().to_string(), what: what.to_owned() };
        self.run.get_or_init(run);
    }

    /// Returns the current run; `None` in a hook.
    pub fn run(&self) -> Option<&GitRun> {
        self.run.get()
    }
}
