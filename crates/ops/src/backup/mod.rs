//! Backups of the registry: making, checking, pushing and restoring them.

mod chosen_backup;
mod local_backups;
mod pushed_backups;
mod refusal;
mod restore;

pub use local_backups::{
    KeptRegistry, VerifiedBackups, create_backup, list_backups, verify_backups,
};
pub use pushed_backups::{BackupState, PushedBackups, push_backups, push_backups_of_timer};
pub use refusal::{BackupFault, BackupRefusal, BackupSummary, UnusableBackup};
pub use restore::{
    LostRecords, ReplacedRegistry, RestoreOptions, RestoreReport, RestoredChanges, restore_backup,
};
