//! Formats and prints all output. No other room prints anything.

mod adoption;
mod at_most;
mod audit;
mod backups;
mod baseline;
mod checked_history;
mod ci;
mod diff;
mod doctor;
mod drift;
mod findings_format;
mod findings_report;
mod fingerprint;
mod fix_document;
mod github;
mod gitlab;
mod installed;
pub mod json;
mod junit;
mod lint_document;
mod lint_gates;
mod locks;
mod markdown;
mod mentions;
mod mermaid;
mod progress;
mod protocol;
mod reconcile;
mod reference_changes;
mod reference_rows;
mod reference_updates;
mod sarif;
mod shown_changes;
mod status;
mod text;
mod ui;
mod undone;

pub use adoption::report_adoption;
pub use at_most::at_most;
pub use audit::{AuditFormat, audit_verdict, events};
pub use backups::pushed_backups;
pub use ci::{show_checked_change, show_ci_configuration};
pub use diff::{content_diff, unified};
pub use doctor::DoctorReport;
pub use drift::{DriftFormat, DriftSection, drift_sections, drift_text};
pub use findings_format::ReportFormat;
pub use findings_report::FindingsReport;
pub use fix_document::{FixChanges, fix_document};
pub use idhooks_core::check::{and_more, count};
pub use idhooks_core::registry::{safe, shell_quoted};
pub use lint_document::{LintDocument, LintFix, lint_table, one_line};
pub use lint_gates::{score_text, unmet_gates};
pub use locks::{lock_lines, locks_json};
pub use markdown::{MARKDOWN_MARK, code_list, escaped};
pub use mermaid::reference_graph;
pub use protocol::protocol_output;
pub use reconcile::{
    advise_after_healing, healed_branch_json, healed_branch_markdown, healed_branch_outcome,
    reconcile_outcome, rewrite_json, show_figures, show_healed_branch, show_left, show_rewritten,
    summarize_rewrite,
};
pub use reference_changes::{reference_changes, retired_text};
pub use reference_rows::{
    PlaceEntry, UnsearchedEntry, reference_row, report_index_only, report_unchecked_references,
    report_uncompared, report_unsearched,
};
pub use reference_updates::{doubt_text, rewriting_diff};
pub use shown_changes::{ShownChanges, change_diff};
pub use status::status_rows;
pub use text::{aligned, cell_text, finding_lines, numbers, percent_encoded, summary, wrapped};
pub use ui::{ColorChoice, Format, LinkChoice, Ui};
pub use undone::show_undone;
