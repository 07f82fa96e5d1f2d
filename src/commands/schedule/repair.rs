//! The hourly job: heals the registry, and reports what it did.

use idhooks_ops::{LeftToPerson, ReconcileFigures, heal_with_remote};
use idhooks_repo::git::Repo;
use idhooks_watch::repairs::queue_questions;

use crate::error::{CommandError, CommandResult};
use crate::output::SectionFact::{Count, Text};
use crate::output::{Section, Ui, advise_after_healing, healed_branch_outcome};

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
    let mut answered = Vec::new();
    let healed = heal_with_remote(ui, repo, &mut |observer, repo, healed| {
        answered.extend(queue_questions(observer, repo, healed));
    })?;
    ui.status(&healed_branch_outcome(&healed));
    advise_after_healing(ui, &healed, &answered);
    let ReconcileFigures {
        files_scanned,
        registry_records,
        missing_from_registry,
        missing_from_filesystem,
        moved,
        ..
    } = healed.figures;
    let mut facts = vec![
        ("files_scanned", Count(files_scanned)),
        ("registry_records", Count(registry_records)),
        ("missing_from_registry", Count(missing_from_registry)),
        ("missing_from_filesystem", Count(missing_from_filesystem)),
        ("moved", Count(moved)),
        ("inconsistent_commits", Count(healed.follow_up.inconsistent)),
        ("target", Text(healed.target.to_string())),
    ];
    facts.extend(healed.commit.map(|commit| ("healed_by", Text(commit.to_string()))));
    facts.extend(healed.backup.iter().map(|backup| ("backup", Text(backup.clone()))));
    facts.extend(healed.pushed.iter().map(|pushed| ("pushed_to", Text(pushed.to_string()))));
    facts.push(("answered", Count(answered.len())));
    let row = |left: &LeftToPerson| {
        let path = left.path.as_ref().map(ToString::to_string).unwrap_or_default();
        [path, left.id.clone().unwrap_or_default(), left.reason.clone(), left.command.clone()]
    };
    let needs_attention = healed.needs_attention();
    let section = Section::new("reconcile", "Reconciliation")
        .listing(["path", "id", "reason", "command"], healed.left.iter().map(row));
    let section = Section { is_well: !needs_attention, facts, ..section };
    let help = match healed.backup {
        Some(_) => "the branch had commits of others; see them: git log <backup> --not HEAD",
        None => "follow the commands; see them again: idhooks reconcile --commit --dry-run",
    };
    Ok(section.advised(needs_attention, help))
}
