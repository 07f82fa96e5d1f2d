//! The jobs that do more than write a report: healing the registry and pushing backups.

use idhooks_ops::{
    LeftToPerson, OpsError, QueueQuestions, ReconcileFigures, heal_with_remote,
    push_backups_of_timer,
};
use idhooks_repo::git::Repo;

use super::observer::JobObserver;
use super::section::SectionFact::{Count, Text};
use super::section::{Section, SectionKind};

/// Heals the checked-out branch as configured in `[reconcile]`, and returns the report section
/// about the result.
///
/// # Errors
/// Returns an error if the clone cannot be brought up to date or healed, or if the commit cannot be pushed.
pub(super) fn heal(
    observer: &mut dyn JobObserver,
    repo: &Repo,
    queue_questions: Option<QueueQuestions>,
) -> Result<Section, OpsError> {
    let healed = heal_with_remote(observer, repo, queue_questions)?;
    observer.healed(&healed);
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
    facts.push(("answered", Count(healed.answered.len())));
    let row = |left: &LeftToPerson| {
        let path = left.path.as_ref().map(ToString::to_string).unwrap_or_default();
        [path, left.id.clone().unwrap_or_default(), left.reason.clone(), left.command.clone()]
    };
    let needs_attention = healed.needs_attention();
    let section = Section::new(SectionKind::Reconcile)
        .listing(["path", "id", "reason", "command"], healed.left.iter().map(row))
        .advised(needs_attention);
    Ok(Section { is_well: !needs_attention, facts, ..section })
}

/// Pushes the backups to the timer's remote, and returns the report section about the result.
///
/// # Errors
/// Returns an error if no timer pushes backups, if the index has no registry, or if git cannot push.
pub(super) fn push(observer: &mut dyn JobObserver, repo: &Repo) -> Result<Section, OpsError> {
    let pushed = push_backups_of_timer(observer, repo)?;
    observer.pushed(&pushed);
    let facts = vec![
        ("remote", Text(pushed.remote)),
        ("pushed", Count(pushed.new)),
        ("already_there", Count(pushed.known)),
    ];
    Ok(Section { facts, ..Section::new(SectionKind::Backups) })
}
