//! Undoes migration steps.

use idhooks_core::config::MigrationPhase;
use idhooks_migration::MigrationRun;
use std::collections::BTreeMap;

use idhooks_core::registry::{BlobId, RepoPath};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::git::{CommitId, Repo, Title};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, MigrationTrailer, last_step, migration_phase};
use idhooks_repo::transaction::{is_derived, now};

use super::context::MigrationContext;
use super::journal::MigrationFile;
use super::refusal::MigrateRefusal;
use super::rollback_refusal::{LaterChange, LaterChanges, RollbackRefusal};
use super::step::StepDraft;
use super::step_files::{MigrationFiles, StepSide};
use crate::{Observer, OpsError, Reach, writer_lock};

/// The maximum number of commits to list for each file in a refusal.
const NAMED: usize = 3;

/// How far to roll back a migration.
#[derive(Debug, Clone, Copy, Default)]
pub struct RollbackMigrationOptions {
    /// The phase to go back to; by default, the phase before the last step.
    pub to: Option<MigrationPhase>,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of a rollback or a dry run.
#[derive(Debug)]
pub enum RolledBackMigration {
    /// Committed steps were undone, or would be.
    Steps {
        /// The phase after the rollback.
        phase: MigrationPhase,
        /// The files, and whether each was restored rather than removed.
        files: Vec<(RepoPath, bool)>,
        /// The first line of the commit message.
        subject: String,
        /// Whether a commit was made.
        is_committed: bool,
    },
    /// The interrupted step to this phase was undone, or would be; holds the number of its files.
    Interrupted(MigrationPhase, usize),
    /// Only the journal was removed, because HEAD has moved since the step to this phase was
    /// interrupted.
    Journal(MigrationPhase),
}

/// The steps to undo.
struct UndoneSteps {
    number: usize,
    phase: MigrationPhase,
    /// The commit before the first step to undo.
    base: CommitId,
    /// The files that the steps changed, each with the commit that has the earlier version.
    files: BTreeMap<RepoPath, CommitId>,
}

/// Undoes migration steps in a single commit, or undoes an interrupted step.
///
/// # Errors
/// Returns an error if there is nothing to undo, if other commits have changed files from the
/// steps, or if something cannot be read or written. In that case nothing was changed.
pub fn rollback_migration(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: RollbackMigrationOptions,
) -> Result<RolledBackMigration, OpsError> {
    let _lock = writer_lock(repo, "migrate rollback", Reach::Everything)?;
    let context = MigrationContext::of(repo)?;
    if let Some(run) = context.unfinished() {
        return undo_unfinished(&context, run, options.is_dry_run);
    }
    assert_not_back(&context)?;
    let undone = find_steps(&context, options.to)?;
    let contents = undone.contents(&context)?;
    for path in contents.keys() {
        context.assert_ready(Some(path))?;
    }
    let files = contents.iter().map(|(path, after)| (path.clone(), after.is_some())).collect();
    let phase = undone.phase;
    let subject = format!("Roll the migration of identities back to '{phase}'");
    let mut is_committed = false;
    if !options.is_dry_run {
        let (contents, subject) = (contents.into_iter().collect(), subject.clone());
        let run = MigrationRun::new(context.phase, phase, now(context.repo));
        let draft = StepDraft { run, contents, subject, undone: undone.number };
        is_committed = draft.make(observer, &context)?.is_some();
    }
    Ok(RolledBackMigration::Steps { phase, files, subject, is_committed })
}

/// Finds the steps to undo.
fn find_steps(
    context: &MigrationContext<'_>,
    target: Option<MigrationPhase>,
) -> Result<UndoneSteps, OpsError> {
    if context.phase == MigrationPhase::Off {
        return Err(RollbackRefusal::NothingToUndo.into());
    }
    if target.is_some_and(|target| target >= context.phase) {
        return Err(RollbackRefusal::InPhase(context.phase).into());
    }
    let repo = context.repo;
    let (mut at, mut phase) = (context.head, context.phase);
    let files = BTreeMap::new();
    let mut undone = UndoneSteps { number: 0, phase, base: at, files };
    while undone.number == 0 || target.is_some_and(|target| phase > target) {
        // If the phase was set by hand in `idhooks.toml`, there is no step to undo.
        let Some((step, of_step)) = last_step(repo, at)?.filter(|(_, of)| *of == phase) else {
            return Err(RollbackRefusal::NoStep(phase).into());
        };
        let commit = repo.commit(step)?;
        let Some(parent) = commit.parents.first().copied() else {
            return Err(RollbackRefusal::NoParent(step).into());
        };
        let (mut changes, mut paths) = (Vec::new(), Vec::new());
        for change in repo.changes(repo.commit(parent)?.tree, commit.tree)? {
            let path = change.path;
            // A file that is still as the step left it can be restored, whatever happened in
            // between.
            if entry(repo, &path, at)? != entry(repo, &path, step)? {
                let by = changed_since(repo, &path, step, at)?;
                paths.extend((!by.is_empty()).then(|| path.clone()));
                changes.extend(by);
            }
            undone.files.insert(path, parent);
        }
        if !changes.is_empty() {
            let later = LaterChanges { changes, phase, since: step, paths };
            return Err(RollbackRefusal::StepChanged(of_step, later).into());
        }
        undone.number += 1;
        (at, undone.base) = (parent, parent);
        phase = migration_phase(repo, parent, true)?;
        undone.phase = phase;
    }
    Ok(undone)
}

/// Undoes an interrupted step.
fn undo_unfinished(
    context: &MigrationContext<'_>,
    run: &MigrationRun,
    is_dry_run: bool,
) -> Result<RolledBackMigration, OpsError> {
    let repo = context.repo;
    let files = run.files.iter().map(|file| (&file.path, [file.before, file.after]));
    let present = MigrationFiles::of(repo)?;
    // If the commit was created, the step is complete, and only its journal remains.
    let is_made = run.base.as_deref() != Some(&*context.head.to_string());
    let paths = if is_made { Vec::new() } else { present.others(files)? };
    if !paths.is_empty() {
        return Err(MigrateRefusal::ChangedSince { to: run.to, paths, resumes: false }.into());
    }
    let journal = MigrationFile::in_dir(&repo.worktree_state_dir());
    if is_made && !is_dry_run {
        journal.remove()?;
        return Ok(RolledBackMigration::Journal(run.to));
    }
    if !is_dry_run {
        present.put(&run.files, StepSide::Before, || Ok(()))?;
        // The journal is removed last, so that an interrupted rollback can be repeated.
        journal.remove()?;
    }
    Ok(RolledBackMigration::Interrupted(run.to, run.files.len()))
}

/// Checks that a legacy file that the last step removed has not come back.
fn assert_not_back(context: &MigrationContext<'_>) -> Result<(), OpsError> {
    let rules = context.rules.as_ref().filter(|rules| rules.finished);
    let Some(path) = rules.map(|rules| &rules.legacy) else { return Ok(()) };
    let is_committed = entry(context.repo, path, context.head)?.is_some();
    if !is_committed && context.repo.top().join(path.to_os_path()).symlink_metadata().is_err() {
        return Ok(());
    }
    Err(RollbackRefusal::CameBack { path: path.clone(), is_committed }.into())
}

impl UndoneSteps {
    /// Returns the files that change, with their new contents.
    ///
    /// If both files will be written again and the registry has changed since the steps, derives
    /// the legacy file from the registry, because the old version would be out of step.
    ///
    /// # Errors
    /// Returns an error if another program has changed the legacy file since the steps.
    fn contents(
        &self,
        context: &MigrationContext<'_>,
    ) -> Result<BTreeMap<RepoPath, Option<Vec<u8>>>, OpsError> {
        let repo = context.repo;
        let mut contents = BTreeMap::new();
        for (path, commit) in &self.files {
            let bytes = entry(repo, path, *commit)?.map(|blob| repo.blob(blob)).transpose()?;
            contents.insert(path.clone(), bytes);
        }
        let file = LegacyFile::of_tree(repo, repo.commit(self.base)?.tree)?;
        let is_restored = contents.contains_key(&RepoPath::registry());
        let Some(file) = file.filter(|_| self.phase.is_dual() && !is_restored) else {
            return Ok(contents);
        };
        let view = CommitState::of_commit(repo, context.head)?;
        // The text gets the layout of the restored file or, if there is none, of the file in HEAD.
        let restored = contents.get(file.path()).and_then(|bytes| bytes.as_deref());
        let text = view.registry().map(|registry| {
            let text = match restored {
                Some(bytes) => file.text(registry, Some(bytes)),
                None => file.text_over(registry, file.entry(&view.tree)),
            };
            text.into_bytes()
        });
        let blob = text.as_deref().map(|text| repo.write_blob(text)).transpose()?;
        if blob == entry(repo, file.path(), context.head)? {
            return Ok(contents);
        }
        // HEAD's rules decide whether the file in HEAD is derived.
        let present = LegacyFile::of(repo, &view.tree)?;
        let present = present.filter(|_| !contents.contains_key(file.path()));
        let lineage = Lineage::of(repo, &[context.head])?;
        let is_derived = |file: LegacyFile<'_>| is_derived(repo, &file, &view, &lineage, &[]);
        if !present.map_or(Ok(true), is_derived)? {
            let path = file.path();
            let changes = changed_since(repo, path, self.base, context.head)?;
            let (phase, since, paths) = (context.phase, self.base, vec![path.clone()]);
            let later = LaterChanges { changes, phase, since, paths };
            return Err(RollbackRefusal::LegacyChanged(path.clone(), later).into());
        }
        contents.insert(file.path().clone(), text);
        Ok(contents)
    }
}

/// Returns a file's content in a commit, if it exists.
fn entry(repo: &Repo, path: &RepoPath, commit: CommitId) -> Result<Option<BlobId>, OpsError> {
    let Some(name) = path.as_str() else { return Ok(None) };
    Ok(repo.tree_entry(repo.commit(commit)?.tree, name)?.map(|entry| entry.blob))
}

/// Returns the last commits that changed a file since a given commit, and how many more there are.
/// Leaves out migration steps and rollbacks, since their changes follow from the other commits.
fn changed_since(
    repo: &Repo,
    path: &RepoPath,
    since: CommitId,
    at: CommitId,
) -> Result<Vec<LaterChange>, OpsError> {
    let name = path.as_str().unwrap_or_default();
    let all = repo.changes_since(name, since, at)?;
    if all.is_empty() {
        return Ok(vec![LaterChange::File(path.clone())]);
    }
    let mut others = Vec::new();
    for id in all {
        if MigrationTrailer::of(&repo.commit(id)?).is_none() {
            others.push(id);
        }
    }
    let named = &others[..others.len().min(NAMED)];
    let titles = repo.titles(named)?.into_iter();
    let of = |title: Title| LaterChange::Commit(path.clone(), title.id, title.subject);
    let mut changes: Vec<LaterChange> = titles.map(of).collect();
    let more = others.len() - named.len();
    changes.extend((more > 0).then(|| LaterChange::More(path.clone(), more)));
    Ok(changes)
}
