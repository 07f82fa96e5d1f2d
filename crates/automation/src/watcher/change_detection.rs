//! How a watcher notices changes.

use std::collections::BTreeSet;
use std::time::Duration;

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::IndexedFile;
use idhooks_repo::store::clock::since_epoch;

use crate::events::{EventSource, Reported, WatchFault};
use crate::moment::Moment;
use crate::pending_paths::Tick;
use crate::problems::WatchTask;
use crate::scan::{ScanFinding, begin_with_index, scan};
use crate::status::{WatchMode, WatchState};
use crate::watch_error::WatchError;
use crate::watched_tree::WatchedTree;

use super::Watcher;

/// The minimum time between two comparisons of all files if the system reports no events.
const POLL: Duration = Duration::from_secs(2);
/// The length of the pause between two comparisons, as a multiple of the time a comparison takes.
const POLL_SHARE: u32 = 20;
/// How long to keep completed items.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// The reason for polling if there are too many directories.
const LIMIT: &str = "the system allows no more watches (fs.inotify.max_user_watches)";

impl Watcher<'_> {
    /// Compares all files with their last known state, and watches all directories.
    pub(super) fn compare_all(&mut self) -> Result<(), WatchError> {
        let begin = self.now();
        if self.board.status.mode == WatchMode::Watching {
            self.board.status.state = WatchState::Scanning;
            self.put_status()?;
        }
        self.queue.write(|work| work.clear_completed(Moment::now().before(KEPT)))?;
        let index = self.known_index()?;
        self.board.status.polling_because = None;
        let mut source = match self.source.take() {
            Some(source) => Ok(source),
            None => EventSource::new(&self.tree).map_err(|error| error.to_string()),
        };
        let (mut unreadable, pending) = (Vec::new(), &mut self.pending);
        let progress = || self.board.heart.beat();
        scan(&self.queue, &self.tree, &index, &progress, &mut |found| match found {
            ScanFinding::Changed(path, stamp) => pending.found(path, stamp, begin),
            ScanFinding::Unreadable(why) => unreadable.push(why),
            ScanFinding::Directory(dir) => {
                let full =
                    dir.map_or_else(|| self.tree.top().to_owned(), |dir| self.tree.full(&dir));
                let fault = source.as_mut().ok().and_then(|source| source.watch_new(&full).err());
                match fault {
                    Some(WatchFault::Other(why)) => unreadable.push(why),
                    Some(WatchFault::Limit) => source = Err(LIMIT.to_owned()),
                    Some(WatchFault::Gone) | None => {}
                }
            }
        })?;
        let took = self.now().saturating_sub(begin);
        self.board.status.watched_dirs = source.as_ref().map_or(0, EventSource::watched_dirs);
        (self.board.status.mode, self.due.scan) = match source {
            Ok(source) => {
                self.source = Some(source);
                (WatchMode::Watching, self.now() + self.tree.config().watch.rescan)
            }
            Err(why) => {
                self.board.status.polling_because = Some(why);
                // The larger the repository, the less often it is compared, so that comparisons
                // always take up the same small share of the time.
                (WatchMode::Polling, self.now() + POLL.max(took * POLL_SHARE))
            }
        };
        unreadable.iter().for_each(|why| self.problem(WatchTask::Files, why));
        self.solved(WatchTask::Files, |why| unreadable.iter().any(|one| one == why));
        self.board.is_changed = true;
        Ok(())
    }

    /// Returns the files in the index; makes them the last known state if there is none yet.
    pub(super) fn known_index(&mut self) -> Result<Vec<IndexedFile>, WatchError> {
        let index = self.repo.indexed_files(&self.repo.index_file())?;
        if self.queue.knows_nothing()? {
            let progress = || self.board.heart.beat();
            begin_with_index(&mut self.queue, &self.tree, &index, &progress)?;
        }
        Ok(index)
    }

    /// Takes the events that have already arrived or that arrive within `limit`.
    pub(super) fn take_events(&mut self, limit: Duration) {
        let Some(source) = &self.source else {
            std::thread::sleep(limit);
            return;
        };
        let Reported { changed, renamed, events, lost } = source.take(limit);
        self.board.rate.add(events, Moment::now());
        if events > 0 {
            self.board.status.events_total += events;
            self.board.status.last_event_at = Some(Moment::now().to_string());
            self.board.is_changed = true;
        }
        if lost.is_some() {
            // Directories may have been added or removed unnoticed: watch and compare all of them
            // again.
            (self.source, self.due.scan) = (None, Tick::ZERO);
        }
        if self.board.status.state == WatchState::Paused {
            return;
        }
        match self.note_own_writes() {
            Ok(()) => self.solved(WatchTask::OwnWrites, |_| false),
            Err(error) => self.problem(WatchTask::OwnWrites, &error.to_string()),
        }
        let now = self.now();
        for (path, is_structural) in changed {
            if is_structural {
                self.look_at_directory(&path);
            }
            if WatchedTree::is_ignore_file(&path) {
                // The ignore rules determine which files are watched.
                self.due.scan = Tick::ZERO;
            }
            if self.tree.config().watches(&path) && !self.is_own_write(&path) {
                self.pending.touch(path, now);
            }
        }
        for (from, to) in renamed {
            for (from, to) in self.files_renamed(from, to) {
                let is_of_others =
                    |path| self.tree.config().watches(path) && !self.is_own_write(path);
                if is_of_others(&from) && is_of_others(&to) {
                    self.pending.rename(from, to, now);
                }
            }
        }
    }

    /// Returns the file renames that a rename implies: renaming a directory renames each file below
    /// it.
    fn files_renamed(&mut self, from: RepoPath, to: RepoPath) -> Vec<(RepoPath, RepoPath)> {
        let is_file = self.tree.stamp(&to).is_some();
        if is_file || self.queue.known(&from).is_ok_and(|known| known.is_some()) {
            return vec![(from, to)];
        }
        let Ok(known) = self.queue.known_below(&from) else {
            // A comparison of all files will find the changes, as far as possible.
            self.due.scan = Tick::ZERO;
            return Vec::new();
        };
        let files: BTreeSet<RepoPath> =
            known.into_iter().chain(self.pending.below(&from)).collect();
        let moved = |path: RepoPath| {
            let rest = path.as_bytes().strip_prefix(from.as_bytes())?;
            let new = RepoPath::new([to.as_bytes(), rest].concat()).ok()?;
            Some((path, new))
        };
        files.into_iter().filter_map(moved).collect()
    }

    /// Reads the list of files that idhooks itself has written, and makes their current state the
    /// last known state. A file that had changed before idhooks wrote it keeps its item.
    pub(super) fn note_own_writes(&mut self) -> Result<(), WatchError> {
        let window = self.tree.config().watch.suppress;
        self.own.expire(window, since_epoch());
        let (writes, seen) = self.control.own_writes().read(self.own.seen)?;
        self.own.seen = seen;
        if writes.is_empty() {
            return Ok(());
        }
        self.due.check.get_or_insert(self.due.now());
        let mut noted = Vec::new();
        for write in writes {
            let first = self.pending.first(&write.path);
            let first = first.map(|first| Duration::from_millis(first.millis()));
            let (path, stamp) = (write.path.clone(), self.tree.stamp(&write.path));
            let is_own = self.own.add(write, first, stamp.as_ref());
            if is_own && self.own.covers(&path, stamp.as_ref()) {
                self.pending.take(&path);
                noted.push((path, stamp));
            }
        }
        self.queue.write(|work| {
            for (path, stamp) in &noted {
                match stamp {
                    _ if work.is_waiting(path)? => {}
                    Some(stamp) => work.note(path, stamp)?,
                    None => work.forget(path)?,
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// Returns whether an event was caused by idhooks writing the file.
    pub(super) fn is_own_write(&self, path: &RepoPath) -> bool {
        self.own.covers(path, self.tree.stamp(path).as_ref())
    }

    /// Watches a new directory and everything below it, or forgets a deleted one. The directory is
    /// watched before it is read, so that nothing is missed in between.
    pub(super) fn look_at_directory(&mut self, path: &RepoPath) {
        let (full, now) = (self.tree.full(path), self.now());
        let Some(source) = &mut self.source else { return };
        let was_watched = source.is_watched(&full);
        if was_watched {
            source.unwatch_below(&full);
            match self.queue.known_below(path) {
                // The system reports only the move of a directory itself, not of the files in it.
                Ok(known) => known.into_iter().for_each(|path| self.pending.touch(path, now)),
                Err(_) => self.due.scan = Tick::ZERO,
            }
        }
        if !self.tree.is_dir(path) || !self.tree.children(path.parent().as_ref()).contains(path) {
            return;
        }
        let (mut dirs, mut is_incomplete) = (vec![path.clone()], false);
        while let Some(dir) = dirs.pop() {
            match source.watch(&self.tree.full(&dir)) {
                Ok(()) => {}
                Err(WatchFault::Gone) => continue,
                // A comparison of all files will find these changes.
                Err(_) => is_incomplete = true,
            }
            for child in self.tree.children(Some(&dir)) {
                match self.tree.is_dir(&child) {
                    true => dirs.push(child),
                    false => self.pending.touch(child, now),
                }
            }
        }
        if is_incomplete {
            self.due.scan = Tick::ZERO;
        }
    }
}
