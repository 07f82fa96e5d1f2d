//! [`Health`]: the state of what the registry depends on.

use serde::Serialize;

idhooks_core::words! {
    /// A state of health.
    pub enum HealthState {
        /// It is fine.
        Ok = "ok",
        /// It needs a fix.
        Critical = "critical",
        /// It cannot be determined.
        Unknown = "unknown",
    }
}

/// The state of one thing that the registry depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Its name.
    pub name: &'static str,
    /// Its state.
    pub state: HealthState,
    /// A description of its state.
    pub detail: String,
    /// The remedy.
    pub help: Option<String>,
}

impl HealthState {
    /// Returns `Ok` or `Critical`.
    pub fn of(is_well: bool) -> Self {
        if is_well { HealthState::Ok } else { HealthState::Critical }
    }

    /// Returns the state of all checks together: critical if one of them is.
    pub fn of_all(all: &[Health]) -> Self {
        Self::of(all.iter().all(|health| health.state != HealthState::Critical))
    }
}
