//! [`RepositorySession`]: a repository that has documents, and what is known of it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::mpsc::{Sender, SyncSender};

use idhooks_core::registry::{Allocation, Id};
use idhooks_ops::{EditorRepository, Repo};
use lsp_types::Uri;

use crate::background::{BackgroundJob, start};
use crate::event::Event;

/// A repository that has documents, and what is known of it.
pub(crate) struct RepositorySession {
    pub(crate) editor: EditorRepository,
    jobs: Sender<BackgroundJob>,
    /// What the index was when it was last read.
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
    /// The file whose fault the client shows.
    pub(crate) shown_problem: Option<Uri>,
    pub(crate) progress: ProgressState,
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
    pub(crate) fn open(repo: Repo, number: usize, events: SyncSender<Event>) -> Self {
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
            shown_problem: None,
            progress: ProgressState::None,
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

    /// Asks for the histories of these identities, unless they are known.
    pub(crate) fn ask_histories(&mut self, ids: impl IntoIterator<Item = Id>) {
        let mut wanted: Vec<Allocation> = Vec::new();
        for id in ids {
            if !self.histories.contains_key(&id)
                && !self.asked.contains(&id)
                && let Some(record) = self.editor.record(id)
            {
                wanted.push(record.clone());
                self.asked.insert(id);
            }
        }
        if !wanted.is_empty() {
            let _ = self.jobs.send(BackgroundJob::Histories(wanted));
        }
    }

    /// Gives work to the thread of this repository.
    pub(crate) fn give(&self, job: BackgroundJob) {
        let _ = self.jobs.send(job);
    }
}
