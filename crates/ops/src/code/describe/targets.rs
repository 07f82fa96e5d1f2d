//! [`DescribeSubjects`]: which files to describe.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use idhooks_core::registry::{Allocation, Entry, Id, Registry, RepoPath};
use idhooks_repo::git::Repo;

use super::refusal::DescribeRefusal;
use crate::{HERE, OpsError, Purpose, RuledState, TypedSubject, by_id, by_path, repo_path};

/// Which files to describe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DescribeSubjects {
    /// Every file that `[describe]` includes.
    All,
    /// These files, directories and identities, as typed.
    Named(Vec<OsString>),
}

/// A file to describe.
#[derive(Debug, Clone)]
pub(super) struct DescribeTarget {
    pub(super) path: RepoPath,
    /// The file, if it exists.
    pub(super) entry: Option<Entry>,
    pub(super) id: Option<Id>,
    /// Whether an argument names the file itself, rather than a directory above it.
    pub(super) is_named: bool,
}

/// Finds files in a commit or an index.
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

    /// Returns the files without duplicates.
    ///
    /// # Errors
    /// Returns an error if a file is not found, or if `[describe]` does not include it.
    pub(super) fn find(
        &self,
        subjects: &DescribeSubjects,
    ) -> Result<Vec<DescribeTarget>, OpsError> {
        let DescribeSubjects::Named(subjects) = subjects else { return Ok(self.all()) };
        let mut targets: Vec<DescribeTarget> = Vec::new();
        for typed in subjects {
            for target in self.named(typed)? {
                // Several arguments may name the same file.
                let is_new = targets.iter().all(|t| (&t.path, t.id) != (&target.path, target.id));
                targets.extend(Some(target).filter(|_| is_new));
            }
        }
        Ok(targets)
    }

    /// Returns every tracked file that `[describe]` includes.
    fn all(&self) -> Vec<DescribeTarget> {
        let tracked = self.state.view.tracked(&self.state.config);
        tracked.filter(|path| self.is_described(path)).map(|path| self.at(path)).collect()
    }

    /// Returns the files that an argument refers to.
    ///
    /// # Errors
    /// Returns an error if there are no such files, or if `[describe]` does not include one of
    /// them.
    fn named(&self, typed: &OsStr) -> Result<Vec<DescribeTarget>, OpsError> {
        let tree = &self.state.view.tree;
        let registries: Vec<&Registry> = self.state.registry().into_iter().collect();
        let path = repo_path(self.repo, HERE.as_ref(), Path::new(typed));
        let exists = |path: &RepoPath| tree.contains_key(path);
        let found = match TypedSubject::of(typed, path, exists, Purpose::Read, &registries)? {
            TypedSubject::Path(path) if exists(&path) => {
                return Ok(vec![self.file(&path)?]);
            }
            TypedSubject::Path(path) => {
                let below: Vec<DescribeTarget> =
                    self.all().into_iter().filter(|file| file.path.is_at_or_below(&path)).collect();
                if !below.is_empty() {
                    return Ok(below);
                }
                // A record whose file is gone still has a path.
                registries.first().and_then(|registry| by_path(registry, exists, &path))
            }
            TypedSubject::Id(id) => registries.first().and_then(|registry| by_id(registry, id)),
        };
        let found = found.ok_or_else(|| DescribeRefusal::NotFound(typed.to_owned()))?;
        let record = &found.record;
        // If a record is inactive, another record may hold its path.
        let holds = self.records.get(&record.path).is_some_and(|r| r.origin == record.origin);
        let entry = tree.get(&record.path).filter(|_| holds).copied();
        if entry.is_some() {
            return Ok(vec![self.file(&record.path)?]);
        }
        let (path, id) = (record.path.clone(), Some(record.id));
        Ok(vec![DescribeTarget { path, entry, id, is_named: true }])
    }

    /// Returns the file at this path.
    fn file(&self, path: &RepoPath) -> Result<DescribeTarget, DescribeRefusal> {
        let file = self.at(path);
        if !file.entry.is_some_and(|entry| entry.mode.is_file()) {
            return Err(DescribeRefusal::NotRegular(path.clone()));
        }
        if !self.is_described(path) {
            return Err(DescribeRefusal::NotNamed(path.clone()));
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
