//! Rewrites links between records: each link is read with the identities on the side that wrote it,
//! and written with the identities in the result.
//!
//! Published numbers take precedence over numbers that healing merely estimates: a file committed
//! without the hooks may have its number published on one branch but be healed on another, with a
//! number that is free on that branch but taken elsewhere. Nobody has published the estimate, so it
//! gives way and never changes a published number.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Id, Json, Object, Origin, Registry, Timestamp, key};

/// Maps each identity in one input to the allocation that holds it or, failing that, to one that
/// held it before.
#[derive(Debug, Clone, Default)]
pub(super) struct IdIndex {
    by_id: BTreeMap<Id, Origin>,
    by_alias: BTreeMap<Id, Origin>,
}

impl IdIndex {
    /// Returns an index of these records.
    pub(super) fn of<'a>(records: impl IntoIterator<Item = &'a Allocation>) -> Self {
        let mut index = IdIndex::default();
        let mut records: Vec<&Allocation> = records.into_iter().collect();
        // The most senior record comes first, so that the result does not depend on the order the
        // records are listed in.
        records.sort_by_key(|a| a.seniority());
        for record in records {
            index.by_id.entry(record.id).or_insert(record.origin);
            for alias in &record.aliases {
                index.by_alias.entry(*alias).or_insert(record.origin);
            }
        }
        index
    }

    /// Returns the allocation that has, or once had, the identity.
    pub(super) fn origin(&self, id: Id) -> Option<Origin> {
        self.by_id.get(&id).or_else(|| self.by_alias.get(&id)).copied()
    }
}

/// Rewrites one input's links to the identities in the result.
#[derive(Debug)]
pub(super) struct Translation<'a> {
    /// The input's indexes are searched before the result's: an identity that one side does not
    /// know may be an alias on the other.
    pub(super) indexes: [&'a IdIndex; 3],
    /// The identities in the result.
    pub(super) ids: &'a BTreeMap<Origin, Id>,
}

impl Translation<'_> {
    /// Rewrites every link in a record's metadata.
    pub(super) fn apply(&self, metadata: &mut Object) {
        for key in key::LINKS {
            match metadata.get_mut(key) {
                Some(Json::Array(links)) => links.iter_mut().for_each(|link| self.rewrite(link)),
                Some(link) => self.rewrite(link),
                None => {}
            }
        }
    }

    /// Rewrites a single link; a link to an unknown identity is left unchanged.
    fn rewrite(&self, link: &mut Json) {
        let Some(id) = link.as_str().and_then(|text| text.parse::<Id>().ok()) else {
            return;
        };
        let origin = self.indexes.iter().find_map(|index| index.origin(id));
        if let Some(id) = origin.and_then(|origin| self.ids.get(&origin)) {
            *link = Json::string(id.to_string());
        }
    }
}

/// Returns the healed registry. Records that are missing from `own`, the unhealed registry, get the
/// numbers they have in `others`, the other parents' unhealed registries.
///
/// A record keeps its healed number if another record in the healed registry has the published
/// number. If a parent has published that number for another file, the record becomes junior to it,
/// so that a merge gives it a different one.
pub fn with_published_numbers<'a>(
    healed: &'a Registry,
    own: Option<&Registry>,
    others: &[&Registry],
) -> Cow<'a, Registry> {
    let own = own.map(Registry::by_origin).unwrap_or_default();
    let hidden = healed.allocations.iter().filter(|record| !own.contains_key(&record.origin));
    let estimated: BTreeMap<Origin, Id> = hidden.map(|record| (record.origin, record.id)).collect();
    let mut published: BTreeMap<Origin, &Allocation> = BTreeMap::new();
    for record in others.iter().flat_map(|other| &other.allocations) {
        if estimated.contains_key(&record.origin) {
            let first = published.entry(record.origin).or_insert(record);
            // Several parents may have published different numbers; every clone must choose the
            // same one, the smallest.
            if (record.claim, record.id) < (first.claim, first.id) {
                *first = record;
            }
        }
    }
    published.retain(|origin, record| estimated.get(origin) != Some(&record.id));
    // Each record that keeps its healed number may prevent another record from taking its published
    // one.
    let holders: BTreeMap<Id, Origin> =
        healed.allocations.iter().map(|record| (record.id, record.origin)).collect();
    loop {
        let before = published.len();
        let mut assigned = BTreeSet::new();
        let leaving: BTreeSet<Origin> = published.keys().copied().collect();
        published.retain(|_, record| {
            let is_free = holders.get(&record.id).is_none_or(|holder| leaving.contains(holder));
            is_free && assigned.insert(record.id)
        });
        if published.len() == before {
            break;
        }
    }
    let held: BTreeMap<Id, &Allocation> =
        others.iter().flat_map(|other| &other.allocations).map(|one| (one.id, one)).collect();
    let is_estimated = |record: &&Allocation| {
        estimated.contains_key(&record.origin) && !published.contains_key(&record.origin)
    };
    let junior = healed.allocations.iter().filter(is_estimated).filter_map(|record| {
        let other = held.get(&record.id).filter(|other| other.origin != record.origin)?;
        let after = Timestamp::from_unix(other.allocated_at.unix() + 1).ok()?;
        (record.allocated_at < after).then_some((record.origin, after))
    });
    let junior: BTreeMap<Origin, Timestamp> = junior.collect();
    if published.is_empty() && junior.is_empty() {
        return Cow::Borrowed(healed);
    }
    let mut registry = healed.clone();
    for record in &mut registry.allocations {
        if let Some(published) = published.get(&record.origin) {
            record.aliases.remove(&published.id);
            record.id = published.id;
            record.claim = published.claim;
            record.allocated_at = published.allocated_at;
        } else if let Some(after) = junior.get(&record.origin) {
            record.allocated_at = *after;
        }
    }
    let index = IdIndex::of(&healed.allocations);
    let ids = registry.allocations.iter().map(|record| (record.origin, record.id)).collect();
    let translation = Translation { indexes: [&index; 3], ids: &ids };
    for record in &mut registry.allocations {
        translation.apply(&mut record.metadata);
    }
    registry.allocations.sort_by_key(|record| record.id);
    Cow::Owned(registry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(records: &[(&str, &str)]) -> Registry {
        let records: Vec<String> = records
            .iter()
            .map(|(id, origin)| {
                format!(
                    r#"{{"id":"01100{id}260118","file_path":"{origin}","allocated_at":"2026-01-01T00:00:00Z","status":"active","metadata":{{"origin":"{origin:0>16}"}}}}"#
                )
            })
            .collect();
        let text = format!(
            r#"{{"schema_version":"1.0","scope":"260118","allocations":[{}]}}"#,
            records.join(",")
        );
        Registry::parse(text.as_bytes()).expect("valid")
    }

    fn numbers(healed: &[(&str, &str)], own: &[(&str, &str)], others: &[(&str, &str)]) -> String {
        let (healed, own, others) = (registry(healed), registry(own), registry(others));
        let result = with_published_numbers(&healed, Some(&own), &[&others]);
        assert!(result.is_consistent());
        let records = result.allocations.iter();
        let short = records.map(|r| format!("{}={}", r.path, &r.id.to_string()[5..10]));
        short.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_estimate_gives_way_to_the_number_of_another_parent() {
        assert_eq!(numbers(&[("00002", "a")], &[], &[("00004", "a"), ("00002", "b")]), "a=00004");
    }

    #[test]
    fn an_estimate_is_junior_to_the_other_file_with_its_number() {
        let (healed, others) = (registry(&[("00002", "a")]), registry(&[("00002", "b")]));
        let result = with_published_numbers(&healed, None, &[&others]);
        assert!(result.allocations[0].seniority() > others.allocations[0].seniority());
        let merged = crate::merge::merge(&registry(&[]), &others, &result).expect("room");
        let id = |path: &str| merged.allocations.iter().find(|r| r.path.as_str() == Some(path));
        assert_eq!(id("b").map(|r| r.id), Some(others.allocations[0].id));
        assert_ne!(id("a").map(|r| r.id), Some(others.allocations[0].id));
    }

    #[test]
    fn numbers_of_the_inconsistent_parent_itself_are_kept() {
        assert_eq!(numbers(&[("00002", "a")], &[("00002", "a")], &[("00004", "a")]), "a=00002");
    }

    #[test]
    fn numbers_may_be_exchanged() {
        let healed = [("00002", "a"), ("00004", "b")];
        assert_eq!(numbers(&healed, &[], &[("00004", "a"), ("00002", "b")]), "b=00002 a=00004");
    }

    #[test]
    fn a_number_that_another_keeps_is_not_taken() {
        let healed = [("00002", "a"), ("00004", "b"), ("00005", "c")];
        assert_eq!(
            numbers(&healed, &[("00005", "c")], &[("00004", "a"), ("00005", "b")]),
            "a=00002 b=00004 c=00005"
        );
    }

    #[test]
    fn links_follow() {
        let mut healed = registry(&[("00002", "a"), ("00003", "b")]);
        let link = crate::registry::Json::string("0110000002260118");
        healed.allocations[1].metadata.insert("copied_from".to_owned(), link);
        let others = registry(&[("00004", "a")]);
        let result = with_published_numbers(&healed, None, &[&others]);
        assert_eq!(result.allocations[0].text("copied_from"), Some("0110000004260118"));
    }
}
