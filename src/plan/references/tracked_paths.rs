//! Paths that stand in texts.

use std::collections::BTreeSet;

use crate::registry::RepoPath;

use super::reference::FoundReference;
use super::{Moves, heads};

/// All tracked paths, and which of them move.
pub(super) struct TrackedPaths<'a> {
    pub(super) paths: &'a BTreeSet<RepoPath>,
    pub(super) moves: &'a Moves,
}

/// What a path in a text is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The file it stands in; another meaning is only told.
    File,
    /// That file or the top of the repository, whichever has such a file.
    Either,
}

/// Where a path stands.
pub(super) struct PathSpot<'t> {
    /// The whole text.
    pub(super) text: &'t str,
    /// Where in it the path as it is written begins.
    pub(super) at: usize,
    /// The path as it is written.
    pub(super) written: &'t str,
}

impl TrackedPaths<'_> {
    /// Changes a path that names a file that moves; `plain` is what it says without escapes.
    pub(super) fn look(
        &self,
        own: &RepoPath,
        base: Base,
        spot: &PathSpot<'_>,
        plain: &[u8],
        found: &mut FoundReference,
    ) {
        let dir = own.parent();
        let dir = dir.as_ref().map_or(&b""[..], RepoPath::as_bytes);
        let by_file = self.there(dir, plain);
        let by_top = self.there(b"", plain);
        let moves =
            |path: &Option<RepoPath>| path.as_ref().is_some_and(|p| self.moves.contains_key(p));
        if !moves(&by_file) && !moves(&by_top) {
            return;
        }
        let written = spot.written;
        let chosen = match (base, by_file, by_top) {
            (Base::File, Some(path), _) => path,
            (Base::File, None, _) => {
                let what = format!("'{written}' is no path from here, but one from the top");
                return found.doubt(spot.text, spot.at, what);
            }
            (Base::Either, Some(file), Some(top)) if file != top => {
                let what = format!("'{written}' may mean '{file}' or '{top}'");
                return found.doubt(spot.text, spot.at, what);
            }
            (Base::Either, Some(path), _) | (Base::Either, None, Some(path)) => path,
            (Base::Either, None, None) => return,
        };
        if base == Base::Either && !plain.iter().any(|byte| matches!(byte, b'/' | b'.')) {
            let what = format!("'{written}' may mean the file '{chosen}', or just the word");
            return found.doubt(spot.text, spot.at, what);
        }
        self.put(&chosen, spot, found);
    }

    /// Gives the last part of a written path, which means a file, its new beginning.
    pub(super) fn put(&self, path: &RepoPath, spot: &PathSpot<'_>, found: &mut FoundReference) {
        let Some(to) = self.moves.get(path) else { return };
        let name = spot.written.rfind('/').map_or(0, |slash| slash + 1);
        match heads(path, to) {
            Some((old, new)) if spot.written[name..].starts_with(&old) => {
                let at = spot.at + name;
                found.edit(at..at + old.len(), new);
            }
            _ => found.doubt(
                spot.text,
                spot.at,
                format!("'{}' is written in an unusual way", spot.written),
            ),
        }
    }

    /// Returns the tracked path that a relative path means in a directory.
    pub(super) fn there(&self, dir: &[u8], relative: &[u8]) -> Option<RepoPath> {
        let mut parts: Vec<&[u8]> =
            dir.split(|byte| *byte == b'/').filter(|p| !p.is_empty()).collect();
        if relative.is_empty() || relative.ends_with(b"/") {
            return None;
        }
        for part in relative.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        let path = RepoPath::new(parts.join(&b'/')).ok()?;
        self.paths.contains(&path).then_some(path)
    }

    /// Returns whether some file that moves has a path that ends so, from one part on.
    pub(super) fn ends_some(&self, tail: &str) -> bool {
        let tail = tail.trim_start_matches('/').as_bytes();
        let ends = |path: &RepoPath| {
            let rest = path.as_bytes().strip_suffix(tail);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(b"/"))
        };
        !tail.is_empty() && self.moves.keys().any(ends)
    }
}
