//! The only room that prints.

mod audit;
mod chart;
mod coverage;
mod deeds;
mod diff;
mod drift;
mod exposition;
mod fingerprint;
mod github;
mod gitlab;
pub mod json;
mod jsonl;
mod junit;
mod markdown;
mod period;
mod progress;
mod report;
mod sarif;
mod table;
mod text;
mod ui;

pub use crate::registry::shell_quoted;
pub use audit::{AuditForm, audit_verdict, events};
pub use chart::chart;
pub use coverage::{coverage_json, point_line, points_json};
pub use deeds::{PATCH_REPORT_SCHEMA, PatchReport};
pub use diff::unified;
pub use drift::{DriftForm, drift};
pub use exposition::{Dialect, exposition, figure_rows, figures_json};
pub use jsonl::FINDING_SCHEMA;
pub use period::{Change, Period};
pub use progress::Bar;
pub use report::Report;
pub use table::aligned;
pub use text::{count, finding_lines, summary};
pub use ui::{ColorChoice, Format, Ui, safe};
