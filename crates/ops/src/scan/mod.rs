//! Scanning: listing every file in a directory with its identity.

mod extra_columns;
mod identities;
mod mime;
mod row;

use std::path::PathBuf;

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{EntryKind, ScannedFile, scan_tree};
use uuid::Uuid;

use crate::steps::code_engine;
use crate::transaction::writer::{Reach, writer_lock};
use crate::typed_paths::{HERE, relative};
use crate::{Observer, OpsError};
use identities::ScanIdentities;
use row::ScanContext;
pub use row::{ScanFacts, ScanRow};

/// The files to scan, and how.
#[derive(Debug, Clone)]
pub struct ScanOptions {
    /// The directory, inside a repository: an absolute path without symlinks.
    pub root: PathBuf,
    /// The further columns.
    pub facts: Vec<ScanFacts>,
    /// Whether to first allocate identities for files in the index that need one.
    pub allocate: bool,
}

/// The files under a directory, and their identities.
#[derive(Debug)]
pub struct ScanReport {
    /// The names of the columns.
    pub columns: Vec<&'static str>,
    /// A row for each file, in bytewise path order.
    pub rows: Vec<ScanRow>,
    /// The number of files that could not be read.
    pub unread: usize,
    /// Whether a counter ran out of numbers for a file.
    pub is_full: bool,
}

impl ScanReport {
    /// Returns whether all files could be read and have, or can be given, the identities they need.
    pub fn is_complete(&self) -> bool {
        self.unread == 0 && !self.is_full
    }
}

/// Lists every file in the process's current directory with its identity. Changes nothing unless
/// [`ScanOptions::allocate`] is set.
///
/// # Errors
/// Returns an error if something cannot be read or written, or if the registry must be fixed first.
pub fn scan(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: ScanOptions,
) -> Result<ScanReport, OpsError> {
    let ScanOptions { root, mut facts, allocate } = options;
    let needs_engine = facts.contains(&ScanFacts::Describe);
    let engine = needs_engine.then(|| code_engine("'idhooks scan --with describe'")).transpose()?;
    // A read-only scan must not wait for a command that writes.
    let _lock = allocate.then(|| writer_lock(repo, "scan", Reach::Records)).transpose()?;
    let place = relative(repo, &root, HERE.as_ref())?;
    let mut identities = ScanIdentities::open(observer, repo, place)?;
    let mut is_enough = !allocate || identities.allocate(observer)?;
    let tree = scan_tree(&root, identities.listed());
    is_enough &= identities.plan(observer, &tree);
    let scan = ScanContext { id: Uuid::new_v4().to_string(), root: &root, at: tree.at };
    let row = |(path, file): &(RepoPath, ScannedFile)| ScanRow::new(&scan, path, file, &identities);
    let mut rows: Vec<ScanRow> = tree.files.iter().map(row).collect();
    // The columns have a fixed order, regardless of the order of the options.
    facts.sort_unstable();
    facts.dedup();
    for added in &facts {
        match (added, engine) {
            (ScanFacts::Describe, Some(engine)) => {
                extra_columns::add_facts(engine, &identities, &tree, &mut rows);
            }
            _ => extra_columns::add_classes(&identities, &tree, &mut rows),
        }
    }
    let unread = tree.files.iter().filter(|(_, file)| file.fault.is_some()).count();
    Ok(ScanReport { columns: row::columns(&facts), rows, unread, is_full: !is_enough })
}

/// The result of scanning the whole working tree.
#[derive(Debug)]
pub struct ScanSummary {
    /// The number of files.
    pub files: usize,
    /// The files that need an identity but have none.
    pub needing_id: Vec<RepoPath>,
    /// The paths that could not be read, and why.
    pub faults: Vec<(RepoPath, String)>,
}

/// Scans the working tree without changing anything.
///
/// # Errors
/// Returns an error if something cannot be read, or if the registry must be fixed first.
pub fn summarize_scan(observer: &mut dyn Observer, repo: &Repo) -> Result<ScanSummary, OpsError> {
    let identities = ScanIdentities::open(observer, repo, None)?;
    let scan_tree = scan_tree(repo.top(), identities.listed());
    let all = || scan_tree.files.iter();
    let fault = |(path, file): &(RepoPath, ScannedFile)| {
        Some((path.clone(), file.fault.as_ref()?.message.clone()))
    };
    Ok(ScanSummary {
        files: all().filter(|(_, file)| file.kind == EntryKind::File).count(),
        needing_id: identities.needing_id(&scan_tree),
        faults: all().filter_map(fault).collect(),
    })
}

#[cfg(test)]
mod tests;
