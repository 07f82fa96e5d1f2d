//! `idhooks migrate rollback`: undoes steps of a migration.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use idhooks_core::plan::migration::{MigrationPhase, MigrationRun};
use idhooks_core::registry::RepoPath;
use idhooks_ops::{MigrationContext, Reach, writer_lock};
use idhooks_repo::git::{CommitId, Repo, Title};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, LegacyFile, MigrationTrailer, last_step, migration_phase};
use idhooks_repo::store::MigrationFile;
use idhooks_repo::transaction::{MigrationFiles, StepSide, is_derived, now};

use crate::commands::choice::choice;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

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
/// The files that the step changed become as they were before it, byte for byte; only a legacy file whose
/// registry has changed since is derived from that. If other commits have changed one of them since, nothing is undone, and the commits are
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
    #[arg(long, value_parser = choice(TARGETS, MigrationPhase::as_str, None), value_name = "PHASE")]
    to: Option<MigrationPhase>,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// The number of commits that a refusal names for each file.
const NAMED: usize = 3;

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
        assert_not_back(&context)?;
        let undone = self.undone(&context)?;
        let contents = undone.contents(&context)?;
        let paths: Vec<RepoPath> = contents.keys().cloned().collect();
        let lines = |restore: &str, remove: &str| -> Vec<String> {
            let word = |after: &Option<Vec<u8>>| if after.is_some() { restore } else { remove };
            contents.iter().map(|(path, after)| format!("{} '{path}'", word(after))).collect()
        };
        for path in &paths {
            context.assert_ready(Some(path))?;
        }
        let subject = format!("Roll the migration of identities back to '{}'", undone.phase);
        if self.dry_run {
            ui.lines(lines("would restore", "would remove"));
            ui.line(&format!("would commit: {subject}"));
            return Ok(Exit::Fine);
        }
        let done = lines("restored", "removed");
        let restored = contents.values().flatten().count();
        let removed = contents.len() - restored;
        let contents = contents.into_iter().collect();
        let run = MigrationRun::new(context.phase, undone.phase, now());
        let draft = StepDraft { run, contents, subject, undone: undone.number };
        let commit = draft.make(ui, &context)?;
        ui.lines(done);
        let restored = count(restored, "file", "files");
        ui.status(&format!("{restored} restored, {removed} removed"));
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
            let (mut changed, mut paths) = (Vec::new(), Vec::new());
            for path in changes.into_iter().map(|change| change.path) {
                if entry(repo, &path, at)? != entry(repo, &path, step)? {
                    let by = changed_since(repo, &path, step, at)?;
                    paths.extend((!by.is_empty()).then(|| path.clone()));
                    changed.extend(by);
                }
                undone.files.insert(path, parent);
            }
            if !changed.is_empty() {
                let what = format!("other commits changed files of the step to '{of_step}'");
                let error = CommandError::new(what).listing(changed, 20);
                return Err(instead(error, phase, step, &paths));
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
        let restored = count(run.files.len(), "file", "files");
        ui.report(&format!(
            "undid the step to '{}', which was interrupted: {restored} restored",
            run.to
        ));
        Ok(Exit::Fine)
    }
}

/// Asserts that nothing is at the path of a legacy file that the last step removed.
///
/// # Errors
/// Returns an error that says what to do with it.
fn assert_not_back(context: &MigrationContext<'_>) -> CommandResult<()> {
    let rules = context.rules.as_ref().filter(|rules| rules.finished);
    let Some(path) = rules.map(|rules| &rules.legacy) else { return Ok(()) };
    let quoted = path.shell_quoted();
    let is_committed = entry(context.repo, path, context.head)?.is_some();
    if !is_committed && context.repo.top().join(path.to_os_path()).symlink_metadata().is_err() {
        return Ok(());
    }
    let error = CommandError::new(format!("'{path}' came back after it was removed"));
    Err(match is_committed {
        true => error.hint(format!("see what it has: git show HEAD:{quoted}")).hint(format!(
            "if nothing in it is needed: git rm {quoted} && git commit, then run this again"
        )),
        false => error.hint(format!(
            "it is not committed: if nothing in it is needed, remove it: rm {quoted}; then run this again"
        )),
    })
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
        // As the file is laid out that is restored, or else that of HEAD.
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
            let error = error.listing(changed, 20);
            let path = [file.path().clone()];
            return Err(instead(error, context.phase, self.base, &path));
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

/// Returns the error of steps that are not undone, since other commits have changed these files since a commit,
/// with what to do instead.
fn instead(
    error: CommandError,
    phase: MigrationPhase,
    since: CommitId,
    paths: &[RepoPath],
) -> CommandError {
    let error = error.hint("nothing was undone: what these commits say would be lost");
    if phase.is_dual() {
        return error.hint("to go back to the other program alone, while both are in step: git rm -r .idhooks idhooks.toml && git commit; then, in every clone: idhooks uninstall");
    }
    let quoted: Vec<String> = paths.iter().map(|path| path.shell_quoted()).collect();
    error.hint(format!(
        "if nothing of that is needed: git restore --source={} --staged --worktree {}; commit, then run this again",
        since.short(),
        quoted.join(" ")
    ))
}

/// Returns the last commits that changed a file since another one, as lines, and how many more there are; nothing
/// if only steps of the migration and rollbacks did: what these changed follows from the rest.
fn changed_since(
    repo: &Repo,
    path: &RepoPath,
    since: CommitId,
    at: CommitId,
) -> CommandResult<Vec<String>> {
    let name = path.as_str().unwrap_or_default();
    let all = repo.changes_since(name, since, at)?;
    if all.is_empty() {
        return Ok(vec![format!("'{path}'")]);
    }
    let mut others = Vec::new();
    for id in all {
        if MigrationTrailer::of(&repo.commit(id)?).is_none() {
            others.push(id);
        }
    }
    let named = &others[..others.len().min(NAMED)];
    let titles = repo.titles(named)?.into_iter();
    let line = |title: Title| format!("'{path}' in {} ({})", title.id.short(), title.subject);
    let mut lines: Vec<String> = titles.map(line).collect();
    let more = others.len() - named.len();
    lines.extend(
        (more > 0)
            .then(|| format!("'{path}' in {}", count(more, "earlier commit", "earlier commits"))),
    );
    Ok(lines)
}
