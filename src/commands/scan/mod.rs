//! `idhooks scan`: lists every file of a directory with its identity.

mod identities;
mod row;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::registry::{BlobId, RepoPath, Tree};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{EntryKind, ScannedFile, TreeScan, enter, scan_tree};
use uuid::Uuid;

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, count};

use super::csv_output::RawArgs;
use super::paths::{HERE, no_directory, relative};
use super::transaction::writer::writer_lock;
use identities::ScanIdentities;
use row::{ScanContext, ScanRow};

/// List the files below a directory with identities, as CSV or JSON
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
    pub(super) fn run(self, ui: &mut Ui, _: &Path) -> CommandResult<Exit> {
        if let Some(dir) = &self.place {
            enter(dir).map_err(|error| no_directory(dir, &error))?;
        }
        let here = Path::new(HERE);
        let repo = Repo::open(here)?.synced();
        let _lock = self.allocate_ids.then(|| writer_lock(&repo, "scan")).transpose()?;
        let mut identities = ScanIdentities::open(ui, &repo)?;
        let root = std::path::absolute(here)
            .and_then(|root| root.canonicalize())
            .map_err(|error| no_directory(here, &error))?;
        let place = relative(&repo, &root, Path::new(HERE))?;
        let mut is_complete = true;
        if self.allocate_ids {
            let files = listed(identities.tree(), place.as_ref());
            let files = files.map(|path| in_repository(place.as_ref(), &path));
            let blobs = staged(&identities, files.filter(|path| identities.needs(path)));
            is_complete = identities.allocate(ui, &blobs)?;
        }
        let scan_tree = scan_tree(&root, listed(identities.tree(), place.as_ref()));
        if identities.is_adopted() {
            let blobs = blobs_after_add(
                ui,
                &repo,
                &identities,
                needing_id(&identities, &scan_tree, place.as_ref()),
            );
            is_complete &= identities.plan(ui, &blobs);
        }
        let scan = ScanContext { id: Uuid::new_v4().to_string(), root: &root, at: scan_tree.at };
        let row = |(path, file): &(RepoPath, ScannedFile)| {
            ScanRow::of(&scan, path, file, &identities, &in_repository(place.as_ref(), path))
        };
        let rows: Vec<ScanRow> = scan_tree.files.iter().map(row).collect();
        ui.data(&if self.json { row::json(&rows) } else { row::csv(&rows, self.raw)? });
        let failed = scan_tree.files.iter().filter(|(_, s)| s.fault.is_some()).count();
        if failed > 0 {
            let paths = count(failed, "path", "paths");
            ui.warning(&format!("{paths} could not be read; see the column 'error'"));
        }
        Ok(if failed == 0 && is_complete { Exit::Fine } else { Exit::Findings })
    }
}

/// The result of a scan of the whole working tree.
pub(super) struct ScanSummary {
    /// The number of files.
    pub(super) files: usize,
    /// The files that need an identity and have none.
    pub(super) needing_id: Vec<RepoPath>,
    /// The paths that could not be read, and why.
    pub(super) faults: Vec<(RepoPath, String)>,
}

/// Scans the working tree, and changes nothing.
///
/// # Errors
/// Returns an error if something cannot be read, or if the registry must be fixed first.
pub(super) fn summarize(ui: &mut Ui, repo: &Repo) -> CommandResult<ScanSummary> {
    let identities = ScanIdentities::open(ui, repo)?;
    let scan_tree = scan_tree(repo.top(), listed(identities.tree(), None));
    let all = || scan_tree.files.iter();
    let fault = |(path, file): &(RepoPath, ScannedFile)| {
        Some((path.clone(), file.fault.as_ref()?.message.clone()))
    };
    Ok(ScanSummary {
        files: all().filter(|(_, file)| file.kind == EntryKind::File).count(),
        needing_id: needing_id(&identities, &scan_tree, None),
        faults: all().filter_map(fault).collect(),
    })
}

/// Returns the paths of the index below a directory, relative to it.
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

/// Returns the files that need an identity, in byte order. Files outside the index are included only
/// if they could be read.
fn needing_id(
    identities: &ScanIdentities<'_>,
    scan_tree: &TreeScan,
    place: Option<&RepoPath>,
) -> Vec<RepoPath> {
    let files = scan_tree.files.iter().filter(|(_, file)| file.kind == EntryKind::File);
    let files = files.map(|(path, file)| (in_repository(place, path), file));
    let is_known = |path: &RepoPath, file: &ScannedFile| {
        file.fault.is_none() || identities.entry(path).is_some()
    };
    let needing_id = files.filter(|(path, file)| identities.needs(path) && is_known(path, file));
    needing_id.map(|(path, _)| path).collect()
}

/// Returns the blobs of files in the index.
fn staged(
    identities: &ScanIdentities<'_>,
    paths: impl IntoIterator<Item = RepoPath>,
) -> BTreeMap<RepoPath, BlobId> {
    let staged = paths.into_iter().filter_map(|path| {
        let blob = identities.entry(&path)?.blob;
        Some((path, blob))
    });
    staged.collect()
}

/// Returns the blobs of files. For files outside the index, these are the blobs that `git add` would
/// create; they are left out if git cannot compute them.
fn blobs_after_add(
    ui: &mut Ui,
    repo: &Repo,
    identities: &ScanIdentities<'_>,
    paths: Vec<RepoPath>,
) -> BTreeMap<RepoPath, BlobId> {
    let in_index = |path: &RepoPath| identities.entry(path).is_some();
    let (old, new): (Vec<_>, Vec<_>) = paths.into_iter().partition(in_index);
    let mut blobs = staged(identities, old);
    match repo.blobs_of_files(&new) {
        Ok(found) => blobs.extend(new.into_iter().zip(found)),
        Err(error) => {
            let what = "files that are not in the index have no 'planned_id'";
            ui.warning(&format!("{what}: {error}"));
        }
    }
    blobs
}
