//! [`merge`]: assigns identities, then merges each record's other facts.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Id, Numbering, Origin, Registry, RepoPath, Status, key};

use super::merge_input::{MergeError, RecordMap};
use super::path_and_status::MoveKind;
use super::record_links::{IdIndex, Translation};
use super::values_and_counters::{merge_counters, merge_metadata, merge_objects};
use super::{
    followers, followers::Follower, merge_input, numbers, numbers::Claimant, path_and_status,
    second_ids,
};

/// Merges two registries that derive from `base`. A missing base counts as an empty registry with
/// the same scope as the sides; so does a base with another scope.
///
/// The result has one record for each origin in the inputs, contains each identity once, and is
/// sorted by identity.
///
/// ```
/// use idhooks_core::merge::merge;
/// use idhooks_core::registry::{Allocation, Registry, RepoPath, Timestamp};
///
/// let base = Registry::new("260118".parse()?);
/// let [mut ours, mut theirs] = [base.clone(), base.clone()];
/// // Both branches gave the same identity to a new file.
/// let id = "0110000001260118".parse()?;
/// for (side, path, origin) in
///     [(&mut ours, "a.md", "00000000000000aa"), (&mut theirs, "b.md", "00000000000000bb")]
/// {
///     let path = RepoPath::new(path.as_bytes())?;
///     side.allocations.push(Allocation::new(id, path, Timestamp::EPOCH, origin.parse()?));
/// }
/// let merged = merge(&base, &ours, &theirs)?;
/// assert_eq!(merged.allocations[0].path.to_string(), "a.md");
/// assert_eq!(merged.allocations[0].id, id);
/// assert!(merged.allocations[1].id != id && merged.allocations[1].answers_to(id));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if the scopes differ, an input contains an identity or origin twice, or a
/// counter is full.
pub fn merge(base: &Registry, ours: &Registry, theirs: &Registry) -> Result<Registry, MergeError> {
    merge_numbered(Numbering::FORMAT, base, ours, theirs)
}

/// Like [`merge`], with other constants than the format's.
///
/// # Errors
/// Returns an error in the same cases as [`merge`].
pub fn merge_numbered(
    numbering: Numbering,
    base: &Registry,
    ours: &Registry,
    theirs: &Registry,
) -> Result<Registry, MergeError> {
    merge_beside(numbering, [base, ours, theirs], &mut NoMoreRecords)
}

/// The records outside the parts that are merged. Each of them is the same in all registries, and
/// its identity is the one it claims.
pub(super) trait RecordsBeside {
    /// Moves the record with this identity, if there is one, to the parts.
    fn take_up(&mut self, id: Id) -> Option<Allocation>;

    /// Returns whether one of the records has this identity.
    fn has(&self, id: Id) -> bool;
}

struct NoMoreRecords;

impl RecordsBeside for NoMoreRecords {
    fn take_up(&mut self, _: Id) -> Option<Allocation> {
        None
    }

    fn has(&self, _: Id) -> bool {
        false
    }
}

/// Merges parts of registries: base, ours and theirs.
///
/// The result includes the records from the rest that claim the same identity as a record in the
/// parts. All other records from the rest keep the identity they claim, whatever is displaced.
pub(super) fn merge_beside(
    numbering: Numbering,
    [base, ours, theirs]: [&Registry; 3],
    rest: &mut impl RecordsBeside,
) -> Result<Registry, MergeError> {
    let [base, ours, theirs] = &merge_input::prepare(base, ours, theirs)?;
    let old = merge_input::by_origin(base);
    let [mine, other] = [ours, theirs].map(|side| merge_input::complete(&old, side));
    let mut inputs = Inputs { base: old, ours: mine, theirs: other };
    // Identities come first: links and notes refer to records by identity, so they can be written
    // only once the identities in the result are known.
    let bound = joint_bound(ours, theirs);
    inputs.take_up_rivals(rest);
    let merged = inputs.assign_ids(numbering, bound, |id| rest.has(id))?;
    let index = IdIndex::of(merged.values());
    inputs.translate_links(&merged, &index, [base, ours, theirs]);
    let mut allocations = inputs.records(merged, &index);
    allocations.sort_by_key(|a| a.id);
    let mut registry = Registry {
        scope: ours.scope,
        counters: merge_counters(base, ours, theirs, allocations.iter().flat_map(Allocation::ids)),
        metadata: merge_objects(&base.metadata, &ours.metadata, &theirs.metadata),
        extra: merge_objects(&base.extra, &ours.extra, &theirs.extra),
        allocations,
    };
    registry.set_legacy_bound(bound);
    // Shadowing is derived from the resulting paths on every write. If it were stored, a file would
    // be left without an identity once the more senior record moves away.
    mark_shadowed(&mut registry);
    second_ids::keep_unique(&mut registry, [&inputs.ours, &inputs.theirs]);
    Ok(registry)
}

/// Returns the bound after a merge: the higher of the two, unless a merge has given a record on
/// either side a number up to that bound, because raising the bound would replace that number.
fn joint_bound(ours: &Registry, theirs: &Registry) -> u32 {
    let [low, high] = {
        let mut both = [ours, theirs].map(Registry::legacy_bound);
        both.sort_unstable();
        both
    };
    let keeps = |side: &Registry| side.can_raise_legacy_bound(high);
    if keeps(ours) && keeps(theirs) { high } else { low }
}

/// The records in all inputs; each side has a stand-in for every base record that it lacks.
struct Inputs {
    base: RecordMap,
    ours: RecordMap,
    theirs: RecordMap,
}

impl Inputs {
    /// Returns both versions of every record; if one side lacks a record, it counts as agreeing
    /// with the other side.
    fn pairs(&self) -> impl Iterator<Item = (&Allocation, &Allocation)> {
        let origins: BTreeSet<&Origin> = self.ours.keys().chain(self.theirs.keys()).collect();
        origins.into_iter().filter_map(|origin| {
            let (ours, theirs) = (self.ours.get(origin), self.theirs.get(origin));
            Some((ours.or(theirs)?, theirs.or(ours)?))
        })
    }

    /// Adds the records from the rest that claim the same identity as one of the records.
    fn take_up_rivals(&mut self, rest: &mut impl RecordsBeside) {
        let claims: BTreeSet<Id> =
            self.pairs().map(|(ours, theirs)| Claimant::of(ours, theirs).claim).collect();
        for record in claims.into_iter().filter_map(|id| rest.take_up(id)) {
            for records in [&mut self.base, &mut self.ours, &mut self.theirs] {
                records.insert(record.origin, record.clone());
            }
        }
    }

    /// Returns our version of every record, with the identity, claim and aliases it has in the
    /// result; none of these depend on the base. Sequences up to `bound` are left to another
    /// program, and identities for which `is_held` is true belong to other records.
    fn assign_ids(
        &self,
        numbering: Numbering,
        bound: u32,
        is_held: impl Fn(Id) -> bool,
    ) -> Result<RecordMap, MergeError> {
        // All records compete, even deprecated ones: a published identity never comes to name
        // another file.
        let claimants = self.pairs().map(|(ours, theirs)| Claimant::of(ours, theirs));
        let ids = numbers::assign(claimants, numbering, bound, is_held);
        let ids = ids.map_err(|counter| MergeError::Capacity { counter })?;
        let named = self.pairs().map(|(ours, theirs)| {
            let claimant = Claimant::of(ours, theirs);
            let id = ids.get(&claimant.origin).copied().unwrap_or(claimant.claim);
            let mut record = ours.clone();
            record.aliases.extend(&theirs.aliases);
            record.aliases.extend([ours.id, theirs.id]);
            record.aliases.remove(&id);
            record.id = id;
            record.claim = claimant.claim;
            record.allocated_at = claimant.allocated_at;
            // The origin is stored from now on, so that later merges do not derive a different one.
            record.origin_is_derived = false;
            (claimant.origin, record)
        });
        Ok(named.collect())
    }

    /// Rewrites the links in all inputs to use the identities in the result, which `result` looks
    /// up.
    fn translate_links(&mut self, merged: &RecordMap, result: &IdIndex, read: [&Registry; 3]) {
        let ids: BTreeMap<Origin, Id> = merged.values().map(|a| (a.origin, a.id)).collect();
        let [base, ours, theirs] = read.map(|registry| IdIndex::of(&registry.allocations));
        let of_base = Translation { indexes: [&base, &base, result], ids: &ids };
        for (records, index, side) in
            [(&mut self.ours, &ours, read[1]), (&mut self.theirs, &theirs, read[2])]
        {
            let own: BTreeSet<Origin> = side.allocations.iter().map(|a| a.origin).collect();
            let missing = IdIndex::of(self.base.values().filter(|a| !own.contains(&a.origin)));
            let of_side = Translation { indexes: [index, &missing, result], ids: &ids };
            for record in records.values_mut() {
                // Stand-ins come from the base.
                let by_side = own.contains(&record.origin);
                let translation = if by_side { &of_side } else { &of_base };
                translation.apply(&mut record.metadata);
            }
        }
        for record in self.base.values_mut() {
            of_base.apply(&mut record.metadata);
        }
    }

    /// Returns the result's records, given their identities and an index of them.
    fn records(&self, mut named: RecordMap, index: &IdIndex) -> Vec<Allocation> {
        let moved =
            [&self.ours, &self.theirs].map(|side| path_and_status::moved(&self.base, side, index));
        let followers = followers::followers(&self.base, [&self.ours, &self.theirs], &moved);
        let taken = followers.values().map(|follower| (follower.leaver, &follower.state.path));
        let taken: BTreeMap<Origin, &RepoPath> = taken.collect();
        let merged = self.pairs().filter_map(|(ours, theirs)| {
            let mut record = named.remove(&ours.origin)?;
            let base = self.base.get(&ours.origin);
            let nothing = BTreeMap::new();
            let (metadata, extra) = base.map_or((&nothing, &nothing), |b| (&b.metadata, &b.extra));
            record.metadata = merge_metadata(metadata, &ours.metadata, &theirs.metadata);
            record.extra = merge_objects(extra, &ours.extra, &theirs.extra);
            second_ids::keep_displaced(&mut record, base, ours, theirs);
            let follower = followers.get(&ours.origin).map(|follower| follower.state.clone());
            let kind = |side: &BTreeMap<Origin, MoveKind>| side.get(&ours.origin).copied();
            let kinds = moved.each_ref().map(|side| kind(side).unwrap_or(MoveKind::File));
            let taken = taken.get(&ours.origin).copied();
            let state = follower.unwrap_or_else(|| {
                path_and_status::merge_state(base, [ours, theirs], kinds, taken)
            });
            record.path = state.path;
            if let Some(from) = moved_from_of_path(&record, [ours, theirs]) {
                record.set_text(key::MOVED_FROM, from.to_owned());
            }
            record.set_status(state.status);
            record.metadata.extend(state.marks);
            Some((record.origin, record))
        });
        let mut merged: RecordMap = merged.collect();
        let sides = [&self.ours, &self.theirs];
        // Once a record is active again, its own predecessor may lack a successor at its path, so
        // this repeats until nothing changes.
        loop {
            let restored = path_and_status::without_heirs(&merged, &self.base, sides, index);
            for (origin, heir) in &restored {
                let Some(record) = merged.get_mut(origin) else { continue };
                record.set_status(Status::Active);
                record.metadata.remove(key::SUPERSEDED_BY);
                let record = record.clone();
                if let Some(heir) = merged.get_mut(heir) {
                    heir.remove_superseded(&record);
                }
            }
            if restored.is_empty() {
                break;
            }
        }
        self.note_exchanged(&mut merged, &followers);
        merged.into_values().collect()
    }

    /// If a command moved a file or gave it to another record, adds the command's notes to the
    /// records that follow the file, and to the records now in their places.
    fn note_exchanged(&self, merged: &mut RecordMap, followers: &BTreeMap<Origin, Follower>) {
        for (origin, follower) in followers {
            if let Some(record) = merged.get_mut(origin).filter(|_| follower.is_assigned) {
                record.add_link(key::REASSIGNED_FROM, &follower.leaver.to_string());
            }
            let Some(left) = &follower.left else { continue };
            let to = &follower.state.path;
            let held = self.base.values().find(|it| it.is_active() && it.path == *to);
            let came = merged.values().filter(|it| it.is_active() && it.path == *left);
            let came: Vec<Origin> = came.map(|it| it.origin).collect();
            if let Some(record) = merged.get_mut(origin) {
                // An assignment has already noted where the identity came from.
                if !(follower.is_assigned && self.base.contains_key(origin)) {
                    record.set_text(key::MOVED_FROM, left.to_string());
                }
                if let Some(held) = held.filter(|held| held.origin != *origin) {
                    record.add_link(key::REASSIGNED_FROM, &held.origin.to_string());
                }
            }
            for other in came.iter().filter(|other| *other != origin) {
                if let Some(other) = merged.get_mut(other) {
                    other.add_link(key::REASSIGNED_FROM, &origin.to_string());
                }
            }
        }
    }
}

/// Returns the path from which a command moved a record, as noted on the side whose path the record
/// now has, because the note belongs to that path. Returns `None` unless both sides have a note.
fn moved_from_of_path<'a>(
    record: &Allocation,
    [ours, theirs]: [&'a Allocation; 2],
) -> Option<&'a str> {
    let notes = (ours.text(key::MOVED_FROM)?, theirs.text(key::MOVED_FROM)?);
    match [ours, theirs].map(|side| side.path == record.path) {
        [true, false] => Some(notes.0),
        [false, true] => Some(notes.1),
        _ => None,
    }
}

/// Marks the records whose path a more senior record holds, just as a reader of the result would.
/// Readers derive each such record's successor, so no link to it is stored.
fn mark_shadowed(registry: &mut Registry) {
    let shadowed = registry.shadowing();
    for record in &mut registry.allocations {
        record.shadowed = shadowed.contains_key(&record.origin);
        if record.shadowed {
            record.metadata.remove(key::SUPERSEDED_BY);
        }
    }
}
