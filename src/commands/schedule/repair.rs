//! The hourly job: heals the registry, and reports what it did.

use idhooks_repo::git::Repo;

use crate::commands::reconcile::{LeftToPerson, ReconcileFigures, heal_with_remote};
use crate::error::{CommandError, CommandResult};
use crate::output::SectionFact::{Count, Text};
use crate::output::{Section, Ui};

use super::sections;

/// The section about a repair, and the error if it was refused.
pub(super) type RepairSection = (Section, Option<CommandError>);

/// Heals the branch that is checked out, as `[reconcile]` says, and returns the section about that: also
/// if the run was refused, so that the last report says so.
pub(super) fn hourly(ui: &mut Ui, repo: &Repo) -> RepairSection {
    match heal(ui, repo) {
        Ok(section) => (section, None),
        Err(error) => {
            let section = Section::new("reconcile", "Reconciliation");
            (sections::failed(section, error.clone()), Some(error))
        }
    }
}

fn heal(ui: &mut Ui, repo: &Repo) -> CommandResult<Section> {
    let run = heal_with_remote(ui, repo.top())?;
    ui.status(&run.outcome());
    run.advise(ui);
    let ReconcileFigures {
        files_scanned,
        registry_records,
        missing_from_registry,
        missing_from_filesystem,
        moved,
        ..
    } = run.figures;
    let mut facts = vec![
        ("files_scanned", Count(files_scanned)),
        ("registry_records", Count(registry_records)),
        ("missing_from_registry", Count(missing_from_registry)),
        ("missing_from_filesystem", Count(missing_from_filesystem)),
        ("moved", Count(moved)),
        ("inconsistent_commits", Count(run.follow_up.inconsistent)),
        ("target", Text(run.target.to_string())),
    ];
    facts.extend(run.commit.map(|commit| ("healed_by", Text(commit.to_string()))));
    facts.extend(run.backup().map(|backup| ("backup", Text(backup.to_owned()))));
    facts.extend(run.pushed().map(|pushed| ("pushed_to", Text(pushed.to_owned()))));
    facts.push(("answered", Count(run.answered.len())));
    let row = |left: &LeftToPerson| {
        let path = left.path.as_ref().map(ToString::to_string).unwrap_or_default();
        [path, left.id.clone().unwrap_or_default(), left.reason.clone(), left.command.clone()]
    };
    let needs_attention = run.needs_attention();
    let section = Section::new("reconcile", "Reconciliation")
        .listing(["path", "id", "reason", "command"], run.left.iter().map(row));
    let section = Section { is_well: !needs_attention, facts, ..section };
    let help = match run.backup() {
        Some(_) => "the branch had commits of others; see them: git log <backup> --not HEAD",
        None => "follow the commands; see them again: idhooks reconcile --commit --dry-run",
    };
    Ok(section.advised(needs_attention, help))
}
