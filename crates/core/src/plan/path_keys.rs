//! Other programs' keys that repeat a record's path and are kept in step with it.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::RandomState;

use crate::config::PathForm;
use crate::registry::{Allocation, Json, Origin, Registry, RepoPath, grouped, key};

/// The limit on exceptions: at most one in this many records may lack a key that repeats the path,
/// or have a different value in it.
const MOST_OTHERS: usize = 10;
/// The prefix that marks a key as being inside `metadata`.
const METADATA: &str = "metadata.";

/// Returns the keys that repeat the path in all, or nearly all, records. Each comes with the form
/// that matches the most records.
pub fn find_path_keys(registry: &Registry) -> BTreeMap<String, PathForm> {
    // A path that is not UTF-8 cannot be the value of a key.
    let records = || registry.allocations.iter().filter(|record| record.path.as_str().is_some());
    let of_user = |name: &&String| !key::OWN.contains(&name.as_str());
    let mut found: BTreeMap<String, KeyUse> = BTreeMap::new();
    for record in records() {
        let inside = record.metadata.keys().filter(of_user).map(|name| format!("{METADATA}{name}"));
        for name in inside.chain(record.extra.keys().cloned()) {
            if let Some(value) = value(record, &name) {
                found.entry(name).or_default().add(value, record);
            }
        }
    }
    let all = records().count();
    found.into_iter().filter_map(|(name, of)| Some((name, of.form(all)?))).collect()
}

/// How many records have their own path as the value of a key.
#[derive(Default)]
struct KeyUse {
    /// The number of such records for each form.
    forms: [usize; PathForm::ALL.len()],
    /// The number of such records, whatever the form.
    fit: usize,
}

impl KeyUse {
    /// Counts a record's value.
    fn add(&mut self, value: &str, record: &Allocation) {
        let forms = forms(value, &record.path);
        forms.iter().for_each(|form| self.forms[*form as usize] += 1);
        self.fit += usize::from(!forms.is_empty());
    }

    /// Returns the form that the most records use, if nearly all records repeat the path in this
    /// key. The exceptions may be records whose path a user corrected, or that were added by hand
    /// without the key.
    fn form(&self, all: usize) -> Option<PathForm> {
        let most = self.forms.iter().max().copied().unwrap_or_default();
        let place = self.forms.iter().position(|count| *count == most).unwrap_or_default();
        ((all - self.fit) * MOST_OTHERS <= all).then(|| PathForm::ALL[place])
    }
}

/// Updates these keys in each active record where they still contain the path that the record has
/// in another version. Each key keeps the form it had there or, if several forms match, gets the
/// given one. A value that one of `parents` already has together with this path is intentional;
/// `others`, such as the staged version, may have moved the record without updating its keys.
pub fn follow_paths(
    registry: &mut Registry,
    parents: &[&Registry],
    others: &[&Registry],
    keys: &BTreeMap<String, PathForm>,
) {
    if keys.is_empty() {
        return;
    }
    let paths: HashMap<Origin, &RepoPath, RandomState> =
        registry.active().map(|record| (record.origin, &record.path)).collect();
    let all = || parents.iter().chain(others).flat_map(|one| &one.allocations);
    let is_moved =
        |record: &&Allocation| paths.get(&record.origin).is_some_and(|path| **path != record.path);
    let moved: HashSet<Origin, RandomState> =
        all().filter(is_moved).map(|record| record.origin).collect();
    let of = |versions: &[&'_ Registry]| -> BTreeMap<Origin, Vec<Allocation>> {
        let records = versions.iter().flat_map(|one| &one.allocations);
        grouped(
            records
                .filter(|record| moved.contains(&record.origin))
                .map(|record| (record.origin, record.clone())),
        )
    };
    let (parents, others) = (of(parents), of(others));
    for record in registry.allocations.iter_mut().filter(|record| record.is_active()) {
        if !moved.contains(&record.origin) {
            continue;
        }
        let [parents, others] =
            [&parents, &others].map(|all| all.get(&record.origin).map_or(&[][..], Vec::as_slice));
        for (name, usual) in keys {
            if let Some(new) = followed(record, parents, others, name, *usual) {
                set_value(record, name, new);
            }
        }
    }
}

/// Resets these keys in an edited file's records if a record's path and the key were both changed
/// from the path in `own` to the same new path. If a plan accepts the path, the keys follow it;
/// otherwise they would name a path that no record has. `written` holds the paths in the file, in
/// the order its records appear.
pub fn hold_path_keys(
    edited: &mut Registry,
    own: &Registry,
    written: &[RepoPath],
    keys: &BTreeMap<String, PathForm>,
) {
    if keys.is_empty() {
        return;
    }
    let known = own.by_origin();
    for (record, written) in edited.allocations.iter_mut().zip(written) {
        let Some(own) = known.get(&record.origin).filter(|own| own.path != *written) else {
            continue;
        };
        for name in keys.keys() {
            if value(record, name).is_some_and(|now| repeats(now, written))
                && let Some(before) = value(own, name).filter(|before| repeats(before, &own.path))
            {
                set_value(record, name, before.to_owned());
            }
        }
    }
}

/// Returns the new value for a key that contains a path other than the record's.
fn followed(
    record: &Allocation,
    parents: &[Allocation],
    others: &[Allocation],
    name: &str,
    usual: PathForm,
) -> Option<String> {
    let present = value(record, name)?;
    let has_it = |one: &&Allocation| value(one, name) == Some(present);
    if parents.iter().filter(has_it).any(|one| one.path == record.path) {
        return None;
    }
    let forms = parents.iter().chain(others).filter(has_it).find_map(|one| {
        let forms = forms(present, &one.path);
        (!forms.is_empty()).then_some(forms)
    })?;
    // A lowercase path matches several forms, and only the configuration tells which one is meant.
    let form = if forms.contains(&usual) { usual } else { forms[0] };
    form.of(&record.path).filter(|new| new != present)
}

/// Returns whether a value is this path, in any form.
pub fn repeats(value: &str, path: &RepoPath) -> bool {
    !forms(value, path).is_empty()
}

/// Returns the forms in which a value repeats a path.
fn forms(value: &str, path: &RepoPath) -> Vec<PathForm> {
    let is_it = |form: &PathForm| form.of(path).as_deref() == Some(value);
    PathForm::ALL.into_iter().filter(is_it).collect()
}

fn value<'a>(record: &'a Allocation, name: &str) -> Option<&'a str> {
    let value = match name.strip_prefix(METADATA) {
        Some(name) => record.metadata.get(name),
        None => record.extra.get(name),
    };
    value.and_then(Json::as_str)
}

fn set_value(record: &mut Allocation, name: &str, value: String) {
    let (values, name) = match name.strip_prefix(METADATA) {
        Some(name) => (&mut record.metadata, name),
        None => (&mut record.extra, name),
    };
    values.insert(name.to_owned(), Json::string(value));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a registry whose records have a path, a key in `metadata`, and a key beside it.
    fn registry(records: &[(&str, &str, &str)]) -> Registry {
        let record = |(n, (path, inner, outer)): (usize, &(&str, &str, &str))| {
            let (path, inner, outer) = (
                Json::string(*path).compact(),
                Json::string(*inner).compact(),
                Json::string(*outer).compact(),
            );
            let n = n + 1;
            format!(
                r#"{{"id":"01100000{n:02}260118","file_path":{path},"allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{{"origin":"00000000000000{n:02}","canonical_path":{inner}}},"file":{outer},"owner":"ann"}}"#
            )
        };
        let records: Vec<String> = records.iter().enumerate().map(record).collect();
        let text = format!(
            r#"{{"schema_version":"1.0","scope":"260118","counters":{{}},"metadata":{{}},"allocations":[{}]}}"#,
            records.join(",")
        );
        Registry::parse(text.as_bytes()).expect("valid")
    }

    const KEYS: [&str; 2] = ["file", "metadata.canonical_path"];

    #[test]
    fn keys_that_repeat_the_path_in_every_record_are_found() {
        let all = registry(&[
            ("docs/A.md", "docs/a.md", "docs\\A.md"),
            ("docs/b.md", "docs/b.md", "docs\\b.md"),
            ("docs/C.md", "docs/c.md", "docs\\c.md"),
            ("docs/D.md", "docs/D.md", "docs\\D.md"),
        ]);
        let found = find_path_keys(&all);
        assert_eq!(found.keys().collect::<Vec<_>>(), KEYS);
        assert_eq!(found[KEYS[0]], PathForm::Windows);
        assert_eq!(found[KEYS[1]], PathForm::Lower);
        // A record added by hand lacks the key.
        let mut lacking = registry(&[("docs/a.md", "docs/a.md", "docs/a.md"); 12]);
        lacking.allocations[0].metadata.remove("canonical_path");
        assert_eq!(find_path_keys(&lacking).keys().collect::<Vec<_>>(), KEYS);
        for record in &mut lacking.allocations[..3] {
            record.metadata.remove("canonical_path");
        }
        assert_eq!(find_path_keys(&lacking).keys().collect::<Vec<_>>(), KEYS[..1].to_vec());
        // A user corrected the path in one record.
        let mut corrected = vec![("x.md", "x.md", "x.md"); 9];
        corrected.push(("corrected.md", "c\u{fffd}rrected.md", "corrected.md"));
        assert_eq!(find_path_keys(&registry(&corrected)).len(), 2);
        let other = registry(&[("a.md", "a.md", "a.md"), ("b.md", "b.md", "c.md")]);
        assert_eq!(find_path_keys(&other), [(KEYS[1].to_owned(), PathForm::Exact)].into());
        assert_eq!(find_path_keys(&registry(&[])), BTreeMap::new());
    }

    #[test]
    fn values_follow_the_path_in_their_form() {
        let before = registry(&[
            ("docs/A.md", "docs/a.md", "docs\\A.md"),
            ("docs/b.md", "docs/b.md", "elsewhere"),
            ("docs/C.md", "docs/C.md", "docs/C.md"),
        ]);
        let mut after = before.clone();
        for (record, path) in
            after.allocations.iter_mut().zip(["New/A.md", "New/B.md", "docs/C.md"])
        {
            record.path = RepoPath::new(path.as_bytes()).expect("a path");
        }
        // Another program changed the key, but the path is unchanged.
        set_value(&mut after.allocations[2], KEYS[0], "other".to_owned());
        let keys = KEYS.map(|name| (name.to_owned(), PathForm::Lower)).into();
        follow_paths(&mut after, &[&before], &[], &keys);
        let expected = registry(&[
            ("New/A.md", "new/a.md", "New\\A.md"),
            ("New/B.md", "new/b.md", "elsewhere"),
            ("docs/C.md", "docs/C.md", "other"),
        ]);
        assert_eq!(after, expected);
        follow_paths(&mut after, &[&before], &[], &keys);
        assert_eq!(after, expected);
        follow_paths(&mut after, &[&before, &expected], &[], &keys);
        assert_eq!(after, expected);
        // A command moved the record without its keys.
        let mut staged = before.clone();
        staged.allocations[0].path = after.allocations[0].path.clone();
        let mut after = staged.clone();
        follow_paths(&mut after, &[&before], &[&staged], &keys);
        assert_eq!(after.allocations[0], expected.allocations[0]);
    }

    #[test]
    fn a_value_of_the_other_side_of_a_merge_follows_the_path_that_the_merge_has() {
        let base = registry(&[("a.md", "a.md", "x")]);
        let (ours, theirs) =
            (registry(&[("b.md", "b.md", "x")]), registry(&[("c.md", "c.md", "x")]));
        let mut merged = registry(&[("b.md", "c.md", "x")]);
        let keys = [(KEYS[1].to_owned(), PathForm::Exact)].into();
        // At the start of a plan, both sides have already been merged.
        let others = [&base, &merged.clone()];
        follow_paths(&mut merged, &[&ours, &theirs], &others, &keys);
        assert_eq!(merged, ours);
    }
}
