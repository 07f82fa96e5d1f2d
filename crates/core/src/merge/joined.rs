//! [`joined`]: the registry of a repository that takes in another one.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Id, Origin, Registry, RepoPath, Status, key};

use super::merge_input::MergeError;
use super::merger::merge;

/// Joins the registry of another adoption to ours: its records become identities of our scope, as
/// imported ones are, with the numbers that they have. Where both sides have a record for the same
/// allocation or for the same path, ours stays, and the other one's number leads to it.
///
/// # Errors
/// Returns an error if the records of one side contradict each other, or if a counter is full.
pub fn joined(ours: &Registry, theirs: &Registry) -> Result<Registry, MergeError> {
    let mut ours = ours.clone();
    let mut theirs = Registry { scope: ours.scope, ..theirs.clone() };
    // Which numbers to reserve is for the other repository to say.
    theirs.counters.clear();
    let mut places: BTreeMap<Origin, usize> = BTreeMap::new();
    for (place, record) in ours.allocations.iter().enumerate() {
        places.insert(record.origin, place);
    }
    let taken: BTreeSet<Id> = ours.allocations.iter().map(|record| record.id).collect();
    let mut others = Vec::new();
    for record in std::mem::take(&mut theirs.allocations) {
        let Some(place) = places.get(&record.origin) else {
            others.push(record);
            continue;
        };
        let own = &mut ours.allocations[*place];
        let ids = record.aliases.iter().copied().chain([record.id]);
        own.aliases.extend(ids.filter(|id| !taken.contains(id)));
    }
    let held: BTreeMap<&RepoPath, Id> = ours.active().map(|own| (&own.path, own.id)).collect();
    let end = |record: &mut Allocation| {
        if let Some(holder) = held.get(&record.path).filter(|_| record.is_active()) {
            record.set_status(Status::Superseded);
            record.set_text(key::SUPERSEDED_BY, holder.to_string());
        }
    };
    others.iter_mut().for_each(end);
    theirs.allocations = others;
    merge(&Registry::new(ours.scope), &ours, &theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(scope: &str, records: &[(&str, &str, &str)]) -> Registry {
        let line = |(id, path, origin): &(&str, &str, &str)| {
            format!(
                r#"{{"id":"{id}","file_path":"{path}","allocated_at":"2026-01-01T00:00:00Z","status":"active","metadata":{{"origin":"{origin}"}}}}"#
            )
        };
        let records: Vec<String> = records.iter().map(line).collect();
        let text = format!(
            r#"{{"schema_version":"1.0","scope":"{scope}","allocations":[{}]}}"#,
            records.join(",")
        );
        Registry::parse(text.as_bytes()).expect("valid")
    }

    const OWN: &str = "2099910001111111";
    const OTHER: &str = "2099910002222222";

    #[test]
    fn records_of_the_other_side_keep_their_numbers() {
        let ours = registry("111111", &[(OWN, "a.py", "0000000000000001")]);
        let theirs = registry("222222", &[(OTHER, "lib/b.py", "0000000000000002")]);
        let all = joined(&ours, &theirs).expect("no contradiction");
        assert_eq!(all.scope, ours.scope);
        let paths: Vec<String> =
            all.active().map(|record| format!("{} {}", record.id, record.path)).collect();
        assert_eq!(paths, [format!("{OWN} a.py"), format!("{OTHER} lib/b.py")]);
    }

    #[test]
    fn our_record_holds_a_path_of_both() {
        let ours = registry("111111", &[(OWN, "a.py", "0000000000000009")]);
        // Theirs is senior, which decides in an ordinary merge.
        let theirs = registry("222222", &[(OTHER, "a.py", "0000000000000002")]);
        let all = joined(&ours, &theirs).expect("no contradiction");
        let active: Vec<Id> = all.active().map(|record| record.id).collect();
        assert_eq!(active, [OWN.parse().expect("valid")]);
        let other = all.allocations.iter().find(|record| !record.is_active()).expect("kept");
        assert_eq!(other.successor(), Some(active[0]));
    }

    #[test]
    fn one_allocation_of_both_answers_to_both_numbers() {
        let ours = registry("111111", &[(OWN, "a.py", "0000000000000001")]);
        let theirs = registry("222222", &[(OTHER, "b.py", "0000000000000001")]);
        let all = joined(&ours, &theirs).expect("no contradiction");
        let [record] = all.allocations.as_slice() else { unreachable!("one record") };
        assert_eq!((record.id.to_string(), record.path.to_string()), (OWN.into(), "a.py".into()));
        assert!(record.answers_to(OTHER.parse().expect("valid")));
    }
}
