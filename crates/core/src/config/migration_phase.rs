//! [`MigrationPhase`]: the phase of a migration from a legacy registry file to the registry.

use super::dual_write::{DualWrite, Leading};

crate::words! {
    /// The phase of a migration. Each step to the next phase takes one commit.
    pub enum MigrationPhase {
        /// The migration has not begun: only the legacy file is used, if there is one.
        Off = "off",
        /// Both files are written; changes that other programs make to the legacy file are adopted.
        LegacyLeads = "legacy-leads",
        /// Both files are written; the legacy file is derived from the registry.
        RegistryLeads = "registry-leads",
        /// Only the registry is written; the legacy file is no longer changed.
        Stopped = "stopped",
        /// The legacy file has been removed.
        Finished = "finished",
    }
}

impl MigrationPhase {
    /// Returns the phase that the rules describe. `was_written` says whether both files have ever
    /// been written. If they have not, and the rules do not write the legacy file, the migration
    /// has not begun.
    pub fn of(rules: Option<&DualWrite>, was_written: bool) -> Self {
        match rules {
            Some(rules) if rules.finished => MigrationPhase::Finished,
            Some(rules) if rules.enabled => match rules.leading {
                Leading::Legacy => MigrationPhase::LegacyLeads,
                Leading::Registry => MigrationPhase::RegistryLeads,
            },
            _ if !was_written => MigrationPhase::Off,
            Some(_) => MigrationPhase::Stopped,
            // The table may be removed after the last step.
            None => MigrationPhase::Finished,
        }
    }

    /// Returns whether both files are written in this phase.
    pub fn is_dual(self) -> bool {
        matches!(self, MigrationPhase::LegacyLeads | MigrationPhase::RegistryLeads)
    }

    /// Returns the next phase, if there is one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| *phase > self)
    }

    /// Returns the previous phase, if there is one.
    pub fn previous(self) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|phase| *phase < self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_the_past_give_the_phase() {
        let rules = |enabled, leading| DualWrite { enabled, leading, ..DualWrite::default() };
        let legacy = rules(true, Leading::Legacy);
        let registry = rules(true, Leading::Registry);
        let disabled = rules(false, Leading::Registry);
        let over = DualWrite { finished: true, ..disabled.clone() };
        for (rules, was_written, expected) in [
            (None, false, MigrationPhase::Off),
            (Some(&disabled), false, MigrationPhase::Off),
            (Some(&legacy), false, MigrationPhase::LegacyLeads),
            (Some(&legacy), true, MigrationPhase::LegacyLeads),
            (Some(&registry), true, MigrationPhase::RegistryLeads),
            (Some(&disabled), true, MigrationPhase::Stopped),
            (None, true, MigrationPhase::Finished),
            (Some(&over), false, MigrationPhase::Finished),
            (Some(&over), true, MigrationPhase::Finished),
        ] {
            assert_eq!(MigrationPhase::of(rules, was_written), expected);
        }
    }
}
