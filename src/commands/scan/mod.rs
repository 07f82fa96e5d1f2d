//! `idhooks scan`: lists every file of a directory with its identity.

mod facts;
mod identities;
mod row;

use std::path::{Path, PathBuf};

use crate::tables::RawArgs;
use clap::Args;
use idhooks_core::registry::RepoPath;
use idhooks_ops::{HERE, Reach, relative, writer_lock};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{EntryKind, ScannedFile, enter, scan_tree};
use uuid::Uuid;

use crate::error::{CommandResult, Exit, no_directory};
use crate::output::{Ui, count, json};

use super::choice::choice;
use identities::ScanIdentities;
use row::{ScanContext, ScanFacts, ScanRow};

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
  idhooks scan --with class       also class and kind of each file
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
    /// Add columns
    #[arg(long, value_delimiter = ',', value_name = "FACTS", value_parser = choice(ScanFacts::ALL, ScanFacts::as_str, Some(ScanFacts::help)))]
    with: Vec<ScanFacts>,
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
        let _lock =
            self.allocate_ids.then(|| writer_lock(&repo, "scan", Reach::Records)).transpose()?;
        let root = std::path::absolute(here)
            .and_then(|root| root.canonicalize())
            .map_err(|error| no_directory(here, &error))?;
        let place = relative(&repo, &root, here)?;
        let mut identities = ScanIdentities::open(ui, &repo, place)?;
        let mut is_complete = !self.allocate_ids || identities.allocate(ui)?;
        let scan_tree = scan_tree(&root, identities.listed());
        is_complete &= identities.plan(ui, &scan_tree);
        let scan = ScanContext { id: Uuid::new_v4().to_string(), root: &root, at: scan_tree.at };
        let row =
            |(path, file): &(RepoPath, ScannedFile)| ScanRow::of(&scan, path, file, &identities);
        let mut rows: Vec<ScanRow> = scan_tree.files.iter().map(row).collect();
        let mut with = self.with.clone();
        with.sort_unstable();
        with.dedup();
        for added in &with {
            facts::add_facts(&identities, *added, &scan_tree, &mut rows);
        }
        ui.data(&if self.json {
            json::document_of("files", &rows)
        } else {
            row::csv(&rows, &with, self.raw)?
        });
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
    let identities = ScanIdentities::open(ui, repo, None)?;
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
