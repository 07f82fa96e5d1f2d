//! What the commits of a history did, as one looks back: day by day, the last events, and the names
//! that each identity has had.

use std::collections::BTreeMap;

use crate::registry::{Id, RepoPath, Timestamp};

use super::{Edit, EventKind, RegistryEvent};

/// How many events are kept.
const EVENTS: usize = 100;

/// What happened on a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Day {
    /// Identities allocated, copies included.
    pub allocated: usize,
    /// Identities deprecated or superseded.
    pub deprecated: usize,
    /// Files renamed.
    pub renamed: usize,
}

/// Something that happened to an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEvent {
    /// When its author made the commit.
    pub at: Timestamp,
    /// What it was.
    pub kind: EventKind,
    /// The identity.
    pub id: Id,
    /// Its file.
    pub path: Option<RepoPath>,
    /// Where that was before.
    pub from: Option<RepoPath>,
    /// The commit.
    pub commit: String,
}

/// A name that a file had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerName {
    /// The path.
    pub path: RepoPath,
    /// Since when.
    pub since: Timestamp,
    /// The commit that gave it.
    pub commit: String,
}

/// A history looked back upon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Timeline {
    days: BTreeMap<i64, Day>,
    events: Vec<TimelineEvent>,
    names: BTreeMap<Id, Vec<FormerName>>,
}

impl Timeline {
    /// Takes down what a commit did; each comes after its parents.
    pub fn tell(&mut self, at: Timestamp, commit: &str, deeds: &[RegistryEvent]) {
        let day = self.days.entry(at.day()).or_default();
        for deed in deeds {
            match deed.kind() {
                EventKind::Allocated | EventKind::Copied => day.allocated += 1,
                EventKind::Deprecated | EventKind::Superseded => day.deprecated += 1,
                EventKind::Renamed => day.renamed += 1,
                _ => {}
            }
            if let RegistryEvent::Edit(Edit::Renumber { old, new, .. }) = deed
                && let Some(names) = self.names.remove(old)
            {
                self.names.insert(*new, names);
            }
            let from = match deed {
                RegistryEvent::Edit(Edit::Rename { from, .. }) => Some(from.clone()),
                _ => None,
            };
            let named = matches!(
                deed,
                RegistryEvent::Edit(
                    Edit::Allocate { .. } | Edit::Rename { .. } | Edit::Revive { .. }
                )
            );
            if let Some(path) = deed.path().filter(|_| named) {
                let names = self.names.entry(deed.id()).or_default();
                if names.last().is_none_or(|last| last.path != *path) {
                    let commit = commit.to_owned();
                    names.push(FormerName { path: path.clone(), since: at, commit });
                }
            }
            if deed.kind() != EventKind::Edited {
                let (kind, id, path) = (deed.kind(), deed.id(), deed.path().cloned());
                self.events.push(TimelineEvent {
                    at,
                    kind,
                    id,
                    path,
                    from,
                    commit: commit.to_owned(),
                });
            }
        }
        if self.events.len() > 2 * EVENTS {
            self.keep_the_newest();
        }
    }

    fn keep_the_newest(&mut self) {
        // Sorting is stable: of one moment the later in history comes last.
        self.events.sort_by_key(|event| event.at);
        self.events.drain(..self.events.len().saturating_sub(EVENTS));
    }

    /// Returns the newest events, the newest first.
    pub fn events(&mut self) -> Vec<&TimelineEvent> {
        self.keep_the_newest();
        self.events.iter().rev().collect()
    }

    /// Returns the names an identity has had, the oldest first.
    pub fn names(&self, id: Id) -> &[FormerName] {
        self.names.get(&id).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns every day from the first on that something happened to the last, or to `today` if that
    /// is later: when it began, what happened, and the mean of the allocations of the seven days that
    /// end with it.
    pub fn days(&self, today: Timestamp) -> Vec<(Timestamp, Day, f64)> {
        let Some((first, _)) = self.days.first_key_value() else { return Vec::new() };
        let last = self.days.last_key_value().map_or(*first, |(day, _)| (*day).max(today.day()));
        let of = |day: i64| self.days.get(&day).copied().unwrap_or_default();
        let told = |day: i64| {
            let week: usize = (day - 6..=day).map(|day| of(day).allocated).sum();
            let at = Timestamp::from_unix(day * 86_400).ok()?;
            Some((at, of(day), week as f64 / 7.0))
        };
        (*first..=last).filter_map(told).collect()
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
        let mut annals = Timeline::default();
        let allocate = Edit::Allocate { id: one, path: path("a"), copied_from: None };
        annals.tell(at("2026-01-01T10:00:00Z"), "c1", &[RegistryEvent::Edit(allocate)]);
        let rename = Edit::Rename { id: one, from: path("a"), to: path("b") };
        annals.tell(at("2026-01-03T10:00:00Z"), "c2", &[RegistryEvent::Edit(rename)]);
        let renumber = Edit::Renumber { old: one, new: other, path: path("b") };
        annals.tell(at("2026-01-03T11:00:00Z"), "c3", &[RegistryEvent::Edit(renumber)]);
        let names: Vec<String> = annals
            .names(other)
            .iter()
            .map(|name| format!("{} {}", name.path, name.commit))
            .collect();
        assert_eq!(names, ["a c1", "b c2"]);
        assert!(annals.names(one).is_empty());
        let days = annals.days(at("2026-01-04T00:00:00Z"));
        let counts: Vec<_> = days.iter().map(|(_, d, _)| (d.allocated, d.renamed)).collect();
        assert_eq!(counts, [(1, 0), (0, 0), (0, 1), (0, 0)]);
        assert!((days[3].2 - 1.0 / 7.0).abs() < 1e-9);
        let kinds: Vec<EventKind> = annals.events().iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::Reassigned, EventKind::Renamed, EventKind::Allocated]);
    }

    #[test]
    fn only_the_newest_events_are_kept() {
        let mut annals = Timeline::default();
        for n in 1..=1000_i64 {
            let deed = RegistryEvent::Reserve { id: id("2010000007260118") };
            let at = Timestamp::from_unix(1_700_000_000 + n).expect("valid");
            annals.tell(at, &n.to_string(), &[deed]);
        }
        let commits: Vec<&str> = annals.events().iter().map(|e| &*e.commit).collect();
        assert_eq!((commits.len(), commits[0], commits[99]), (100, "1000", "901"));
        assert!(Timeline::default().days(Timestamp::EPOCH).is_empty());
    }
}
