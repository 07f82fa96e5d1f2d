//! Running 'idhooks watch act': what a watcher with '--live' does about the index, in a process of its
//! own, as 'idhooks check'.

use std::collections::BTreeSet;
use std::ffi::OsString;

use idhooks_core::config::OnChange;
use idhooks_core::registry::RepoPath;
use serde::{Deserialize, Serialize};

use crate::own_process::{OwnProcessError, run_own};
use crate::tree::WatchedTree;

/// A move in the working tree: the old path and the new one.
pub type ObservedMove = (RepoPath, RepoPath);

/// What a run did.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ActOutcome {
    /// What it did, line by line.
    pub done: Vec<String>,
    /// What kept it from doing the rest, which can be done later.
    pub waits_for: Option<String>,
    /// Whether there is more to be done at once.
    pub has_more: bool,
    /// The generators that made outputs.
    pub generators: BTreeSet<String>,
    /// What the generators complain about.
    pub problems: Vec<String>,
    /// The generators whose outputs could not be staged, because the index had changed meanwhile.
    #[serde(default)]
    pub overtaken: Option<Overtaken>,
}

/// Generators whose outputs could not be staged, because the index had changed meanwhile.
#[derive(Debug, Serialize, Deserialize)]
pub struct Overtaken {
    /// Their names.
    pub generators: BTreeSet<String>,
    /// What happened, in the words of the command.
    pub why: String,
}

impl ActOutcome {
    /// Adds changes to what was done.
    pub fn note<T: ToString>(&mut self, changes: impl IntoIterator<Item = T>) {
        self.done.extend(changes.into_iter().map(|change| change.to_string()));
    }
}

/// What a watcher may do about the index.
#[derive(Debug, Clone)]
pub(crate) struct ActRequest {
    tree: WatchedTree,
    /// Whether the index follows moves, and new files in it get identities.
    pub(crate) stages: bool,
    /// Whether generators run.
    pub(crate) generates: bool,
    /// The generators that are left out.
    without: Vec<OsString>,
}

impl ActRequest {
    /// Returns the request; `None` if there is nothing to be done.
    pub(crate) fn of<'n>(
        tree: &WatchedTree,
        without: impl Iterator<Item = &'n String>,
    ) -> Option<Self> {
        let stages = tree.config().watch.on_change == OnChange::Stage;
        let generates = tree.config().generators.iter().any(|one| one.runs_in_watcher());
        let option = |name: &String| OsString::from(format!("--without={name}"));
        let without = without.map(option).collect();
        (stages || generates).then(|| ActRequest { tree: tree.clone(), stages, generates, without })
    }

    /// Stages moves and new identities. Returns `None` if `is_over` ended it.
    ///
    /// # Errors
    /// Returns an error if it failed.
    pub(crate) fn stage(
        &self,
        moves: &[ObservedMove],
        is_over: &mut dyn FnMut() -> bool,
    ) -> Result<Option<ActOutcome>, OwnProcessError> {
        self.run("--stage", moves, is_over)
    }

    /// Runs the generators to their end, however long that takes. Returns `None` if `is_over` ended it.
    ///
    /// # Errors
    /// Returns an error if it failed; what the programs report is no failure.
    pub(crate) fn generate(
        &self,
        is_over: &mut dyn FnMut() -> bool,
    ) -> Result<Option<ActOutcome>, OwnProcessError> {
        self.run("--generate", &[], is_over)
    }

    fn run(
        &self,
        what: &str,
        moves: &[ObservedMove],
        is_over: &mut dyn FnMut() -> bool,
    ) -> Result<Option<ActOutcome>, OwnProcessError> {
        let limit = format!("--limit={}", self.tree.config().watch.max_actions);
        let mut args: Vec<OsString> = ["watch", "act", &*limit, what].map(OsString::from).into();
        args.extend(self.without.iter().cloned());
        let top = self.tree.top();
        run_own(top, &args, write_moves(moves), |output| output.is_success, is_over)
    }
}

/// Returns moves as bytes: each path ends with a zero byte.
pub(crate) fn write_moves(moves: &[ObservedMove]) -> Vec<u8> {
    let line = |(from, to): &ObservedMove| [from.as_bytes(), b"\0", to.as_bytes(), b"\0"].concat();
    moves.iter().flat_map(line).collect()
}

/// Reads moves; returns `None` if the bytes are none.
pub fn read_moves(bytes: &[u8]) -> Option<Vec<ObservedMove>> {
    let rest = bytes.strip_suffix(b"\0").unwrap_or(bytes);
    let paths = rest.split(|byte| *byte == 0).filter(|_| !bytes.is_empty());
    let paths: Vec<RepoPath> = paths.map(|path| RepoPath::new(path).ok()).collect::<Option<_>>()?;
    let pairs = paths.chunks(2).map(|pair| match pair {
        [from, to] => Some((from.clone(), to.clone())),
        _ => None,
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_are_read_as_they_were_written() {
        let path = |name: &[u8]| RepoPath::new(name).expect("a path");
        let moves = vec![(path(b"a\nb"), path(b"c \xff")), (path(b"d"), path(b"e/f"))];
        assert_eq!(read_moves(&write_moves(&moves)), Some(moves));
        assert_eq!(read_moves(b""), Some(Vec::new()));
        assert_eq!(read_moves(b"a\0"), None);
        assert_eq!(read_moves(b"../a\0b\0"), None);
    }
}
