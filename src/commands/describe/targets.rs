//! The files that the arguments of `idhooks describe` name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use idhooks_core::registry::{Allocation, Entry, Id, Registry, RepoPath};
use idhooks_ops::{Purpose, RuledState, TypedSubject, by_id, by_path, repo_path};
use idhooks_repo::git::Repo;

use crate::error::{CommandError, CommandResult};

/// A file to describe.
#[derive(Debug, Clone)]
pub(super) struct DescribeTarget {
    pub(super) path: RepoPath,
    /// The file, if it exists.
    pub(super) entry: Option<Entry>,
    pub(super) id: Option<Id>,
    /// Whether an argument names it, not a directory above it.
    pub(super) is_named: bool,
}

/// Finds files of a commit or an index.
pub(super) struct TargetFinder<'s> {
    repo: &'s Repo,
    state: &'s RuledState,
    /// The records that hold paths.
    pub(super) records: BTreeMap<&'s RepoPath, &'s Allocation>,
}

impl<'s> TargetFinder<'s> {
    pub(super) fn new(repo: &'s Repo, state: &'s RuledState) -> Self {
        let tree = &state.view.tree;
        let holders = |registry: &'s Registry| registry.holders(|path| tree.contains_key(path));
        let records = state.registry().map(holders).unwrap_or_default();
        TargetFinder { repo, state, records }
    }

    /// Returns every tracked file that `[describe]` names.
    pub(super) fn all(&self) -> Vec<DescribeTarget> {
        let tracked = self.state.view.tracked(&self.state.config);
        tracked.filter(|path| self.is_described(path)).map(|path| self.at(path)).collect()
    }

    /// Returns the files that an argument names.
    ///
    /// # Errors
    /// Returns an error if there is none, or if `[describe]` does not name it.
    pub(super) fn named(&self, dir: &Path, typed: &OsStr) -> CommandResult<Vec<DescribeTarget>> {
        let tree = &self.state.view.tree;
        let registries: Vec<&Registry> = self.state.registry().into_iter().collect();
        let path = repo_path(self.repo, dir, Path::new(typed));
        let exists = |path: &RepoPath| tree.contains_key(path);
        let found = match TypedSubject::of(typed, path, exists, Purpose::Read, &registries)? {
            TypedSubject::Path(path) if exists(&path) => {
                return self.file(&path).map(|file| vec![file]);
            }
            TypedSubject::Path(path) => {
                let below: Vec<DescribeTarget> =
                    self.all().into_iter().filter(|file| is_below(&file.path, &path)).collect();
                if !below.is_empty() {
                    return Ok(below);
                }
                registries.first().and_then(|registry| by_path(registry, exists, &path))
            }
            TypedSubject::Id(id) => registries.first().and_then(|registry| by_id(registry, id)),
        };
        let found = found.ok_or_else(|| {
            let shown = typed.to_string_lossy();
            CommandError::new(format!("cannot find a Python file or an identity '{shown}'"))
                .hint("list them: idhooks describe --all; a new file: git add <path>")
        })?;
        let record = &found.record;
        // The path of a record that ended may be that of another one now.
        let holds = self.records.get(&record.path).is_some_and(|r| r.origin == record.origin);
        let entry = tree.get(&record.path).filter(|_| holds).copied();
        if entry.is_some() {
            return self.file(&record.path).map(|file| vec![file]);
        }
        let (path, id) = (record.path.clone(), Some(record.id));
        Ok(vec![DescribeTarget { path, entry, id, is_named: true }])
    }

    /// Returns the file at a path.
    fn file(&self, path: &RepoPath) -> CommandResult<DescribeTarget> {
        let file = self.at(path);
        if !file.entry.is_some_and(|entry| entry.mode.is_file()) {
            return Err(CommandError::new(format!("'{path}' is not a regular file"))
                .hint("name the file that it leads to"));
        }
        if !self.is_described(path) {
            return Err(CommandError::new(format!("[describe] does not name '{path}'"))
                .hint("it names *.py; to add others, set 'path' in [describe] of idhooks.toml"));
        }
        Ok(DescribeTarget { is_named: true, ..file })
    }

    fn at(&self, path: &RepoPath) -> DescribeTarget {
        let entry = self.state.view.tree.get(path).copied();
        let id = self.records.get(path).map(|record| record.id);
        DescribeTarget { path: path.clone(), entry, id, is_named: false }
    }

    fn is_described(&self, path: &RepoPath) -> bool {
        self.state.config.describe.path.matches(path)
    }
}

fn is_below(path: &RepoPath, dir: &RepoPath) -> bool {
    let rest = path.as_bytes().strip_prefix(dir.as_bytes());
    rest.is_some_and(|rest| rest.starts_with(b"/"))
}
