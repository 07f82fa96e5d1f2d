//! Patches: what another program wants to have changed. Pure.
//!
//! Four bodies mean the same: `changes` (by identity), `operations` (one after the other), a JSON
//! Patch (RFC 6902) and a merge patch (RFC 7386) of the registry. Each goes step by step through
//! one draft, which knows what may be written and gathers all that is wrong: either everything is
//! done, or nothing is.

mod draft;
mod encoded;
mod operations;
mod pointer;
mod read;
mod rfc6902;

use std::fmt;

use crate::config::Writable;
use crate::registry::{BlobId, Json, Object, Registry, RepoPath, Timestamp};

use super::IdAssigner;
use draft::PatchDraft;
pub use read::is_hash;

/// JSON Schema of a patch, as `idhooks schema patch` prints it.
pub const PATCH_SCHEMA: &str = include_str!("schema.json");
/// How many bytes a patch may have.
pub const LARGEST: usize = 64 << 20;

/// A patch that was read, and not looked at any further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The hash that the registry must have.
    pub registry_hash: Option<String>,
    /// Who sends it.
    pub source: Option<String>,
    /// Why.
    pub reason: Option<String>,
    body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Body {
    /// What to change of which record, each with its place in the patch.
    Changes(Vec<PatchChange>),
    Operations(Vec<Json>),
    Rfc6902(Vec<Json>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PatchChange {
    at: String,
    id: String,
    /// Nothing where the record is to go.
    fields: Option<Object>,
}

/// Something that is wrong with a patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatchFault {
    /// Where, as a JSON pointer into the patch.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// Whether the patch itself is fine, but asks for a registry that says something else.
    pub is_failed_test: bool,
}

impl PatchFault {
    fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        PatchFault { pointer: pointer.into(), message: message.into(), is_failed_test: false }
    }
}

impl fmt::Display for PatchFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pointer.as_str() {
            "" => f.write_str(&self.message),
            pointer => write!(f, "{pointer}: {}", self.message),
        }
    }
}

/// What a patch is applied in.
pub struct Setting<'a> {
    /// What may be written.
    pub writable: &'a Writable,
    /// Returns the blob of a file in the index that may have an identity.
    pub blob: &'a dyn Fn(&RepoPath) -> Option<BlobId>,
    /// What the last commit has.
    pub committed: Option<&'a Registry>,
    /// The date of what ends now.
    pub now: Timestamp,
}

impl Patch {
    /// Returns the registry as the patch wants it.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn apply(
        &self,
        before: &Registry,
        setting: &Setting<'_>,
        assigner: &mut IdAssigner<'_>,
    ) -> Result<Registry, Vec<PatchFault>> {
        let mut draft = PatchDraft::of(before, setting, self.reason.as_deref());
        match &self.body {
            Body::Changes(changes) => {
                for change in changes {
                    operations::change(&mut draft, change);
                }
            }
            Body::Operations(all) => {
                for (n, operation) in all.iter().enumerate() {
                    operations::operate(&mut draft, operation, &format!("/operations/{n}"));
                }
            }
            Body::Rfc6902(all) => rfc6902::operate(&mut draft, all),
        }
        draft.finish(assigner)
    }
}

#[cfg(test)]
mod tests;
