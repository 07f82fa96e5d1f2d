//! [`NoRecord`]: why a reference leads to no record.

use idhooks_references::ReferenceTarget;

use super::repository::EditorRepository;
use crate::refs::NamedRecord;

/// Why a reference leads to no record, continuing a sentence that begins with what it names. The least
/// one of several repositories says most.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum NoRecord {
    /// No file has the identity yet.
    #[error("is reserved; no file has it yet")]
    Reserved,
    /// The registry or the rules cannot be read.
    #[error("cannot be looked up: {0}")]
    Unreadable(String),
    /// The registry does not have it.
    #[error("is not in the registry")]
    NotRegistered,
    /// There is no registry.
    #[error("cannot be looked up: there is no registry here")]
    NotAdopted,
}

impl EditorRepository {
    /// Returns the record that a reference names.
    ///
    /// # Errors
    /// Returns the reason if there is none.
    pub fn find(&self, target: &ReferenceTarget) -> Result<NamedRecord, NoRecord> {
        self.named(target).ok_or_else(|| self.why_none(target))
    }

    fn why_none(&self, target: &ReferenceTarget) -> NoRecord {
        let Some(indexed) = &self.indexed else {
            return NoRecord::Unreadable("the index cannot be read".to_owned());
        };
        if let Some(problem) = self.problem() {
            return NoRecord::Unreadable(problem.message.clone());
        }
        let Some(registry) = indexed.registry() else { return NoRecord::NotAdopted };
        let is_it = |id| *target == ReferenceTarget::Id(id);
        match registry.reserved_ids().any(is_it) {
            true => NoRecord::Reserved,
            false => NoRecord::NotRegistered,
        }
    }
}
