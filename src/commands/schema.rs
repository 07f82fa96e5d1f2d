//! `idhooks schema`: JSON Schemas of the files and reports of idhooks.

use std::path::Path;

use idhooks_core::config::CONFIG_SCHEMA;
use idhooks_core::plan::audit::AUDIT_SCHEMA;
use idhooks_core::plan::patch::PATCH_SCHEMA;
use idhooks_core::registry::schema::REGISTRY_SCHEMA;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{
    ALERTS_SCHEMA, FINDING_SCHEMA, HEALTH_SCHEMA, PATCH_REPORT_SCHEMA, SCHEDULE_REPORT_SCHEMA, Ui,
    json,
};

/// Print the JSON Schema of a file or report that idhooks writes
///
/// Use it to validate the registry, idhooks.toml, patches and reports (JSON Schema draft 2020-12).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks schema registry
  idhooks schema config > idhooks.schema.json")]
pub(super) struct Schema {
    /// Document to describe
    #[arg(value_enum, value_name = "DOCUMENT")]
    of: Document,
}

/// A document that has a schema.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Document {
    /// .idhooks/registry.json
    Registry,
    /// idhooks.toml
    Config,
    /// Input of 'idhooks patch'
    Patch,
    /// Output of 'idhooks patch --format json'
    PatchReport,
    /// A line of the audit log, or of 'idhooks audit export --from-history'
    Audit,
    /// Output of 'idhooks check --format json'
    Check,
    /// A line of 'idhooks check --format jsonl'
    Finding,
    /// Output of 'idhooks list --format json'
    List,
    /// Output of 'idhooks backup list --format json'
    Backup,
    /// Output of 'idhooks reconcile --format json'
    Reconcile,
    /// Output of 'idhooks show --format json'
    Show,
    /// Output of 'idhooks log --format json'
    Log,
    /// Output of 'idhooks status --format json'
    Status,
    /// Output of 'idhooks doctor --format json'
    Doctor,
    /// Output of 'idhooks scan --json'
    Scan,
    /// Output of 'idhooks metrics --format json'
    Metrics,
    /// Output of 'idhooks coverage --format json'
    Coverage,
    /// Output of 'idhooks coverage --history --format json'
    CoverageHistory,
    /// Output of 'idhooks health --format json'
    Health,
    /// Output of 'idhooks alerts --format json', and what a webhook receives
    Alerts,
    /// Output of 'idhooks schedule list --format json'
    Schedule,
    /// JSON report of 'idhooks schedule run'
    ScheduleReport,
}

impl Schema {
    pub(super) fn run(self, ui: &mut Ui, _: &Path) -> Result<Exit, CommandError> {
        ui.data(match self.of {
            Document::Registry => REGISTRY_SCHEMA,
            Document::Config => CONFIG_SCHEMA,
            Document::Patch => PATCH_SCHEMA,
            Document::PatchReport => PATCH_REPORT_SCHEMA,
            Document::Audit => AUDIT_SCHEMA,
            Document::Check => json::CHECK_SCHEMA,
            Document::Finding => FINDING_SCHEMA,
            Document::List => json::LIST_SCHEMA,
            Document::Backup => json::BACKUP_SCHEMA,
            Document::Reconcile => json::RECONCILE_SCHEMA,
            Document::Show => json::SHOW_SCHEMA,
            Document::Log => json::LOG_SCHEMA,
            Document::Status => json::STATUS_SCHEMA,
            Document::Doctor => json::DOCTOR_SCHEMA,
            Document::Scan => json::SCAN_SCHEMA,
            Document::Metrics => json::METRICS_SCHEMA,
            Document::Coverage => json::COVERAGE_SCHEMA,
            Document::CoverageHistory => json::COVERAGE_HISTORY_SCHEMA,
            Document::Health => HEALTH_SCHEMA,
            Document::Alerts => ALERTS_SCHEMA,
            Document::Schedule => json::SCHEDULE_SCHEMA,
            Document::ScheduleReport => SCHEDULE_REPORT_SCHEMA,
        });
        Ok(Exit::Fine)
    }
}
