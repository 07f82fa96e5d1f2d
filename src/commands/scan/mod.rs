//! `idhooks scan`: every file of a directory, with what is known of it.

mod identities;
mod row;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use uuid::Uuid;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::{Ui, count};
use crate::registry::{BlobId, RepoPath, Tree};
use crate::store::{EntryKind, ScannedFile, TreeScan, enter, scan_tree};

use super::csv_output::RawArgs;
use super::paths::relative;
use super::transaction::writer::turn;
use super::{HERE, no_directory};
use identities::ScanIdentities;
use row::{ScanContext, ScanRow};

/// List every file in a directory with its identity, as CSV or JSON
///
/// Prints one row per file, sorted by path, so that you can compare two scans: path, size, dates,
/// content hash, identity, and the identity the file would get. Files that git ignores are skipped
/// unless they are tracked. A file that cannot be read is listed with its error. Only --allocate-ids
/// changes anything.
///
/// 'planned_id' is what 'idhooks allocate' would give if you added all files that need an identity
/// and allocated in the order of their paths. Bytes that are not UTF-8 are shown as U+FFFD.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks scan > files.csv        every file below the current directory
  idhooks scan --json docs        a directory, as JSON
  idhooks scan --allocate-ids     allocate missing identities first

Exit code: 0 all files were read; 1 a file could not be read, or a counter is full; 2 an error")]
pub(super) struct ScanArgs {
    /// Directory to scan [default: the current one]
    #[arg(value_name = "DIR")]
    place: Option<PathBuf>,
    /// Print CSV (default)
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    raw: RawArgs,
    /// Allocate identities for files in the index that need one, as 'idhooks allocate' does
    #[arg(long)]
    allocate_ids: bool,
}

impl ScanArgs {
    pub(super) fn run(self, ui: &mut Ui) -> Result<Exit, CommandError> {
        if let Some(dir) = &self.place {
            enter(dir).map_err(|error| no_directory(dir, &error))?;
        }
        let here = Path::new(HERE);
        let repo = Repo::open(here)?.synced();
        let _turn = self.allocate_ids.then(|| turn(&repo, "scan")).transpose()?;
        let mut ledger = ScanIdentities::open(ui, &repo)?;
        let root = std::path::absolute(here)
            .and_then(|root| root.canonicalize())
            .map_err(|error| no_directory(here, &error))?;
        let place = relative(&repo, &root, Path::new(HERE))?;
        let mut is_complete = true;
        if self.allocate_ids {
            let files = listed(ledger.tree(), place.as_ref());
            let files = files.map(|path| in_repository(place.as_ref(), &path));
            let blobs = staged(&ledger, files.filter(|path| ledger.needs(path)));
            is_complete = ledger.allocate(ui, &blobs)?;
        }
        let scanned = scan_tree(&root, listed(ledger.tree(), place.as_ref()));
        if ledger.is_adopted() {
            let blobs = would_be(ui, &repo, &ledger, wanting(&ledger, &scanned, place.as_ref()));
            is_complete &= ledger.plan(ui, &blobs);
        }
        let scan = ScanContext { id: Uuid::new_v4().to_string(), root: &root, at: scanned.at };
        let row = |(path, sighting): &(RepoPath, ScannedFile)| {
            ScanRow::of(&scan, path, sighting, &ledger, &in_repository(place.as_ref(), path))
        };
        let rows: Vec<ScanRow> = scanned.files.iter().map(row).collect();
        ui.data(&if self.json { row::json(&rows) } else { row::csv(&rows, self.raw.formulas())? });
        let failed = scanned.files.iter().filter(|(_, s)| s.fault.is_some()).count();
        if failed > 0 {
            let paths = count(failed, "path", "paths");
            ui.warning(&format!("{paths} could not be read; see the column 'error'"));
        }
        Ok(if failed == 0 && is_complete { Exit::Fine } else { Exit::Findings })
    }
}

/// What a scan of a whole working tree comes to.
pub(super) struct ScanSummary {
    /// How many files there are.
    pub(super) files: usize,
    /// Those of them that the rules want an identity for and that have none.
    pub(super) wanting: Vec<RepoPath>,
    /// What could not be read, and why.
    pub(super) faults: Vec<(RepoPath, String)>,
}

/// Scans the working tree, and changes nothing.
///
/// # Errors
/// What cannot be read; a registry that somebody has to put right first.
pub(super) fn tally(ui: &mut Ui, repo: &Repo) -> Result<ScanSummary, CommandError> {
    let ledger = ScanIdentities::open(ui, repo)?;
    let scanned = scan_tree(repo.top(), listed(ledger.tree(), None));
    let all = || scanned.files.iter();
    let fault = |(path, sighting): &(RepoPath, ScannedFile)| {
        Some((path.clone(), sighting.fault.as_ref()?.message.clone()))
    };
    Ok(ScanSummary {
        files: all().filter(|(_, sighting)| sighting.kind == EntryKind::File).count(),
        wanting: wanting(&ledger, &scanned, None),
        faults: all().filter_map(fault).collect(),
    })
}

/// Returns the files and links of the index that are in the directory, relative to it.
fn listed<'t>(
    tree: &'t Tree,
    place: Option<&'t RepoPath>,
) -> impl Iterator<Item = RepoPath> + use<'t> {
    let inside = move |path: &RepoPath| match place {
        None => Some(path.clone()),
        Some(dir) => {
            let below = path.as_bytes().strip_prefix(dir.as_bytes())?.strip_prefix(b"/")?;
            RepoPath::new(below).ok()
        }
    };
    tree.keys().filter_map(inside)
}

fn in_repository(place: Option<&RepoPath>, path: &RepoPath) -> RepoPath {
    place.map_or_else(|| path.clone(), |dir| dir.join(path))
}

/// Returns the files that need an identity, in byte order; of those that are not in the index only
/// what could be read.
fn wanting(
    ledger: &ScanIdentities<'_>,
    scanned: &TreeScan,
    place: Option<&RepoPath>,
) -> Vec<RepoPath> {
    let files = scanned.files.iter().filter(|(_, sighting)| sighting.kind == EntryKind::File);
    let files = files.map(|(path, sighting)| (in_repository(place, path), sighting));
    let is_known = |path: &RepoPath, sighting: &ScannedFile| {
        sighting.fault.is_none() || ledger.entry(path).is_some()
    };
    let wanting = files.filter(|(path, sighting)| ledger.needs(path) && is_known(path, sighting));
    wanting.map(|(path, _)| path).collect()
}

/// Returns the blobs that the index has of files.
fn staged(
    ledger: &ScanIdentities<'_>,
    paths: impl IntoIterator<Item = RepoPath>,
) -> BTreeMap<RepoPath, BlobId> {
    let staged = paths.into_iter().filter_map(|path| {
        let blob = ledger.entry(&path)?.blob;
        Some((path, blob))
    });
    staged.collect()
}

/// Returns the blobs of files: of those that are not in the index what `git add` would make of
/// them; these are left out where git cannot tell.
fn would_be(
    ui: &mut Ui,
    repo: &Repo,
    ledger: &ScanIdentities<'_>,
    paths: Vec<RepoPath>,
) -> BTreeMap<RepoPath, BlobId> {
    let in_index = |path: &RepoPath| ledger.entry(path).is_some();
    let (old, new): (Vec<_>, Vec<_>) = paths.into_iter().partition(in_index);
    let mut blobs = staged(ledger, old);
    match repo.blobs_of_files(&new) {
        Ok(found) => blobs.extend(new.into_iter().zip(found)),
        Err(error) => {
            let what = "files that are not in the index have no 'planned_id'";
            ui.warning(&format!("{what}: {error}"));
        }
    }
    blobs
}
