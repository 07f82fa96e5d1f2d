//! [`TargetLookup`]: finds the records that many references name, in one pass over the registry.

use std::collections::{BTreeMap, HashMap, HashSet};

use idhooks_core::registry::{Allocation, Id, Origin, Registry, Status, key};
use idhooks_references::ReferenceTarget;

use super::reference_list::NamedRecord;

/// The records that references name.
pub(crate) struct TargetLookup<'r> {
    /// The records that each reference may mean, the one that `idhooks show` finds first.
    records: HashMap<ReferenceTarget, Vec<TargetCandidate<'r>>>,
    /// The holders of shadowed records' paths.
    holders: BTreeMap<Origin, Id>,
}

/// A record that a reference may mean.
struct TargetCandidate<'r> {
    record: &'r Allocation,
    name_kind: NameKind,
}

/// What an identity is to a record. The first kind that a record has counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum NameKind {
    Current,
    Alias,
    Claim,
}

impl<'r> TargetLookup<'r> {
    /// Finds the records that these references name.
    pub(crate) fn new<'t>(
        registry: &'r Registry,
        targets: impl Iterator<Item = &'t ReferenceTarget>,
    ) -> Self {
        Self::among(registry, registry.allocations.iter(), targets)
    }

    /// Finds the records that these references name among some of a registry, in its order.
    pub(crate) fn among<'t>(
        registry: &'r Registry,
        records: impl Iterator<Item = &'r Allocation>,
        targets: impl Iterator<Item = &'t ReferenceTarget>,
    ) -> Self {
        let targets: HashSet<&ReferenceTarget> = targets.collect();
        let mut lookup = TargetLookup { records: HashMap::new(), holders: BTreeMap::new() };
        if targets.is_empty() {
            return lookup;
        }
        let has_second = targets.iter().any(|target| matches!(target, ReferenceTarget::Second(_)));
        for record in records {
            for (target, name_kind) in names(record, has_second) {
                if targets.contains(&target) {
                    let candidate = TargetCandidate { record, name_kind };
                    lookup.records.entry(target).or_default().push(candidate);
                }
            }
        }
        lookup.records.iter_mut().for_each(|(target, candidates)| sort(target, candidates));
        if lookup.records.values().flatten().any(|candidate| candidate.record.shadowed) {
            lookup.holders = registry.shadowing();
        }
        lookup
    }

    /// Returns the record that a reference names.
    pub(super) fn first(&self, target: &ReferenceTarget) -> Option<&'r Allocation> {
        Some(self.records.get(target)?.first()?.record)
    }

    /// Returns the facts about the record that a reference names.
    pub(crate) fn find(&self, target: &ReferenceTarget) -> Option<NamedRecord> {
        let record = self.first(target)?;
        let holder = self.holders.get(&record.origin);
        let by = record.text(key::SUPERSEDED_BY).map(str::to_owned);
        let all = self.records.get(target).into_iter().flatten();
        let others = all.filter(|other| other.record.origin != record.origin);
        Some(NamedRecord {
            id: record.id,
            path: record.path.clone(),
            status: holder.map_or(record.status, |_| Status::Superseded),
            superseded_by: holder.map(Id::to_string).or(by),
            others: others.map(|other| other.record.id).collect(),
        })
    }
}

/// Returns all that a reference to a record may say.
pub(crate) fn reference_names(record: &Allocation) -> impl Iterator<Item = ReferenceTarget> {
    names(record, true).map(|(target, _)| target)
}

/// Returns what a reference to a record may say.
fn names(
    record: &Allocation,
    has_second: bool,
) -> impl Iterator<Item = (ReferenceTarget, NameKind)> {
    let own = std::iter::once((record.id, NameKind::Current));
    let aliases = record.aliases.iter().map(|id| (*id, NameKind::Alias));
    let is_other = record.claim != record.id && !record.aliases.contains(&record.claim);
    let claim = is_other.then_some((record.claim, NameKind::Claim));
    let ids = own.chain(aliases).chain(claim).map(|(id, kind)| (ReferenceTarget::Id(id), kind));
    let second = record.text(key::DOC_ID).filter(|_| has_second);
    let second = second.map(|name| (ReferenceTarget::Second(name.to_owned()), NameKind::Current));
    ids.chain(second)
}

/// Sorts the candidates for a reference. A second identity may pass from a deprecated record to an
/// active one, which is no ambiguity.
fn sort(target: &ReferenceTarget, candidates: &mut Vec<TargetCandidate<'_>>) {
    // Records of equal rank stay in the order of the registry, as for `idhooks show`.
    candidates.sort_by_key(|candidate| candidate.name_kind);
    if matches!(target, ReferenceTarget::Second(_)) {
        candidates.sort_by_key(|TargetCandidate { record, .. }| {
            (!record.is_active(), record.shadowed, record.seniority())
        });
        if candidates.first().is_some_and(|first| first.record.is_active()) {
            candidates.retain(|candidate| candidate.record.is_active());
        }
    }
}
