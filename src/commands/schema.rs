//! `idhooks schema`: prints the JSON Schemas for files and reports.

use std::path::Path;

use idhooks_core::config::CONFIG_SCHEMA;
use idhooks_core::registry::schema::REGISTRY_SCHEMA;
use idhooks_ops::PATCH_SCHEMA;
use idhooks_ops::audit_log::AUDIT_SCHEMA;

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Print the JSON Schema of an idhooks file or report
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

idhooks_core::words! {
    /// A document that has a schema.
    #[derive(clap::ValueEnum)]
    enum Document, schema {
        /// .idhooks/registry.json
        Registry = "registry", REGISTRY_SCHEMA;
        /// idhooks.toml
        Config = "config", CONFIG_SCHEMA;
        /// Input of 'idhooks patch'
        Patch = "patch", PATCH_SCHEMA;
        /// Output of 'idhooks patch --format json'
        PatchReport = "patch-report", include_str!("../output/schema/patch-report.json");
        /// A line of the audit log, or of 'idhooks audit export --from-history'
        Audit = "audit", AUDIT_SCHEMA;
        /// Output of 'idhooks check --format json'
        Check = "check", include_str!("../output/schema/check.json");
        /// A line of 'idhooks check --format jsonl'
        Finding = "finding", include_str!("../output/schema/finding.json");
        /// Output of 'idhooks fix --format json'
        Fix = "fix", include_str!("../output/schema/fix.json");
        /// Output of 'idhooks list --format json'
        List = "list", include_str!("../output/schema/list.json");
        /// Output of 'idhooks status --locks --format json'
        Lock = "lock", include_str!("../output/schema/lock.json");
        /// Output of 'idhooks backup list --format json'
        Backup = "backup", include_str!("../output/schema/backup.json");
        /// Output of 'idhooks reconcile --format json'
        Reconcile = "reconcile", include_str!("../output/schema/reconcile.json");
        /// Output of 'idhooks show --format json'
        Show = "show", include_str!("../output/schema/show.json");
        /// Output of 'idhooks refs --format json'
        Refs = "refs", include_str!("../output/schema/refs.json");
        /// Output of 'idhooks refs suspect --format json'
        RefsSuspect = "refs-suspect", include_str!("../output/schema/refs-suspect.json");
        /// Output of 'idhooks log --format json'
        Log = "log", include_str!("../output/schema/log.json");
        /// Output of 'idhooks status --format json'
        Status = "status", include_str!("../output/schema/status.json");
        /// Output of 'idhooks doctor --format json'
        Doctor = "doctor", include_str!("../output/schema/doctor.json");
        /// Output of 'idhooks scan --json'
        Scan = "scan", include_str!("../output/schema/scan.json");
        /// Output of 'idhooks describe --format json', and a line of '--format jsonl'
        Describe = "describe", include_str!("../output/schema/describe.json");
        /// Output of 'idhooks classify --format json'
        Classify = "classify", include_str!("../output/schema/classify.json");
        /// Output of 'idhooks bridge … --format json', and answers of 'idhooks bridge serve'
        Bridge = "bridge", include_str!("../output/schema/bridge.json");
        /// Output of 'idhooks ids mint', 'parse', 'validate' and others with --format json
        Ids = "ids", include_str!("../output/schema/ids.json");
        /// Output of 'idhooks ids formats --format json'
        IdsFormats = "ids-formats", include_str!("../output/schema/ids-formats.json");
        /// Output of 'idhooks ids fixtures --lang json'
        IdsFixtures = "ids-fixtures", include_str!("../output/schema/ids-fixtures.json");
        /// Output of 'idhooks metrics --format json'
        Metrics = "metrics", include_str!("../output/schema/metrics.json");
        /// Output of 'idhooks coverage --format json'
        Coverage = "coverage", include_str!("../output/schema/coverage.json");
        /// Output of 'idhooks coverage --history --format json'
        CoverageHistory = "coverage-history",
            include_str!("../output/schema/coverage-history.json");
        /// Output of 'idhooks lint --format json'
        Lint = "lint", include_str!("../output/schema/lint.json");
        /// Output of 'idhooks lint --fix --format json'
        LintFix = "lint-fix", include_str!("../output/schema/lint-fix.json");
        /// Output of 'idhooks lint --history --format json'
        LintHistory = "lint-history", include_str!("../output/schema/lint-history.json");
        /// Output of 'idhooks migrate plan --report json'
        MigratePlan = "migrate-plan", include_str!("../output/schema/migrate-plan.json");
        /// Output of 'idhooks migrate run' and 'idhooks migrate finish' with --report json
        MigrateRun = "migrate-run", include_str!("../output/schema/migrate-run.json");
        /// Output of 'idhooks migrate verify --format json'
        MigrateVerify = "migrate-verify", include_str!("../output/schema/migrate-verify.json");
        /// Output of 'idhooks migrate status --format json'
        MigrateStatus = "migrate-status", include_str!("../output/schema/migrate-status.json");
        /// Output of 'idhooks migrate log --format json'
        MigrateLog = "migrate-log", include_str!("../output/schema/migrate-log.json");
        /// Output of 'idhooks generate --format json'
        Generate = "generate", include_str!("../output/schema/generate.json");
        /// Output of 'idhooks generate --list --format json'
        Generators = "generators", include_str!("../output/schema/generators.json");
        /// Output of 'idhooks health --format json'
        Health = "health", include_str!("../output/schema/health.json");
        /// Output of 'idhooks alerts --format json', and the document sent to a webhook
        Alerts = "alerts", include_str!("../output/schema/alerts.json");
        /// Output of 'idhooks schedule list --format json'
        Schedule = "schedule", include_str!("../output/schema/schedule.json");
        /// JSON report of 'idhooks schedule run'
        ScheduleReport = "schedule-report", include_str!("../output/schema/schedule-report.json");
        /// Output of 'idhooks queue status' and 'idhooks queue list' with --format json
        Queue = "queue", include_str!("../output/schema/queue.json");
        /// Output of 'idhooks watch status --format json'
        Watch = "watch", include_str!("../output/schema/watch.json");
    }
}

impl Schema {
    pub(super) fn run(self, ui: &mut Ui, _: &Path) -> CommandResult<Exit> {
        ui.data(self.of.schema());
        Ok(Exit::Fine)
    }
}
