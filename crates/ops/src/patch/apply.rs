//! Patches: changes of records that another program requests, by identity. Pure.
//!
//! All changes go to a draft, which checks what may be written and collects all faults: a patch is applied
//! completely or not at all.

mod draft;
mod read;
mod undo;

use draft::PatchDraft;

use crate::registry::Registry;

pub use draft::Setting;
pub use read::{LARGEST, Patch, PatchFault, is_hash};
pub use undo::{AppliedPatch, UndoContext};

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
    ) -> Result<Registry, Vec<PatchFault>> {
        let mut draft = PatchDraft::new(before, setting, self.reason.as_deref());
        for change in &self.changes {
            if let Some(record) = draft.record(&change.id, &change.at) {
                draft.write(record, &change.fields, &change.at);
            }
        }
        if draft.faults.is_empty() { Ok(draft.registry) } else { Err(draft.faults) }
    }
}

#[cfg(test)]
mod tests;
