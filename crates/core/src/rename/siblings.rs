//! The files beside a file: its siblings, files of the same kind in the directory of a deleted file,
//! and the asset that it is a sidecar of.
//!
//! Text that siblings share with a deleted file, such as a boilerplate of a hundred lines, does not
//! show which of them became a new file.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::registry::{BlobId, Entry, RepoPath, Tree};

/// How many siblings are compared with a new file.
pub(super) const SAMPLE: usize = 4;

/// The names and contents of some files of the same kind in one directory.
pub type Siblings = Vec<(Box<[u8]>, BlobId)>;

/// Returns the first files in a directory that are of the same kind as `path`, which may be one of
/// them. `files` are the directory's files with their names, in bytewise order.
pub fn sample_siblings<'n>(
    path: &RepoPath,
    files: impl Iterator<Item = (&'n [u8], Entry)>,
) -> Siblings {
    let kind = kind(path.basename());
    let alike = files.filter(|(name, entry)| entry.mode.is_file() && self::kind(name) == kind);
    alike.map(|(name, entry)| (name.into(), entry.blob)).take(SAMPLE + 1).collect()
}

/// Returns the same for the directory of a path in a whole tree.
pub fn siblings_in(tree: &Tree, path: &RepoPath) -> Siblings {
    let directory = directory(path);
    let mut from = [directory, b"\x01"].concat();
    let files = std::iter::from_fn(|| {
        loop {
            let (found, entry) = tree.range(RepoPath::new(&*from).ok()?..).next()?;
            let name = found.as_bytes().strip_prefix(directory)?;
            match name.iter().position(|byte| *byte == b'/') {
                // Continues after everything below the subdirectory: `0` comes after `/`.
                Some(end) => from = [directory, &name[..end], b"0"].concat(),
                None => {
                    from = [found.as_bytes(), b"\x01"].concat();
                    return Some((name, *entry));
                }
            }
        }
    });
    sample_siblings(path, files)
}

/// Returns the path of a file's directory, with the final slash.
pub(super) fn directory(path: &RepoPath) -> &[u8] {
    &path.as_bytes()[..path.as_bytes().len() - path.basename().len()]
}

/// Returns a name's extension.
pub(super) fn kind(name: &[u8]) -> Option<&[u8]> {
    name.iter().rposition(|byte| *byte == b'.').filter(|dot| *dot > 0).map(|dot| &name[dot..])
}

/// Returns, for each path, the index of the path that it is a sidecar of: the longest one that
/// becomes it with a suffix that begins with a dot.
pub(super) fn assets(paths: &[&RepoPath]) -> Vec<Option<usize>> {
    let numbered = paths.iter().enumerate().map(|(index, path)| (path.as_bytes(), index));
    let indexes: HashMap<&[u8], usize, RandomState> = numbered.collect();
    let asset = |path: &&RepoPath| {
        let (path, name) = (path.as_bytes(), directory(path).len());
        let dots = (name + 1..path.len()).rev().filter(|at| path[*at] == b'.');
        dots.map(|dot| &path[..dot]).find_map(|path| indexes.get(path).copied())
    };
    paths.iter().map(asset).collect()
}
