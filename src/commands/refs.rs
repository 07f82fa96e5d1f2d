//! `idhooks refs`: lists references between files.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use idhooks_core::registry::{Id, RepoPath, Status};
use idhooks_ops::{
    ListedReference, NamedRecord, ReferenceList, RefsSelection, UnsearchedFile, UnsearchedReason,
    refs,
};
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json, reference_graph};

use super::revision_args::RevisionArgs;

/// List references between files
///
/// A reference names a file by its identity, so it stays right when the file moves:
/// 'idhooks:0110073814260118', or with a heading 'idhooks:0110073814260118#install'. With a file,
/// lists the references to it, by any identity that it has or had. Without one, lists all.
///
/// Reads the files as they are in the index, or in a commit. A line with 'idhooks: ignore' has no
/// references. 'references' in idhooks.toml excludes files and adds other spellings.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks refs docs/intro.md                   which files refer to it?
  idhooks refs --from docs/intro.md            what does it refer to?
  idhooks refs --graph > references.mmd        all references, as a Mermaid flowchart
  idhooks refs 0110073814260118 --format json")]
pub(super) struct RefsArgs {
    /// Path, identity or its first digits, or second identity of the file that is referred to
    #[arg(value_name = "ID|PATH", conflicts_with = "from")]
    subject: Option<OsString>,
    /// List the references in this file instead
    #[arg(long, value_name = "PATH")]
    from: Option<PathBuf>,
    #[command(flatten)]
    source: RevisionArgs,
    /// Print a Mermaid flowchart with an arrow from each file to each file that it refers to
    #[arg(long, conflicts_with = "format")]
    graph: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// A reference in the JSON document.
#[derive(Serialize)]
struct ReferenceEntry<'r> {
    path: &'r RepoPath,
    line: usize,
    column: usize,
    text: &'r str,
    form: &'r str,
    name: String,
    section: Option<&'r str>,
    stamp: Option<String>,
    target: Option<TargetEntry<'r>>,
}

/// The record that a reference in the JSON document names.
#[derive(Serialize)]
struct TargetEntry<'r> {
    id: Id,
    path: &'r RepoPath,
    status: Status,
    superseded_by: Option<&'r str>,
    others: &'r [Id],
}

/// A file in the JSON document that could not be searched.
#[derive(Serialize)]
struct UnsearchedEntry<'r> {
    path: &'r RepoPath,
    reason: UnsearchedReason,
}

/// The JSON document.
#[derive(Serialize)]
struct ReferencesDocument<'r> {
    references: Vec<ReferenceEntry<'r>>,
    unsearched: Vec<UnsearchedEntry<'r>>,
}

impl RefsArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, revision) = (self.source.open(dir)?, self.source.revision());
        let selection = match (self.subject, self.from) {
            (Some(subject), _) => RefsSelection::To(subject),
            (None, Some(path)) => RefsSelection::From(path),
            (None, None) => RefsSelection::All,
        };
        let ReferenceList { references, unsearched } = refs(ui, &repo, &revision, &selection)?;
        match self.format {
            _ if self.graph => ui.data(&reference_graph(&references)),
            Format::Json => {
                let references = references.iter().map(ReferenceEntry::new).collect();
                let unsearched = unsearched.iter().map(UnsearchedEntry::new).collect();
                ui.data(&json::document(&ReferencesDocument { references, unsearched }));
                return Ok(Exit::Fine);
            }
            Format::Text => ui.table(references.iter().map(row)),
        }
        report_unsearched(ui, &unsearched);
        Ok(Exit::Fine)
    }
}

impl<'r> ReferenceEntry<'r> {
    fn new(reference: &'r ListedReference) -> Self {
        let ListedReference { path, line, column, text, form, target, section, stamp, named } =
            reference;
        ReferenceEntry {
            path,
            line: *line,
            column: *column,
            text,
            form,
            name: target.to_string(),
            section: section.as_deref(),
            stamp: stamp.map(|stamp| stamp.to_string()),
            target: named.as_ref().map(TargetEntry::new),
        }
    }
}

impl<'r> TargetEntry<'r> {
    fn new(NamedRecord { id, path, status, superseded_by, others }: &'r NamedRecord) -> Self {
        let superseded_by = superseded_by.as_deref();
        TargetEntry { id: *id, path, status: *status, superseded_by, others }
    }
}

impl<'r> UnsearchedEntry<'r> {
    fn new(UnsearchedFile { path, reason }: &'r UnsearchedFile) -> Self {
        UnsearchedEntry { path, reason: *reason }
    }
}

/// Returns the place of a reference, its text, and the file that it names.
fn row(reference: &ListedReference) -> [String; 3] {
    let ListedReference { path, line, column, text, named, .. } = reference;
    let named = named.as_ref().map_or("unknown".to_owned(), named_text);
    [format!("{path}:{line}:{column}"), text.clone(), named]
}

/// Describes the file that a reference names.
fn named_text(NamedRecord { path, status, superseded_by, others, .. }: &NamedRecord) -> String {
    let mut notes = Vec::new();
    match (status, superseded_by) {
        (Status::Active, _) => {}
        (Status::Superseded, Some(by)) => notes.push(format!("superseded by {by}")),
        (status, _) => notes.push(status.to_string()),
    }
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(Id::to_string).collect();
        notes.push(format!("or {}", others.join(", ")));
    }
    match notes.is_empty() {
        true => path.to_string(),
        false => format!("{path}  ({})", notes.join("; ")),
    }
}

/// Reports the files that could not be searched: how many, and why.
fn report_unsearched(ui: &mut Ui, files: &[UnsearchedFile]) {
    if files.is_empty() {
        return;
    }
    let mut counts: BTreeMap<UnsearchedReason, usize> = BTreeMap::new();
    for UnsearchedFile { path, reason } in files {
        *counts.entry(*reason).or_default() += 1;
        ui.detail(&format!("not searched: {path} ({})", reason.title()));
    }
    let number = count(files.len(), "file was", "files were");
    let reasons: Vec<String> =
        counts.iter().map(|(reason, count)| format!("{} {count}", reason.title())).collect();
    ui.status(&format!("note: {number} not searched ({}); -v lists them", reasons.join(", ")));
}
