//! Makes a migration step: a separate commit that can be completed later and undone.

use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::{BlobId, Json, Object, Registry, RepoPath};
use idhooks_migration::{MigratedFile, MigrationRun};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::MigrationTrailer;
use idhooks_repo::store::StoreError;
use idhooks_repo::transaction::audit_recording::{self, Recording};
use idhooks_repo::transaction::{append_allocations, backup, count_write, now};

use super::context::MigrationContext;
use super::journal::MigrationFile;
use super::refusal::MigrateRefusal;
use super::source_refusal::LegacySourceRefusal;
use super::step_files::commit_step;
use crate::{Notice, Observer, OpsError, keep_attributes, read_allocation_log};

/// A step to be made.
pub(super) struct StepDraft {
    /// The step's journal, without the files.
    pub(super) run: MigrationRun,
    /// The repository's files with their contents after the step; `None` for a file that is to be
    /// removed.
    pub(super) contents: Vec<(RepoPath, Option<Vec<u8>>)>,
    /// The first line of the commit message.
    pub(super) subject: String,
    /// The number of steps that this one undoes.
    pub(super) undone: usize,
}

impl StepDraft {
    /// Makes the step; returns `None` if no file would change.
    ///
    /// # Errors
    /// Returns an error if something cannot be written, in which case everything stays as it was.
    pub(super) fn make(
        mut self,
        observer: &mut dyn Observer,
        context: &MigrationContext<'_>,
    ) -> Result<Option<CommitId>, OpsError> {
        self.run.base = Some(context.head.to_string());
        self.run.files = self.files(context)?;
        // An empty commit would be a step that has no effect.
        if self.run.files.is_empty() {
            return Ok(None);
        }
        let trailer = MigrationTrailer { phase: self.run.to, undone: self.undone };
        self.run.message = format!("{}\n\n{trailer}\n", self.subject);
        commit(observer, context.repo, self.run).map(Some)
    }

    /// Stores the contents and returns the files that change.
    fn files(&self, context: &MigrationContext<'_>) -> Result<Vec<MigratedFile>, OpsError> {
        let (repo, mut files) = (context.repo, Vec::new());
        let tree = repo.commit(context.head)?.tree;
        for (path, content) in &self.contents {
            let not_text = || LegacySourceRefusal::PathNotText(path.clone());
            let name = path.as_str().ok_or_else(not_text)?;
            let before = repo.tree_entry(tree, name)?.map(|entry| entry.blob);
            let after = content.as_deref().map(|bytes| repo.write_blob(bytes)).transpose()?;
            // An unchanged file is not part of the step, so undoing the step will not touch it.
            if before != after {
                files.push(MigratedFile { path: path.clone(), before, after });
            }
        }
        Ok(files)
    }
}

/// The journal while a step is being planned.
pub(super) struct StepJournal {
    /// The journal; `None` for a dry run.
    file: Option<MigrationFile>,
    /// The step made before this one.
    previous: Option<MigrationRun>,
}

impl StepJournal {
    /// Returns the journal for a run in this context.
    pub(super) fn of(context: &MigrationContext<'_>, is_dry_run: bool) -> Self {
        let file = MigrationFile::in_dir(&context.repo.worktree_state_dir());
        StepJournal { file: (!is_dry_run).then_some(file), previous: context.run.clone() }
    }

    /// Writes the run's state.
    ///
    /// # Errors
    /// Returns an error if the journal cannot be written.
    pub(super) fn write(&self, run: &MigrationRun) -> Result<(), StoreError> {
        self.file.as_ref().map_or(Ok(()), |file| file.write(run))
    }

    /// Returns whether this is a dry run.
    pub(super) fn is_dry_run(&self) -> bool {
        self.file.is_none()
    }

    /// Restores the previous step's journal, unless the current step can still be completed.
    pub(super) fn forget(&self, observer: &mut dyn Observer) {
        let Some(file) = &self.file else { return };
        // The current journal is needed to complete the step.
        if matches!(file.read(), Ok(Some(run)) if !run.files.is_empty()) {
            return;
        }
        let restored = match &self.previous {
            Some(run) => file.write(run),
            None => file.remove(),
        };
        if let Err(error) = restored {
            observer.notice(Notice::NotKept(error.to_string()));
        }
    }
}

/// Makes or completes a step whose files and message are known.
///
/// # Errors
/// Returns an error if something cannot be written, in which case everything stays as it was.
pub(super) fn commit(
    observer: &mut dyn Observer,
    repo: &Repo,
    run: MigrationRun,
) -> Result<CommitId, OpsError> {
    // If the audit log cannot be written, this must fail before anything else is written.
    audit_recording::look_ahead(repo)?;
    let of_registry = run.files.iter().find(|file| file.path == RepoPath::registry());
    if let Some(before) = of_registry.and_then(|file| file.before) {
        backup::keep(repo, before, &repo.blob(before)?)?;
    }
    let registries = registries(repo, &run)?;
    let recorded = registries.as_ref().map(|(before, after)| (before, after));
    // If the audit log is required but cannot be written, no commit is created.
    let recording = Recording::of(repo, recorded, [event(&run)]);
    let committed = commit_step(repo, &run, || Ok(recording.require()?));
    count_write(repo, &committed);
    let commit = committed.map_err(|error| failed(repo, error.into()))?;
    recording.finish().into_iter().for_each(|problem| observer.notice(Notice::NotKept(problem)));
    end(observer, repo, run)?;
    Ok(commit)
}

/// Ends a step after its commit has been created.
///
/// # Errors
/// Returns an error if the step's registries cannot be read.
pub(super) fn end(
    observer: &mut dyn Observer,
    repo: &Repo,
    mut run: MigrationRun,
) -> Result<(), OpsError> {
    if let Some((before, after)) = registries(repo, &run)? {
        let log = read_allocation_log(observer, repo);
        let problem = append_allocations(repo, &log, Some(&before), &after);
        problem.into_iter().for_each(|problem| observer.notice(Notice::NotKept(problem)));
    }
    // The step may have changed the legacy file's path, which is named in the clone's attributes.
    if let Some(head) = repo.head()? {
        keep_attributes(observer, repo, LegacyFile::of_tree(repo, repo.commit(head)?.tree));
    }
    run.finished_at = Some(now(repo));
    // An error here would suggest that the commit has not been created, although it has.
    if let Err(error) = MigrationFile::in_dir(&repo.worktree_state_dir()).write(&run) {
        let problem = format!("the step is made, but its journal is not up to date: {error}");
        observer.notice(Notice::NotKept(problem));
    }
    Ok(())
}

/// Returns the registries before and after a step, if the step changes the registry; a missing or
/// unreadable registry counts as one without records.
fn registries(repo: &Repo, run: &MigrationRun) -> Result<Option<(Registry, Registry)>, OpsError> {
    let of_registry = run.files.iter().find(|file| file.path == RepoPath::registry());
    let Some(file) = of_registry else { return Ok(None) };
    let read = |blob: Option<BlobId>| -> Result<Option<Registry>, OpsError> {
        let bytes = blob.map(|blob| repo.blob(blob)).transpose()?;
        Ok(bytes.and_then(|bytes| Registry::parse(&bytes).ok()))
    };
    let (before, after) = (read(file.before)?, read(file.after)?);
    let scope = before.as_ref().or(after.as_ref()).map(|registry| registry.scope);
    let Some(scope) = scope else { return Ok(None) };
    let or_none = |registry: Option<Registry>| registry.unwrap_or_else(|| Registry::new(scope));
    Ok(Some((or_none(before), or_none(after))))
}

/// Returns the error for a step that was not made.
fn failed(repo: &Repo, error: OpsError) -> MigrateRefusal {
    let journal = MigrationFile::in_dir(&repo.worktree_state_dir()).read();
    let is_unfinished = matches!(journal, Ok(Some(run)) if run.is_unfinished());
    MigrateRefusal::NotMade { error: error.into(), is_unfinished }
}

/// Returns the first line of a step's commit message.
pub(super) fn subject(run: &MigrationRun, legacy: &RepoPath) -> String {
    match run.to {
        MigrationPhase::LegacyLeads if run.from == run.to => {
            format!("Migrate identities: take the changes of '{legacy}'")
        }
        MigrationPhase::Off | MigrationPhase::LegacyLeads => {
            format!("Migrate identities: write the registry beside '{legacy}', which leads")
        }
        MigrationPhase::RegistryLeads => {
            format!("Migrate identities: the registry leads '{legacy}'")
        }
        MigrationPhase::Stopped => format!("Migrate identities: stop writing '{legacy}'"),
        MigrationPhase::Finished => format!("Migrate identities: remove '{legacy}'"),
    }
}

/// Returns a step's audit event.
fn event(run: &MigrationRun) -> (EventKind, Object) {
    let number = |value: usize| Json::Number(value.to_string());
    let counts = Object::from([
        ("records".to_owned(), number(run.records)),
        ("converted".to_owned(), number(run.converted)),
        ("deprecated".to_owned(), number(run.deprecated)),
        ("unchanged".to_owned(), number(run.unchanged)),
        ("skipped".to_owned(), number(run.skipped)),
    ]);
    let facts = Object::from([
        ("step".to_owned(), Json::string(run.to.as_str())),
        ("counts".to_owned(), Json::Object(counts)),
    ]);
    (EventKind::Migration, facts)
}
