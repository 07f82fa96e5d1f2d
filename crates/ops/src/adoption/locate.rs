//! Finds the file that each record in an imported registry belongs to.
//!
//! The imported paths may be out of date. A record's file is recognized by an identity in its name,
//! by a path with unreadable characters that matches no other file, by its content, by renames in
//! the history, or by a unique name.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::config::Config;
use idhooks_core::plan::AmbiguousImport;
use idhooks_core::registry::{
    Allocation, BlobId, FileName, Id, Origin, Registry, RepoPath, Tree, grouped, key,
};

/// If there are more pairs of records and files than this, their origins are not compared.
const MAX_PAIRS: usize = 1_000_000;

/// The replacement that programs write for a character they could not read.
const UNREADABLE: char = '\u{fffd}';

/// The records and files that have not been matched yet, and the matches so far.
struct ImportSearch<'a> {
    /// The positions in the registry of active records without a file.
    stale: BTreeSet<usize>,
    /// Files without a record.
    open: BTreeMap<&'a RepoPath, BlobId>,
    /// The file for each matched record.
    found: BTreeMap<usize, RepoPath>,
}

/// If an active record's path is missing from the tree, updates it to where the file is now.
/// Returns the records that may belong to any of several files.
///
/// `renames` returns the renames in the history, newest first; it is called only if stronger
/// evidence is not enough.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub(crate) fn locate_files<E>(
    registry: &mut Registry,
    tree: &Tree,
    config: &Config,
    renames: impl FnOnce() -> Result<Vec<(RepoPath, RepoPath)>, E>,
) -> Result<Vec<AmbiguousImport>, E> {
    let tracked = tree.iter().filter(|(path, entry)| entry.mode.is_file() && config.tracks(path));
    let mut search = ImportSearch {
        stale: BTreeSet::new(),
        open: tracked.clone().map(|(path, entry)| (path, entry.blob)).collect(),
        found: BTreeMap::new(),
    };
    for (n, record) in registry.allocations.iter().enumerate() {
        // If a command deprecated a record, its file still belongs to it, so no other record can
        // have the file.
        let holds = record.is_active() || record.is_deprecated_by_command();
        if holds && search.open.remove(&record.path).is_none() && record.is_active() {
            let is_there = tree.get(&record.path).is_some_and(|entry| entry.mode.is_file());
            if !is_there {
                search.stale.insert(n);
            }
        }
    }
    let records = &registry.allocations;
    let name = |path: &RepoPath| Some(path.basename().to_vec());
    // The number is weak evidence if it is all that a file's name and the record's name have in
    // common.
    let by_number = search.by_number(records);
    let (sure, weak): (BTreeMap<_, _>, BTreeMap<_, _>) =
        by_number.into_iter().partition(|(n, path)| shares_name(&records[*n].path, path));
    for (n, path) in sure {
        search.take(n, &path);
    }
    let mut unclear = search.follow_unreadable(records, &tracked.map(|(path, _)| path));
    // The files are compared with the last content that each record notes.
    let last_blob = |record: &Allocation| record.text(key::LAST_BLOB).map(str::to_owned);
    search.follow(records, |_, blob| Some(blob.to_string()), last_blob);
    search.follow_origins(records);
    if !search.is_done() {
        let renames = renames()?;
        let targets = rename_targets(&renames, tree);
        let target = |record: &Allocation| (*targets.get(&record.path)?).cloned();
        search.follow(records, |path, _| Some(path.clone()), target);
    }
    search.follow(records, |path, _| name(path), |record| name(&record.path));
    for (n, path) in weak {
        let record = &records[n];
        let found = search.found.get(&n);
        // Stronger evidence has either confirmed this file or given it to another record.
        let is_open = search.stale.contains(&n) && search.open.contains_key(&path);
        if found == Some(&path) || (found.is_none() && !is_open) {
            continue;
        }
        let named_alike = search.open.keys().filter(|open| name(open) == name(&record.path));
        let mut candidates: BTreeSet<RepoPath> = named_alike.map(|path| (*path).clone()).collect();
        candidates.extend(search.found.remove(&n));
        if candidates.is_empty() {
            search.take(n, &path);
        } else {
            candidates.insert(path);
            unclear.push(AmbiguousImport { id: record.id, path: record.path.clone(), candidates });
        }
    }
    for (n, path) in search.found {
        registry.allocations[n].path = path;
    }
    Ok(unclear)
}

/// Returns whether a numbered file name and a record's name have more than the number in common.
fn shares_name(recorded: &RepoPath, path: &RepoPath) -> bool {
    let words = |path: &RepoPath| -> BTreeSet<String> {
        let rest = String::from_utf8_lossy(FileName::of(path.basename()).rest).to_lowercase();
        let stem = rest.rsplit_once('.').map_or(&*rest, |(stem, _)| stem);
        let words = stem.split(|c: char| !c.is_alphanumeric());
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (own, other) = (words(recorded), words(path));
    // A file name that consists of the number alone has no words to compare.
    other.is_empty() || !own.is_disjoint(&other)
}

/// Returns whether `written` is this path with some characters replaced by [`UNREADABLE`]. A
/// program may write one per character, one per byte, or one for several bytes that are not text.
fn is_read_as(written: &str, path: &RepoPath) -> bool {
    fn is_rest_read_as(mut written: &str, mut real: &str) -> bool {
        loop {
            let (mut after, mut other) = (written.chars(), real.chars());
            match (after.next(), other.next()) {
                (None, None) => return true,
                (Some(UNREADABLE), Some(one)) if one != '/' => {
                    let of_bytes = UNREADABLE.to_string().repeat(one.len_utf8());
                    let bytes = written.strip_prefix(&of_bytes).filter(|_| !one.is_ascii());
                    if bytes.is_some_and(|rest| is_rest_read_as(rest, other.as_str())) {
                        return true;
                    }
                }
                (Some(one), Some(other)) if one == other => {}
                _ => return false,
            }
            (written, real) = (after.as_str(), other.as_str());
        }
    }
    is_rest_read_as(written, &String::from_utf8_lossy(path.as_bytes()))
}

impl ImportSearch<'_> {
    fn is_done(&self) -> bool {
        self.stale.is_empty() || self.open.is_empty()
    }

    /// Returns the files whose names contain a stale record's number, if no other file's name
    /// contains the same number.
    fn by_number(&self, records: &[Allocation]) -> BTreeMap<usize, RepoPath> {
        let places: BTreeMap<Id, usize> = self.stale.iter().map(|n| (records[*n].id, *n)).collect();
        let number = |path: &RepoPath| FileName::of(path.basename()).id();
        let files = grouped(self.open.keys().filter_map(|path| Some((number(path)?, *path))));
        let only = files.into_iter().filter_map(|(id, files)| match files[..] {
            [path] => Some((*places.get(&id)?, path.clone())),
            _ => None,
        });
        only.collect()
    }

    /// Pairs each record whose path has unreadable characters with the only file that matches, if
    /// that file matches no other record. Returns the records whose file remains unclear; files
    /// that already have a record are not suggested.
    fn follow_unreadable<'t>(
        &mut self,
        records: &[Allocation],
        tracked: &(impl Iterator<Item = &'t RepoPath> + Clone),
    ) -> Vec<AmbiguousImport> {
        let (mut fits, mut unclear) = (BTreeMap::new(), Vec::new());
        for n in self.stale.iter().copied() {
            let written = records[n].path.as_str().filter(|path| path.contains(UNREADABLE));
            let Some(written) = written else { continue };
            let of: BTreeSet<&RepoPath> =
                tracked.clone().filter(|path| is_read_as(written, path)).collect();
            fits.insert(n, of);
        }
        let mut wanted: BTreeMap<&RepoPath, usize> = BTreeMap::new();
        fits.values().flatten().for_each(|path| *wanted.entry(path).or_default() += 1);
        for (n, of) in &fits {
            let open = || of.iter().filter(|path| self.open.contains_key(**path));
            let candidates: BTreeSet<RepoPath> = open().map(|path| (*path).clone()).collect();
            let only = candidates.first().filter(|path| of.len() == 1 && wanted[path] == 1);
            match only {
                Some(path) => self.take(*n, &path.clone()),
                None if candidates.is_empty() => {}
                None => {
                    let (id, path) = (records[*n].id, records[*n].path.clone());
                    self.stale.remove(n);
                    unclear.push(AmbiguousImport { id, path, candidates });
                }
            }
        }
        unclear
    }

    /// Pairs a record with a file if they share a trait that no other record and no other file has.
    fn follow<T: Ord>(
        &mut self,
        records: &[Allocation],
        of_file: impl Fn(&RepoPath, BlobId) -> Option<T>,
        of_record: impl Fn(&Allocation) -> Option<T>,
    ) {
        if self.is_done() {
            return;
        }
        let files = self.open.iter();
        let files = grouped(files.filter_map(|(path, blob)| Some((of_file(path, *blob)?, *path))));
        let stale = self.stale.iter();
        let stale = stale.filter_map(|n| Some((of_record(&records[*n])?, *n)));
        self.pair(&files, grouped(stale));
    }

    /// Pairs a record with a file if the file's content, combined with the record's path, yields
    /// the record's origin.
    fn follow_origins(&mut self, records: &[Allocation]) {
        let made = self.stale.iter().map(|n| (records[*n].origin, *n));
        // A derived origin is computed from the number and date, so no content can confirm it.
        let stale = grouped(made.filter(|(_, n)| !records[*n].origin_is_derived));
        // An origin is computed from path and content together, so each pair costs a hash.
        if stale.len().saturating_mul(self.open.len()) > MAX_PAIRS {
            return;
        }
        let found = stale.iter().filter_map(|(origin, all)| {
            let old = &records[*all.first()?].path;
            let is_it = |blob: &BlobId| Origin::of_file(old, *blob, 0) == *origin;
            let files = self.open.iter().filter(|(_, blob)| is_it(blob));
            Some((*origin, files.map(|(path, _)| *path).collect()))
        });
        let files = found.collect();
        self.pair(&files, stale);
    }

    fn pair<T: Ord>(
        &mut self,
        files: &BTreeMap<T, Vec<&RepoPath>>,
        records: BTreeMap<T, Vec<usize>>,
    ) {
        for (common, records) in records {
            if let (Some([path]), [n]) = (files.get(&common).map(Vec::as_slice), &records[..]) {
                self.take(*n, path);
            }
        }
    }

    /// Pairs a record with a file, if neither has been paired yet.
    fn take(&mut self, n: usize, path: &RepoPath) {
        if self.stale.contains(&n) && self.open.remove(path).is_some() {
            self.stale.remove(&n);
            self.found.insert(n, path.clone());
        }
    }
}

/// Maps each renamed path to where its chain of renames ends in the tree; `None` if the path was
/// renamed to several paths.
fn rename_targets<'a>(
    renames: &'a [(RepoPath, RepoPath)],
    tree: &Tree,
) -> BTreeMap<&'a RepoPath, Option<&'a RepoPath>> {
    let mut targets: BTreeMap<&RepoPath, Option<&RepoPath>> = BTreeMap::new();
    // Renames are ordered newest first, so the targets of later renames are already known here.
    for (from, to) in renames {
        let target = match targets.get(to) {
            Some(target) => *target,
            None if tree.contains_key(to) => Some(to),
            None => continue,
        };
        let existing = targets.entry(from).or_insert(target);
        if *existing != target {
            *existing = None;
        }
    }
    targets
}

#[cfg(test)]
#[path = "locate_tests.rs"]
mod tests;
