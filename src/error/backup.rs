//! Hints for refused backups.

use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{BackupRefusal, BackupSummary, UnusableBackup};

use super::CommandError;

/// Advice on how to list the backups.
const LIST: &str = "list the backups: idhooks backup list";
/// Advice on how to list the remotes.
const REMOTES: &str = "list the remotes: git remote -v";
/// The length of abbreviated ids in hints.
const ID_LENGTH: usize = 12;

impl From<BackupRefusal> for CommandError {
    fn from(refusal: BackupRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            BackupRefusal::NotADirectory(_) => {
                converted.hint("create it first; the name of a bundle ends in '.bundle'")
            }
            BackupRefusal::NothingToPush => converted.hint("create one: idhooks backup create"),
            BackupRefusal::NoTimer => converted.hint("name the remote: idhooks schedule install --systemd --backup REMOTE; or --cron, --windows"),
            BackupRefusal::NotPushed { reason, .. } => converted
                .because(&reason)
                .hint(REMOTES)
                .hint("check that you may push there: git push --dry-run"),
            BackupRefusal::NotFetched { reason, .. } => converted.because(&reason).hint(REMOTES),
            BackupRefusal::NoBackup => converted.hint(
                "fetch backups that were pushed elsewhere, and restore the last: idhooks backup restore --from REMOTE",
            ),
            BackupRefusal::Unusable(_)
            | BackupRefusal::UnknownId(_)
            | BackupRefusal::AmbiguousId(_)
            | BackupRefusal::NoneBefore(_)
            | BackupRefusal::OtherScope(..) => converted.hint(LIST),
            BackupRefusal::NeitherTimeNorId(_) => converted.hint("write a time as 2026-01-31 or 2026-01-31T12:00:00Z, or use an id from 'idhooks backup list'"),
            BackupRefusal::NoneOfScope(_, found) => converted
                .listing(found, usize::MAX)
                .hint("fetch the backups of this repository: idhooks backup restore --from REMOTE"),
            BackupRefusal::SeveralScopes(found) => {
                let hints: Vec<String> = found.iter().map(how_to_restore).collect();
                hints.into_iter().fold(converted.listing(found, usize::MAX), CommandError::hint)
            }
            BackupRefusal::OtherProject(backup) => converted
                .because(&backup)
                .hint("if it belongs to another project, choose another one: idhooks backup list")
                .hint(how_to_restore(&backup)),
            BackupRefusal::LastLacks { last, earlier, .. } => converted
                .because(&last)
                .because(&earlier)
                // Both hints are given, because the program cannot know whether the records were
                // removed on purpose.
                .hint(how_to_restore(&earlier))
                .hint(how_to_restore(&last)),
            BackupRefusal::Uncommitted { refusal, scope } => CommandError::from(*refusal).hint(format!(
                // `-f` is needed because these files are not in any commit, and `--ignore-unmatch`
                // because either may be missing.
                "to undo the uncommitted adoption with scope {scope} before you restore: git rm -q -f --ignore-unmatch {REGISTRY_PATH} idhooks.toml"
            )),
        }
    }
}

impl From<UnusableBackup> for CommandError {
    fn from(backup: UnusableBackup) -> Self {
        BackupRefusal::from(backup).into()
    }
}

fn how_to_restore(backup: &BackupSummary) -> String {
    let BackupSummary { at, blob, .. } = backup;
    let id = &blob.to_string()[..ID_LENGTH];
    format!("restore the backup of {at}: idhooks backup restore {id}")
}
