//! [`CoveragePeriod`]: the coverage and identity events in a week or month.

use std::collections::BTreeSet;

use idhooks_core::check::{Coverage, Point};
use idhooks_core::registry::Timestamp;
use idhooks_ops::{
    CoverageGroup, GroupBy, Observer, OpsError, RuledState, TrackedFiles, find_commit,
};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{CommitEvents, History};

use super::coverage::{CoverageError, days};

/// The kinds of events counted in a report.
const KINDS: [EventKind; 6] = [
    EventKind::Allocated,
    EventKind::Copied,
    EventKind::Renamed,
    EventKind::Deprecated,
    EventKind::Superseded,
    EventKind::Revived,
];

/// The figures for a period.
#[derive(Debug, Clone)]
pub struct CoveragePeriod {
    /// Its beginning.
    pub since: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// The coverage before the period, if there was any.
    pub before: Option<Coverage>,
    /// The coverage at the end of the period.
    pub after: Coverage,
    /// The coverage for each day with commits.
    pub days: Vec<Point>,
    /// The number of events of each kind.
    pub events: Vec<(&'static str, usize)>,
    /// The groups of files, by heading.
    pub parts: Vec<(&'static str, Vec<PartChange>)>,
}

/// The coverage of a file group before and after the period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartChange {
    /// Its name.
    pub name: String,
    /// The coverage before the period, if the group existed then.
    pub before: Option<Coverage>,
    /// The coverage after the period, if the group still exists.
    pub after: Option<Coverage>,
}

impl CoveragePeriod {
    /// Reads the figures for the `length` days before `until` from HEAD's history.
    ///
    /// # Errors
    /// Returns an error if all commits are newer, if the last has no registry, or if an object
    /// cannot be read.
    pub fn read(
        observer: &mut dyn Observer,
        repo: &Repo,
        until: Timestamp,
        length: u32,
    ) -> Result<Self, CoverageError> {
        let since = until.days_before(length);
        let end = newest(repo, until)?.ok_or(CoverageError::NoneAsOld(until))?;
        let days = days(observer, repo, end, Some(since))?;
        let begin = newest(repo, since)?;
        let before = begin.map(|begin| RuledState::read_commit(repo, begin)).transpose()?;
        // Before there was a registry, coverage was not zero but undefined.
        let before = before.filter(|state| state.registry().is_some());
        let after = RuledState::read_commit(repo, end)?;
        let (before, after) = (before.as_ref().map(RuledState::files), after.files());
        let change = |(heading, by)| {
            let then = before.as_ref().map(|before| before.groups(by)).unwrap_or_default();
            (heading, PartChange::between(&then, &after.groups(by)))
        };
        Ok(CoveragePeriod {
            since,
            until,
            before: before.as_ref().map(TrackedFiles::coverage),
            after: after.coverage(),
            days,
            events: events(repo, begin, end)?,
            parts: [("namespace", GroupBy::Ns), ("type", GroupBy::Type)].map(change).into(),
        })
    }

    /// Returns the points for a chart, whose line stays level on days without commits.
    pub fn line(&self) -> Vec<Point> {
        let edge = |at, coverage| Point { at, commit: String::new(), coverage };
        let first = self.before.map(|before| edge(self.since, before));
        let last = edge(self.until, self.after);
        first.into_iter().chain(self.days.iter().cloned()).chain([last]).collect()
    }
}

impl PartChange {
    /// Returns how the groups changed, sorted by name.
    fn between(before: &[CoverageGroup], after: &[CoverageGroup]) -> Vec<PartChange> {
        let mut names: Vec<&String> = before.iter().chain(after).map(|group| &group.name).collect();
        names.sort();
        names.dedup();
        let of = |groups: &[CoverageGroup], name: &String| {
            groups.iter().find(|group| group.name == *name).map(|group| group.coverage)
        };
        let change = |name: &String| PartChange {
            name: name.clone(),
            before: of(before, name),
            after: of(after, name),
        };
        names.into_iter().map(change).collect()
    }
}

/// Returns the newest commit on HEAD's first-parent line that was made no later than `at`.
fn newest(repo: &Repo, at: Timestamp) -> Result<Option<CommitId>, OpsError> {
    let head = find_commit(repo, "HEAD")?;
    Ok(repo.newest_by(head, u64::try_from(at.unix()).unwrap_or_default())?)
}

/// Counts the events in the commits after `begin`.
fn events(
    repo: &Repo,
    begin: Option<CommitId>,
    end: CommitId,
) -> Result<Vec<(&'static str, usize)>, OpsError> {
    let range = begin.map_or_else(|| end.to_string(), |begin| format!("{begin}..{end}"));
    let new_commits = repo.commits(&[range])?.into_iter().map(|commit| commit.id);
    let new_commits: BTreeSet<CommitId> = new_commits.collect();
    let mut counts = KINDS.map(|kind| (kind.as_str(), 0));
    if !new_commits.is_empty() {
        // Events depend on earlier commits, so the fold goes through the whole history.
        let mut count_events = |commit: &CommitEvents| {
            for event in commit.events.iter().filter(|_| new_commits.contains(&commit.commit)) {
                if let Some(place) = KINDS.iter().position(|kind| *kind == event.kind) {
                    counts[place].1 += 1;
                }
            }
        };
        History::of(repo, end, &mut |_| {})?.events(repo, &mut |_| {}, &mut count_events)?;
    }
    Ok(counts.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_and_removed_groups_are_listed() {
        let group = |name: &str| CoverageGroup {
            name: name.to_owned(),
            coverage: Coverage { files: 1, covered: 1 },
        };
        let changes = PartChange::between(&[group("b"), group("a")], &[group("b"), group("c")]);
        let changes_by_name: Vec<_> = changes
            .iter()
            .map(|c| (c.name.as_str(), c.before.is_some(), c.after.is_some()))
            .collect();
        assert_eq!(changes_by_name, [("a", true, false), ("b", true, true), ("c", false, true)]);
    }
}
