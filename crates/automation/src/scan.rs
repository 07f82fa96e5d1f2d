//! Compares all files with their last known state.

use std::collections::BTreeMap;

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::IndexedFile;

use crate::path_change::is_same_content;
use crate::queue::{KnownStamp, Queue, QueueError};
use crate::watched_tree::{TreeEntry, WatchedTree};

/// Something found while comparing all files.
#[derive(Debug)]
pub(crate) enum ScanFinding {
    /// A directory to watch; `None` for the root of the working tree.
    Directory(Option<RepoPath>),
    /// A file that has changed since it was last processed; `None` if it is gone.
    Changed(RepoPath, Option<KnownStamp>),
    /// A directory that cannot be read, and why.
    Unreadable(String),
}

/// Returns whether a file is unchanged since git last saw it.
fn is_as_indexed(stamp: &KnownStamp, indexed: &IndexedFile) -> bool {
    let [seconds, nanos] = indexed.modified.map(i64::from);
    let is_same_time = match nanos {
        // Some implementations of git record only whole seconds.
        0 => stamp.modified / 1_000_000_000 == seconds,
        nanos => stamp.modified == seconds * 1_000_000_000 + nanos,
    };
    // The index stores only the lower 32 bits of a size.
    is_same_time && stamp.size & u64::from(u32::MAX) == u64::from(indexed.size)
}

/// Makes the files in the index, as git last saw them, the last known state, which a new watcher
/// starts from. `progress` is called for each file.
///
/// # Errors
/// Returns an error if the queue cannot be written.
pub(crate) fn begin_with_index(
    queue: &mut Queue,
    tree: &WatchedTree,
    index: &[IndexedFile],
    progress: &dyn Fn(),
) -> Result<(), QueueError> {
    let watched = index.iter().filter(|file| tree.config().watches(&file.path));
    queue.write(|work| {
        for file in watched {
            progress();
            let stamp = tree.stamp(&file.path).filter(|stamp| is_as_indexed(stamp, file));
            // If a file may have changed, a stamp that matches no file makes the first comparison
            // report it.
            let other = KnownStamp { size: u64::from(file.size), ..KnownStamp::default() };
            work.note(&file.path, &stamp.unwrap_or(other))?;
        }
        Ok(())
    })
}

/// Compares all files with their last known state. Files in the index are compared even if git
/// would ignore them. `progress` is called for each file and directory.
///
/// # Errors
/// Returns an error if the queue cannot be read.
pub(crate) fn scan(
    queue: &Queue,
    tree: &WatchedTree,
    index: &[IndexedFile],
    progress: &dyn Fn(),
    see: &mut dyn FnMut(ScanFinding),
) -> Result<(), QueueError> {
    let watched = index.iter().filter(|file| tree.config().watches(&file.path));
    // A file that the walk did not find is either ignored or gone.
    let mut unseen: BTreeMap<&RepoPath, ()> = watched.map(|file| (&file.path, ())).collect();
    let (mut failed, mut known_files) = (None, queue.known_files()?);
    let mut compare =
        |path: RepoPath, stamp: KnownStamp, see: &mut dyn FnMut(ScanFinding)| match known_files
            .get(&path)
        {
            Ok(Some(known)) if is_same_content(&known, &stamp) => {}
            Ok(_) => see(ScanFinding::Changed(path, Some(stamp))),
            Err(error) => failed = Some(error),
        };
    tree.walk(None, &mut |entry| {
        progress();
        match entry {
            TreeEntry::Directory(path) => see(ScanFinding::Directory(path)),
            TreeEntry::Unreadable(why) => see(ScanFinding::Unreadable(why)),
            TreeEntry::File(path, stamp) => {
                unseen.remove(&path);
                compare(path, stamp, see);
            }
        }
    });
    let mut dirs: BTreeMap<RepoPath, ()> = BTreeMap::new();
    for path in unseen.into_keys() {
        progress();
        if let Some(stamp) = tree.stamp(path) {
            // The walk skipped these directories, which must be watched too.
            dirs.extend(path.parent().map(|dir| (dir, ())));
            compare(path.clone(), stamp, see);
        }
    }
    dirs.into_keys().for_each(|dir| see(ScanFinding::Directory(Some(dir))));
    if let Some(error) = failed {
        return Err(error);
    }
    queue.each_known(&mut |path| {
        progress();
        if tree.stamp(&path).is_none() && tree.config().watches(&path) {
            see(ScanFinding::Changed(path, None));
        }
    })
}
