//! The run of a command that changes something.

use uuid::Uuid;

use super::Repo;

/// One run, as far as others want to know of it later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitRun {
    /// Its number, a UUID.
    pub id: String,
    /// What it does, in a word or two.
    pub what: String,
}

impl Repo {
    /// Notes that a command has begun to do `what`; the first word counts.
    pub fn begin(&self, what: &str) {
        let run = || GitRun { id: Uuid::new_v4().to_string(), what: what.to_owned() };
        self.run.get_or_init(run);
    }

    /// Returns the command that has begun; nothing in a hook.
    pub fn run(&self) -> Option<&GitRun> {
        self.run.get()
    }
}
