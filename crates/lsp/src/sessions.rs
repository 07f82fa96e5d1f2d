//! [`RepositorySession`]: a repository with open documents, and its state.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::mpsc::Sender;

use idhooks_core::registry::{Allocation, Id};
use idhooks_ops::{EditorRepository, MoveOptions, Repo};
use lsp_types::Uri;

use crate::background::{BackgroundJob, start};
use crate::event::Event;

/// A repository with open documents, and its state.
pub(crate) struct RepositorySession {
    pub(crate) editor: EditorRepository,
    jobs: Sender<BackgroundJob>,
    /// The state of the index when it was last read.
    fingerprint: u64,
    /// Whether the index is being read.
    pub(crate) is_indexing: bool,
    /// Whether the index has changed since the reading began.
    is_outdated: bool,
    /// Whether the index could not be read.
    pub(crate) has_failed: bool,
    /// The newest events of identities.
    pub(crate) histories: HashMap<Id, Vec<String>>,
    /// The identities whose events are being read.
    asked: HashSet<Id>,
    /// Those among them that are read before the others.
    hurried: HashSet<Id>,
    /// The file whose fault the client shows.
    pub(crate) shown_problem: Option<Uri>,
    pub(crate) progress: ProgressState,
    /// How many moves are yet to be reported.
    pub(crate) unreported: usize,
}

/// Whether the client shows that the index is being read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum ProgressState {
    /// It does not.
    #[default]
    None,
    /// It was asked with this request whether it does.
    Asked(i32),
    /// It does.
    Shown,
}

impl RepositorySession {
    pub(crate) fn open(repo: Repo, number: usize, events: Sender<Event>) -> Self {
        let dir: PathBuf = repo.top().to_owned();
        let editor = EditorRepository::new(repo);
        let mut session = RepositorySession {
            fingerprint: 0,
            editor,
            jobs: start(dir, number, events),
            is_indexing: false,
            is_outdated: false,
            has_failed: false,
            histories: HashMap::new(),
            asked: HashSet::new(),
            hurried: HashSet::new(),
            shown_problem: None,
            progress: ProgressState::None,
            unreported: 0,
        };
        session.index();
        session
    }

    fn index(&mut self) {
        self.fingerprint = self.editor.fingerprint();
        self.is_outdated = self.is_indexing;
        if !self.is_indexing {
            self.is_indexing = true;
            let _ = self.jobs.send(BackgroundJob::Index);
        }
    }

    /// Reads the index again if it has changed.
    pub(crate) fn poll(&mut self) {
        if self.editor.fingerprint() != self.fingerprint {
            self.index();
        }
    }

    /// Notes that the index was read, or cannot be.
    pub(crate) fn end_indexing(&mut self, has_failed: bool) {
        (self.is_indexing, self.has_failed) = (false, has_failed);
        self.histories.clear();
        self.asked.clear();
        self.hurried.clear();
        if self.is_outdated {
            self.index();
        }
    }

    /// Returns whether nothing can be said yet.
    pub(crate) fn is_unknown(&self) -> bool {
        !self.editor.is_indexed() && !self.has_failed
    }

    /// Returns whether the files are not all searched yet.
    pub(crate) fn is_partial(&self) -> bool {
        !self.editor.is_searched() && !self.has_failed
    }

    /// Returns whether references can be followed, for all that is known.
    pub(crate) fn can_follow(&self) -> bool {
        self.editor.problem().is_none() && !self.has_failed
    }

    /// Asks for the histories of these identities in advance, unless that was done.
    pub(crate) fn ask_histories(&mut self, ids: impl IntoIterator<Item = Id>) {
        let new = ids.into_iter().filter(|id| self.asked.insert(*id));
        let wanted: Vec<Allocation> =
            new.filter_map(|id| self.editor.record(id)).cloned().collect();
        if !wanted.is_empty() {
            self.give(BackgroundJob::Histories(wanted));
        }
    }

    /// Asks for the history of an identity before all others.
    pub(crate) fn hurry_history(&mut self, id: Id) {
        self.asked.insert(id);
        let is_new = self.hurried.insert(id);
        if let Some(record) = self.editor.record(id).filter(|_| is_new) {
            self.give(BackgroundJob::Histories(vec![record.clone()]));
        }
    }

    /// Has files reported that were moved together.
    pub(crate) fn report_moves(&mut self, moves: Vec<MoveOptions>) {
        self.unreported += 1;
        self.give(BackgroundJob::Moved(moves));
    }

    /// Gives work to the thread of this repository.
    fn give(&self, job: BackgroundJob) {
        let _ = self.jobs.send(job);
    }
}
