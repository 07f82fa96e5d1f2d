//! Records that another program has added to a legacy file: their origins, and what becomes of those
//! whose number or file has another record.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::registry::{Allocation, Id, Json, Origin, Registry, RepoPath, key};

/// What became of a record whose number or file had another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdditionRemark {
    /// Its number is that of a file that is gone.
    Renumbered {
        /// The number.
        taken: Id,
        /// The file that has it, or had it.
        former: RepoPath,
        /// The number that the record has instead.
        id: Id,
        /// Its file.
        path: RepoPath,
    },
    /// Its file has an identity, of which its number is an alias now.
    Joined {
        /// The number.
        id: Id,
        /// The identity of the file.
        holder: Id,
        /// The file.
        path: RepoPath,
        /// Its values that the file's own record has otherwise, which stay.
        left: Vec<String>,
    },
}

impl fmt::Display for AdditionRemark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AdditionRemark::Renumbered { taken, former, id, path } => write!(
                f,
                "{taken} was given to '{path}', but it is the identity of '{former}'; '{path}' has {id}"
            ),
            AdditionRemark::Joined { id, holder, path, left } => {
                write!(
                    f,
                    "{id} was given to '{path}', which has {holder}; it is an alias of that"
                )?;
                match left.is_empty() {
                    true => Ok(()),
                    false => write!(f, ", and these values were not taken: {}", left.join(", ")),
                }
            }
        }
    }
}

/// Tells the records of a legacy file apart that `base`, an earlier version, does not have.
///
/// One without an origin gets that of a record of `others` with the same identity and path, or a new one:
/// with another path, it is another allocation, since two branches counted. The records that the base has
/// get their origins when both are merged. A copy of another record, with its origin, gets one of its own.
///
/// An identity never names a second file: an active record at another path than in the base is a new one
/// with another number, unless `may_follow` says that its file may be there now.
pub fn place_additions(
    edited: &mut Registry,
    base: &Registry,
    others: &[&Registry],
    may_follow: &dyn Fn(&Allocation, &RepoPath) -> bool,
) -> Vec<AdditionRemark> {
    let before: BTreeMap<Id, &Allocation> =
        base.allocations.iter().map(|record| (record.id, record)).collect();
    let by_origin = base.by_origin();
    let stored = others.iter().flat_map(|other| &other.allocations);
    let stored = stored.filter(|record| !record.origin_is_derived);
    let known: BTreeMap<_, Origin> =
        stored.map(|record| ((record.id, &record.path), record.origin)).collect();
    let present: BTreeSet<Id> = edited.allocations.iter().map(|record| record.id).collect();
    let mut taken: Option<BTreeSet<Id>> = None;
    let all = |edited: &Registry| {
        let registries = others.iter().copied().chain([base, edited]);
        registries.flat_map(|one| &one.allocations).flat_map(Allocation::ids).collect()
    };
    let (mut origins, mut remarks) = (BTreeSet::new(), Vec::new());
    for n in 0..edited.allocations.len() {
        let record = &edited.allocations[n];
        let (id, path) = (record.id, record.path.clone());
        let own = before.get(&id);
        let is_copy = !record.origin_is_derived
            && (by_origin
                .get(&record.origin)
                .is_some_and(|first| first.id != id && present.contains(&first.id))
                || origins.contains(&record.origin));
        let former =
            own.filter(|own| record.is_active() && own.path != path && !may_follow(own, &path));
        let is_new = record.origin_is_derived && own.is_none();
        if is_copy || is_new || former.is_some() {
            let known = known
                .get(&(id, &path))
                .filter(|origin| is_new && former.is_none() && !origins.contains(*origin));
            let new = || Origin::of_addition(id, record.allocated_at, &path);
            let origin = known.copied().unwrap_or_else(new);
            if let Some(former) = former {
                let taken = taken.get_or_insert_with(|| all(edited));
                let mut free = origin.sequences().map(|sequence| id.counter().id(sequence));
                if let Some(new) = free.find(|id| !taken.contains(id)) {
                    taken.insert(new);
                    let (taken, former) = (id, former.path.clone());
                    remarks.push(AdditionRemark::Renumbered { taken, former, id: new, path });
                    (edited.allocations[n].id, edited.allocations[n].claim) = (new, new);
                    edited.allocations[n].aliases.clear();
                }
            }
            edited.allocations[n].origin = origin;
            edited.allocations[n].origin_is_derived = false;
        }
        origins.insert(edited.allocations[n].origin);
    }
    remarks
}

/// Joins each record that was added for a file that has one in the registry `own` with that one, since a
/// file keeps its identity: the number becomes an alias, and the file's record takes the values.
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

/// Takes the values of a record that the other one lacks, or all if they win; returns the others.
fn take_values(own: &mut Allocation, added: &Allocation, wins: bool) -> Vec<String> {
    let is_of_user = |name: &&String| !key::OWN.contains(&name.as_str());
    let metadata = added.metadata.iter().filter(|(name, _)| is_of_user(name));
    let metadata = metadata.map(|(name, value)| (true, name, value));
    let extra = added.extra.iter().map(|(name, value)| (false, name, value));
    let mut left = Vec::new();
    for (is_metadata, name, value) in metadata.chain(extra) {
        let values = if is_metadata { &mut own.metadata } else { &mut own.extra };
        match values.get(name) {
            Some(present) if present == value => {}
            Some(_) if !wins => left.push(shown(is_metadata, name, value)),
            _ => drop(values.insert(name.clone(), value.clone())),
        }
    }
    left
}

fn shown(is_metadata: bool, name: &str, value: &Json) -> String {
    let text = value.as_str().map_or_else(|| value.compact(), str::to_owned);
    let prefix = if is_metadata { "metadata." } else { "" };
    format!("{prefix}{name} = '{text}'")
}
