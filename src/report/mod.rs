//! Formats alerts, metrics, coverage, the dashboard and schedules, and contains the hints for their
//! errors.

mod alerts;
mod chart;
mod code_overview;
mod coverage;
mod dashboard;
mod dashboard_data;
mod errors;
mod exposition;
mod references_by_file;
mod schedule;
mod scheduled_report;
mod webhook;

pub use alerts::{AlertContext, alert_lines, alerts_json, alerts_mail, health_json, health_lines};
pub use chart::chart;
pub use coverage::{CoverageRow, coverage_json, period_markdown};
pub use dashboard::{is_page, page};
pub use dashboard_data::{identities_json, overview_json};
pub use exposition::{exposition, figure_rows, figures_json};
pub use schedule::show_schedule;
pub use scheduled_report::{format_scheduled_report, section_help};
pub use webhook::{alarm_webhook, deliver, webhook_at};
