//! The hourly job: heals the registry, and reports what it did.

use idhooks_core::config::HealTarget;
use idhooks_repo::git::Repo;

use crate::commands::reconcile::{LeftToPerson, ReconcileFigures, ServiceRun};
use crate::error::CommandResult;
use crate::output::SectionFact::{Count, Text};
use crate::output::{Section, Ui};

/// Heals the branch that is checked out, as `[reconcile]` says, and returns the section about that.
///
/// # Errors
/// Returns an error if the working tree is in use or the registry cannot be healed.
pub(super) fn hourly(ui: &mut Ui, repo: &Repo) -> CommandResult<Section> {
    let repo = Repo::open(repo.top())?.synced();
    repo.begin("reconcile");
    let run = ServiceRun::of(ui, &repo, None, HealTarget::Nowhere, false)?;
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
    let row = |left: &LeftToPerson| {
        let path = left.path.as_ref().map(ToString::to_string).unwrap_or_default();
        [path, left.id.clone().unwrap_or_default(), left.reason.clone(), left.command.clone()]
    };
    let needs_attention = run.needs_attention();
    let section = Section::new("reconcile", "Reconciliation")
        .listing(["path", "id", "reason", "command"], run.left.iter().map(row));
    let section = Section { is_well: !needs_attention, facts, ..section };
    Ok(section.advised(
        needs_attention,
        "follow the commands; see them again: idhooks reconcile --commit --dry-run",
    ))
}
