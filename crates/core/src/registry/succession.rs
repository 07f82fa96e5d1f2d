//! [`Succession`]: the allocations that a commit replaced on purpose, over any number of steps.

use std::collections::{BTreeMap, BTreeSet};

use super::{Allocation, Id, Origin, Registry, RepoPath, key, reason};

/// The records with evidence in a registry, by origin.
type Noted<'a> = BTreeMap<Origin, &'a Allocation>;

/// The allocations that a commit replaced with others on purpose, judging by the evidence that it
/// adds; see [`Allocation::adds_evidence_to`]. Evidence from earlier commits stays in the records,
/// but says nothing about this commit.
///
/// The evidence is `superseded_by` in the old record, or `reassigned_from` in the new one. If a
/// commit removes evidence, as a revert does, that counts as evidence in the opposite direction.
///
/// A single commit, such as a squashed one, may contain several intended changes, so a path may
/// have passed through several allocations.
#[derive(Debug, Clone, Default)]
pub struct Succession {
    /// The allocations that each allocation replaced.
    before: BTreeMap<Origin, BTreeSet<Origin>>,
    /// The allocations whose records gain evidence from the commit.
    concerned: BTreeSet<Origin>,
    /// The allocations that took over the path of an allocation they had already replaced.
    again: BTreeSet<(Origin, Origin)>,
}

impl Succession {
    /// Returns the succession that a commit's records add to its parents' succession.
    pub fn added<'a>(
        records: impl Iterator<Item = &'a Allocation> + Clone,
        parents: impl IntoIterator<Item = &'a Registry>,
    ) -> Self {
        Succession::added_beyond(records, parents, [])
    }

    /// Like [`Succession::added`], but for a commit that is based on other registries, or is
    /// replayed: evidence that the commit merely repeats from these `former` registries is ignored.
    pub fn added_beyond<'a>(
        records: impl Iterator<Item = &'a Allocation> + Clone,
        parents: impl IntoIterator<Item = &'a Registry>,
        former: impl IntoIterator<Item = &'a Registry>,
    ) -> Self {
        let mut succession = Succession::default();
        let parents: Vec<&Registry> = parents.into_iter().collect();
        let then = || parents.iter().flat_map(|parent| &parent.allocations);
        let noted = records.clone().chain(then()).filter(|record| record.has_evidence());
        let noted: BTreeSet<Origin> = noted.map(|record| record.origin).collect();
        // Nearly all commits add no evidence and need no comparison.
        if noted.is_empty() || records.clone().next().is_none() {
            return succession;
        }
        let now = among(&noted, records.clone());
        let before: Vec<Noted<'_>> =
            parents.iter().map(|parent| among(&noted, &parent.allocations)).collect();
        let former: Vec<Noted<'_>> =
            former.into_iter().map(|former| among(&noted, &former.allocations)).collect();
        let mut heirs: BTreeMap<Id, Vec<Origin>> = BTreeMap::new();
        for (origin, record) in &now {
            let known = || before.iter().chain(&former).filter_map(|before| before.get(origin));
            if !known().all(|then| record.adds_evidence_to(then)) {
                if known().all(|then| record.path != then.path) {
                    succession.follow(record, &parents);
                }
                continue;
            }
            succession.concerned.insert(*origin);
            for from in record.reassigned_from() {
                succession.note(from, *origin);
            }
            if let Some(id) = record.successor() {
                heirs.entry(id).or_default().push(*origin);
            }
        }
        for (old, new) in named_by(&heirs, records.clone()) {
            succession.note(old, new);
        }
        // A merge removes no evidence: whatever differs from one parent may come from the other.
        if let ([parent], [before]) = (&*parents, &*before) {
            let mut before = before.clone();
            before.retain(|origin, _| {
                let now = now.get(origin);
                let repeats =
                    |then: &&Allocation| now.is_none_or(|now| !now.adds_evidence_to(then));
                let is_there = |former: &Noted<'_>| match former.get(origin) {
                    Some(then) => repeats(then),
                    None => now.is_none(),
                };
                !former.iter().any(is_there)
            });
            succession.take_back(&now, &before, parent, records);
        }
        succession
    }

    /// Notes the moved records that took over the path of a record they had already replaced. This
    /// happens if files that carry their identities swap places again: their records already note
    /// the first swap.
    fn follow(&mut self, record: &Allocation, parents: &[&Registry]) {
        let before: BTreeSet<Origin> = record.reassigned_from().collect();
        if before.is_empty() {
            return;
        }
        let there = parents.iter().flat_map(|parent| &parent.allocations);
        for old in there.filter(|old| before.contains(&old.origin) && old.path == record.path) {
            self.again.insert((old.origin, record.origin));
        }
    }

    /// Returns whether `new` took over the path of `old`, which it had already replaced. This is
    /// evidence only if the file carries its identity.
    pub fn returns(&self, old: Origin, new: Origin) -> bool {
        self.again.contains(&(old, new))
    }

    /// Notes, in the opposite direction, evidence that only the parents' records still have.
    fn take_back<'a>(
        &mut self,
        now: &Noted<'_>,
        before: &Noted<'_>,
        parent: &Registry,
        records: impl Iterator<Item = &'a Allocation>,
    ) {
        let is_reverted = |then: &Allocation, record: &Allocation| {
            then.is_active()
                && record.revives()
                && record.text(key::DEPRECATED_REASON) == Some(reason::REVERTED)
        };
        // If a command moved a record that is now missing, nothing was reverted: the registry comes
        // from another branch.
        let is_missing = |(origin, then): &(&Origin, &&Allocation)| {
            !now.contains_key(origin) && then.text(key::MOVED_FROM).is_some()
        };
        let missing: BTreeSet<Origin> =
            before.iter().filter(is_missing).map(|(origin, _)| *origin).collect();
        let mut heirs: BTreeMap<Id, Vec<Origin>> = BTreeMap::new();
        let mut returned: BTreeMap<&RepoPath, Vec<Origin>> = BTreeMap::new();
        for (origin, then) in before.iter().filter(|(origin, _)| !missing.contains(origin)) {
            let record = now.get(origin).copied();
            // A record that ended because of a revert keeps its notes.
            let said = record.filter(|record| !is_reverted(then, record));
            let said = said.into_iter().flat_map(Allocation::reassigned_from);
            let said: BTreeSet<Origin> = said.collect();
            for from in then.reassigned_from().filter(|from| !said.contains(from)) {
                self.note(*origin, from);
            }
            let Some(record) = record else { continue };
            if let Some(id) = then.successor().filter(|_| record.successor().is_none()) {
                heirs.entry(id).or_default().push(*origin);
            }
            if then.was_moved_from(&record.path) && !record.was_moved_from(&record.path) {
                returned.entry(&record.path).or_default().push(*origin);
            }
        }
        let pairs = named_by(&heirs, parent.allocations.iter());
        let involved = pairs.iter().flat_map(|(old, new)| [*old, *new]).collect();
        let now = among(&involved, records);
        let then = among(&involved, &parent.allocations);
        for (old, new) in pairs {
            // If only one of the two records changed, no command was undone.
            let heir = now.get(&new).filter(|heir| !is_reverted(then[&new], heir));
            if !heir.zip(now.get(&old)).is_some_and(|(heir, old)| heir.supersedes(old)) {
                self.note(new, old);
            }
        }
        for there in parent.allocations.iter().filter(|_| !returned.is_empty()) {
            for origin in returned.get(&there.path).into_iter().flatten() {
                let is_other = there.origin != *origin && !missing.contains(&there.origin);
                if there.is_active() && is_other {
                    self.note(there.origin, *origin);
                }
            }
        }
    }

    fn note(&mut self, old: Origin, new: Origin) {
        self.before.entry(new).or_default().insert(old);
    }

    /// Returns whether the commit adds evidence about this allocation.
    pub fn concerns(&self, origin: Origin) -> bool {
        self.concerned.contains(&origin)
    }

    /// Returns whether another allocation replaced this one on purpose.
    pub fn replaces(&self, old: Origin) -> bool {
        self.before.values().any(|before| before.contains(&old))
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
        precedes(old, new, |origin| self.before.get(&origin).into_iter().flatten().copied())
    }
}

/// Returns whether `old` came before `new`, directly or through others. `before` returns the direct
/// predecessors of an allocation.
pub fn precedes<I: IntoIterator<Item = Origin>>(
    old: Origin,
    new: Origin,
    before: impl Fn(Origin) -> I,
) -> bool {
    // Swapped allocations replace each other, so each one is visited only once.
    let mut seen = BTreeSet::from([new]);
    let mut open = vec![new];
    while let Some(origin) = open.pop() {
        for former in before(origin) {
            if former == old {
                return true;
            }
            if seen.insert(former) {
                open.push(former);
            }
        }
    }
    false
}

/// Returns the records with these origins.
fn among<'a>(
    origins: &BTreeSet<Origin>,
    records: impl IntoIterator<Item = &'a Allocation>,
) -> Noted<'a> {
    let chosen = records.into_iter().filter(|record| origins.contains(&record.origin));
    chosen.map(|record| (record.origin, record)).collect()
}

/// Returns pairs of allocations and their successors: `heirs` maps the successors' identities to the
/// allocations, and `records` includes the successors.
fn named_by<'a>(
    heirs: &BTreeMap<Id, Vec<Origin>>,
    records: impl Iterator<Item = &'a Allocation>,
) -> Vec<(Origin, Origin)> {
    let mut found = Vec::new();
    for record in records.filter(|_| !heirs.is_empty()) {
        for id in [record.id].iter().chain(&record.aliases) {
            let old = heirs.get(id).into_iter().flatten();
            found.extend(old.map(|old| (*old, record.origin)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes the records `1`, `2` …, each with a status and additional metadata.
    fn registry(records: &[(&str, &str)]) -> Registry {
        let line = |(n, (status, more)): (usize, &(&str, &str))| {
            let n = n + 1;
            format!(
                r#"{{"id":"009990000{n}260118","file_path":"a{n}","allocated_at":"2026-01-01T00:00:00Z","status":"{status}","metadata":{{"origin":"000000000000000{n}"{more}}}}}"#
            )
        };
        let lines: Vec<String> = records.iter().enumerate().map(line).collect();
        let head = r#"{"schema_version":"1.0","scope":"260118","allocations":["#;
        let text = format!("{head}{}]}}", lines.join(","));
        Registry::parse(text.as_bytes()).expect("a registry")
    }

    /// Returns the succession in these records, if no parent has any of them.
    fn succession(records: &[(&str, &str)]) -> Succession {
        Succession::added(registry(records).allocations.iter(), [])
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

    #[test]
    fn what_a_parent_says_already_is_no_evidence() {
        let exchanged = [
            ("active", r#","moved_from":"a2","reassigned_from":"0000000000000002""#),
            ("active", r#","moved_from":"a1","reassigned_from":"0000000000000001""#),
            ("superseded", r#","superseded_by":"0099900001260118""#),
        ];
        let parent = registry(&exchanged);
        let added = |now: &Registry, parents: &[&Registry]| {
            Succession::added(now.allocations.iter(), parents.iter().copied())
        };
        let mut now = parent.clone();
        // git moved the file.
        let to = |path: &[u8]| RepoPath::new(path).expect("a path");
        now.allocations[0].path = to(b"a9");
        let kept = added(&now, &[&parent]);
        assert!(
            !kept.concerns(origin(1)) && !kept.replaces(origin(2)) && !kept.replaces(origin(3))
        );
        // A command moved the file.
        now.allocations[0].set_text(key::MOVED_FROM, "a1");
        let kept = added(&now, &[&parent]);
        assert!(kept.concerns(origin(1)) && kept.leads(origin(2), origin(1)));
        assert!(!kept.concerns(origin(2)) && !kept.leads(origin(1), origin(2)));
        // Files that carry their identities are swapped again.
        let mut again = parent.clone();
        again.allocations[0].path = to(b"a2");
        let kept = added(&again, &[&parent]);
        assert!(!kept.concerns(origin(1)) && !kept.leads(origin(2), origin(1)));
        assert!(kept.returns(origin(2), origin(1)) && !kept.returns(origin(1), origin(2)));
        // A merge that did not know about the command had deprecated the record.
        let mut reverted = parent.clone();
        reverted.allocations[0].retire(reason::REVERTED, None, None);
        assert!(added(&parent, &[&reverted]).leads(origin(2), origin(1)));
        // In a merge, one of the parents already has the change.
        assert!(!added(&now, &[&parent, &now]).concerns(origin(1)));
    }

    #[test]
    fn what_is_taken_back_leads_the_other_way() {
        let plain = registry(&[("active", ""), ("active", "")]);
        let mut exchanged = plain.clone();
        for (n, other) in [(0, 1), (1, 0)] {
            let from = plain.allocations[n].path.to_string();
            let record = &mut exchanged.allocations[n];
            record.path = plain.allocations[other].path.clone();
            record.set_text(key::MOVED_FROM, from);
            let before = plain.allocations[other].origin.to_string();
            record.set_text(key::REASSIGNED_FROM, before);
        }
        let back = Succession::added(plain.allocations.iter(), [&exchanged]);
        assert!(back.leads(origin(1), origin(2)) && back.leads(origin(2), origin(1)));
        let same = Succession::added(exchanged.allocations.iter(), [&exchanged]);
        assert!(!same.leads(origin(1), origin(2)) && !same.leads(origin(2), origin(1)));
    }
}
