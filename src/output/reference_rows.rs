//! How references are listed, and the files that could not be searched.

use std::collections::BTreeMap;

use idhooks_core::registry::{Id, RepoPath, Status};
use idhooks_ops::{
    ListedReference, NamedRecord, UncheckedReferences, UnsearchedFile, UnsearchedReason,
};
use serde::Serialize;

use super::{Ui, at_most, count};

/// How many references are named in a note.
const MOST_NAMED: usize = 3;

/// A file in the JSON document that could not be searched.
#[derive(Debug, Serialize)]
pub struct UnsearchedEntry<'r> {
    path: &'r RepoPath,
    reason: UnsearchedReason,
}

impl<'r> UnsearchedEntry<'r> {
    /// Returns the entry of a file.
    pub fn new(UnsearchedFile { path, reason }: &'r UnsearchedFile) -> Self {
        UnsearchedEntry { path, reason: *reason }
    }
}

/// Where a reference is, in a JSON document.
#[derive(Debug, Serialize)]
pub struct PlaceEntry<'r> {
    path: &'r RepoPath,
    line: usize,
    column: usize,
    text: &'r str,
}

impl<'r> PlaceEntry<'r> {
    /// Returns the place of a reference.
    pub fn new(reference: &'r ListedReference) -> Self {
        let ListedReference { path, line, column, text, .. } = reference;
        PlaceEntry { path, line: *line, column: *column, text }
    }
}

/// Returns the place of a reference, its text, and the file that it names.
pub fn reference_row(reference: &ListedReference) -> [String; 3] {
    let ListedReference { path, line, column, text, named, .. } = reference;
    let named = named.as_ref().map_or("unknown".to_owned(), named_text);
    [format!("{path}:{line}:{column}"), text.clone(), named]
}

/// Notes the references that a run changes in the index only, naming a few.
pub fn report_index_only(ui: &mut Ui, references: &[ListedReference]) {
    if references.is_empty() {
        return;
    }
    let place = |one: &ListedReference| format!("{}:{}:{}", one.path, one.line, one.column);
    let what = match references.len() {
        1 => "1 reference changes in the index only, because the working tree has no such line"
            .to_owned(),
        number => format!(
            "{number} references change in the index only, because the working tree has no such lines"
        ),
    };
    let few = at_most(references.iter().map(place), MOST_NAMED).join(", ");
    ui.status(&format!("note: {what}: {few}"));
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
pub fn report_unsearched(ui: &mut Ui, files: &[UnsearchedFile]) {
    show_unsearched(ui, files, "not searched");
}

/// Reports the references that a check leaves out, besides those in unmerged files, which it reports
/// by itself.
pub fn report_unchecked_references(ui: &mut Ui, unchecked: &UncheckedReferences) {
    let is_reported = |file: &&UnsearchedFile| file.reason != UnsearchedReason::Unmerged;
    let files = unchecked.files.iter().filter(is_reported).cloned();
    show_unsearched(ui, &files.collect::<Vec<_>>(), "not searched for references");
    report_uncompared(
        ui,
        &unchecked.references,
        "content unmerged, unreadable or not in this clone",
    );
}

/// Reports the references that could not be compared with the content of their file: how many, and
/// why.
pub fn report_uncompared(ui: &mut Ui, references: &[ListedReference], why: &str) {
    if references.is_empty() {
        return;
    }
    for ListedReference { path, line, column, text, .. } in references {
        ui.detail(&format!("not compared: {path}:{line}:{column} {text}"));
    }
    let number = count(references.len(), "reference was", "references were");
    ui.status(&format!("note: {number} not compared ({why}); -v lists them"));
}

fn show_unsearched(ui: &mut Ui, files: &[UnsearchedFile], what: &str) {
    if files.is_empty() {
        return;
    }
    let mut counts: BTreeMap<UnsearchedReason, usize> = BTreeMap::new();
    for UnsearchedFile { path, reason } in files {
        *counts.entry(*reason).or_default() += 1;
        ui.detail(&format!("{what}: {path} ({})", reason.title()));
    }
    let number = count(files.len(), "file was", "files were");
    let reasons: Vec<String> =
        counts.iter().map(|(reason, count)| format!("{} {count}", reason.title())).collect();
    ui.status(&format!("note: {number} {what} ({}); -v lists them", reasons.join(", ")));
}
