//! Formats and prints all output. No other room prints.

mod alerts;
mod audit;
mod chart;
mod coverage;
mod dashboard;
mod dashboard_data;
mod diff;
mod drift;
mod exposition;
mod findings_format;
mod fingerprint;
mod github;
mod gitlab;
mod health;
pub mod json;
mod jsonl;
mod junit;
mod markdown;
mod patch_report;
mod period;
mod place;
mod progress;
mod sarif;
mod scheduled_report;
mod table;
mod text;
mod ui;

pub use alerts::{AlertContext, alert_lines, alerts_json, alerts_mail};
pub use audit::{AuditFormat, audit_verdict, events};
pub use chart::chart;
pub use coverage::{coverage_json, coverage_line, points_json};
pub use dashboard::{is_page, page};
pub use dashboard_data::{
    DashboardCoverage, DashboardData, FamilyCheck, WorstFindings, drift_sections, duplicates,
    identities,
};
pub use diff::unified;
pub use drift::{DriftFormat, drift};
pub use exposition::{ExpositionFormat, exposition, figure_rows, figures_json};
pub use findings_format::ReportFormat;
pub use health::{health_json, health_lines};
pub use idhooks_core::registry::shell_quoted;
pub use patch_report::PatchReport;
pub use period::{PartChange, Period};
pub use progress::Bar;
pub use scheduled_report::{ScheduledReport, Section, SectionFact};
pub use table::aligned;
pub use text::{count, finding_lines, summary};
pub use ui::{ColorChoice, Format, Ui, safe};
