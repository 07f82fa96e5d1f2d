//! [`Succession`]: which allocations replaced which on purpose, over any number of steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Allocation, Id, Origin, RepoPath};

/// Which allocations replaced which, according to the records of one registry: by `superseded_by`
/// of the one, or by `reassigned_from` of the other.
///
/// One commit, such as a squashed one, may have several changes on purpose, so a path may have
/// passed through several allocations.
#[derive(Debug, Clone, Default)]
pub struct Succession {
    /// The allocations that each allocation replaced.
    before: BTreeMap<Origin, BTreeSet<Origin>>,
}

impl Succession {
    /// Returns the succession in some records.
    pub fn of<'a>(records: impl Iterator<Item = &'a Allocation> + Clone) -> Self {
        let mut succession = Succession::default();
        let mut heirs: BTreeMap<Id, Vec<Origin>> = BTreeMap::new();
        for record in records.clone() {
            for from in record.reassigned_from() {
                succession.note(from, record.origin);
            }
            if let Some(id) = record.successor() {
                heirs.entry(id).or_default().push(record.origin);
            }
        }
        if heirs.is_empty() {
            return succession;
        }
        for record in records {
            for id in [record.id].iter().chain(&record.aliases) {
                for old in heirs.get(id).into_iter().flatten() {
                    succession.note(*old, record.origin);
                }
            }
        }
        succession
    }

    fn note(&mut self, old: Origin, new: Origin) {
        self.before.entry(new).or_default().insert(old);
    }

    /// Returns whether one of `records` replaced `old` at `path` on purpose.
    pub fn has_heir_at<'a>(
        &self,
        old: Origin,
        path: &RepoPath,
        records: impl IntoIterator<Item = &'a Allocation>,
    ) -> bool {
        let mut records = records.into_iter();
        records.any(|r| r.is_active() && r.path == *path && self.leads(old, r.origin))
    }

    /// Returns whether `new` replaced `old` on purpose, directly or through others.
    pub fn leads(&self, old: Origin, new: Origin) -> bool {
        // Exchanged allocations replaced each other, so visit each one only once.
        let mut seen = BTreeSet::from([new]);
        let mut open = vec![new];
        while let Some(origin) = open.pop() {
            for before in self.before.get(&origin).into_iter().flatten() {
                if *before == old {
                    return true;
                }
                if seen.insert(*before) {
                    open.push(*before);
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::Registry;

    /// Makes the records `1`, `2` …, each with a status and more metadata.
    fn succession(records: &[(&str, &str)]) -> Succession {
        let line = |(n, (status, more)): (usize, &(&str, &str))| {
            let n = n + 1;
            format!(
                r#"{{"id":"009990000{n}260118","file_path":"a{n}","allocated_at":"2026-01-01T00:00:00Z","status":"{status}","metadata":{{"origin":"000000000000000{n}"{more}}}}}"#
            )
        };
        let lines: Vec<String> = records.iter().enumerate().map(line).collect();
        let head = r#"{"schema_version":"1.0","scope":"260118","allocations":["#;
        let text = format!("{head}{}]}}", lines.join(","));
        let registry = Registry::parse(text.as_bytes()).expect("a registry");
        Succession::of(registry.allocations.iter())
    }

    fn origin(n: u8) -> Origin {
        format!("000000000000000{n}").parse().expect("an origin")
    }

    #[test]
    fn a_place_goes_from_hand_to_hand() {
        let kept = succession(&[
            ("superseded", r#","superseded_by":"0099900002260118""#),
            ("deprecated", r#","deprecated_reason":"wrong""#),
            ("active", r#","reassigned_from":"0000000000000002""#),
            ("active", ""),
        ]);
        assert!(kept.leads(origin(1), origin(2)) && kept.leads(origin(2), origin(3)));
        assert!(kept.leads(origin(1), origin(3)));
        for (old, new) in [(3, 1), (2, 1), (1, 4), (4, 3), (1, 1)] {
            assert!(!kept.leads(origin(old), origin(new)), "{old} {new}");
        }
    }

    #[test]
    fn what_was_exchanged_ends_nowhere() {
        let kept = succession(&[
            ("active", r#","reassigned_from":"0000000000000002""#),
            ("active", r#","reassigned_from":["0000000000000001","0000000000000003"]"#),
            ("active", ""),
        ]);
        assert!(kept.leads(origin(1), origin(2)) && kept.leads(origin(2), origin(1)));
        assert!(kept.leads(origin(3), origin(1)));
        assert!(!kept.leads(origin(4), origin(1)));
    }

    #[test]
    fn an_alias_is_the_same_and_a_link_without_the_state_is_none() {
        let kept = succession(&[
            ("superseded", r#","superseded_by":"0099900009260118""#),
            ("active", r#","aliases":["0099900009260118"]"#),
            ("active", r#","superseded_by":"0099900002260118""#),
        ]);
        assert!(kept.leads(origin(1), origin(2)));
        assert!(!kept.leads(origin(3), origin(2)));
    }
}
