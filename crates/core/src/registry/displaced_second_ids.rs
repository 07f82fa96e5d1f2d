//! Second identities that another file has taken: which records lose them, and where the lost
//! identities are kept. [`LostDocId`]: a second identity that a record lost.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Allocation, Id, Json, Origin, Registry, RepoPath, grouped, key};

/// The second identities of a registry's active records.
pub type HeldDocIds<'a> = BTreeMap<Origin, &'a str>;

/// A second identity that a record used to have and now keeps only as a displaced one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostDocId {
    /// The second identity.
    pub doc_id: String,
    /// The identity of the record that lost it.
    pub id: Id,
    /// The file that lost it.
    pub path: RepoPath,
    /// The file that has it now, if any.
    pub keeper: Option<RepoPath>,
    /// The file's new second identity.
    pub instead: Option<String>,
    /// Whether the file needs another second identity, because it exists and has none.
    is_in_need: bool,
}

impl LostDocId {
    /// Returns the second identities that records in `after` have lost since one of the `before`
    /// registries. Each is listed once, and the list is sorted by identity.
    pub fn since(before: &[&Registry], after: &Registry) -> Vec<LostDocId> {
        let has_any = |record: &&Allocation| record.metadata.contains_key(key::DISPLACED_DOC_ID);
        let losers: BTreeMap<Origin, &Allocation> = after
            .allocations
            .iter()
            .filter(has_any)
            .map(|record| (record.origin, record))
            .collect();
        // Most registries have no displaced second identities, so there is usually no need to
        // search the earlier registries.
        if losers.is_empty() {
            return Vec::new();
        }
        let held = after.held_doc_ids();
        let mut lost = BTreeMap::new();
        for then in before.iter().flat_map(|registry| &registry.allocations) {
            let (Some(now), Some(doc_id)) = (losers.get(&then.origin), then.text(key::DOC_ID))
            else {
                continue;
            };
            let is_lost = now.displaced_doc_ids().contains(doc_id)
                && now.text(key::DOC_ID) != Some(doc_id)
                && !then.displaced_doc_ids().contains(doc_id);
            if is_lost {
                let has_it = |record: &&Allocation| {
                    held.get(&record.origin).is_some_and(|held| *held == doc_id)
                };
                let keeper = after.allocations.iter().find(has_it);
                let instead = now.text(key::DOC_ID).map(str::to_owned);
                let one = LostDocId {
                    doc_id: doc_id.to_owned(),
                    id: now.id,
                    path: now.path.clone(),
                    keeper: keeper.map(|record| record.path.clone()),
                    is_in_need: now.is_active() && instead.is_none(),
                    instead,
                };
                // Both parents of a merge may have had the second identity.
                lost.insert((now.id, doc_id), one);
            }
        }
        lost.into_values().collect()
    }
}

impl fmt::Display for LostDocId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LostDocId { doc_id, id, path, .. } = self;
        write!(f, "{id} lost {doc_id}")?;
        if let Some(keeper) = &self.keeper {
            write!(f, ", which {keeper} keeps")?;
        }
        if let Some(own) = &self.instead {
            write!(f, " and has {own}")?;
        }
        write!(f, ": {path}")?;
        let path = path.shell_quoted();
        match (self.is_in_need, &self.instead) {
            (true, _) => {
                write!(f, "; to give it another one: idhooks assign --second DOC-… {path}")
            }
            (_, Some(_)) => {
                write!(f, "; to replace that: idhooks assign --second --force DOC-… {path}")
            }
            _ => Ok(()),
        }
    }
}

impl Allocation {
    /// Returns the second identities that the record lost to others.
    pub fn displaced_doc_ids(&self) -> BTreeSet<String> {
        let value = self.metadata.get(key::DISPLACED_DOC_ID).map(Json::expanded);
        let all = value.as_deref().map_or(&[][..], |value| match value {
            Json::Array(all) => all,
            one => std::slice::from_ref(one),
        });
        all.iter().filter_map(Json::as_str).map(str::to_owned).collect()
    }

    /// Sets the second identities that the record lost to others: a single one as a string, several
    /// as an ordered list.
    pub fn set_displaced_doc_ids(&mut self, doc_ids: &BTreeSet<String>) {
        let mut all: Vec<Json> = doc_ids.iter().map(Json::string).collect();
        let value = if all.len() > 1 { Some(Json::Array(all)) } else { all.pop() };
        let name = key::DISPLACED_DOC_ID.to_owned();
        match value {
            Some(value) => drop(self.metadata.insert(name, value)),
            None => drop(self.metadata.remove(&name)),
        }
    }

    /// Turns the record's second identity into a displaced one.
    pub fn displace_doc_id(&mut self) {
        let Some(doc_id) = self.text(key::DOC_ID).map(str::to_owned) else { return };
        let mut displaced = self.displaced_doc_ids();
        displaced.insert(doc_id);
        self.metadata.remove(key::DOC_ID);
        self.set_displaced_doc_ids(&displaced);
    }

    /// Gives the record a second identity and no longer lists it as lost.
    pub fn give_doc_id(&mut self, doc_id: &str) {
        let mut displaced = self.displaced_doc_ids();
        if displaced.remove(doc_id) {
            self.set_displaced_doc_ids(&displaced);
        }
        self.set_text(key::DOC_ID, doc_id);
    }
}

/// Returns the second identities of those records that are active.
pub fn held_doc_ids<'a>(records: impl IntoIterator<Item = &'a Allocation>) -> HeldDocIds<'a> {
    let holders = records.into_iter().filter(|record| record.is_active() && !record.shadowed);
    holders.filter_map(|record| Some((record.origin, record.text(key::DOC_ID)?))).collect()
}

impl Registry {
    /// Returns the second identities of the registry's active records.
    pub fn held_doc_ids(&self) -> HeldDocIds<'_> {
        held_doc_ids(&self.allocations)
    }

    /// Leaves each second identity to its most senior holder; the other holders keep it as a
    /// displaced one. If two records already share a second identity in any of these `versions`,
    /// both keep it until a user decides.
    pub fn keep_doc_ids_unique(&mut self, versions: &[HeldDocIds<'_>]) {
        let juniors = self.doc_id_juniors(versions);
        self.displace_doc_ids(&juniors);
    }

    /// Like [`Self::keep_doc_ids_unique`], for the second identity of a record that has become
    /// active again.
    pub fn keep_doc_id_of_revived_unique(&mut self, revived: Origin) {
        let mut others = self.held_doc_ids();
        if let Some(doc_id) = others.remove(&revived) {
            others.retain(|_, held| *held == doc_id);
            // The other holders share it already, so only the revived record is compared.
            let juniors = self.doc_id_juniors(&[others]);
            self.displace_doc_ids(&juniors);
        }
    }

    fn displace_doc_ids(&mut self, of: &BTreeSet<Origin>) {
        let records = self.allocations.iter_mut().filter(|record| of.contains(&record.origin));
        records.for_each(Allocation::displace_doc_id);
    }

    /// Returns the active records whose second identity a more senior record also has, unless both
    /// already have it in any of these `versions`.
    pub fn doc_id_juniors(&self, versions: &[HeldDocIds<'_>]) -> BTreeSet<Origin> {
        let holders = self.active();
        let mut by_id =
            grouped(holders.filter_map(|record| Some((record.text(key::DOC_ID)?, record))));
        by_id.retain(|_, records| records.len() > 1);
        // Usually no two records share a second identity, so shadowing need not be computed.
        if by_id.is_empty() {
            return BTreeSet::new();
        }
        let (shadowed, mut juniors) = (self.shadowing(), BTreeSet::new());
        for (doc_id, mut records) in by_id {
            records.retain(|record| !shadowed.contains_key(&record.origin));
            let has = |version: &HeldDocIds<'_>, record: &Allocation| {
                version.get(&record.origin) == Some(&doc_id)
            };
            // Every clone finds the same senior record, so merges agree whatever their order.
            records.sort_by_key(|record| record.seniority());
            for (n, junior) in records.iter().enumerate() {
                let is_new = |senior: &&Allocation| {
                    !versions.iter().any(|version| has(version, senior) && has(version, junior))
                };
                if records[..n].iter().any(is_new) {
                    juniors.insert(junior.origin);
                }
            }
        }
        juniors
    }
}
