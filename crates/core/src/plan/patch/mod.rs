//! Patches: changes that another program requests. Pure.
//!
//! There are four equivalent bodies: `changes` (by identity), `operations` (one after the other), a
//! JSON Patch (RFC 6902) and a merge patch (RFC 7386) of the registry. Each is applied step by step
//! to a draft, which checks what may be written and collects all faults: a patch is applied
//! completely or not at all.

mod draft;
mod encoded;
mod fault;
mod operations;
mod read;
mod rfc6902;

use draft::PatchDraft;
use read::Body;

use crate::registry::Registry;

use super::IdAssigner;

pub use draft::Setting;
pub use fault::PatchFault;
pub use read::{LARGEST, Patch, is_hash};

/// JSON Schema of a patch, as `idhooks schema patch` prints it.
pub const PATCH_SCHEMA: &str = include_str!("schema.json");

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
                    draft.reason = self.reason.as_deref();
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
