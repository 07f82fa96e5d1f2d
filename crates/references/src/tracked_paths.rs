//! Paths in texts that refer to tracked files.

use std::collections::BTreeSet;

use idhooks_core::registry::RepoPath;

use super::reference::FoundReference;
use super::{Moves, heads};

/// All tracked paths, and the moves.
pub(super) struct TrackedPaths<'a> {
    pub(super) paths: &'a BTreeSet<RepoPath>,
    pub(super) moves: &'a Moves,
}

/// The directory to which a path in a text is relative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The directory of the file; a path from the top is only reported.
    File,
    /// That directory or the top of the repository, whichever has such a file.
    Either,
}

/// The place of a path in a text.
pub(super) struct PathSpot<'t> {
    /// The whole text.
    pub(super) text: &'t str,
    /// The offset of the path in the text.
    pub(super) at: usize,
    /// The path as it is written.
    pub(super) written: &'t str,
}

impl TrackedPaths<'_> {
    /// Updates a path that refers to a file that moves; `plain` is the path without escapes.
    pub(super) fn check_path(
        &self,
        own: &RepoPath,
        base: Base,
        spot: &PathSpot<'_>,
        plain: &[u8],
        found: &mut FoundReference,
    ) {
        let dir = own.parent();
        let dir = dir.as_ref().map_or(&b""[..], RepoPath::as_bytes);
        let by_file = self.resolve(dir, plain);
        let by_top = self.resolve(b"", plain);
        let moves =
            |path: &Option<RepoPath>| path.as_ref().is_some_and(|p| self.moves.contains_key(p));
        if !moves(&by_file) && !moves(&by_top) {
            return;
        }
        let written = spot.written;
        let chosen = match (base, by_file, by_top) {
            (Base::File, Some(path), _) => path,
            (Base::File, None, _) => {
                let what = format!(
                    "'{written}' is relative to the top of the repository, not to this file"
                );
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
        self.replace_name(&chosen, spot, found);
    }

    /// Replaces the beginning of the last part of a written path, which refers to a file.
    pub(super) fn replace_name(
        &self,
        path: &RepoPath,
        spot: &PathSpot<'_>,
        found: &mut FoundReference,
    ) {
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

    /// Returns the tracked path to which a relative path in a directory refers.
    pub(super) fn resolve(&self, dir: &[u8], relative: &[u8]) -> Option<RepoPath> {
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

    /// Returns whether the path of some file that moves ends with these parts.
    pub(super) fn any_move_ends_with(&self, tail: &str) -> bool {
        let tail = tail.trim_start_matches('/').as_bytes();
        let ends = |path: &RepoPath| {
            let rest = path.as_bytes().strip_suffix(tail);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(b"/"))
        };
        !tail.is_empty() && self.moves.keys().any(ends)
    }
}
