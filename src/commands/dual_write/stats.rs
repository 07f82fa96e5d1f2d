//! `idhooks dual-write stats`.

use std::path::Path;

use clap::Args;
use idhooks_repo::git::Title;
use idhooks_repo::store::{CountersFile, WriteCounter};
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
    total_operations: u64,
    successful_operations: u64,
    failed_operations: u64,
    success_rate: Option<f64>,
    mean_ms: Option<f64>,
    registry_records: usize,
    legacy_records: Option<usize>,
    recent_operations: Vec<RecentWrite>,
}

/// A commit that changed the legacy file.
#[derive(Serialize)]
struct RecentWrite {
    commit: String,
    date: String,
    subject: String,
}

impl StatsOfDualWrite {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, view) = self.source.open_view(dir)?;
        let compared = ComparedFile::of(&repo, &self.source, &view)?;
        let counts = CountersFile::in_dir(&repo.state_dir()).read();
        let successful = counts.get(WriteCounter::DualWriteSucceeded);
        let failed = counts.get(WriteCounter::DualWriteFailed);
        let total = successful.saturating_add(failed);
        let per = |part: u64, scale: f64| {
            let value = part as f64 * scale / total as f64;
            (total > 0).then_some((value * 100.0).round() / 100.0)
        };
        let mut recent_operations = Vec::new();
        let path = compared.as_ref().and_then(|compared| compared.file.path().as_str());
        if let (Some(path), Some(tip)) = (path, self.source.tip(&repo)?) {
            let commits = repo.last_changes(path, &[tip], RECENT)?;
            recent_operations.extend(repo.titles(&commits)?.into_iter().map(recent));
        }
        let stats = DualWriteCounts {
            enabled: compared.as_ref().is_some_and(ComparedFile::is_enabled),
            total_operations: total,
            successful_operations: successful,
            failed_operations: failed,
            success_rate: per(successful, 100.0),
            mean_ms: per(counts.get(WriteCounter::DualWriteMs), 1.0),
            registry_records: self.source.registry(&view)?.registry.allocations.len(),
            legacy_records: compared.as_ref().and_then(ComparedFile::legacy_records),
            recent_operations,
        };
        match self.format {
            Format::Json => ui.data(&document(&stats)),
            Format::Text => show(ui, &stats),
        }
        Ok(Exit::Fine)
    }
}

fn recent(title: Title) -> RecentWrite {
    let Title { id, subject, date, .. } = title;
    RecentWrite { commit: id.to_string(), date, subject }
}

fn show(ui: &mut Ui, stats: &DualWriteCounts) {
    let rate = stats.success_rate.map(|rate| format!(" ({rate} %)")).unwrap_or_default();
    let operations = match stats.total_operations {
        0 => "none yet in this clone".to_owned(),
        total => format!("{} of {total} succeeded{rate}", stats.successful_operations),
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
