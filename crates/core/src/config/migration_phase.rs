//! The migration from a legacy registry file to the registry: its phases, the steps between them, and
//! how far a step is. Pure.

mod quiet_time;
mod run;

use crate::config::{DualWrite, Leading};

pub use quiet_time::QuietTime;
pub use run::{MigratedFile, MigrationRun, MigrationRunError, MigrationStatus};

crate::words! {
    /// Where a migration is. Each step to the next phase is one commit.
    pub enum MigrationPhase {
        /// Only the legacy file counts, or there is none: both were never written together.
        Off = "off",
        /// Both are written; what other programs change in the legacy file is taken.
        LegacyLeads = "legacy-leads",
        /// Both are written; the legacy file is derived from the registry.
        RegistryLeads = "registry-leads",
        /// Only the registry is written; the legacy file stays as it was.
        Stopped = "stopped",
        /// The legacy file is removed.
        Finished = "finished",
    }
}

/// Why a step cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepRefusal {
    /// The phases between must come first; the first of them.
    #[error("the phase '{0}' must come first")]
    Skipped(MigrationPhase),
    /// The phase is an earlier one than the present one.
    #[error("the migration is beyond that phase: it is in '{0}'")]
    Passed(MigrationPhase),
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

    /// Returns whether going to another phase is a step; not if it is the present one.
    ///
    /// # Errors
    /// Returns an error if a phase would be skipped, or if that phase is an earlier one.
    pub fn step_to(self, target: Self) -> Result<bool, StepRefusal> {
        match self.next() {
            _ if target == self => Ok(false),
            _ if target < self => Err(StepRefusal::Passed(self)),
            Some(next) if next == target => Ok(true),
            next => Err(StepRefusal::Skipped(next.unwrap_or(self))),
        }
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

    #[test]
    fn phases_follow_each_other_and_none_is_skipped() {
        for (n, from) in MigrationPhase::ALL.into_iter().enumerate() {
            for (m, to) in MigrationPhase::ALL.into_iter().enumerate() {
                let expected = match m {
                    m if m == n => Ok(false),
                    m if m < n => Err(StepRefusal::Passed(from)),
                    m if m == n + 1 => Ok(true),
                    _ => Err(StepRefusal::Skipped(MigrationPhase::ALL[n + 1])),
                };
                assert_eq!(from.step_to(to), expected, "{from} {to}");
            }
        }
        assert_eq!(MigrationPhase::Off.previous(), None);
        assert_eq!(MigrationPhase::Finished.previous(), Some(MigrationPhase::Stopped));
    }
}
