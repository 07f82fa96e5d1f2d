//! [`adopt_names`]: gives records to files that have none but carry a number in their names.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::is_file;
use idhooks_core::config::Config;
use idhooks_core::plan::legacy_bound;
use idhooks_core::registry::{Allocation, BlobId, Id, Origin, Registry, RepoPath, Timestamp, Tree};
use idhooks_repo::transaction::carried_ids::{AdoptFrom, CarriedIds, SortedIds, UnkeptId};

/// What happens to the numbers in the names of files without a record.
#[derive(Debug, Default)]
pub(super) struct AdoptedNames {
    /// The numbers that their files keep.
    pub kept: Vec<(Id, RepoPath)>,
    /// The numbers that a human must decide about.
    pub unkept: Vec<UnkeptId>,
}

/// Adds a record for each tracked file that has none but carries a number in its name. The number
/// must not belong to another record or file, must not be reserved, and must not be one that
/// another program will assign.
pub(super) fn adopt_names(
    registry: &mut Registry,
    tree: &Tree,
    config: &Config,
    now: Timestamp,
) -> AdoptedNames {
    let holders = registry.holders(|path| is_file(tree, path));
    let held: BTreeSet<RepoPath> = holders.keys().map(|path| (*path).clone()).collect();
    // This includes files with a record, since a number carried by two files is not kept.
    let open: Vec<(&RepoPath, BlobId)> = tree
        .iter()
        .filter(|(path, _)| is_file(tree, path) && config.tracks(path))
        .map(|(path, entry)| (path, entry.blob))
        .collect();
    let mut carried = CarriedIds::default();
    for ((path, _), n) in open.iter().zip(0..) {
        carried.read_name(n, path);
    }
    let scopes = [&[registry.scope][..], &config.legacy_scopes].concat();
    let SortedIds { kept, rest } = carried.sort_out(AdoptFrom::Names, &scopes);
    let path_of = |n: u32| open[n as usize].0.to_string();
    let mut found = AdoptedNames::default();
    let rest = rest.into_iter().filter(|(n, ..)| !held.contains(open[*n as usize].0));
    found.unkept.extend(rest.map(|(n, place, text, reason)| {
        UnkeptId::new(open[n as usize].0.clone(), place, text, reason, path_of)
    }));
    let records = registry.allocations.iter();
    let taken: BTreeMap<Id, &RepoPath> =
        records.flat_map(|record| record.ids().map(|id| (id, &record.path))).collect();
    let reserved: BTreeSet<Id> = registry.reserved_ids().collect();
    let bound = legacy_bound(config);
    // The other program continues after its floor and will assign every number up to the bound.
    let is_ahead = |id: Id| {
        let floor = registry.counters.get(&id.counter()).and_then(|counter| counter.floor);
        (floor.unwrap_or(0) + 1..=bound).contains(&id.sequence().get())
    };
    let reason = |id: Id| match taken.get(&id) {
        Some(holder) => Some(format!("is the identity of '{holder}'")),
        None if reserved.contains(&id) => Some("is reserved in the registry".to_owned()),
        None if is_ahead(id) => {
            Some(format!("is one that the other program will give (bound = {bound})"))
        }
        None => None,
    };
    let mut added = Vec::new();
    for (n, id) in kept {
        let (path, blob) = open[n as usize];
        if held.contains(path) {
            continue;
        }
        match reason(id) {
            Some(reason) => found.unkept.push(UnkeptId::in_name(path.clone(), id, reason)),
            None => {
                let origin = Origin::of_file(path, blob, 0);
                added.push(Allocation::new(id, path.clone(), now, origin));
                found.kept.push((id, path.clone()));
            }
        }
    }
    registry.allocations.extend(added);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::registry::{Entry, Mode};

    #[test]
    fn numbers_in_names_are_kept_if_nothing_else_has_them() {
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        let blob = BlobId::from_bytes(&[1; 20]).expect("an id");
        let names = [
            "docs/0110000001260118_here.md",
            "docs/0110000002260118_new.md",
            "docs/0110000003260118_a.md",
            "docs/0110000003260118_b.md",
            "docs/0110000004260118_of-another.md",
            "docs/0110000005990101_foreign.md",
            "docs/plain.md",
        ];
        let tree: Tree =
            names.iter().map(|name| (path(name), Entry { mode: Mode::Regular, blob })).collect();
        let mut registry = Registry::new("260118".parse().expect("valid"));
        for (id, at) in [("0110000001260118", names[0]), ("0110000004260118", "docs/plain.md")] {
            let id: Id = id.parse().expect("valid");
            let origin = Origin::of_legacy(&id.to_string(), Timestamp::EPOCH);
            registry.allocations.push(Allocation::new(id, path(at), Timestamp::EPOCH, origin));
        }
        let found = adopt_names(&mut registry, &tree, &Config::default(), Timestamp::EPOCH);
        let kept: Vec<String> =
            found.kept.iter().map(|(id, path)| format!("{id} {path}")).collect();
        assert_eq!(kept, [format!("0110000002260118 {}", names[1])]);
        assert_eq!(registry.allocations.len(), 3);
        let unkept: Vec<String> = found.unkept.iter().map(ToString::to_string).collect();
        assert_eq!(
            unkept,
            [
                format!("{}: 0110000003260118 in its name is also in '{}'", names[2], names[3]),
                format!("{}: 0110000003260118 in its name is also in '{}'", names[3], names[2]),
                format!("{}: 0110000005990101 in its name has the foreign scope 990101", names[5]),
                format!(
                    "{}: 0110000004260118 in its name is the identity of 'docs/plain.md'",
                    names[4]
                ),
            ]
        );
        // A second run has nothing left to do.
        assert_eq!(
            adopt_names(&mut registry, &tree, &Config::default(), Timestamp::EPOCH).kept,
            []
        );
    }
}
