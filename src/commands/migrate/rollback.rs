//! `idhooks migrate rollback`: undoes steps of a migration.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use idhooks_core::plan::migration::{MigrationPhase, MigrationRun};
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, LegacyFile, MigrationTrailer, last_step, migration_phase};
use idhooks_repo::store::MigrationFile;
use idhooks_repo::transaction::{MigrationFiles, StepSide, is_derived, now};

use crate::commands::choice::choice;
use crate::commands::transaction::writer::{Reach, writer_lock};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::context::MigrationContext;
use super::step::StepDraft;

/// The phases to which a rollback leads.
const TARGETS: [MigrationPhase; 4] = [
    MigrationPhase::Off,
    MigrationPhase::LegacyLeads,
    MigrationPhase::RegistryLeads,
    MigrationPhase::Stopped,
];

/// Undo the last step of a migration, as one commit
///
/// The registry, the legacy file, idhooks.toml and .gitattributes become as they were before the step,
/// byte for byte. If other commits have changed one of them since, nothing is undone, and the commits are
/// listed. A step that was interrupted is undone without a commit.
///
/// --to undoes all steps after that phase, in one commit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks migrate rollback --dry-run
  idhooks migrate rollback --to off

Exit code: 0 done; 2 there is nothing to undo, other commits have changed its files, or another error")]
pub(super) struct RollbackMigration {
    /// Phase to which to go back [default: the one before the last step]
    #[arg(long, value_parser = choice(TARGETS, MigrationPhase::as_str, None), value_name = "STEP")]
    to: Option<MigrationPhase>,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// The steps that are undone.
struct UndoneSteps {
    number: usize,
    phase: MigrationPhase,
    /// The commit before the first of them.
    base: CommitId,
    /// The files that they changed, with the commit that has them as they were before.
    files: BTreeMap<RepoPath, CommitId>,
}

impl RollbackMigration {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?.synced();
        let _lock = writer_lock(&repo, "migrate rollback", Reach::Everything)?;
        let context = MigrationContext::of(&repo)?;
        if let Some(run) = context.unfinished() {
            return self.undo_unfinished(ui, &context, run);
        }
        let undone = self.undone(&context)?;
        let contents = undone.contents(&context)?;
        let paths: Vec<RepoPath> = contents.keys().cloned().collect();
        for path in &paths {
            context.assert_ready(Some(path))?;
        }
        let subject = format!("Roll the migration of identities back to '{}'", undone.phase);
        if self.dry_run {
            ui.lines(paths.iter().map(|path| format!("would restore '{path}'")));
            ui.line(&format!("would commit: {subject}"));
            return Ok(Exit::Fine);
        }
        let contents = contents.into_iter().collect();
        let run = MigrationRun::new(context.phase, undone.phase, now());
        let draft = StepDraft { run, contents, subject, undone: undone.number };
        let commit = draft.make(ui, &context)?;
        ui.lines(paths.iter().map(|path| format!("restored '{path}'")));
        let committed = if commit.is_some() { " (committed)" } else { "" };
        ui.report(&format!("phase: {}{committed}", undone.phase));
        Ok(Exit::Fine)
    }

    /// Finds the steps to undo.
    fn undone(&self, context: &MigrationContext<'_>) -> CommandResult<UndoneSteps> {
        let target = self.to;
        if context.phase == MigrationPhase::Off {
            let what = "there is nothing to roll back: the migration is in the phase 'off'";
            return Err(CommandError::new(what).hint("see where it is: idhooks migrate status"));
        }
        if target.is_some_and(|target| target >= context.phase) {
            let what = format!("the migration is in the phase '{}'", context.phase);
            return Err(CommandError::new(what).hint("see where it is: idhooks migrate status"));
        }
        let repo = context.repo;
        let (mut at, mut phase) = (context.head, context.phase);
        let files = BTreeMap::new();
        let mut undone = UndoneSteps { number: 0, phase, base: at, files };
        while undone.number == 0 || target.is_some_and(|target| phase > target) {
            let Some((step, of_step)) = last_step(repo, at)?.filter(|(_, of)| *of == phase) else {
                let what = format!("no commit of 'idhooks migrate' made the phase '{phase}'");
                return Err(CommandError::new(what)
                    .hint("undo the commit that did: git revert COMMIT, then idhooks resolve"));
            };
            let commit = repo.commit(step)?;
            let parent = commit.parents.first().copied().ok_or_else(|| {
                CommandError::new(format!("commit {} has no parent to go back to", step.short()))
            })?;
            let changes = repo.changes(repo.commit(parent)?.tree, commit.tree)?;
            let mut changed = Vec::new();
            for path in changes.into_iter().map(|change| change.path) {
                if entry(repo, &path, at)? != entry(repo, &path, step)? {
                    changed.extend(changed_since(repo, &path, step, at)?);
                }
                undone.files.insert(path, parent);
            }
            if !changed.is_empty() {
                let what = format!("other commits changed files of the step to '{of_step}'");
                return Err(CommandError::new(what)
                    .listing(changed, 10)
                    .hint("nothing was undone: what these commits say would be lost")
                    .hint("to stop writing both files at once: set enabled = false in [dual_write] of idhooks.toml"));
            }
            undone.number += 1;
            (at, undone.base) = (parent, parent);
            phase = migration_phase(repo, parent, true)?;
            undone.phase = phase;
        }
        Ok(undone)
    }

    /// Undoes a step that was interrupted.
    fn undo_unfinished(
        &self,
        ui: &mut Ui,
        context: &MigrationContext<'_>,
        run: &MigrationRun,
    ) -> CommandResult<Exit> {
        let repo = context.repo;
        let files = run.files.iter().map(|file| (&file.path, [file.before, file.after]));
        let present = MigrationFiles::of(repo)?;
        // The commit may be made: then it is a step like any other.
        let is_made = run.base.as_deref() != Some(&*context.head.to_string());
        let others = if is_made { Vec::new() } else { present.others(files)? };
        if !others.is_empty() {
            let what =
                format!("files of the step to '{}' changed since it was interrupted", run.to);
            return Err(CommandError::new(what)
                .listing(others.iter().map(|path| format!("'{path}'")), 10)
                .hint(
                    "put your edits aside: git stash; then undo the step: idhooks migrate rollback",
                ));
        }
        if self.dry_run {
            ui.line(&format!("would undo the step to '{}', which was interrupted", run.to));
            return Ok(Exit::Fine);
        }
        let journal = MigrationFile::in_dir(&repo.worktree_state_dir());
        if is_made {
            journal.remove()?;
            ui.report(&format!(
                "HEAD has moved since the step to '{}' was interrupted: its journal was removed",
                run.to
            ));
            ui.hint("to undo the last step that is committed, run it again");
            return Ok(Exit::Fine);
        }
        present.put(&run.files, StepSide::Before, || Ok(()))?;
        journal.remove()?;
        ui.report(&format!("undid the step to '{}', which was interrupted", run.to));
        Ok(Exit::Fine)
    }
}

impl UndoneSteps {
    /// Returns the files that change, with their contents.
    ///
    /// If both files are written again, and the registry has changed since the steps, the legacy file is
    /// derived from it: it would not be in step as it was.
    ///
    /// # Errors
    /// Returns an error if others have changed the legacy file since.
    fn contents(
        &self,
        context: &MigrationContext<'_>,
    ) -> CommandResult<BTreeMap<RepoPath, Option<Vec<u8>>>> {
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
        let text = view.registry().map(|registry| file.text(registry).into_bytes());
        let blob = text.as_deref().map(|text| repo.write_blob(text)).transpose()?;
        if blob == entry(repo, file.path(), context.head)? {
            return Ok(contents);
        }
        // The rules of HEAD say whether its commit vouches for the file.
        let present = LegacyFile::of(repo, &view.tree)?;
        let present = present.filter(|_| !contents.contains_key(file.path()));
        let lineage = Lineage::of(repo, &[context.head])?;
        let is_derived = |file: LegacyFile<'_>| is_derived(repo, &file, &view, &lineage, &[]);
        if !present.map_or(Ok(true), is_derived)? {
            let error = CommandError::new(format!(
                "other commits changed the legacy file '{}'",
                file.path()
            ));
            let changed = changed_since(repo, file.path(), self.base, context.head)?;
            return Err(changed
                .iter()
                .fold(error, |error, changed| error.because(changed))
                .hint("nothing was undone: what this commit says would be lost"));
        }
        contents.insert(file.path().clone(), text);
        Ok(contents)
    }
}

/// Returns the content of a file in a commit, if it is there.
fn entry(
    repo: &Repo,
    path: &RepoPath,
    commit: CommitId,
) -> CommandResult<Option<idhooks_core::registry::BlobId>> {
    let Some(name) = path.as_str() else { return Ok(None) };
    Ok(repo.tree_entry(repo.commit(commit)?.tree, name)?.map(|entry| entry.blob))
}

/// Returns the last commit that changed a file since another one, as a line; nothing if only steps of the
/// migration and rollbacks did: what these changed follows from the rest.
fn changed_since(
    repo: &Repo,
    path: &RepoPath,
    since: CommitId,
    at: CommitId,
) -> CommandResult<Option<String>> {
    let name = path.as_str().unwrap_or_default();
    let all = repo.changes_since(name, since, at)?;
    for id in &all {
        if MigrationTrailer::of(&repo.commit(*id)?).is_none() {
            let titles = repo.titles(&[*id])?;
            let title = titles.first();
            let named = title.map(|title| format!(" in {} ({})", title.id.short(), title.subject));
            return Ok(Some(format!("'{path}'{}", named.unwrap_or_default())));
        }
    }
    Ok(all.is_empty().then(|| format!("'{path}'")))
}
