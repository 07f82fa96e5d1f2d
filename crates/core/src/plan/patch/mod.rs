//! Patches: changes that another program requests. Pure.
//!
//! There are four equivalent bodies: `changes` (by identity), `operations` (one after the other), a
//! JSON Patch (RFC 6902) and a merge patch (RFC 7386) of the registry. Each is applied step by step
//! to a draft, which checks what may be written and collects all faults: a patch is applied
//! completely or not at all.

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
/// The largest size of a patch in bytes.
pub const LARGEST: usize = 64 << 20;

/// A patch that was parsed, but not yet checked against a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The hash that the registry must have.
    pub registry_hash: Option<String>,
    /// The sender.
    pub source: Option<String>,
    /// The reason for the changes.
    pub reason: Option<String>,
    body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Body {
    /// Changes of records, each with its pointer in the patch.
    Changes(Vec<PatchChange>),
    Operations(Vec<Json>),
    Rfc6902(Vec<Json>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PatchChange {
    at: String,
    id: String,
    /// The fields to change; nothing if the record is to be deprecated.
    fields: Option<Object>,
}

/// A fault of a patch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct PatchFault {
    /// The place, as a JSON pointer into the patch.
    pub pointer: String,
    /// The message.
    pub message: String,
    /// Whether the patch itself is valid, but its test does not match the registry.
    #[serde(skip)]
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

/// The state to which a patch is applied.
pub struct Setting<'a> {
    /// The fields that patches may write.
    pub writable: &'a Writable,
    /// Returns the blob of a file in the index that may have an identity.
    pub blob: &'a dyn Fn(&RepoPath) -> Option<BlobId>,
    /// The registry of the last commit.
    pub committed: Option<&'a Registry>,
    /// The date for deprecations.
    pub now: Timestamp,
}

impl Patch {
    /// Applies the patch and returns the new registry.
    ///
    /// # Errors
    /// Returns all faults of the patch.
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

/// The fields of a record that a patch may name.
const FIELDS: [&str; 3] = ["file_path", "status", "metadata"];

/// Returns the fault of a field that a patch can never write.
fn unwritable(at: &str, name: &str) -> PatchFault {
    match name {
        "id" | "allocated_at" => PatchFault::new(at, format!("a patch can never write '{name}'")),
        _ => read::unknown(at, name, &FIELDS.join(", ")),
    }
}

/// Returns the fault of a field that the rules do not allow patches to write.
fn not_writable(at: &str, name: &str) -> PatchFault {
    PatchFault::new(at, format!("[patch] writable in idhooks.toml does not list '{name}'"))
}
