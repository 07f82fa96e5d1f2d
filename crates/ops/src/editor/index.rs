//! [`EditorIndex`]: a repository's index and its registry, read for an editor.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::Config;
use idhooks_core::registry::{Allocation, BlobId, RepoPath, Timestamp, Tree};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{History, IdentityLogEntry, identity_log};
use idhooks_repo::state::{CommitState, RegistryState, StateError, Stored};

use super::completion::CompletionIndex;
use super::contents::EditorContents;
use super::records::RecordIndex;
use crate::OpsError;
use crate::log::LoggedEvent;
use crate::refs::{FileTitles, ReferenceSearch};

/// A part of what an editor needs to know, in the order in which the parts are read. Both can be
/// sent to another thread.
#[derive(Debug)]
pub enum EditorIndexPart {
    /// The index and its registry.
    Index(Box<EditorIndex>),
    /// The contents of the files.
    Contents(EditorContents),
}

/// A repository's index and its registry.
#[derive(Debug)]
pub struct EditorIndex {
    pub(super) tree: Tree,
    pub(super) unmerged: BTreeSet<RepoPath>,
    pub(super) parents: Vec<CommitId>,
    pub(super) stored: Option<Stored>,
    pub(super) config: Config,
    pub(super) records: RecordIndex,
    pub(super) completion: CompletionIndex,
    /// Why references cannot be followed.
    pub(super) problem: Option<EditorProblem>,
}

/// A fault in a file of idhooks, because of which nothing can be said about references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditorProblem {
    /// The file.
    pub path: RepoPath,
    /// The line, from 1.
    pub line: usize,
    /// The kind of fault, if it is one that `check` finds.
    pub code: Option<Code>,
    /// The fault.
    pub message: String,
    /// The remedy.
    pub help: Option<String>,
}

impl EditorProblem {
    fn of_finding(finding: Finding) -> Self {
        let Finding { code, path, message, help, .. } = finding;
        let path = path.unwrap_or_else(RepoPath::registry);
        EditorProblem { path, line: 1, code: Some(code), message, help: Some(help) }
    }

    fn of_rules(error: &StateError) -> Self {
        let (line, hint) = match error {
            StateError::Config(error) => (error.line.max(1), error.hint.clone()),
            _ => (1, None),
        };
        let (path, message) = (RepoPath::config(), error.to_string());
        EditorProblem { path, line, code: None, message, help: hint }
    }
}

impl EditorIndex {
    /// Takes the index and its registry from `view`.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub(super) fn of(repo: &Repo, view: CommitState) -> Result<Self, OpsError> {
        let (config, fault) = match view.config(repo) {
            Ok(config) => (config, None),
            Err(error) => (Config::default(), Some(EditorProblem::of_rules(&error))),
        };
        let findings = match view.is_adopted() {
            true => view.why_unreadable(repo)?,
            false => Vec::new(),
        };
        let problem = findings.into_iter().next().map(EditorProblem::of_finding).or(fault);
        let CommitState { tree, unmerged, parents, registry, .. } = view;
        let stored = match registry {
            RegistryState::Read(stored) if problem.is_none() => Some(Rc::unwrap_or_clone(stored)),
            _ => None,
        };
        let records = stored.as_ref().map(|stored| RecordIndex::new(&stored.registry));
        let records = records.unwrap_or_default();
        let completion = stored.as_ref().map(|one| CompletionIndex::new(&one.registry, &tree));
        let completion = completion.unwrap_or_default();
        Ok(EditorIndex { tree, unmerged, parents, stored, config, records, completion, problem })
    }
}

/// Reads what an editor needs to know about a repository, and hands over each part.
///
/// # Errors
/// Returns an error if the index cannot be read or the files cannot be searched.
pub fn read_editor_index(
    repo: &Repo,
    known: &FileTitles,
    send: &mut dyn FnMut(EditorIndexPart),
) -> Result<(), OpsError> {
    let checksum: Option<BlobId> = repo.index_checksum(&repo.index_file());
    let index = EditorIndex::of(repo, CommitState::of_index(repo)?)?;
    let is_readable = index.stored.is_some();
    let view = CommitState {
        unmerged: index.unmerged.clone(),
        is_index: true,
        ..CommitState::without_registry(index.tree.clone(), RegistryState::NotAdopted)
    };
    let config = view.config(repo).unwrap_or_default();
    send(EditorIndexPart::Index(Box::new(index)));
    if !is_readable {
        send(EditorIndexPart::Contents(EditorContents::default()));
        return Ok(());
    }
    let (files, _) = ReferenceSearch::new(repo, &view, &config, checksum).all()?;
    let titles = FileTitles::read(repo, &view.tree, known);
    send(EditorIndexPart::Contents(EditorContents::new(files, Arc::new(titles))));
    Ok(())
}

/// The history of HEAD, in which those of identities are found.
#[derive(Debug)]
pub struct IdentityHistories {
    head: Option<CommitId>,
    history: Option<History>,
}

impl IdentityHistories {
    /// Reads the history of HEAD.
    ///
    /// # Errors
    /// Returns an error if it cannot be read.
    pub fn read(repo: &Repo) -> Result<Self, OpsError> {
        let head = repo.head()?;
        let history = head.map(|head| History::of(repo, head, &mut |_| {})).transpose()?;
        Ok(IdentityHistories { head, history })
    }

    /// Returns whether this is still the history of HEAD.
    pub fn is_present(&self, repo: &Repo) -> bool {
        repo.head().is_ok_and(|head| head == self.head)
    }

    /// Returns the newest events of an identity, as `idhooks log` shows them.
    ///
    /// # Errors
    /// Returns an error if the history cannot be read.
    pub fn newest(
        &self,
        repo: &Repo,
        record: &Allocation,
        most: usize,
    ) -> Result<Vec<String>, OpsError> {
        let Some(history) = &self.history else { return Ok(Vec::new()) };
        let entries = identity_log(repo, history, record, &mut || {})?;
        let newest = entries.into_iter().rev().take(most);
        let line = |entry: IdentityLogEntry| {
            let commit = repo.commit(entry.commit)?;
            let at = Timestamp::from_unix(commit.author_time).unwrap_or(Timestamp::EPOCH);
            let ([author, _], short, word) =
                (commit.author(), entry.commit.short(), entry.what.kind());
            let detail = LoggedEvent { entry, commit, previous: None }.detail();
            Ok(format!("{at}  {short}  {author}  {word}  {detail}"))
        };
        newest.map(line).collect()
    }
}
