//! Backups of the registry: making, checking, pushing and restoring them.

mod chosen;
mod kept;
mod pushed;
mod refusal;
mod restore;

pub use kept::{KeptRegistry, VerifiedBackups, create_backup, list_backups, verify_backups};
pub use pushed::{BackupState, PushedBackups, push_backups, push_backups_of_timer};
pub use refusal::{BackupFault, BackupRefusal, BackupSummary, UnusableBackup};
pub use restore::{
    LostRecords, ReplacedRegistry, RestoreOptions, RestoreReport, RestoredChanges, restore_backup,
};
