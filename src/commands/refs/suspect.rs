//! `idhooks refs suspect`: lists references whose file has changed since it was read.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use idhooks_core::registry::{Id, RepoPath};
use idhooks_ops::{
    CommitId, ListedReference, NamedRecord, RefsSelection, SuspectList, SuspectReference,
    UnsearchedFile, suspect_references,
};
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{
    Format, PlaceEntry, ShownChanges, Ui, UnsearchedEntry, change_diff, count, json, reference_row,
    report_uncompared, report_unsearched,
};

use super::super::revision_args::RevisionArgs;

/// How many commits are named in a line.
const MOST_COMMITS: usize = 20;

/// List references whose file has changed since it was read
///
/// A stamp says which content was read: 'idhooks:0110073814260118@0a1b2c3d4e5f'. Each reference
/// whose stamp differs from the present content is listed, with the commits that changed the
/// content since, and the difference, if the version that was read is in the history of the file's
/// identity. With a heading, only the section counts.
///
/// Line endings, spaces at line ends, stamps and a file's own identity are not part of the content.
/// Nothing is fetched: references to content that is not in this clone are counted, but not suspect.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks refs suspect                         all suspect references
  idhooks refs suspect docs/limits.md          those to a file
  idhooks refs suspect --from docs/guide.md    those in a file")]
pub(super) struct SuspectArgs {
    /// Path, identity or its first digits, or second identity of the file that is referred to
    #[arg(value_name = "ID|PATH", conflicts_with = "from")]
    subject: Option<OsString>,
    /// List the suspect references in this file instead
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    #[command(flatten)]
    source: RevisionArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The JSON document.
#[derive(Serialize)]
struct SuspectsDocument<'s> {
    suspects: Vec<SuspectEntry<'s>>,
    unknown: Vec<PlaceEntry<'s>>,
    unsearched: Vec<UnsearchedEntry<'s>>,
}

/// A suspect reference in the JSON document.
#[derive(Serialize)]
struct SuspectEntry<'s> {
    #[serde(flatten)]
    place: PlaceEntry<'s>,
    id: Option<Id>,
    target: Option<&'s RepoPath>,
    section: Option<&'s str>,
    stamp: Option<String>,
    present: String,
    staged: bool,
    changes: Vec<ChangeEntry>,
    read: Option<ReadEntry<'s>>,
    incomplete: bool,
    diff: Option<String>,
}

/// A commit that changed the content, in the JSON document.
#[derive(Serialize)]
struct ChangeEntry {
    commit: CommitId,
}

/// The version that was read, in the JSON document.
#[derive(Serialize)]
struct ReadEntry<'s> {
    commit: CommitId,
    path: &'s RepoPath,
}

impl SuspectArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, revision) = (self.source.open(dir)?, self.source.revision());
        let selection = match (self.subject, self.from) {
            (Some(subject), _) => RefsSelection::To(subject),
            (None, Some(path)) => RefsSelection::From(path),
            (None, None) => RefsSelection::All,
        };
        let SuspectList { suspects, unknown, unsearched } =
            suspect_references(ui, &repo, &revision, &selection)?;
        if self.format == Format::Json {
            let document = SuspectsDocument {
                suspects: suspects.iter().map(SuspectEntry::new).collect(),
                unknown: unknown.iter().map(PlaceEntry::new).collect(),
                unsearched: unsearched.iter().map(UnsearchedEntry::new).collect(),
            };
            ui.data(&json::document(&document));
            return Ok(Exit::Fine);
        }
        let mut shown = ShownChanges::default();
        for SuspectReference { reference, change, .. } in &suspects {
            ui.line(&reference_row(reference).join("  "));
            ui.line(&format!("    {}", change.describe(MOST_COMMITS)));
            shown.show(ui, reference, change);
        }
        show_notes(ui, suspects.len(), &unknown, &unsearched);
        Ok(Exit::Fine)
    }
}

/// Reports the number of suspect references, and what could not be compared.
fn show_notes(
    ui: &mut Ui,
    suspects: usize,
    unknown: &[ListedReference],
    unsearched: &[UnsearchedFile],
) {
    if suspects > 0 {
        let number = count(suspects, "suspect reference", "suspect references");
        ui.status(&format!("{number}; once read: idhooks refs review <FILE:LINE>"));
    }
    report_uncompared(ui, unknown, "content unmerged or not in this clone");
    report_unsearched(ui, unsearched);
}

impl<'s> SuspectEntry<'s> {
    fn new(suspect: &'s SuspectReference) -> Self {
        let SuspectReference { reference, present, change } = suspect;
        let named = reference.named.as_ref();
        SuspectEntry {
            place: PlaceEntry::new(reference),
            id: named.map(|named| named.id),
            target: named.map(|NamedRecord { path, .. }| path),
            section: reference.section.as_deref(),
            stamp: reference.stamp.map(|stamp| stamp.to_string()),
            present: present.to_string(),
            staged: change.is_staged,
            changes: change.commits.iter().map(|commit| ChangeEntry { commit: *commit }).collect(),
            read: change
                .read
                .as_ref()
                .map(|read| ReadEntry { commit: read.commit, path: &read.path }),
            incomplete: change.is_incomplete,
            diff: change_diff(reference, change),
        }
    }
}
