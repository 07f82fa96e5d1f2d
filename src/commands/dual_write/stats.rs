//! `idhooks dual-write stats`.

use std::path::Path;

use clap::Args;
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::{CommitId, Repo, Title};
use idhooks_repo::store::{CountersFile, WriteCounter, WriteCounts};
use serde::Serialize;

use super::compared::ComparedFile;
use crate::commands::revision_args::RevisionArgs;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json::document};

/// The number of commits that are shown.
const RECENT: usize = 10;

/// Print how often this clone wrote both files, and the records of both
///
/// The counters are those of this clone; nothing resets them. The commits are the last ten that changed
/// the legacy file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks dual-write stats
  idhooks dual-write stats --format json")]
pub(super) struct StatsOfDualWrite {
    #[command(flatten)]
    source: RevisionArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The document of `dual-write stats`.
#[derive(Serialize)]
struct DualWriteCounts {
    enabled: bool,
    #[serde(flatten)]
    operations: OperationCounts,
    registry_records: usize,
    legacy_records: Option<usize>,
    recent_operations: Vec<RecentWrite>,
}

/// How often this clone derived the legacy file.
#[derive(Debug, Serialize)]
pub(super) struct OperationCounts {
    total_operations: u64,
    successful_operations: u64,
    failed_operations: u64,
    success_rate: Option<f64>,
    mean_ms: Option<f64>,
}

impl OperationCounts {
    /// Returns what the counters of a clone say.
    pub(super) fn of(counts: &WriteCounts) -> Self {
        let successful = counts.get(WriteCounter::DualWriteSucceeded);
        let failed = counts.get(WriteCounter::DualWriteFailed);
        let total = successful.saturating_add(failed);
        let per = |part: u64, scale: f64| {
            let value = part as f64 * scale / total as f64;
            (total > 0).then_some((value * 100.0).round() / 100.0)
        };
        OperationCounts {
            total_operations: total,
            successful_operations: successful,
            failed_operations: failed,
            success_rate: per(successful, 100.0),
            mean_ms: per(counts.get(WriteCounter::DualWriteMs), 1.0),
        }
    }
}

/// A commit that changed the legacy file.
#[derive(Debug, Serialize)]
pub(super) struct RecentWrite {
    commit: String,
    date: String,
    subject: String,
}

impl StatsOfDualWrite {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, view) = self.source.open_view(dir)?;
        let registry = &self.source.registry(&view)?.registry;
        let compared = ComparedFile::of(&repo, &view.tree, registry)?;
        let path = compared.as_ref().map(|compared| compared.file.path());
        let recent_operations = match (path, self.source.tip(&repo)?) {
            (Some(path), Some(tip)) => recent_writes(&repo, path, tip)?,
            _ => Vec::new(),
        };
        let tally = compared.as_ref().and_then(ComparedFile::tally);
        let stats = DualWriteCounts {
            enabled: compared.as_ref().is_some_and(ComparedFile::is_enabled),
            operations: OperationCounts::of(&CountersFile::in_dir(&repo.state_dir()).read()),
            registry_records: registry.allocations.len(),
            legacy_records: tally.map(|tally| tally.legacy_records()),
            recent_operations,
        };
        match self.format {
            Format::Json => ui.data(&document(&stats)),
            Format::Text => show(ui, &stats),
        }
        Ok(Exit::Fine)
    }
}

/// Returns the last commits up to `tip` that changed a legacy file, the newest first.
///
/// # Errors
/// Returns an error if git fails.
pub(super) fn recent_writes(
    repo: &Repo,
    legacy: &RepoPath,
    tip: CommitId,
) -> CommandResult<Vec<RecentWrite>> {
    let Some(path) = legacy.as_str() else { return Ok(Vec::new()) };
    let commits = repo.last_changes(path, &[tip], RECENT)?;
    let recent =
        |Title { id, subject, date, .. }| RecentWrite { commit: id.to_string(), date, subject };
    Ok(repo.titles(&commits)?.into_iter().map(recent).collect())
}

fn show(ui: &mut Ui, stats: &DualWriteCounts) {
    let OperationCounts { total_operations, successful_operations, success_rate, .. } =
        stats.operations;
    let rate = success_rate.map(|rate| format!(" ({rate} %)")).unwrap_or_default();
    let operations = match total_operations {
        0 => "none yet in this clone".to_owned(),
        total => format!("{successful_operations} of {total} succeeded{rate}"),
    };
    let legacy = stats.legacy_records.map_or("unknown".to_owned(), |many| many.to_string());
    let records = count(stats.registry_records, "record", "records");
    ui.table([
        ["enabled", if stats.enabled { "yes" } else { "no" }],
        ["operations", &operations],
        ["registry", &records],
        ["legacy file", &legacy],
    ]);
    ui.table(
        stats.recent_operations.iter().map(|one| {
            [one.commit.chars().take(7).collect(), one.date.clone(), one.subject.clone()]
        }),
    );
}
