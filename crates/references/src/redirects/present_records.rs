//! [`PresentRecords`]: the records of a commit, and where they lead.

use std::collections::{HashMap, HashSet};

use idhooks_core::registry::{Allocation, Id, LeftPath, Origin, Registry, RepoPath};

use percent_encoding::CONTROLS;

use super::redirect::{Destination, Tombstone};
use super::website::Website;
use crate::Successors;
use crate::encoding::encode;

/// The records of a registry.
pub(super) struct PresentRecords<'a> {
    registry: &'a Registry,
    files: HashSet<&'a RepoPath>,
    successors: Successors<'a>,
    by_origin: HashMap<Origin, &'a Allocation>,
}

impl<'a> PresentRecords<'a> {
    pub(super) fn of(registry: &'a Registry, files: HashSet<&'a RepoPath>) -> Self {
        let records = || registry.allocations.iter();
        let by_origin = records().map(|record| (record.origin, record)).collect();
        PresentRecords { registry, files, successors: Successors::of(registry), by_origin }
    }

    /// Returns all identities, also former ones, with their records.
    pub(super) fn by_id(&self) -> impl Iterator<Item = (Id, &'a Allocation)> {
        self.successors.by_id()
    }

    /// Returns the paths that files had before, when they left them as far as the history shows it,
    /// and their records.
    pub(super) fn former<'l>(
        &'l self,
        left: &'l [LeftPath],
    ) -> impl Iterator<Item = (&'l RepoPath, Option<i64>, &'a Allocation)> {
        // What a purge removed is not named again.
        let left = left.iter().filter_map(|LeftPath { path, origin, date }| {
            Some((path, Some(*date), *self.by_origin.get(origin)?))
        });
        // The last path of a record counts even if no commit of this history had the file there.
        let retired = self.registry.allocations.iter().filter(|record| !record.is_active());
        let all = left.chain(retired.map(|record| (&record.path, None, record)));
        // The file of a deprecated record may still be there.
        let is_there = |path: &RepoPath| self.files.contains(path);
        all.filter(move |(path, _, record)| {
            let present = self.successors.present(record, &is_there);
            present.is_none_or(|present| present.origin != record.origin || present.path != **path)
        })
    }

    /// Returns where a record leads, or the path of its file if that is not in the commit.
    pub(super) fn destination(
        &self,
        website: &Website<'_>,
        record: &Allocation,
    ) -> Result<Destination, RepoPath> {
        let last = self.successors.last(record);
        if let Some(address) = last.and_then(Allocation::moved_to) {
            // Every form holds encoded addresses only.
            return Ok(Destination::Page(encode(address.as_bytes(), CONTROLS)));
        }
        let is_there = |path: &RepoPath| self.files.contains(path);
        if let Some(lost) = last.filter(|last| last.is_active() && !is_there(&last.path)) {
            return Err(lost.path.clone());
        }
        let present = self.successors.present(record, &is_there);
        if let Some(page) = present.and_then(|present| website.address(&present.path)) {
            return Ok(Destination::Page(page));
        }
        let is_retired = present.is_none();
        let is_shown = is_retired && website.page(&record.path).is_some();
        let path = is_shown.then(|| record.path.clone());
        Ok(Destination::Gone(Tombstone { id: record.id, is_retired, path }))
    }
}
