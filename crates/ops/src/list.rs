//! Lists a registry's records and counters.

use std::{collections::BTreeMap, str::FromStr};

use idhooks_core::check::{SequencesUsed, sequences_used};
use idhooks_core::config::{Config, ContentKind, FileClass, Globs};
use idhooks_core::registry::{
    Allocation, CounterKey, CounterState, Id, Json, Namespace, Object, Registry, Status, TypeCode,
    stored_metadata,
};
use idhooks_repo::git::Repo;

use super::same_value::is_same_value;
use super::{OpsError, Revision};

/// Which records to list, and in which order. A record must match all filters; if a filter has
/// several values, matching one of them is enough.
#[derive(Debug, Default)]
pub struct ListOptions {
    /// The statuses.
    pub statuses: Vec<Status>,
    /// Globs for the path.
    pub paths: Option<Globs>,
    /// The counters.
    pub counters: CounterFilter,
    /// Classes from the rules; `-` stands for paths without a class.
    pub classes: Vec<String>,
    /// Kinds from the rules.
    pub kinds: Vec<ContentKind>,
    /// Conditions on the metadata, all of which must be met.
    pub conditions: Vec<MetadataCondition>,
    /// The sort keys, with the primary key last. Records with equal keys are sorted by identity.
    pub sort: Vec<ListOrder>,
}

/// A sort key, and whether to sort in descending order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListOrder {
    /// The key.
    pub by: ListKey,
    /// Whether to sort in descending order.
    pub is_descending: bool,
}

idhooks_core::words! {
    /// What to sort records by.
    pub enum ListKey {
        /// The identity.
        Id = "id",
        /// The path.
        Path = "path",
        /// The time of allocation.
        Date = "date",
        /// The status.
        Status = "status",
    }
}

/// Which counters to select; all counters if neither types nor namespaces are given.
#[derive(Debug, Clone, Default)]
pub struct CounterFilter {
    /// The types.
    pub types: Vec<TypeCode>,
    /// The namespaces.
    pub namespaces: Vec<Namespace>,
}

/// A record and, if another identity holds the record's path, that identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRecord {
    /// The record.
    pub record: Allocation,
    /// The identity that holds the path.
    pub holder: Option<Id>,
}

/// Counters, and how much of each is used.
#[derive(Debug)]
pub struct ListedCounters {
    /// The counters.
    pub counters: BTreeMap<CounterKey, CounterState>,
    /// How much of each counter is used.
    pub used: BTreeMap<CounterKey, SequencesUsed>,
}

/// Lists the records in the index or in a commit.
///
/// # Errors
/// Returns an error if there is no readable registry.
pub fn list(
    repo: &Repo,
    revision: &Revision,
    options: &ListOptions,
) -> Result<Vec<ListedRecord>, OpsError> {
    let view = revision.view(repo)?;
    // A mistake in the rules must not break lists that do not need the rules.
    let is_by_rules = !(options.classes.is_empty() && options.kinds.is_empty());
    let config = is_by_rules.then(|| view.config(repo)).transpose()?;
    let mut records = options.select(revision.take_registry(repo, view)?);
    if let Some(config) = &config {
        records.retain(|listed| options.includes_class(config, &listed.record));
    }
    Ok(records)
}

/// Lists the counters in the index or in a commit.
///
/// # Errors
/// Returns an error if there is no readable registry.
pub fn list_counters(
    repo: &Repo,
    revision: &Revision,
    filter: &CounterFilter,
) -> Result<ListedCounters, OpsError> {
    let view = revision.view(repo)?;
    let registry = &revision.registry(repo, &view)?.registry;
    let strategy = view.config(repo)?.allocation.strategy;
    let mut counters = registry.counter_states();
    counters.retain(|name, _| filter.includes(*name));
    let used = sequences_used(registry, strategy);
    let used = counters.keys().map(|name| (*name, used.of(*name)));
    Ok(ListedCounters { used: used.collect(), counters })
}

impl CounterFilter {
    fn includes(&self, counter: CounterKey) -> bool {
        let among_types = self.types.is_empty() || self.types.contains(&counter.type_code);
        among_types && (self.namespaces.is_empty() || self.namespaces.contains(&counter.namespace))
    }
}

impl ListedRecord {
    /// Returns the record's status as stored in the registry.
    pub fn status(&self) -> Status {
        if self.holder.is_some() { Status::Superseded } else { self.record.status }
    }
}

impl ListOptions {
    fn select(&self, registry: Registry) -> Vec<ListedRecord> {
        let holders = registry.shadowing();
        let listed = registry
            .allocations
            .into_iter()
            .map(|record| ListedRecord { holder: holders.get(&record.origin).copied(), record });
        let mut records: Vec<ListedRecord> = listed.filter(|one| self.includes(one)).collect();
        // Records with equal sort keys keep this order, so that the output is stable.
        records.sort_by_key(|ListedRecord { record, .. }| (record.id, record.origin));
        for key in &self.sort {
            // The sort is stable, so the last key becomes the primary one.
            records.sort_by(|a, b| {
                let order = match key.by {
                    ListKey::Path => a.record.path.cmp(&b.record.path),
                    ListKey::Date => a.record.allocated_at.cmp(&b.record.allocated_at),
                    ListKey::Status => a.status().cmp(&b.status()),
                    ListKey::Id => a.record.id.cmp(&b.record.id),
                };
                if key.is_descending { order.reverse() } else { order }
            });
        }
        records
    }

    fn includes(&self, listed: &ListedRecord) -> bool {
        let ListedRecord { record, holder } = listed;
        (self.statuses.is_empty() || self.statuses.contains(&listed.status()))
            && self.paths.as_ref().is_none_or(|globs| globs.matches(&record.path))
            && self.counters.includes(record.id.counter())
            // This condition comes last, since the metadata must be assembled for it.
            && (self.conditions.is_empty() || {
                let metadata = stored_metadata(record, *holder);
                self.conditions.iter().all(|condition| condition.holds(&metadata))
            })
    }

    fn includes_class(&self, config: &Config, record: &Allocation) -> bool {
        let FileClass { class, kind } = config.classify(&record.path);
        let is_class = |wanted: &String| wanted == class.unwrap_or("-");
        (self.classes.is_empty() || self.classes.iter().any(is_class))
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
    }
}

/// A condition on a record's metadata: `KEY`, `KEY=VALUE` or `KEY!=VALUE`.
#[derive(Debug, Clone)]
pub struct MetadataCondition {
    key: String,
    /// The value, and whether the key must have this value rather than a different one.
    value: Option<(String, bool)>,
}

impl FromStr for MetadataCondition {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = match text.split_once('=') {
            None => (text, None),
            Some((key, value)) => match key.strip_suffix('!') {
                Some(key) => (key, Some((value.to_owned(), false))),
                None => (key, Some((value.to_owned(), true))),
            },
        };
        // Otherwise, a slip such as KEY==VALUE would become a condition that never holds.
        let is_double = value.as_ref().is_some_and(|(value, _)| value.starts_with('='));
        let has_operator = key.starts_with('!') || key.contains('~');
        if key.is_empty() || key.trim() != key || is_double || has_operator {
            return Err("write KEY, KEY=VALUE or KEY!=VALUE, such as owner=ann");
        }
        Ok(MetadataCondition { key: key.to_owned(), value })
    }
}

impl MetadataCondition {
    fn holds(&self, metadata: &Object) -> bool {
        let found = value_at(metadata, &self.key);
        match &self.value {
            None => found.is_some(),
            Some((wanted, is_equal)) => {
                // Strings need no quotation marks in a condition.
                let is_same = |found: Json| match found.as_str() {
                    Some(text) => text == wanted,
                    None => Json::parse(wanted).is_ok_and(|wanted| is_same_value(&found, &wanted)),
                };
                found.is_some_and(is_same) == *is_equal
            }
        }
    }
}

/// Returns the value for a key, which may be nested in other values, such as `review.state`.
fn value_at(object: &Object, key: &str) -> Option<Json> {
    let inside = |at: usize| match &*object.get(&key[..at])?.expanded() {
        Json::Object(inner) => value_at(inner, &key[at + 1..]),
        _ => None,
    };
    let whole = object.get(key).cloned();
    // A key may itself contain dots, so try every split.
    whole.or_else(|| key.match_indices('.').find_map(|(at, _)| inside(at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = r#"{"schema_version":"1.0","scope":"260118","allocations":[
        {"id":"0110000001260118","file_path":"docs/a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"origin":"0000000000000001","aliases":["0110000009260118"]}},
        {"id":"0110000002260118","file_path":"docs/a.md","allocated_at":"2026-01-19T22:00:00Z","status":"superseded","metadata":{"origin":"0000000000000002","shadowed":true,"superseded_by":"0110000001260118"}},
        {"id":"2099900003260118","file_path":"b.py","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated","metadata":{"origin":"0000000000000003","copied_from":"0110000001260118","deprecated_reason":"deleted"}}]}"#;

    const A: &str = "0110000001260118";
    const SHADOWED: &str = "0110000002260118, held by 0110000001260118";
    const B: &str = "2099900003260118";

    fn listed(options: &ListOptions) -> Vec<String> {
        let registry = Registry::parse(REGISTRY.as_bytes()).expect("valid");
        let row = |one: &ListedRecord| match one.holder {
            None => one.record.id.to_string(),
            Some(holder) => format!("{}, held by {holder}", one.record.id),
        };
        options.select(registry).iter().map(row).collect()
    }

    fn all() -> ListOptions {
        ListOptions::default()
    }

    #[test]
    fn filters_of_different_kinds_must_all_hold() {
        let globs = |glob| Some(Globs::new([glob]).expect("valid"));
        let types = vec!["20".parse().expect("valid")];
        let namespaces = vec!["100".parse().expect("valid")];
        let of_type = CounterFilter { types: types.clone(), namespaces: Vec::new() };
        let of_namespace = CounterFilter { types: Vec::new(), namespaces: namespaces.clone() };
        let of_both = CounterFilter { types, namespaces };
        let (docs, active) = (globs("docs/**"), vec![Status::Active]);
        for (options, expected) in [
            (all(), &[A, SHADOWED, B][..]),
            (ListOptions { statuses: vec![Status::Superseded], ..all() }, &[SHADOWED]),
            (ListOptions { statuses: vec![Status::Active, Status::Deprecated], ..all() }, &[A, B]),
            (ListOptions { paths: globs("*.py"), ..all() }, &[B]),
            (ListOptions { paths: docs, statuses: active, ..all() }, &[A]),
            (ListOptions { counters: of_namespace, ..all() }, &[A, SHADOWED]),
            (ListOptions { counters: of_type, ..all() }, &[B]),
            (ListOptions { counters: of_both, ..all() }, &[]),
        ] {
            assert_eq!(listed(&options), expected, "{options:?}");
        }
    }

    #[test]
    fn all_conditions_must_hold() {
        let listed = |conditions: &[&str]| {
            let parsed = conditions.iter().map(|text| text.parse().expect("valid"));
            listed(&ListOptions { conditions: parsed.collect(), ..all() })
        };
        assert_eq!(listed(&["copied_from"]), [B]);
        assert_eq!(listed(&["shadowed=true"]), [SHADOWED]);
        assert_eq!(listed(&["origin!=0000000000000001"]), [SHADOWED, B]);
        assert_eq!(listed(&[r#"aliases=["0110000009260118"]"#]), [A]);
        assert_eq!(listed(&["deprecated_reason", "copied_from=x"]), [""; 0]);
        let text =
            r#"{"a":{"b":{"c":"x"},"n":1,"l":[1,2],"o":{"b":[0e9],"z":1.0}},"a.b":"y","e":""}"#;
        let object = Object::from([("x".to_owned(), Json::parse(text).expect("valid"))]);
        let holds = |text: &str| {
            format!("x.{text}").parse::<MetadataCondition>().expect("valid").holds(&object)
        };
        for text in [
            "a.b.c",
            "a.b.c=x",
            "a.b=y",
            "a.n=1",
            "e=",
            "e",
            "none!=x",
            "a.b!=z",
            "a.b!=x=y",
            "a.n=1.0",
            "a.n=10e-1",
            "a.l=[1,2]",
            "a.l=[ 1.0, 2 ]",
            r#"a.o={"z": 1, "b": [0]}"#,
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            "a.x",
            "n",
            "a.b!=y",
            "none",
            "a.b.c.d",
            "e!=",
            "a.n=1.1",
            "a.n=-1",
            "a.l=[2,1]",
            "a.n=x",
        ] {
            assert!(!holds(text), "{text}");
        }
        for text in ["", "=x", "!=x", "a==b", "a = b", " a", "!a", "a~b"] {
            assert!(text.parse::<MetadataCondition>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_sort_key_is_the_primary_one() {
        let key = |by, is_descending| ListOrder { by, is_descending };
        let listed = |sort: &[ListOrder]| listed(&ListOptions { sort: sort.to_vec(), ..all() });
        assert_eq!(listed(&[key(ListKey::Path, false)]), [B, A, SHADOWED]);
        assert_eq!(listed(&[key(ListKey::Path, true)]), [A, SHADOWED, B]);
        assert_eq!(listed(&[key(ListKey::Id, true)]), [B, SHADOWED, A]);
        assert_eq!(listed(&[key(ListKey::Status, false)]), [A, B, SHADOWED]);
        let by_both = [key(ListKey::Status, true), key(ListKey::Date, false)];
        assert_eq!(listed(&by_both), [B, A, SHADOWED]);
        assert_eq!(listed(&[key(ListKey::Date, true)]), [SHADOWED, A, B]);
    }
}
