//! [`IdBinding`]: the binding of an identity to an allocation in a commit.

use std::collections::{BTreeMap, BTreeSet};
use std::{fmt, str::FromStr};

use crate::check::Parent;
use crate::registry::{Id, Origin, Registry, TextError, Tree};

crate::words! {
    /// How an identity and an allocation are bound, and the character that represents this in text.
    pub enum BindingKind {
        /// The allocation's own identity.
        Own = "/",
        /// An alias of the allocation, or the identity it has elsewhere.
        Alias = "~",
        /// The allocation took over a file from the allocation with the identity, because a merge
        /// found that allocation at two paths.
        Split = "%",
    }
}

/// An identity and the allocation it is bound to in a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdBinding {
    /// The identity.
    pub id: Id,
    /// The allocation.
    pub origin: Origin,
    /// How the two are bound.
    pub kind: BindingKind,
}

impl fmt::Display for IdBinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{}", self.id, self.kind, self.origin)
    }
}

impl FromStr for IdBinding {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = || TextError::new(text, "an identity and its allocation");
        let at = text.find(['/', '~', '%']).ok_or_else(error)?;
        let kind = BindingKind::parse(&text[at..=at]).ok_or_else(error)?;
        Ok(IdBinding { id: text[..at].parse()?, origin: text[at + 1..].parse()?, kind })
    }
}

/// Returns a registry's bindings that no parent has.
pub fn new_bindings(registry: &Registry, parents: &[&Registry]) -> Vec<IdBinding> {
    let known: BTreeSet<IdBinding> = parents.iter().flat_map(|parent| bindings(parent)).collect();
    let mut added: Vec<IdBinding> =
        bindings(registry).filter(|name| !known.contains(name)).collect();
    added.sort_unstable();
    added
}

/// Returns a registry's bindings.
pub fn bindings(registry: &Registry) -> impl Iterator<Item = IdBinding> {
    registry.allocations.iter().flat_map(|record| {
        let origin = record.origin;
        let alias = move |id: &Id| IdBinding { id: *id, origin, kind: BindingKind::Alias };
        let own = IdBinding { id: record.id, origin, kind: BindingKind::Own };
        std::iter::once(own).chain(record.aliases.iter().map(alias))
    })
}

/// Returns the bindings of allocations that took over a file because a merge found one allocation
/// at two paths.
pub fn split_bindings(registry: &Registry, tree: &Tree, parents: &[Parent<'_>]) -> Vec<IdBinding> {
    let active: BTreeMap<Origin, Id> = registry.active().map(|r| (r.origin, r.id)).collect();
    let known = parents.iter().flat_map(|parent| &parent.registry.allocations);
    let known: BTreeSet<Origin> = known.map(|record| record.origin).collect();
    let holders = Parent { registry, tree }.holders();
    // Only a holder whose record is new can have taken over a file this way.
    let new: Vec<_> = holders.iter().filter(|(_, r)| !known.contains(&r.origin)).collect();
    if new.is_empty() {
        return Vec::new();
    }
    let mut split = BTreeSet::new();
    for held in parents.iter().map(Parent::held) {
        for (path, record) in &new {
            if let Some(id) = held.get(*path).and_then(|before| active.get(&before.origin)) {
                let (id, origin, kind) = (*id, record.origin, BindingKind::Split);
                split.insert(IdBinding { id, origin, kind });
            }
        }
    }
    split.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_parse_as_they_are_formatted() {
        for text in [
            "0110073814260118/c122650e81a52c85",
            "0110073814260118~c122650e81a52c85",
            "0110073814260118%c122650e81a52c85",
        ] {
            assert_eq!(text.parse::<IdBinding>().expect("a binding").to_string(), text);
        }
        for text in ["", "/", "0110073814260118", "0110073814260118/", "1/c122650e81a52c85"] {
            assert!(text.parse::<IdBinding>().is_err(), "{text}");
        }
    }
}
