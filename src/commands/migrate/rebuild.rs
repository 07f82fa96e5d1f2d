//! `idhooks migrate run --from legacy`: rebuilds the registry from the legacy file.

use idhooks_core::config::DualWrite;
use idhooks_core::legacy::{derive, laid_out, rebuild_registry};
use idhooks_core::plan::migration::MigrationRun;
use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath};
use idhooks_ops::MigrationContext;
use idhooks_repo::git::CommitId;
use idhooks_repo::transaction::now;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{MigrationStepReport, Ui};

use super::report::{Reporter, SideCounts};
use super::step::StepDraft;

/// The number of earlier registries that are looked at.
const MOST_COMMITS: usize = 100;
/// The number of records that an error lists.
const NAMED: usize = 20;

/// Rebuilds the registry from the legacy file, in a commit.
///
/// # Errors
/// Returns an error if no legacy file is kept in step, or if it cannot be read.
pub(super) fn rebuild(
    ui: &mut Ui,
    context: &MigrationContext<'_>,
    reporter: &Reporter,
) -> CommandResult<Exit> {
    let rules = context.dual_write()?;
    if !context.phase.is_dual() {
        let what = format!(
            "'{}' is not kept in step in the phase '{}', so the registry cannot be rebuilt from it",
            rules.legacy, context.phase
        );
        return Err(CommandError::new(what).hint("restore a backup instead: idhooks backup list"));
    }
    context.assert_ready(Some(&rules.legacy))?;
    let known = last_readable(context)?;
    let (bytes, rebuilt) = rebuilt(context, rules, known.as_ref())?;
    let lost = lost(known.as_ref(), &rebuilt);
    if !lost.is_empty() {
        let what = format!("'{}' has not all records of the registry", rules.legacy);
        let error = CommandError::new(what)
            .listing(lost, NAMED)
            .hint("nothing was changed; to see each difference: idhooks migrate verify")
            .hint(format!("the registry can be restored: git log -- {REGISTRY_PATH}"));
        return Err(CommandError { exit: Exit::Findings, ..error });
    }
    let legacy = laid_out(derive(&rebuilt, rules.format), Some(&bytes), rules.format);
    let records = rebuilt.allocations.len();
    let run = MigrationRun {
        records,
        processed: records,
        converted: records,
        source: Some(rules.legacy.to_string()),
        format: Some(rules.format.to_string()),
        ..MigrationRun::new(context.phase, context.phase, now())
    };
    let mut contents = vec![(rules.legacy.clone(), Some(legacy.into_bytes()))];
    // One that only has values besides that say nothing any more stays as it is.
    let own = registry_of(context, context.head)?;
    let telling = rebuilt.without_stale_values().format();
    if own.is_none_or(|own| own.without_stale_values().format() != telling) {
        contents.push((RepoPath::registry(), Some(rebuilt.format().into_bytes())));
    }
    let subject = format!("Rebuild the registry from '{}'", rules.legacy);
    let draft = StepDraft { run: run.clone(), contents, subject, undone: 0 };
    if reporter.is_dry_run() {
        return reporter.would(ui, &draft.subject);
    }
    let commit = draft.make(ui, context)?;
    let counts = SideCounts::of(&run, commit.is_some());
    let report: MigrationStepReport = reporter.report(context, &run, commit, counts, Vec::new())?;
    reporter.show(ui, &report);
    Ok(Exit::Fine)
}

/// Returns the last registry of the history that can be read.
fn last_readable(context: &MigrationContext<'_>) -> CommandResult<Option<Registry>> {
    let repo = context.repo;
    let mut commits = vec![context.head];
    commits.extend(repo.last_changes(REGISTRY_PATH, &[context.head], MOST_COMMITS)?);
    for commit in commits.into_iter().filter(|commit| repo.has_commit(*commit)) {
        if let Some(registry) = registry_of(context, commit)? {
            return Ok(Some(registry));
        }
    }
    Ok(None)
}

/// Returns the registry of a commit, if it can be read.
fn registry_of(
    context: &MigrationContext<'_>,
    commit: CommitId,
) -> CommandResult<Option<Registry>> {
    let repo = context.repo;
    let entry = repo.tree_entry(repo.commit(commit)?.tree, REGISTRY_PATH)?;
    let bytes = entry.map(|entry| repo.blob(entry.blob)).transpose()?;
    Ok(bytes.and_then(|bytes| Registry::parse(&bytes).ok()))
}

/// Returns the legacy file of HEAD, and the registry that follows from it.
fn rebuilt(
    context: &MigrationContext<'_>,
    rules: &DualWrite,
    known: Option<&Registry>,
) -> CommandResult<(Vec<u8>, Registry)> {
    let (repo, path) = (context.repo, &rules.legacy);
    let tree = repo.commit(context.head)?.tree;
    let entry = path.as_str().map(|path| repo.tree_entry(tree, path)).transpose()?.flatten();
    let entry = entry.filter(|entry| entry.mode.is_file()).ok_or_else(|| {
        CommandError::new(format!("HEAD has no legacy file '{path}'"))
            .hint("derive it from the registry: idhooks resolve; then commit")
    })?;
    let bytes = repo.blob(entry.blob)?;
    let registry = rebuild_registry(&bytes, rules.format, known).map_err(|error| {
        CommandError::new(format!("the legacy file '{path}' cannot be read"))
            .because(&error)
            .hint(format!("find a commit in which it was whole: git log -- {path}"))
    })?;
    Ok((bytes, registry))
}

/// Returns the records that the rebuilt registry does not have.
fn lost(known: Option<&Registry>, rebuilt: &Registry) -> Vec<String> {
    let there = rebuilt.by_origin();
    let records = known.into_iter().flat_map(|known| &known.allocations);
    let lost = records.filter(|record| !there.contains_key(&record.origin));
    lost.map(|record| format!("{} for '{}'", record.id, record.path)).collect()
}
