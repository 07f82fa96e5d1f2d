//! Rebuilds the registry from the legacy file.

use idhooks_core::config::DualWrite;
use idhooks_core::registry::{Id, REGISTRY_PATH, Registry, RepoPath};
use idhooks_migration::MigrationRun;
use idhooks_repo::derived::legacy::{derive_over, rebuild_registry};
use idhooks_repo::git::CommitId;
use idhooks_repo::transaction::now;

use super::context::MigrationContext;
use super::options::MigrationRunReport;
use super::refusal::MigrateRefusal;
use super::report::RunClock;
use super::step::StepDraft;
use crate::{Observer, OpsError};

/// The maximum number of earlier registries to search.
const MOST_COMMITS: usize = 100;

/// Rebuilds the registry from the legacy file, in a separate commit.
///
/// # Errors
/// Returns an error if no legacy file is kept in step, or if it cannot be read.
pub(super) fn rebuild(
    observer: &mut dyn Observer,
    context: &MigrationContext<'_>,
    clock: &RunClock,
    is_dry_run: bool,
) -> Result<MigrationRunReport, OpsError> {
    let rules = context.dual_write()?;
    let legacy = || rules.legacy.clone();
    if !context.phase.is_dual() {
        let phase = context.phase;
        return Err(MigrateRefusal::NotWritten { legacy: legacy(), phase }.into());
    }
    context.assert_ready(Some(&rules.legacy))?;
    let known = last_readable(context)?;
    let (bytes, rebuilt) = rebuilt(context, rules, known.as_ref())?;
    // Rebuilding must not lose any identity that has been published.
    let lost = lost(known.as_ref(), &rebuilt);
    if !lost.is_empty() {
        return Err(MigrateRefusal::RecordsLost { legacy: legacy(), records: lost }.into());
    }
    // The text keeps the existing file's layout, so that a diff shows only real changes.
    let text = derive_over(&rebuilt, Some(&bytes), rules.format);
    let records = rebuilt.allocations.len();
    let run = MigrationRun {
        records,
        processed: records,
        converted: records,
        source: Some(rules.legacy.to_string()),
        format: Some(rules.format.to_string()),
        ..MigrationRun::new(context.phase, context.phase, now(context.repo))
    };
    let mut contents = vec![(rules.legacy.clone(), Some(text.into_bytes()))];
    // A registry that differs only in stale values is left alone.
    let own = registry_of(context, context.head)?;
    let telling = rebuilt.without_stale_values().format();
    if own.is_none_or(|own| own.without_stale_values().format() != telling) {
        contents.push((RepoPath::registry(), Some(rebuilt.format().into_bytes())));
    }
    let subject = format!("Rebuild the registry from '{}'", rules.legacy);
    if is_dry_run {
        return Ok(MigrationRunReport::WouldCommit(subject));
    }
    let draft = StepDraft { run: run.clone(), contents, subject, undone: 0 };
    let commit = draft.make(observer, context)?;
    Ok(MigrationRunReport::Step(clock.report(context, &run, commit, Vec::new())?))
}

/// Returns the last readable registry in the history.
fn last_readable(context: &MigrationContext<'_>) -> Result<Option<Registry>, OpsError> {
    let repo = context.repo;
    let mut commits = vec![context.head];
    commits.extend(repo.last_changes(REGISTRY_PATH, &[context.head], MOST_COMMITS)?);
    // A shallow clone lacks older commits.
    for commit in commits.into_iter().filter(|commit| repo.has_commit(*commit)) {
        if let Some(registry) = registry_of(context, commit)? {
            return Ok(Some(registry));
        }
    }
    Ok(None)
}

/// Returns a commit's registry, if it can be read.
fn registry_of(
    context: &MigrationContext<'_>,
    commit: CommitId,
) -> Result<Option<Registry>, OpsError> {
    let repo = context.repo;
    let entry = repo.tree_entry(repo.commit(commit)?.tree, REGISTRY_PATH)?;
    let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?;
    Ok(bytes.and_then(|bytes| Registry::parse(&bytes).ok()))
}

/// Returns the legacy file in HEAD and the registry that follows from it.
fn rebuilt(
    context: &MigrationContext<'_>,
    rules: &DualWrite,
    known: Option<&Registry>,
) -> Result<(Vec<u8>, Registry), OpsError> {
    let (repo, path) = (context.repo, &rules.legacy);
    let tree = repo.commit(context.head)?.tree;
    let entry = path.as_str().map(|path| repo.tree_entry(tree, path)).transpose()?.flatten();
    // A symlink or submodule has no records.
    let entry = entry.filter(|entry| entry.mode.is_file());
    let entry = entry.ok_or_else(|| MigrateRefusal::NotInHead(path.clone()))?;
    let bytes = repo.blob(entry.blob)?;
    let registry = rebuild_registry(&bytes, rules.format, known)
        .map_err(|error| MigrateRefusal::LegacyUnreadable(path.clone(), error))?;
    Ok((bytes, registry))
}

/// Returns the records that the rebuilt registry lacks.
fn lost(known: Option<&Registry>, rebuilt: &Registry) -> Vec<(Id, RepoPath)> {
    let there = rebuilt.by_origin();
    let records = known.into_iter().flat_map(|known| &known.allocations);
    let lost = records.filter(|record| !there.contains_key(&record.origin));
    lost.map(|record| (record.id, record.path.clone())).collect()
}
