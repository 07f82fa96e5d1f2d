//! [`MergeError`]: why registries cannot be merged.

use std::collections::BTreeSet;
use std::fmt;

use crate::registry::{CounterKey, Id, Origin, Scope};

/// One of the three inputs of a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeInput {
    /// The version that both sides started from.
    Base,
    /// The side that is checked out.
    Ours,
    /// The side that is merged in.
    Theirs,
}

impl fmt::Display for MergeInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MergeInput::Base => "base",
            MergeInput::Ours => "ours",
            MergeInput::Theirs => "theirs",
        })
    }
}

/// The reason why registries cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MergeError {
    /// The inputs belong to different repositories.
    Scopes {
        /// The scope of the base.
        base: Scope,
        /// The scope of our side.
        ours: Scope,
        /// The scope of their side.
        theirs: Scope,
    },
    /// Two records of one input have the same identity or origin.
    Inconsistent {
        /// The input.
        input: MergeInput,
        /// Identities of more than one record.
        ids: BTreeSet<Id>,
        /// Origins of more than one record.
        origins: BTreeSet<Origin>,
    },
    /// There is no free sequence for a displaced record.
    Capacity {
        /// The counter that is full.
        counter: CounterKey,
    },
}

impl fmt::Display for MergeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MergeError::Scopes { base, ours, theirs } => write!(
                f,
                "the registries have different scopes: base {base}, ours {ours}, theirs {theirs}"
            ),
            MergeError::Inconsistent { input, ids, origins } => {
                let ids = ids.iter().map(|id| format!("identity {id}"));
                let origins = origins.iter().map(|origin| format!("origin {origin}"));
                let twice: Vec<String> = ids.chain(origins).collect();
                write!(f, "{input}: more than one record has the same {}", twice.join(", "))
            }
            MergeError::Capacity { counter } => {
                write!(f, "CAPACITY: the counter {counter} has no sequence left")
            }
        }
    }
}

impl std::error::Error for MergeError {}
