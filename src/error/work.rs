//! Work of commands with the writer lock that prints as it goes.

use idhooks_ops::{Failure, RegistryTransaction, Writer};
use idhooks_repo::store::WriteCounter;
use idhooks_repo::transaction::count;

use super::{CommandError, CommandResult, Exit};
use crate::output::Ui;

impl Failure for CommandError {
    fn is_transient(&self) -> bool {
        self.is_transient
    }

    fn is_finding(&self) -> bool {
        false
    }
}

/// Work with the writer lock that prints and returns an exit code.
pub trait PrintingWork {
    /// Like [`Writer::run`], for work that prints and returns an exit code.
    ///
    /// # Errors
    /// Returns the errors of [`Writer::run`].
    fn work(
        &self,
        ui: &mut Ui,
        work: impl FnMut(&mut Ui, &RegistryTransaction<'_>) -> CommandResult<Exit>,
    ) -> CommandResult<Exit>;
}

impl PrintingWork for Writer<'_> {
    fn work(
        &self,
        ui: &mut Ui,
        work: impl FnMut(&mut Ui, &RegistryTransaction<'_>) -> CommandResult<Exit>,
    ) -> CommandResult<Exit> {
        let done = self.run(ui, work);
        if matches!(done, Ok(exit) if exit != Exit::Fine) {
            count(self.repo, &[WriteCounter::ValidationFailures]);
        }
        done
    }
}
