//! The job that pushes backups: backs up the registry, pushes all backups, and reports what it did.

use idhooks_repo::git::Repo;
use idhooks_repo::store::Runs;

use crate::commands::backup::{create_unattended, push, without_password};
use crate::error::{CommandError, CommandResult};
use crate::output::SectionFact::{Count, Text};
use crate::output::{Section, Ui};

use super::repair::RepairSection;
use super::sections;

/// Pushes the backups to the remote that a timer pushes to, and returns the section about that: also if it
/// failed, so that the last report says so.
pub(super) fn backup(ui: &mut Ui, repo: &Repo) -> RepairSection {
    let section = Section::new("backups", "Backups");
    match work(ui, repo) {
        Ok(facts) => (Section { facts, ..section }, None),
        Err(error) => (sections::failed(section, error.clone()), Some(error)),
    }
}

fn work(
    ui: &mut Ui,
    repo: &Repo,
) -> CommandResult<Vec<(&'static str, crate::output::SectionFact)>> {
    let target = Runs::in_dir(&repo.state_dir()).backup_target().ok_or_else(|| {
        CommandError::new("no timer pushes the backups of this repository")
            .hint("name the remote: idhooks schedule install --systemd --backup REMOTE; or --cron, --windows")
    })?;
    // What commands backed up is pushed even if the registry was lost since.
    let created = create_unattended(ui, repo.top());
    let pushed = push(repo, &target.remote, false);
    created?;
    let pushed = pushed?;
    ui.status(&pushed.to_string());
    Ok(vec![
        ("remote", Text(without_password(&target.remote))),
        ("pushed", Count(pushed.new)),
        ("already_there", Count(pushed.known)),
    ])
}
