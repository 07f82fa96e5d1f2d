//! The JSON document of `idhooks fix`.

use idhooks_core::registry::RepoPath;
use idhooks_ops::{FixCause, FixPlan, FixReport, FixedReference, UnfixedReason, UnfixedReference};
use serde::Serialize;

use super::json::{FindingSummary, document};

/// What a run changes apart from references, as text.
#[derive(Debug, Default)]
pub struct FixChanges {
    records: Vec<String>,
    files: Vec<[RepoPath; 2]>,
}

impl FixChanges {
    /// Returns the changes of a plan.
    pub fn of(plan: &FixPlan) -> Self {
        FixChanges {
            records: plan.edits.iter().map(ToString::to_string).collect(),
            files: plan
                .rewriting
                .files
                .iter()
                .map(|file| [file.path.clone(), file.to.clone()])
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct RepairDocument<'r> {
    executed: bool,
    found: usize,
    fixed: usize,
    records: &'r [String],
    files: Vec<RewrittenEntry<'r>>,
    references: Vec<FixedEntry<'r>>,
    unfixed: Vec<UnfixedEntry<'r>>,
    left: Vec<FindingSummary<'r>>,
}

#[derive(Serialize)]
struct RewrittenEntry<'r> {
    path: &'r RepoPath,
    to: &'r RepoPath,
}

#[derive(Serialize)]
struct FixedEntry<'r> {
    path: &'r RepoPath,
    line: usize,
    column: usize,
    text: &'r str,
    new_text: &'r str,
    cause: FixCause,
}

#[derive(Serialize)]
struct UnfixedEntry<'r> {
    path: &'r RepoPath,
    line: usize,
    column: usize,
    text: &'r str,
    reason: UnfixedReason,
}

/// Returns the document of a run, or of a dry run.
pub fn fix_document(report: &FixReport, changes: &FixChanges, executed: bool) -> String {
    let references = report.references.iter().map(|fixed| {
        let FixedReference { reference, cause, text: new_text, .. } = fixed;
        FixedEntry {
            path: &reference.path,
            line: reference.line,
            column: reference.column,
            text: &reference.text,
            new_text,
            cause: *cause,
        }
    });
    let unfixed =
        report.unfixed.iter().map(|UnfixedReference { reference, reason }| UnfixedEntry {
            path: &reference.path,
            line: reference.line,
            column: reference.column,
            text: &reference.text,
            reason: *reason,
        });
    document(&RepairDocument {
        executed,
        found: report.found,
        fixed: report.fixed,
        records: &changes.records,
        files: changes.files.iter().map(|[path, to]| RewrittenEntry { path, to }).collect(),
        references: references.collect(),
        unfixed: unfixed.collect(),
        left: report.left.iter().map(FindingSummary::full).collect(),
    })
}
