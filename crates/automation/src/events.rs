//! File system events: [`EventSource`] collects the paths that changed.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use idhooks_core::registry::RepoPath;
use notify::event::{ModifyKind, RenameMode};
use notify::{Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::watched_tree::WatchedTree;

/// If more paths than this have changed, comparing all files is cheaper, and needs no memory for
/// the paths.
const MAX_CHANGED: usize = 50_000;
/// Whether a single watch covers everything below a directory. If so, the whole tree is watched,
/// and unneeded events are dropped as they arrive.
const IS_RECURSIVE: bool = cfg!(any(target_os = "macos", target_os = "windows"));

/// What the file system has reported since the last call.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    /// The paths that changed, and whether directories may have been added or removed there.
    pub changed: HashMap<RepoPath, bool>,
    /// The renames, in the order they were reported.
    pub renamed: Vec<(RepoPath, RepoPath)>,
    /// The number of events.
    pub events: u64,
    /// The reason events may have been lost, if any may have been.
    pub lost: Option<String>,
}

/// The state that the event thread shares with the watcher.
#[derive(Debug, Default)]
struct Shared {
    reported: Mutex<Reported>,
    arrived: Condvar,
}

/// Why a directory cannot be watched.
#[derive(Debug)]
pub(crate) enum WatchFault {
    /// The system allows no more watches.
    Limit,
    /// It is gone.
    Gone,
    /// Another reason.
    Other(String),
}

/// A source of events.
#[derive(Debug)]
pub(crate) struct EventSource {
    shared: Arc<Shared>,
    watcher: RecommendedWatcher,
    /// The watched directories.
    watched: HashSet<PathBuf>,
}

fn locked(shared: &Shared) -> MutexGuard<'_, Reported> {
    // A panic in the event thread must not bring down the watcher too.
    shared.reported.lock().unwrap_or_else(PoisonError::into_inner)
}

impl EventSource {
    /// Creates a source that watches no directories yet.
    ///
    /// # Errors
    /// Returns an error if the system provides no events.
    pub(crate) fn new(tree: &WatchedTree) -> notify::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (receiver, tree) = (Arc::clone(&shared), tree.clone());
        let watcher = RecommendedWatcher::new(
            move |event| {
                let mut reported = locked(&receiver);
                reported.add(&tree, event);
                drop(reported);
                receiver.arrived.notify_one();
            },
            Config::default(),
        );
        Ok(EventSource { shared, watcher: watcher?, watched: HashSet::new() })
    }

    /// Returns the number of watched directories.
    pub(crate) fn watched_dirs(&self) -> usize {
        self.watched.len()
    }

    /// Watches a directory. If it is already watched, the watch is renewed, because the directory
    /// may have been replaced.
    ///
    /// # Errors
    /// Returns an error if the system cannot watch it.
    pub(crate) fn watch(&mut self, dir: &Path) -> Result<(), WatchFault> {
        // The first watch covers the whole tree.
        if IS_RECURSIVE && !self.watched.is_empty() {
            return Ok(());
        }
        if self.watched.remove(dir) {
            // The system itself drops the watch of a deleted directory.
            let _ = self.watcher.unwatch(dir);
        }
        let mode =
            if IS_RECURSIVE { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        match self.watcher.watch(dir, mode) {
            Ok(()) => {
                self.watched.insert(dir.to_owned());
                Ok(())
            }
            Err(error) => Err(match error.kind {
                ErrorKind::MaxFilesWatch => WatchFault::Limit,
                ErrorKind::PathNotFound => WatchFault::Gone,
                ErrorKind::Io(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                    WatchFault::Gone
                }
                kind => WatchFault::Other(notify::Error::new(kind).to_string()),
            }),
        }
    }

    /// Watches a directory unless it is already watched.
    ///
    /// # Errors
    /// Returns the same errors as [`EventSource::watch`].
    pub(crate) fn watch_new(&mut self, dir: &Path) -> Result<(), WatchFault> {
        if self.is_watched(dir) { Ok(()) } else { self.watch(dir) }
    }

    /// Returns whether a directory is watched.
    pub(crate) fn is_watched(&self, dir: &Path) -> bool {
        self.watched.contains(dir)
    }

    /// Stops watching a directory and everything below it.
    pub(crate) fn unwatch_below(&mut self, dir: &Path) {
        let gone: Vec<PathBuf> =
            self.watched.iter().filter(|watched| watched.starts_with(dir)).cloned().collect();
        for dir in gone {
            // The system itself drops the watch of a deleted directory.
            let _ = self.watcher.unwatch(&dir);
            self.watched.remove(&dir);
        }
    }

    /// Returns what the file system has reported as soon as there is anything, or after `limit` at
    /// the latest.
    pub(crate) fn take(&self, limit: Duration) -> Reported {
        let deadline = Instant::now() + limit;
        let mut reported = locked(&self.shared);
        while reported.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.shared.arrived.wait_timeout(reported, left);
            reported = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        std::mem::take(&mut *reported)
    }
}

impl Reported {
    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.lost.is_none()
    }

    fn add(&mut self, tree: &WatchedTree, event: notify::Result<Event>) {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                self.lost = Some(error.to_string());
                return;
            }
        };
        if event.need_rescan() {
            self.lost = Some("the system dropped events".to_owned());
        }
        let is_structural = match event.kind {
            // Access events are ignored, because reading a file does not change it.
            EventKind::Access(_) => return,
            EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Metadata(_)) => false,
            _ => true,
        };
        self.events += 1;
        let paths: Vec<RepoPath> = event.paths.iter().filter_map(|at| tree.path_of(at)).collect();
        // Only this event names both ends of a rename.
        if let (EventKind::Modify(ModifyKind::Name(RenameMode::Both)), [from, to]) =
            (event.kind, &*paths)
        {
            self.renamed.push((from.clone(), to.clone()));
        }
        for path in paths {
            // A data event must not hide an earlier event saying that a directory was added or
            // removed.
            *self.changed.entry(path).or_default() |= is_structural;
        }
        if self.changed.len() > MAX_CHANGED {
            // The collections are replaced rather than cleared, to free their memory.
            (self.changed, self.renamed) = (HashMap::new(), Vec::new());
            self.lost = Some(format!("more than {MAX_CHANGED} paths changed at once"));
        }
    }
}
