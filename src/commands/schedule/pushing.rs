//! The job that pushes backups: backs up the registry, pushes all backups, and reports what it did.

use idhooks_ops::push_backups_of_timer;
use idhooks_repo::git::Repo;

use crate::error::CommandError;
use crate::output::SectionFact::{Count, Text};
use crate::output::{Section, Ui, pushed_backups};

use super::repair::RepairSection;
use super::sections;

/// Pushes the backups to the remote that a timer pushes to, and returns the section about that: also if it
/// failed, so that the last report says so.
pub(super) fn backup(ui: &mut Ui, repo: &Repo) -> RepairSection {
    let section = Section::new("backups", "Backups");
    match push_backups_of_timer(ui, repo) {
        Ok(pushed) => {
            ui.status(&pushed_backups(&pushed));
            let facts = vec![
                ("remote", Text(pushed.remote)),
                ("pushed", Count(pushed.new)),
                ("already_there", Count(pushed.known)),
            ];
            (Section { facts, ..section }, None)
        }
        Err(error) => {
            let error = CommandError::from(error);
            (sections::failed(section, error.clone()), Some(error))
        }
    }
}
