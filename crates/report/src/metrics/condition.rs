//! [`AlertCondition`]: the conditions that raise an alert, and how urgent each one is.

use idhooks_core::check::{Code, Drift, Family};

idhooks_core::words! {
    /// How urgent an alert is.
    pub enum Urgency {
        /// Act immediately: identities are wrong.
        Critical = "critical",
        /// Act soon: something will fail.
        High = "high",
        /// Act when there is time.
        Warning = "warning",
    }
}

idhooks_core::words! {
    /// A condition that needs an operator's attention.
    pub enum AlertCondition {
        /// The repository cannot be examined.
        CannotLook = "cannot_look",
        /// An identity or a file occurs twice.
        DuplicateId = "duplicate_id",
        /// The registry cannot be read.
        RegistryCorrupt = "registry_corrupt",
        /// Counters are nearly full.
        SequenceNearlyFull = "sequence_nearly_full",
        /// Backups are not arriving at the remote.
        BackupOverdue = "backup_overdue",
        /// A timer calls a program that does not exist any more.
        TimerBroken = "timer_broken",
        /// Critical files use legacy identifiers.
        LegacyIdUse = "legacy_id_use",
        /// Fewer files have identities than before.
        CoverageDrop = "coverage_drop",
        /// The writer lock is not available.
        LockTimeout = "lock_timeout",
        /// The registry and the tree disagree.
        SyncErrors = "sync_errors",
        /// Generated files are out of date.
        StaleOutputs = "stale_outputs",
        /// The watcher should be running but is not.
        WatcherDown = "watcher_down",
        /// The watcher's queue cannot be used.
        QueueUnusable = "queue_unusable",
        /// The watcher's generators are failing.
        GeneratorFailed = "generator_failed",
        /// Items in the queue have failed permanently.
        DeadLetters = "dead_letters",
        /// Many items have been waiting for a long time.
        QueueBacklog = "queue_backlog",
        /// Legacy formats are used alongside their successors.
        MixedFormats = "mixed_formats",
        /// Writes of the legacy file failed.
        DualWriteErrors = "dual_write_errors",
        /// The registry and the legacy file differ.
        DualWriteMismatch = "dual_write_mismatch",
        /// Writes of the legacy file took too long.
        DualWriteSlow = "dual_write_slow",
        /// A watcher found errors that were not there before.
        NewErrors = "new_errors",
    }
}

impl AlertCondition {
    /// Returns the condition that findings with this code indicate, if any.
    pub fn of_code(code: Code) -> Option<Self> {
        match (code, code.family()) {
            // This is checked first, because an unreadable registry is more urgent than anything
            // else in its code's family.
            _ if code.is_of_unreadable() => Some(Self::RegistryCorrupt),
            (Code::Capacity, _) => Some(Self::SequenceNearlyFull),
            (Code::LegacyMismatch | Code::LegacyMissing, _) => Some(Self::DualWriteMismatch),
            // Registry and tree agree; the text of a file is about something else.
            _ if code.row().drift == Drift::References => None,
            (_, Family::Uniqueness) => Some(Self::DuplicateId),
            (_, Family::Sync | Family::Coverage) => Some(Self::SyncErrors),
            (_, Family::Format | Family::Identifiers) => None,
        }
    }

    /// Returns how urgent the condition is, for both alerts and health.
    pub const fn urgency(self) -> Urgency {
        match self {
            Self::CannotLook | Self::DuplicateId | Self::RegistryCorrupt => Urgency::Critical,
            Self::SequenceNearlyFull
            | Self::BackupOverdue
            | Self::TimerBroken
            | Self::LegacyIdUse
            | Self::DualWriteErrors
            | Self::DualWriteMismatch
            | Self::NewErrors => Urgency::High,
            Self::CoverageDrop
            | Self::LockTimeout
            | Self::SyncErrors
            | Self::StaleOutputs
            | Self::WatcherDown
            | Self::QueueUnusable
            | Self::GeneratorFailed
            | Self::DeadLetters
            | Self::QueueBacklog
            | Self::MixedFormats
            | Self::DualWriteSlow => Urgency::Warning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The facts about a watcher do not show which of these conditions applies.
    #[test]
    fn all_alerts_about_the_watcher_are_equally_urgent() {
        for condition in [
            AlertCondition::QueueUnusable,
            AlertCondition::GeneratorFailed,
            AlertCondition::DeadLetters,
        ] {
            assert_eq!(condition.urgency(), AlertCondition::WatcherDown.urgency());
        }
    }
}
