//! Paths in a file's text that refer to tracked files.

use std::collections::BTreeSet;

use idhooks_core::registry::RepoPath;

use super::{Moves, heads, reference::FoundReference};

/// All tracked paths, and the moves.
pub(super) struct TrackedPaths<'a> {
    pub(super) paths: &'a BTreeSet<RepoPath>,
    pub(super) moves: &'a Moves,
}

/// The directory that paths in a file are relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Base {
    /// The file's directory; paths relative to the root of the repository are only reported.
    File,
    /// The file's directory or the root of the repository, whichever the referenced file is found
    /// in.
    Either,
}

/// A search in one tracked file for references to other tracked files.
pub(super) struct TextSearch<'a> {
    pub(super) tracked: &'a TrackedPaths<'a>,
    /// The file's path.
    pub(super) path: &'a RepoPath,
    pub(super) text: &'a str,
    pub(super) found: FoundReference,
}

impl<'a> TextSearch<'a> {
    /// Starts the search in a file with this text.
    pub(super) fn new(tracked: &'a TrackedPaths<'a>, path: &'a RepoPath, text: &'a str) -> Self {
        TextSearch { tracked, path, text, found: FoundReference::default() }
    }

    /// Records a doubt about the place at an offset.
    pub(super) fn doubt(&mut self, at: usize, what: impl Into<String>) {
        self.found.doubt(self.text, at, what);
    }

    /// Checks `value`, which is written with escapes at an offset in the text.
    pub(super) fn check_escaped(
        &mut self,
        at: usize,
        value: &str,
        check: impl FnOnce(&mut TextSearch<'_>),
    ) {
        let mut inner = TextSearch::new(self.tracked, self.path, value);
        check(&mut inner);
        // With escapes, it is unclear which bytes to replace, so a human has to look.
        if !inner.found.is_unchanged() || !inner.found.doubts.is_empty() {
            self.doubt(at, format!("'{value}' contains escapes"));
        }
    }

    /// Updates the path `written` at an offset if it refers to a file being moved; `plain` is the
    /// path without escapes.
    pub(super) fn check_path(&mut self, base: Base, at: usize, written: &str, plain: &[u8]) {
        let dir = self.path.parent();
        let dir = dir.as_ref().map_or(&b""[..], RepoPath::as_bytes);
        let by_file = self.tracked.resolve(dir, plain);
        // Authors often write paths relative to the root of the repository; such paths are at least
        // reported.
        let by_top = self.tracked.resolve(b"", plain);
        let moves = |path: &Option<RepoPath>| {
            path.as_ref().is_some_and(|path| self.tracked.moves.contains_key(path))
        };
        if !moves(&by_file) && !moves(&by_top) {
            return;
        }
        let chosen = match (base, by_file, by_top) {
            (Base::File, Some(path), _) => path,
            (Base::File, None, _) => {
                let what = format!(
                    "'{written}' is relative to the top of the repository, not to this file"
                );
                return self.doubt(at, what);
            }
            (Base::Either, Some(file), Some(top)) if file != top => {
                return self.doubt(at, format!("'{written}' may mean '{file}' or '{top}'"));
            }
            (Base::Either, Some(path), _) | (Base::Either, None, Some(path)) => path,
            (Base::Either, None, None) => return,
        };
        // Without a slash or a dot, the path may be an ordinary word.
        if base == Base::Either && !plain.iter().any(|byte| matches!(byte, b'/' | b'.')) {
            let what = format!("'{written}' may mean the file '{chosen}', or just the word");
            return self.doubt(at, what);
        }
        self.replace_name(&chosen, at, written);
    }

    /// Replaces the start of the file name in the path `written` at an offset.
    pub(super) fn replace_name(&mut self, path: &RepoPath, at: usize, written: &str) {
        let Some(to) = self.tracked.moves.get(path) else { return };
        let name = written.rfind('/').map_or(0, |slash| slash + 1);
        match heads(path, to) {
            Some((old, new)) if written[name..].starts_with(&old) => {
                self.found.edit(at + name..at + name + old.len(), new);
            }
            // The name may be written with escapes, for example.
            _ => self.doubt(at, format!("'{written}' is written in an unusual way")),
        }
    }
}

impl TrackedPaths<'_> {
    /// Returns the tracked path that a relative path in a directory refers to.
    pub(super) fn resolve(&self, dir: &[u8], relative: &[u8]) -> Option<RepoPath> {
        let mut parts: Vec<&[u8]> =
            dir.split(|byte| *byte == b'/').filter(|p| !p.is_empty()).collect();
        if relative.is_empty() || relative.ends_with(b"/") {
            return None;
        }
        for part in relative.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                // A path that leads out of the repository cannot refer to a tracked file.
                b".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        let path = RepoPath::new(parts.join(&b'/')).ok()?;
        self.paths.contains(&path).then_some(path)
    }

    /// Returns whether the path of any file being moved ends with these parts.
    pub(super) fn any_move_ends_with(&self, tail: &str) -> bool {
        let tail = tail.trim_start_matches('/').as_bytes();
        let ends = |path: &RepoPath| {
            let rest = path.as_bytes().strip_suffix(tail);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with(b"/"))
        };
        !tail.is_empty() && self.moves.keys().any(ends)
    }
}
