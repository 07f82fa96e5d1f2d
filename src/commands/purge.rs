//! `idhooks purge`: reduce old deprecated records to tombstones.

use std::collections::{BTreeMap, BTreeSet};
use std::{fmt, path::Path, str::FromStr};

use clap::Args;
use idhooks_core::config::Days;
use idhooks_core::plan::lifecycle;
use idhooks_core::registry::{Allocation, Id, Registry, Timestamp};
use idhooks_ops::{RegistryTransaction, Writer, mentions, open_to_change};
use idhooks_repo::git::{GrepMatch, Repo};
use idhooks_repo::transaction::now;

use crate::error::{CommandResult, Exit, PrintingWork};
use crate::output::Ui;

use super::audit::recorder;

/// Reduce old deprecated records to tombstones
///
/// A tombstone keeps the identity, the path and the origin; everything else in the record is
/// dropped. The number is never used again, and the identity is never revived automatically. If a
/// tracked text file still mentions an identity, the command refuses and purges nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks purge --deprecated-before 90d --dry-run
  idhooks purge --deprecated-before 2026-01-31 --keep-going

Exit code: 0 purged; 1 some identities are still mentioned (with --keep-going the others were \
purged); 2 an error, and nothing was purged")]
pub(super) struct Purge {
    /// Purge what was deprecated before this: 2026-01-31, 90d, 12w, 2y
    #[arg(long, value_name = "WHEN")]
    deprecated_before: When,
    /// Skip identities that are still mentioned instead of stopping
    #[arg(long)]
    keep_going: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// A point in time as typed: a day, a time, or a time span before now.
#[derive(Debug, Clone)]
pub(super) enum When {
    At(Timestamp),
    DaysAgo(u32),
}

impl FromStr for When {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(at) = format!("{text}T00:00:00Z").parse().or_else(|_| text.parse()) {
            return Ok(When::At(at));
        }
        text.parse().map(|Days(days)| When::DaysAgo(days)).map_err(|_| {
            "neither a day such as 2026-01-31 nor a time span such as 90d, 12w or 2y".to_owned()
        })
    }
}

impl When {
    pub(super) fn as_of(&self, now: Timestamp) -> Timestamp {
        match self {
            When::At(at) => *at,
            When::DaysAgo(days) => now.days_before(*days),
        }
    }
}

impl Purge {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        Writer::open(&repo, "purge")?.work(ui, |ui, transaction| {
            let cutoff = self.deprecated_before.as_of(now());
            let plan = PurgePlan::of(transaction, cutoff)?;
            for (id, mentions) in &plan.named {
                ui.error(&format!("{id} is still mentioned"));
                ui.mentions(mentions);
            }
            if !plan.named.is_empty() && !self.keep_going {
                ui.hint("remove these mentions, or purge the others with --keep-going");
                return Ok(Exit::Findings);
            }
            let edits = transaction.finish(ui, &plan.after, self.dry_run)?;
            ui.lines(edits);
            if plan.purged.is_empty() && plan.named.is_empty() {
                ui.status(&format!("no identity without a file was deprecated before {cutoff}"));
            }
            Ok(if plan.named.is_empty() { Exit::Fine } else { Exit::Findings })
        })
    }
}

/// What to purge.
pub(super) struct PurgePlan {
    /// The records to purge, as they are.
    pub(super) purged: Vec<Allocation>,
    /// The identities that are kept, with the lines that still mention them.
    pub(super) named: BTreeMap<Id, Vec<GrepMatch>>,
    /// The registry without the purged records.
    pub(super) after: Registry,
}

impl PurgePlan {
    /// Plans to purge what was deprecated before `cutoff` and is no longer mentioned.
    pub(super) fn of(
        transaction: &RegistryTransaction<'_>,
        cutoff: Timestamp,
    ) -> CommandResult<Self> {
        let before = transaction.registry();
        let found = lifecycle::purgeable(before, cutoff, &|path| transaction.has_file(path));
        let named = named(transaction.repo, &found)?;
        let ids: BTreeSet<&Id> = found.iter().filter(|id| !named.contains_key(id)).collect();
        let records = before.allocations.iter().filter(|record| ids.contains(&record.id));
        let purged: Vec<Allocation> = records.cloned().collect();
        let mut after = before.clone();
        purged.iter().try_for_each(|record| lifecycle::purge(&mut after, record.id))?;
        Ok(PurgePlan { purged, named, after })
    }
}

/// The result of [`purge_unattended`].
pub(super) enum UnattendedPurge {
    Done(PurgePlan),
    LeftOut(PurgeObstacle),
}

/// A reason why nothing can be purged by a timer.
pub(super) enum PurgeObstacle {
    NoWorkingTree,
    /// What a job on GitHub stages is lost.
    GithubJob,
    /// Work is in progress in the working tree.
    WorkInProgress(String),
}

impl fmt::Display for PurgeObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PurgeObstacle::NoWorkingTree => "there is no working tree",
            PurgeObstacle::GithubJob => "the working tree of a job on GitHub is not kept",
            PurgeObstacle::WorkInProgress(what) => what,
        })
    }
}

/// Purges what was deprecated before `cutoff` and is no longer mentioned, and stages that, unless
/// work is in progress in the working tree.
///
/// # Errors
/// Returns an error if the index cannot be read or written.
pub(super) fn purge_unattended(
    ui: &mut Ui,
    repo: &Repo,
    cutoff: Timestamp,
) -> CommandResult<UnattendedPurge> {
    if repo.is_bare() {
        return Ok(UnattendedPurge::LeftOut(PurgeObstacle::NoWorkingTree));
    }
    if std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") {
        return Ok(UnattendedPurge::LeftOut(PurgeObstacle::GithubJob));
    }
    let (mut plan, mut in_progress) = (None, None);
    let repo = open_to_change(repo.top())?;
    let writer = Writer::open(&repo, "scheduled purge")?;
    let ended = writer.work(ui, |ui, transaction| {
        // Checked after the index was read: if it changes from now on, it is read again.
        plan = None;
        in_progress = transaction.repo.work_in_progress()?;
        if in_progress.is_none() {
            let made = PurgePlan::of(transaction, cutoff)?;
            if !made.purged.is_empty() {
                transaction.write(ui, &made.after)?;
            }
            plan = Some(made);
        }
        Ok(Exit::Fine)
    });
    recorder::record_refusal(writer.repo, &ended);
    ended?;
    Ok(plan.map_or_else(
        || UnattendedPurge::LeftOut(PurgeObstacle::WorkInProgress(in_progress.unwrap_or_default())),
        UnattendedPurge::Done,
    ))
}

/// Returns the lines that mention each of these identities, without those that no line mentions.
fn named(repo: &Repo, ids: &[Id]) -> CommandResult<BTreeMap<Id, Vec<GrepMatch>>> {
    let words: BTreeMap<String, Id> = ids.iter().map(|id| (id.to_string(), *id)).collect();
    let all: Vec<String> = words.keys().cloned().collect();
    let mut named: BTreeMap<Id, Vec<GrepMatch>> = BTreeMap::new();
    for mention in mentions(repo, &all)? {
        for id in runs_of_digits(&mention.text).filter_map(|run| words.get(run)) {
            named.entry(*id).or_default().push(mention.clone());
        }
    }
    Ok(named)
}

fn runs_of_digits(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == Id::DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().expect("valid");
        let as_of = |text: &str| When::from_str(text).map(|when| when.as_of(now).to_string());
        for (text, at) in [
            ("1d", "2026-02-28T12:00:00Z"),
            ("2w", "2026-02-15T12:00:00Z"),
            ("1y", "2025-03-01T12:00:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        ] {
            assert_eq!(as_of(text), Ok(at.to_owned()), "{text}");
        }
        for text in ["", "d", "-1d", "1m", "2026-02-30", "99999999999d", "4294967295y", "1 d"] {
            assert!(as_of(text).is_err(), "{text}");
        }
    }
}
