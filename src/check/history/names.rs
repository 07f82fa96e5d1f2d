//! Which identities and allocations belong together, as each commit of a history says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use crate::registry::{Id, Origin, Registry, RepoPath, Tree};

use super::super::is_file;

/// How an identity and an allocation came together in a commit, where no parent knew it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bond {
    /// The identity is the allocation's.
    Own,
    /// The identity was the allocation's, or is elsewhere.
    Alias,
    /// The allocation took over a file from the one with that identity, which a merge found at
    /// two places.
    Parted,
}

/// An identity and an allocation, as a commit brings them together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdBinding {
    /// The identity.
    pub id: Id,
    /// The allocation.
    pub origin: Origin,
    /// How they belong together.
    pub bond: Bond,
}

impl fmt::Display for IdBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.bond {
            Bond::Own => '/',
            Bond::Alias => '~',
            Bond::Parted => '%',
        };
        write!(f, "{}{sign}{}", self.id, self.origin)
    }
}

/// A text that is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAName;

impl FromStr for IdBinding {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let at = text.find(['/', '~', '%']).ok_or(NotAName)?;
        let bond = match &text[at..=at] {
            "/" => Bond::Own,
            "~" => Bond::Alias,
            _ => Bond::Parted,
        };
        let id = text[..at].parse().map_err(|_| NotAName)?;
        let origin = text[at + 1..].parse().map_err(|_| NotAName)?;
        Ok(IdBinding { id, origin, bond })
    }
}

/// Returns the names that a registry has and none of its parents'.
pub fn new_names(registry: &Registry, parents: &[&Registry]) -> Vec<IdBinding> {
    let known: BTreeSet<IdBinding> = parents.iter().flat_map(|parent| names(parent)).collect();
    let mut new: Vec<IdBinding> = names(registry).filter(|name| !known.contains(name)).collect();
    new.sort_unstable();
    new
}

/// Returns the names a registry has.
pub fn names(registry: &Registry) -> impl Iterator<Item = IdBinding> {
    registry.allocations.iter().flat_map(|record| {
        let origin = record.origin;
        let alias = move |id: &Id| IdBinding { id: *id, origin, bond: Bond::Alias };
        let own = IdBinding { id: record.id, origin, bond: Bond::Own };
        std::iter::once(own).chain(record.aliases.iter().map(alias))
    })
}

/// Returns where a merge found one allocation at two places and left it only one of them.
pub fn parted(registry: &Registry, tree: &Tree, parents: &[(&Registry, &Tree)]) -> Vec<IdBinding> {
    let there = |path: &RepoPath| is_file(tree, path);
    let active: BTreeMap<Origin, Id> = registry
        .allocations
        .iter()
        .filter(|record| record.is_active())
        .map(|record| (record.origin, record.id))
        .collect();
    let known: BTreeSet<Origin> =
        parents.iter().flat_map(|(parent, _)| &parent.allocations).map(|r| r.origin).collect();
    let holders = registry.holders(there);
    let fresh: Vec<_> = holders.iter().filter(|(_, r)| !known.contains(&r.origin)).collect();
    if fresh.is_empty() {
        return Vec::new();
    }
    let mut parted = BTreeSet::new();
    for (before, tree) in parents {
        let held = before.holders(|path| is_file(tree, path));
        for (path, record) in &fresh {
            let Some(before) = held.get(**path).filter(|_| is_file(tree, path)) else { continue };
            if let Some(id) = active.get(&before.origin) {
                parted.insert(IdBinding { id: *id, origin: record.origin, bond: Bond::Parted });
            }
        }
    }
    parted.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for text in [
            "0110073814260118/c122650e81a52c85",
            "0110073814260118~c122650e81a52c85",
            "0110073814260118%c122650e81a52c85",
        ] {
            assert_eq!(text.parse::<IdBinding>().expect("a name").to_string(), text);
        }
        for text in ["", "/", "0110073814260118", "0110073814260118/", "1/c122650e81a52c85"] {
            assert_eq!(text.parse::<IdBinding>(), Err(NotAName), "{text}");
        }
    }
}
