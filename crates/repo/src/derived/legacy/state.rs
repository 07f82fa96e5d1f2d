//! [`LegacyState`]: the state of a legacy file in relation to its registry.

use idhooks_core::config::DualWrite;
use idhooks_core::registry::{Discrepancy, Id, Registry, conflict_marker_line, discrepancies};

use super::layout::is_laid_out;
use super::{derive, read};

/// The state of a legacy file in relation to the registry it should be derived from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LegacyState {
    /// The file has exactly the text that the registry implies, in its own order and style.
    InStep,
    /// There is no such file.
    Missing,
    /// The file contains the conflict markers of an unfinished merge.
    Conflicted,
    /// The file cannot be read, for this reason.
    Unreadable(String),
    /// The file's text differs; holds the differences, or none if only the form differs.
    Differs(Vec<Discrepancy>),
}

impl LegacyState {
    /// Compares a legacy file with a registry.
    pub fn of(bytes: Option<&[u8]>, registry: &Registry, rules: &DualWrite) -> Self {
        let Some(bytes) = bytes else { return LegacyState::Missing };
        if is_laid_out(bytes, derive(registry, rules.format).into(), rules.format) {
            return LegacyState::InStep;
        }
        Self::of_other(bytes, registry, rules)
    }

    /// Like [`Self::of`], but for a file that is known to be out of step.
    pub fn of_other(bytes: &[u8], registry: &Registry, rules: &DualWrite) -> Self {
        if conflict_marker_line(bytes).is_some() {
            return LegacyState::Conflicted;
        }
        if !rules.format.has_records() {
            // A file in this format contains no records, so there are no differences to list.
            return LegacyState::Differs(Vec::new());
        }
        match read(bytes, rules.format, registry.scope) {
            // The registry reader rejects duplicate numbers. If there are any, a comparison by
            // number would be arbitrary.
            Ok(legacy) if !legacy.duplicate_ids().is_empty() => {
                let ids: Vec<String> = legacy.duplicate_ids().iter().map(Id::to_string).collect();
                LegacyState::Unreadable(format!("more than one record has {}", ids.join(", ")))
            }
            Ok(legacy) if legacy.scope != registry.scope => {
                let [own, other] = [registry.scope, legacy.scope];
                LegacyState::Unreadable(format!("its scope is {other}, that of the registry {own}"))
            }
            Ok(legacy) => LegacyState::Differs(discrepancies(registry, &legacy)),
            Err(error) => LegacyState::Unreadable(error.to_string()),
        }
    }
}
