//! [`Workspace`]: the repositories of the open documents and of the client's folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use idhooks_ops::Repo;

use crate::document::DocumentPlace;
use crate::event::Event;
use crate::sessions::RepositorySession;

/// The repositories of the open documents and of the client's folders.
pub(crate) struct Workspace {
    pub(crate) sessions: Vec<RepositorySession>,
    /// The directories that were asked for.
    by_dir: HashMap<PathBuf, KnownDir>,
    roots: Vec<PathBuf>,
    events: Sender<Event>,
}

/// A directory, and its repository.
struct KnownDir {
    /// The nearest directory with a `.git`.
    nearest: Option<PathBuf>,
    /// The number of its repository; `None` if it is in none.
    repository: Option<usize>,
}

impl KnownDir {
    fn nearest(dir: &Path) -> Option<PathBuf> {
        let has_git = |dir: &&Path| dir.join(".git").symlink_metadata().is_ok();
        dir.ancestors().find(has_git).map(Path::to_owned)
    }

    /// Returns whether the directory is in another repository than before, for all that is known.
    fn is_outdated(&self, dir: &Path) -> bool {
        let nearest = Self::nearest(dir);
        nearest != self.nearest || (self.repository.is_none() && nearest.is_some())
    }
}

impl Workspace {
    pub(crate) fn new(events: Sender<Event>) -> Self {
        let (sessions, by_dir, roots) = (Vec::new(), HashMap::new(), Vec::new());
        Workspace { sessions, by_dir, roots, events }
    }

    /// Changes the client's folders.
    pub(crate) fn change_roots(&mut self, added: Vec<PathBuf>, removed: &[PathBuf]) {
        self.roots.retain(|root| !removed.contains(root));
        for root in added {
            self.of_dir(&root);
            if !self.roots.contains(&root) {
                self.roots.push(root);
            }
        }
    }

    /// Returns the repositories of the client's folders.
    pub(crate) fn of_roots(&mut self) -> Vec<usize> {
        let mut found = Vec::new();
        for root in self.roots.clone() {
            let session = self.of_dir(&root);
            found.extend(session.filter(|number| !found.contains(number)));
        }
        found
    }

    /// Returns the place of a file in its repository: the nearest one. `None` if it is in none.
    pub(crate) fn place_of(&mut self, file: &Path) -> Option<DocumentPlace> {
        let repository = self.of_dir(file.parent()?)?;
        let path = self.sessions[repository].editor.path_of(file)?;
        // Files in the git directory do not belong to the working tree.
        let is_own = path.as_bytes().split(|byte| *byte == b'/').any(|part| part == b".git");
        (!is_own).then_some(DocumentPlace { repository, path })
    }

    /// Returns the repository that has a directory, which need not exist yet.
    fn of_dir(&mut self, dir: &Path) -> Option<usize> {
        if let Some(known) = self.by_dir.get(dir) {
            return known.repository;
        }
        let existing = dir.ancestors().find(|dir| dir.is_dir())?;
        let nearest = KnownDir::nearest(dir);
        let repository = match Repo::open(existing) {
            Ok(repo) => {
                let known = self.sessions.iter().position(|session| {
                    let other = session.editor.repo();
                    other.top() == repo.top() && other.git_dir() == repo.git_dir()
                });
                Some(known.unwrap_or_else(|| {
                    let number = self.sessions.len();
                    let session = RepositorySession::open(repo, number, self.events.clone());
                    self.sessions.push(session);
                    number
                }))
            }
            Err(_) => None,
        };
        self.by_dir.insert(dir.to_owned(), KnownDir { nearest, repository });
        repository
    }

    /// Looks for changes of the repositories. Returns whether files may be in other ones than before.
    pub(crate) fn poll(&mut self) -> bool {
        let before = self.by_dir.len();
        self.by_dir.retain(|dir, known| !known.is_outdated(dir));
        self.sessions.iter_mut().for_each(RepositorySession::poll);
        self.by_dir.len() < before
    }
}
