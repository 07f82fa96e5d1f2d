//! `idhooks schema`: JSON Schemas of what idhooks reads and writes.

use crate::config::CONFIG_SCHEMA;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{
    ALERTS_SCHEMA, DOSSIER_SCHEMA, FINDING_SCHEMA, HEALTH_SCHEMA, PATCH_REPORT_SCHEMA, Ui, json,
};
use crate::plan::audit::AUDIT_SCHEMA;
use crate::plan::patch::PATCH_SCHEMA;
use crate::registry::schema::REGISTRY_SCHEMA;

/// Print a JSON Schema
///
/// Of the registry, of idhooks.toml, or of a report with '--format json' (draft 2020-12).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks schema registry
  idhooks schema config > idhooks.schema.json")]
pub(super) struct Schema {
    /// What the schema is of
    #[arg(value_enum, value_name = "WHAT")]
    of: Document,
}

/// What has a schema.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Document {
    /// .idhooks/registry.json
    Registry,
    /// idhooks.toml
    Config,
    /// What 'idhooks patch' takes
    Patch,
    /// What 'idhooks patch --format json' prints
    PatchReport,
    /// Each line of the audit, and of 'idhooks audit export --from-history'
    Audit,
    /// What 'idhooks check --format json' prints
    Check,
    /// Each line that 'idhooks check --format jsonl' prints
    Finding,
    /// What 'idhooks list --format json' prints
    List,
    /// What 'idhooks backup list --format json' prints
    Backup,
    /// What 'idhooks reconcile --format json' prints
    Reconcile,
    /// What 'idhooks show --format json' prints
    Show,
    /// What 'idhooks log --format json' prints
    Log,
    /// What 'idhooks status --format json' prints
    Status,
    /// What 'idhooks doctor --format json' prints
    Doctor,
    /// What 'idhooks scan --json' prints
    Scan,
    /// What 'idhooks metrics --format json' prints
    Metrics,
    /// What 'idhooks coverage --format json' prints
    Coverage,
    /// What 'idhooks coverage --history --format json' prints
    CoverageHistory,
    /// What 'idhooks health --format json' prints
    Health,
    /// What 'idhooks alerts --format json' prints, and a webhook gets
    Alerts,
    /// What 'idhooks schedule list --format json' prints
    Schedule,
    /// Each report that 'idhooks schedule run' writes for machines
    ScheduleReport,
}

impl Schema {
    pub(super) fn run(self, ui: &mut Ui) -> Result<Exit, CommandError> {
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
            Document::ScheduleReport => DOSSIER_SCHEMA,
        });
        Ok(Exit::Fine)
    }
}
