//! [`MergeError`]: why registries cannot be merged.

use std::collections::BTreeSet;

use crate::registry::{CounterKey, Id, Origin, Scope};

crate::words! {
    /// One of the three inputs of a merge.
    pub enum MergeInput {
        /// The version that both sides started from.
        Base = "base",
        /// The side that is checked out.
        Ours = "ours",
        /// The side that is merged in.
        Theirs = "theirs",
    }
}

/// The reason why registries cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// The inputs belong to different repositories.
    #[error("the registries have different scopes: base {base}, ours {ours}, theirs {theirs}")]
    Scopes {
        /// The scope of the base.
        base: Scope,
        /// The scope of our side.
        ours: Scope,
        /// The scope of their side.
        theirs: Scope,
    },
    /// Two records of one input have the same identity or origin.
    #[error("{input}: more than one record has the same {}", listed(.ids, .origins))]
    Inconsistent {
        /// The input.
        input: MergeInput,
        /// Identities of more than one record.
        ids: BTreeSet<Id>,
        /// Origins of more than one record.
        origins: BTreeSet<Origin>,
    },
    /// There is no free sequence for a displaced record.
    #[error("CAPACITY: the counter {counter} has no sequence left")]
    Capacity {
        /// The counter that is full.
        counter: CounterKey,
    },
}

fn listed(ids: &BTreeSet<Id>, origins: &BTreeSet<Origin>) -> String {
    let ids = ids.iter().map(|id| format!("identity {id}"));
    let origins = origins.iter().map(|origin| format!("origin {origin}"));
    ids.chain(origins).collect::<Vec<_>>().join(", ")
}
