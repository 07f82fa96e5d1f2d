//! The events in a history: daily counts, the newest events, and the paths that each identity has
//! had.

use std::collections::BTreeMap;

use idhooks_core::registry::{Id, RepoPath, Timestamp};
use idhooks_repo::events::{Edit, EventKind};
use serde::Serialize;

/// The number of events to keep.
const EVENTS: usize = 100;

/// The events that give a file a path.
const NAMING: [EventKind; 4] =
    [EventKind::Allocated, EventKind::Copied, EventKind::Renamed, EventKind::Revived];

/// One day's event counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The number of allocated identities, including copies.
    pub allocated: usize,
    /// The number of deprecated or superseded identities.
    pub deprecated: usize,
    /// The number of renamed files.
    pub renamed: usize,
}

/// One event in an identity's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineEvent {
    /// The commit's author date.
    pub at: Timestamp,
    /// The kind of event.
    #[serde(rename = "event")]
    pub kind: EventKind,
    /// The identity.
    pub id: Id,
    /// The identity's file.
    pub path: Option<RepoPath>,
    /// The file's old path, if it was renamed.
    pub from: Option<RepoPath>,
    /// The commit.
    pub commit: String,
}

/// A path that a file once had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormerName {
    /// The path.
    pub path: RepoPath,
    /// The author date of the first commit in which the file has this path.
    #[serde(rename = "at")]
    pub since: Timestamp,
    /// The ID of that commit.
    pub commit: String,
}

/// The events in a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    days: BTreeMap<i64, Day>,
    events: Vec<TimelineEvent>,
    names: BTreeMap<Id, Vec<FormerName>>,
}

impl Timeline {
    /// Adds a commit's events. Each commit must be added after its parents.
    pub fn add_commit(&mut self, at: Timestamp, commit: &str, edits: &[Edit]) {
        let day = self.days.entry(at.day()).or_default();
        for Edit { kind, id, path, from, old_id, .. } in edits {
            match kind {
                EventKind::Allocated | EventKind::Copied => day.allocated += 1,
                EventKind::Deprecated | EventKind::Superseded => day.deprecated += 1,
                EventKind::Renamed => day.renamed += 1,
                _ => {}
            }
            // A merge may give a file a different identity, which inherits the old one's history.
            if let Some(names) = old_id.and_then(|old| self.names.remove(&old)) {
                self.names.insert(*id, names);
            }
            if let Some(path) = path.as_ref().filter(|_| NAMING.contains(kind)) {
                let names = self.names.entry(*id).or_default();
                // A revived file usually has the same path as before.
                if names.last().is_none_or(|last| last.path != *path) {
                    let commit = commit.to_owned();
                    names.push(FormerName { path: path.clone(), since: at, commit });
                }
            }
            if *kind != EventKind::Edited {
                let (path, from, commit) = (path.clone(), from.clone(), commit.to_owned());
                self.events.push(TimelineEvent { at, kind: *kind, id: *id, path, from, commit });
            }
        }
        // Bounds memory use for a long history without sorting after every commit.
        if self.events.len() > 2 * EVENTS {
            self.drop_old_events();
        }
    }

    fn drop_old_events(&mut self) {
        // The sort is stable: if two events have the same date, the one later in history comes
        // last.
        self.events.sort_by_key(|event| event.at);
        self.events.drain(..self.events.len().saturating_sub(EVENTS));
    }

    /// Returns the newest events, newest first.
    pub fn events(&mut self) -> Vec<&TimelineEvent> {
        self.drop_old_events();
        self.events.iter().rev().collect()
    }

    /// Returns the paths that an identity has had, oldest first.
    pub fn names(&self, id: Id) -> &[FormerName] {
        self.names.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns every day from the first event to the last event or to `today`, whichever is later:
    /// the time the day began, its counts, and the mean number of daily allocations in the week
    /// ending on that day.
    pub fn days(&self, today: Timestamp) -> Vec<(Timestamp, Day, f64)> {
        let Some((first, _)) = self.days.first_key_value() else { return Vec::new() };
        let last = self.days.last_key_value().map_or(*first, |(day, _)| (*day).max(today.day()));
        let of = |day: i64| self.days.get(&day).copied().unwrap_or_default();
        let row = |day: i64| {
            let week: usize = (day - 6..=day).map(|day| of(day).allocated).sum();
            let at = Timestamp::from_unix(day * 86_400).ok()?;
            Some((at, of(day), week as f64 / 7.0))
        };
        (*first..=last).filter_map(row).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Id {
        text.parse().expect("valid")
    }

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes().to_vec()).expect("valid")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("valid")
    }

    #[test]
    fn names_follow_an_identity_through_moves_and_numbers() {
        let (one, other) = (id("2010000007260118"), id("2010000008260118"));
        let mut timeline = Timeline::default();
        let edit = |kind, id, at| Edit { path: Some(path(at)), ..Edit::new(kind, id) };
        let allocate = edit(EventKind::Allocated, one, "a");
        timeline.add_commit(at("2026-01-01T10:00:00Z"), "c1", &[allocate]);
        let rename = Edit { from: Some(path("a")), ..edit(EventKind::Renamed, one, "b") };
        timeline.add_commit(at("2026-01-03T10:00:00Z"), "c2", &[rename]);
        let renumber = Edit { old_id: Some(one), ..edit(EventKind::Reassigned, other, "b") };
        timeline.add_commit(at("2026-01-03T11:00:00Z"), "c3", &[renumber]);
        let names: Vec<String> = timeline
            .names(other)
            .iter()
            .map(|name| format!("{} {}", name.path, name.commit))
            .collect();
        assert_eq!(names, ["a c1", "b c2"]);
        assert!(timeline.names(one).is_empty());
        let days = timeline.days(at("2026-01-04T00:00:00Z"));
        let counts: Vec<_> = days.iter().map(|(_, d, _)| (d.allocated, d.renamed)).collect();
        assert_eq!(counts, [(1, 0), (0, 0), (0, 1), (0, 0)]);
        assert!((days[3].2 - 1.0 / 7.0).abs() < 1e-9);
        let kinds: Vec<EventKind> = timeline.events().iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Reassigned, EventKind::Renamed, EventKind::Allocated]);
    }

    #[test]
    fn only_the_newest_events_are_kept() {
        let mut timeline = Timeline::default();
        for n in 1..=1000_i64 {
            let event = Edit::new(EventKind::Reserved, id("2010000007260118"));
            let at = Timestamp::from_unix(1_700_000_000 + n).expect("valid");
            timeline.add_commit(at, &n.to_string(), &[event]);
        }
        let commits: Vec<&str> = timeline.events().iter().map(|e| &*e.commit).collect();
        assert_eq!((commits.len(), commits[0], commits[99]), (100, "1000", "901"));
        assert!(Timeline::default().days(Timestamp::EPOCH).is_empty());
    }
}
