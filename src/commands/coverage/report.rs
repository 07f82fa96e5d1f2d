//! `idhooks coverage report`: writes a report on a week or a month.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idhooks_core::{check::Point, plan::EventKind, registry::Timestamp};
use idhooks_ops::{GroupBy, RuledState, TrackedFiles, When, find_commit};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{CommitEvents, commit_events, coverage_history};
use idhooks_repo::{state::has_registry, transaction::now};

use crate::commands::output_file::{OverwriteArgs, check_place, write};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Bar, PartChange, Period, Ui, chart, count};

/// The events that a report counts.
const KINDS: [EventKind; 6] = [
    EventKind::Allocated,
    EventKind::Copied,
    EventKind::Renamed,
    EventKind::Deprecated,
    EventKind::Superseded,
    EventKind::Revived,
];

/// Write a Markdown report on a week or a month
///
/// Covers the last 7 or 30 days: coverage at the start and at the end, what happened to identities,
/// and the coverage of each part. With --output, a chart is written beside the report, under the same
/// name with .svg.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks coverage report --period week
  idhooks coverage report --period month --until 2026-02-01 --output report.md")]
pub(super) struct CoverageReport {
    /// Length of the period
    #[arg(long, value_enum, value_name = "PERIOD")]
    period: Length,
    /// End of the period: 2026-01-31, 7d, 12w, 1y [default: now]
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// Write to this file, and a chart beside it, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

/// The length of a period.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Length {
    /// 7 days
    Week = 7,
    /// 30 days
    Month = 30,
}

impl CoverageReport {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let output = self.output.as_ref().map(|file| dir.join(file));
        if let Some(file) = &output {
            check_place(file)?;
            if file.extension().is_some_and(|extension| extension == "svg") {
                let what = "the report and its chart would have the same name";
                return Err(
                    CommandError::new(what).hint("use another extension: --output report.md")
                );
            }
        }
        let repo = Repo::open_to_read(dir)?;
        let until = self.until.as_ref().map_or_else(now, |when| when.as_of(now()));
        let since = until.days_before(self.period as u32);
        let Some(end) = newest(&repo, until)? else {
            return Err(CommandError::new(format!("no commit of HEAD is as old as {until}"))
                .hint("see how old they are: git log --first-parent --reverse"));
        };
        let days = points(ui, &repo, end, Some(since))?;
        let begin = newest(&repo, since)?;
        let before = begin.map(|begin| RuledState::read_commit(&repo, begin)).transpose()?;
        let before = before.filter(|state| state.registry().is_some());
        let after = RuledState::read_commit(&repo, end)?;
        let (before, after) = (before.as_ref().map(RuledState::files), after.files());
        let change = |(heading, by)| {
            let then = before.as_ref().map(|before| before.groups(by)).unwrap_or_default();
            (heading, PartChange::between(&then, &after.groups(by)))
        };
        let svg_file = output.as_ref().map(|file| file.with_extension("svg"));
        let svg_name = svg_file.as_deref().and_then(Path::file_name);
        let period = Period {
            from: since.date().to_owned(),
            to: until.date().to_owned(),
            before: before.as_ref().map(TrackedFiles::coverage),
            after: after.coverage(),
            events: events(&repo, begin, end)?,
            parts: [("namespace", GroupBy::Ns), ("type", GroupBy::Type)].map(change).into(),
            chart: svg_name.map(|name| name.to_string_lossy().into_owned()),
        };
        let (Some(file), Some(svg_file)) = (output, svg_file) else {
            ui.data(&period.markdown());
            return Ok(Exit::Fine);
        };
        // The line is level while nothing is committed.
        let edge = |at, coverage| Point { at, commit: String::new(), coverage };
        let first = period.before.map(|before| edge(since, before));
        let last = edge(until, period.after);
        let line: Vec<Point> = first.into_iter().chain(days).chain([last]).collect();
        let svg = chart(&line)
            .map_err(|error| CommandError::internal("cannot draw the chart").because(&error))?;
        // Check first, so that not only one of the two files is written.
        let markdown = period.markdown();
        self.overwrite.guard(&repo, &file, &markdown)?;
        write(&repo, &svg_file, &svg, self.overwrite)?;
        write(&repo, &file, &markdown, self.overwrite)?;
        Ok(Exit::Fine)
    }
}

/// Returns the newest commit on the first-parent line of HEAD that is not later than `at`.
fn newest(repo: &Repo, at: Timestamp) -> CommandResult<Option<CommitId>> {
    let head = find_commit(repo, "HEAD")?;
    Ok(repo.newest_by(head, u64::try_from(at.unix()).unwrap_or_default())?)
}

/// Returns the coverage of each day up to `tip`, which must have a registry.
pub(super) fn points(
    ui: &mut Ui,
    repo: &Repo,
    tip: CommitId,
    since: Option<Timestamp>,
) -> CommandResult<Vec<Point>> {
    if !has_registry(repo, tip)? {
        return Err(CommandError::new(format!("cannot find a registry in commit {}", tip.short()))
            .hint("to adopt this repository: idhooks init"));
    }
    let bar = Bar::start("reading the history", 0);
    let history = coverage_history(repo, tip, since, &mut |days| bar.step_of(days))?;
    bar.finish();
    if history.absent > 0 {
        let days = count(history.absent, "day is", "days are");
        ui.warning(&format!("{days} left out: the registry of that time is not in this clone"));
        ui.hint("fetch them, then try again: git fetch --refetch --no-filter");
    }
    Ok(history.points)
}

/// Counts the events of the commits after `begin`.
fn events(
    repo: &Repo,
    begin: Option<CommitId>,
    end: CommitId,
) -> CommandResult<Vec<(&'static str, usize)>> {
    let range = begin.map_or_else(|| end.to_string(), |begin| format!("{begin}..{end}"));
    let new_commits = repo.commits(&[range])?.into_iter().map(|commit| commit.id);
    let new_commits: BTreeSet<CommitId> = new_commits.collect();
    let mut counts = KINDS.map(|kind| (kind.as_str(), 0));
    if !new_commits.is_empty() {
        let mut count_events = |commit: &CommitEvents| {
            for event in commit.events.iter().filter(|_| new_commits.contains(&commit.commit)) {
                if let Some(place) = KINDS.iter().position(|kind| *kind == event.kind) {
                    counts[place].1 += 1;
                }
            }
        };
        commit_events(repo, end, &mut |_| {}, &mut count_events)?;
    }
    Ok(counts.into())
}
