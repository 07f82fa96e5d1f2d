//! Records that another program has added to a legacy file: the origins they are given, and how
//! records are handled if their number or file already has another record.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::registry::{
    AdditionRemark, Allocation, Id, Numbering, Origin, Registry, RepoPath, key, take_values,
};

use super::LegacyTree;

/// Identifies the records in a legacy file that are missing from `base`, an earlier version.
///
/// A record without an origin is given the origin of the record in `others` with the same identity
/// and path, or else a new one: a different path means a different allocation, because two branches
/// counted independently. Records that are in the base are given their origins when the versions
/// are merged. A copy that carries another record's origin is given a new one, because an existing
/// origin is never assigned again.
///
/// An identity never names a second file. If an active record's path differs from its path in the
/// base, the record counts as new and is given a new number, unless `tree` suggests that its file
/// may have moved there, or the record is known to be another allocation. If the file at the new
/// path has a record in one of `others`, the record stays where it was.
pub fn place_additions(
    edited: &mut Registry,
    base: &Registry,
    others: &[&Registry],
    tree: LegacyTree<'_>,
) -> Vec<AdditionRemark> {
    let known = Known::new(edited, base, others);
    let mut taken: Option<BTreeSet<Id>> = None;
    let (mut origins, mut remarks) = (BTreeSet::new(), Vec::new());
    for n in 0..edited.allocations.len() {
        let record = &mut edited.allocations[n];
        if let Some(first) = known.before_renumbering(record) {
            (record.id, record.claim) = (first.id, first.claim);
        }
        let own = known.before.get(&record.id).copied();
        let former = own.filter(|own| {
            record.is_active()
                && own.path != record.path
                && !known.is_apart(record, own)
                && !known.is_there(record, own)
                && !tree.may_follow(own, record)
        });
        let held = former.and_then(|former| Some((former, known.holder_of(record, former)?)));
        if let Some((former, holder)) = held {
            // The file keeps its identity: all the other program did was copy the number to another
            // path.
            record.path = former.path.clone();
            remarks.push(AdditionRemark::Renumbered {
                taken: record.id,
                former: former.path.clone(),
                id: holder.id,
                path: holder.path.clone(),
            });
        } else if let Some(origin) = known.new_origin(record, former.is_some(), &origins) {
            (record.origin, record.origin_is_derived) = (origin, false);
            if let Some(former) = former {
                // The taken identities are only collected here, because few edits use a number a
                // second time.
                let taken = taken.get_or_insert_with(|| ids_of(edited, base, others));
                remarks.extend(renumber(&mut edited.allocations[n], former, known.bound, taken));
            }
        }
        origins.insert(edited.allocations[n].origin);
    }
    remarks
}

/// The records and origins that an edited legacy file's records are compared with.
struct Known<'a> {
    /// The records in the earlier version, keyed by number.
    before: BTreeMap<Id, &'a Allocation>,
    /// The same records, keyed by origin.
    by_origin: BTreeMap<Origin, &'a Allocation>,
    /// The origins of the records in the other versions, keyed by number and path.
    stored: BTreeMap<(Id, &'a RepoPath), Origin>,
    /// The active records in the other versions, keyed by path.
    holders: BTreeMap<&'a RepoPath, &'a Allocation>,
    /// The edited file's records that have an origin written in the file.
    present: BTreeSet<(Id, Origin)>,
    /// The original number and the origin of each record in the edited file that now has another
    /// number.
    displaced: BTreeSet<(Id, Origin)>,
    /// The origins in the earlier version and in the other versions.
    elsewhere: BTreeSet<Origin>,
    /// The origins in all versions.
    given: BTreeSet<Origin>,
    /// The number above which identities are assigned.
    bound: u32,
}

impl<'a> Known<'a> {
    fn new(edited: &Registry, base: &'a Registry, others: &[&'a Registry]) -> Known<'a> {
        let stored = others.iter().flat_map(|other| &other.allocations);
        // A derived origin is computed from the number and the date, so it does not identify an
        // allocation.
        let stored = stored.filter(|record| !record.origin_is_derived);
        let own = edited.allocations.iter().filter(|record| !record.origin_is_derived);
        let present: BTreeSet<(Id, Origin)> =
            own.clone().map(|record| (record.id, record.origin)).collect();
        let displaced = own.filter(|record| record.id != record.claim);
        let versions = || others.iter().copied().chain([base]);
        let elsewhere = versions().flat_map(|one| &one.allocations).map(|record| record.origin);
        let elsewhere: BTreeSet<Origin> = elsewhere.collect();
        Known {
            before: base.allocations.iter().map(|record| (record.id, record)).collect(),
            by_origin: base.by_origin(),
            stored: stored.map(|record| ((record.id, &record.path), record.origin)).collect(),
            holders: others.iter().flat_map(|other| other.holders(|_| false)).collect(),
            given: elsewhere
                .iter()
                .copied()
                .chain(present.iter().map(|(_, origin)| *origin))
                .collect(),
            displaced: displaced.map(|record| (record.claim, record.origin)).collect(),
            elsewhere,
            present,
            // All versions are included, so that a number chosen on one branch is also above the
            // other branch's bound.
            bound: versions().map(Registry::legacy_bound).max().unwrap_or(0),
        }
    }

    /// Returns whether a record is a different allocation from `former`, which has the same number.
    /// This is the case if the record is in one of the versions, or if a merge of the file has
    /// given `former` another number.
    fn is_apart(&self, record: &Allocation, former: &Allocation) -> bool {
        !record.origin_is_derived
            && record.origin != former.origin
            && (self.elsewhere.contains(&record.origin)
                || self.displaced.contains(&(record.id, former.origin)))
    }

    /// Returns whether one of the other versions has the allocation `former` at a record's path.
    fn is_there(&self, record: &Allocation, former: &Allocation) -> bool {
        let is_former = |one: &Allocation| one.origin == former.origin && one.id == former.id;
        may_be_of(record, former)
            && self.holders.get(&record.path).is_some_and(|holder| is_former(holder))
    }

    /// Returns the record in the earlier version whose number an edited record must be given again:
    /// the edited record predates the merge that assigned this number. A later version of the
    /// record would have its first number as an alias.
    fn before_renumbering(&self, record: &Allocation) -> Option<&'a Allocation> {
        let first = self.by_origin.get(&record.origin).copied()?;
        let is_there = self.present.contains(&(first.id, record.origin));
        let own = self.before.get(&record.id);
        let is_it = !record.origin_is_derived
            && first.id != record.id
            && !record.aliases.contains(&first.id)
            && !is_there
            && (first.path == record.path || own.is_some_and(|own| own.origin != record.origin));
        is_it.then_some(first)
    }

    /// Returns the record that the file at `record`'s path already has, if `record` may otherwise
    /// be a later state of `former`.
    fn holder_of(&self, record: &Allocation, former: &Allocation) -> Option<&'a Allocation> {
        let holder = self.holders.get(&record.path).copied()?;
        let is_other = former.is_active() && former.origin != holder.origin;
        (is_other && may_be_of(record, former)).then_some(holder)
    }

    /// Returns a new origin for a record that has none of its own: a copy, a new record, or a
    /// record found at another file's path (`is_elsewhere`). `used` are the origins of the
    /// preceding records.
    fn new_origin(
        &self,
        record: &Allocation,
        is_elsewhere: bool,
        used: &BTreeSet<Origin>,
    ) -> Option<Origin> {
        let (id, path) = (record.id, &record.path);
        let is_of = |first: &&Allocation| {
            first.id != id && self.present.contains(&(first.id, record.origin))
        };
        // A renumbered record keeps its origin, no matter which record now has its first number.
        let is_copy = !record.origin_is_derived
            && (self.by_origin.get(&record.origin).is_some_and(is_of)
                || used.contains(&record.origin));
        let is_new = record.origin_is_derived && !self.before.contains_key(&id);
        if !is_copy && !is_new && !is_elsewhere {
            return None;
        }
        let stored = self.stored.get(&(id, path)).filter(|origin| {
            !is_elsewhere && !used.contains(*origin) && (is_new || **origin != record.origin)
        });
        // An added record is the same allocation in every version that contains it. Any other
        // record is given an origin that does not exist yet.
        let is_same = is_new && !is_elsewhere;
        let is_own = |origin: &Origin| {
            !is_copy && *origin == record.origin && !self.elsewhere.contains(origin)
        };
        let is_free = |origin: &Origin| {
            (!self.given.contains(origin) || is_own(origin)) && !used.contains(origin)
        };
        let of = |n| Origin::of_addition(id, record.allocated_at, path, n);
        let new = || (0..).map(of).find(|origin| is_same || is_free(origin));
        stored.copied().or_else(new)
    }
}

/// Returns whether a record may be a state of `former`: it has either the same origin or no origin.
fn may_be_of(record: &Allocation, former: &Allocation) -> bool {
    record.origin_is_derived || record.origin == former.origin
}

/// Returns all identities that occur in any of the versions, including aliases and reserved
/// numbers.
fn ids_of(edited: &Registry, base: &Registry, others: &[&Registry]) -> BTreeSet<Id> {
    let registries = || others.iter().copied().chain([base, edited]);
    let held = registries().flat_map(|one| &one.allocations).flat_map(Allocation::ids);
    held.chain(registries().flat_map(Registry::reserved_ids)).collect()
}

/// Gives a record its own number above `bound`, because it was found with the number of another
/// file's record, `former`. Returns `None` if the counter is exhausted.
fn renumber(
    record: &mut Allocation,
    former: &Allocation,
    bound: u32,
    taken: &mut BTreeSet<Id>,
) -> Option<AdditionRemark> {
    let id = record.id;
    // The numbers up to the bound belong to the other program.
    let sequences = Numbering::FORMAT.sequences(record.origin, bound);
    let mut numbers = sequences.map(|sequence| id.counter().id(sequence));
    let new = numbers.find(|new| !taken.contains(new))?;
    taken.insert(new);
    (record.id, record.claim) = (new, new);
    // The values shared with the other file's record do not belong to this record.
    record.aliases.clear();
    record.metadata.retain(|name, value| {
        let is_noted = key::OWN.contains(&name.as_str()) || name == key::DOC_ID;
        let is_of_former = former.metadata.get(name) == Some(value);
        !is_noted || name == key::LEGACY_SPELLING || !is_of_former
    });
    let (former, path) = (former.path.clone(), record.path.clone());
    Some(AdditionRemark::Renumbered { taken: id, former, id: new, path })
}

/// Gives each record the origin of the record in `base` with the same number and path, unless `own`
/// also has the record with the changed origin: no other program can assign origins.
pub fn restore_origins(edited: &mut Registry, base: &Registry, own: &Registry) {
    let before: BTreeMap<Id, &Allocation> =
        base.allocations.iter().map(|record| (record.id, record)).collect();
    let stored: BTreeSet<(Id, Origin)> =
        own.allocations.iter().map(|record| (record.id, record.origin)).collect();
    for record in edited.allocations.iter_mut().filter(|record| !record.origin_is_derived) {
        let first = before.get(&record.id).filter(|first| {
            first.path == record.path && !stored.contains(&(record.id, record.origin))
        });
        if let Some(first) = first {
            record.origin = first.origin;
        }
    }
}

/// If a record was added for a file that already has a record in the registry `own`, joins the two,
/// because a file keeps its identity: the added number becomes an alias, and the file's record
/// takes over the added values.
pub fn join_additions(
    edited: &mut Registry,
    base: &Registry,
    own: &Registry,
) -> Vec<AdditionRemark> {
    let holders = own.holders(|_| false);
    let registries = [base, own].into_iter().flat_map(|one| &one.allocations);
    let known: BTreeMap<Id, Origin> =
        registries.flat_map(|one| one.ids().map(|id| (id, one.origin))).collect();
    let is_added = |record: &Allocation| {
        record.is_active()
            && holders.get(&record.path).is_some_and(|holder| {
                // A number that belongs to a third record cannot become an alias here.
                let is_free = known.get(&record.id).is_none_or(|of| *of == holder.origin);
                holder.id != record.id && holder.origin != record.origin && is_free
            })
    };
    let (added, kept) = std::mem::take(&mut edited.allocations).into_iter().partition(is_added);
    edited.allocations = kept;
    let join = |record: Allocation| {
        let holder = holders[&record.path];
        let is_it = |one: &&mut Allocation| one.origin == holder.origin || one.id == holder.id;
        let is_there = edited.allocations.iter_mut().any(|one| is_it(&one));
        if !is_there {
            edited.allocations.push(holder.clone());
        }
        let mut left = Vec::new();
        if let Some(own) = edited.allocations.iter_mut().find(is_it) {
            left = take_values(own, &record, !is_there);
            own.aliases.insert(record.id);
        }
        AdditionRemark::Joined { id: record.id, holder: holder.id, path: record.path, left }
    };
    let added: Vec<Allocation> = added;
    added.into_iter().map(join).collect()
}

/// If another program has renumbered a record, joins it with its record in the registry `own`: the
/// new number becomes an alias. This does not apply to numbers assigned by a merge, after which the
/// record keeps its first number as its claim, nor to copies' numbers.
pub fn join_numbers(edited: &mut Registry, base: &Registry, own: &Registry) -> Vec<AdditionRemark> {
    let by_origin = own.by_origin();
    let known: BTreeSet<Id> = ids_of(own, base, &[]);
    let mut times: BTreeMap<Origin, usize> = BTreeMap::new();
    edited.allocations.iter().for_each(|one| *times.entry(one.origin).or_default() += 1);
    let mut remarks = Vec::new();
    for record in edited.allocations.iter_mut().filter(|record| !record.origin_is_derived) {
        // Records with the same origin are copies, and only one of them can be the original.
        let is_alone = times[&record.origin] == 1;
        let holder = by_origin.get(&record.origin).filter(|own| is_alone && own.is_active());
        let Some(holder) = holder else { continue };
        let is_given = record.claim == record.id && holder.claim != record.id;
        if is_given && holder.id != record.id && !known.contains(&record.id) {
            let (id, path) = (record.id, record.path.clone());
            (record.id, record.claim) = (holder.id, holder.claim);
            record.aliases.insert(id);
            let (holder, left) = (holder.id, Vec::new());
            remarks.push(AdditionRemark::Joined { id, holder, path, left });
        }
    }
    remarks
}
