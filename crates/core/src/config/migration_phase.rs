//! [`MigrationPhase`]: where the migration from a legacy registry file to the registry is.

use super::dual_write::{DualWrite, Leading};

crate::words! {
    /// Where a migration is. Each step to the next phase is one commit.
    pub enum MigrationPhase {
        /// Only the legacy file counts, or there is none: both were never written together.
        Off = "off",
        /// Both are written; changes of other programs in the legacy file are taken.
        LegacyLeads = "legacy-leads",
        /// Both are written; the legacy file is derived from the registry.
        RegistryLeads = "registry-leads",
        /// Only the registry is written; the legacy file stays as it was.
        Stopped = "stopped",
        /// The legacy file is removed.
        Finished = "finished",
    }
}

impl MigrationPhase {
    /// Returns the phase that rules describe. `was_written` is whether both files were written before:
    /// without it, rules that write no legacy file are those before the migration.
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

    /// Returns the phase after this one, if there is one.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| *phase > self)
    }

    /// Returns the phase before this one, if there is one.
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
