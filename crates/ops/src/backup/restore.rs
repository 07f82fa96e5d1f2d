//! Restoring a registry from a backup.

use std::collections::BTreeSet;
use std::path::Path;

use idhooks_core::registry::{Allocation, Id, Origin, Registry, RepoPath, Scope, Timestamp};
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::git::{Backup, Index, Repo};
use idhooks_repo::transaction::PendingCommit;

use super::chosen_backup::ChosenBackup;
use super::local_backups::note_backup;
use super::pushed_backups::without_password;
use super::refusal::BackupRefusal;
use crate::{
    AdoptedRecords, AdoptedWith, HERE, Observer, OpsError, Reach, RegistryTransaction, Writer,
    adopt_records, adoption_rules, audit_event, not_adopted, scope_in_index,
};

/// The name under which this run appears in locks and in the audit log.
const NAME: &str = "backup restore";

/// Which backup to restore.
#[derive(Debug, Clone, Default)]
pub struct RestoreOptions {
    /// A time (which selects the latest backup made by then) or the start of a backup's id; by
    /// default, the latest backup with the repository's scope.
    pub which: Option<String>,
    /// The remote, address or bundle to fetch backups from first, as typed in the current
    /// directory.
    pub from: Option<String>,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of restoring a backup.
#[derive(Debug)]
pub enum RestoreReport {
    /// There was no registry, so the repository was adopted with the backup's registry.
    Adopted(AdoptedWith),
    /// The registry was replaced.
    Replaced(ReplacedRegistry),
}

/// A registry that was replaced by one from a backup and then brought up to date with the current
/// index.
#[derive(Debug)]
pub struct ReplacedRegistry {
    /// When the backup was made.
    pub at: Timestamp,
    /// The changes; `None` if the registry in the index could not be read.
    pub changes: Option<RestoredChanges>,
    /// The number of records in the backup.
    pub records: usize,
    /// Records in the backup that were not restored because commits gave their files different
    /// identities.
    pub replaced: Option<LostRecords>,
    /// Records in the backup that were not restored because they are in no commit and their files
    /// are not in the index.
    pub unused: Option<LostRecords>,
}

/// The changes to a registry that could be read.
#[derive(Debug)]
pub struct RestoredChanges {
    /// The changes.
    pub edits: Vec<Edit>,
    /// The number of records that are in neither the backup nor any commit.
    pub gone: usize,
}

/// Records that are lost after a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostRecords {
    /// The number of records.
    pub count: usize,
    /// The first record's identity.
    pub id: Id,
    /// The first record's path.
    pub path: RepoPath,
}

impl LostRecords {
    fn of(records: &[&Allocation]) -> Option<Self> {
        let first = records.first()?;
        Some(LostRecords { count: records.len(), id: first.id, path: first.path.clone() })
    }
}

/// Restores the registry from a backup. Files that were committed later keep the identities that
/// commits gave them.
///
/// # Errors
/// Returns an error if there is no such backup, if the user must choose one, if a counter is full,
/// or if the registry cannot be read or written. Fetched backups are kept.
pub fn restore_backup(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &RestoreOptions,
) -> Result<RestoreReport, OpsError> {
    let _writer = Writer::open_for(repo, NAME, Reach::Everything)?;
    if let Some(from) = &options.from {
        fetch(repo, from)?;
    }
    let kept = repo.backups()?;
    let pending = PendingCommit::open(repo)?;
    let chosen = choose(repo, &kept, &pending, options)?;
    if !pending.has_registry()? {
        return adopt(observer, repo, &pending, chosen, options.is_dry_run);
    }
    let entry = pending.index()?.tree.get(&RepoPath::registry());
    // A damaged registry is a reason to restore, so its faults are not errors here.
    let before = entry.and_then(|entry| Registry::parse(&repo.blob(entry.blob).ok()?).ok());
    let transaction = RegistryTransaction::open_if_adopted(observer, repo, Some(&chosen.registry))?;
    let transaction = transaction.ok_or_else(|| not_adopted(repo))?;
    if !options.is_dry_run {
        transaction.replace(observer)?;
        note_backup(observer, repo, EventKind::Restored, &chosen.backup);
    }
    Ok(RestoreReport::Replaced(replaced(before.as_ref(), &chosen, transaction.registry())))
}

/// Returns the backup to restore.
fn choose(
    repo: &Repo,
    kept: &[Backup],
    pending: &PendingCommit<'_>,
    options: &RestoreOptions,
) -> Result<ChosenBackup, OpsError> {
    let index = pending.index()?;
    let scope = scope_of(repo, index)?;
    let which = options.which.as_deref();
    let chosen = ChosenBackup::choose(repo, kept, which, scope)
        .map_err(|refusal| in_adoption(refusal, pending, scope))?;
    // Only a backup chosen by default needs these checks; a user who names a backup has already
    // decided.
    if which.is_none() {
        chosen.assert_of(&index.tree)?;
        // A committed registry is not lost.
        if !pending.head_has_registry()? {
            chosen.assert_complete(repo, kept)?;
        }
    }
    Ok(chosen)
}

/// Adopts a repository that has no registry, using the backup's registry.
fn adopt(
    observer: &mut dyn Observer,
    repo: &Repo,
    pending: &PendingCommit<'_>,
    chosen: ChosenBackup,
    is_dry_run: bool,
) -> Result<RestoreReport, OpsError> {
    let ChosenBackup { backup, bytes, registry } = chosen;
    let at = backup.at.to_string();
    let facts = [("at", Some(&*at))];
    let records = AdoptedRecords {
        registry,
        bytes,
        source: format!("the backup of {at}"),
        command: NAME,
        event: audit_event(EventKind::Restored, &facts),
        force: None,
        is_dry_run,
    };
    let adopted = adopt_records(observer, repo, &pending.file, pending.index()?, records)?;
    Ok(RestoreReport::Adopted(adopted))
}

/// Compares the registry from before the restore with the restored registry and with the backup.
fn replaced(
    before: Option<&Registry>,
    chosen: &ChosenBackup,
    after: &Registry,
) -> ReplacedRegistry {
    let ChosenBackup { backup, registry, .. } = chosen;
    let changes = before.map(|before| RestoredChanges {
        edits: Edit::between(before, after),
        gone: lacking(before, after).len(),
    });
    let held: BTreeSet<&RepoPath> = after.active().map(|record| &record.path).collect();
    let (replaced, unused): (Vec<&Allocation>, Vec<&Allocation>) =
        lacking(registry, after).into_iter().partition(|record| held.contains(&record.path));
    ReplacedRegistry {
        at: backup.at,
        changes,
        records: registry.allocations.len(),
        replaced: LostRecords::of(&replaced),
        unused: LostRecords::of(&unused),
    }
}

/// Returns the repository's scope, if it has one.
fn scope_of(repo: &Repo, index: &Index) -> Result<Option<Scope>, OpsError> {
    let (config, _) = adoption_rules(repo, &index.tree, None)?;
    Ok(config.scope.or(scope_in_index(repo, index)?))
}

/// If the scope comes from an adoption that has not been committed yet, wraps the refusal in one
/// that mentions the adoption.
fn in_adoption(
    refusal: BackupRefusal,
    pending: &PendingCommit<'_>,
    scope: Option<Scope>,
) -> BackupRefusal {
    // An error here must not hide the actual refusal.
    let is_committed = pending.head_has_registry().unwrap_or(true);
    let is_adopted =
        pending.index().is_ok_and(|index| index.tree.contains_key(&RepoPath::registry()));
    match scope.filter(|_| is_adopted && !is_committed) {
        Some(scope) => BackupRefusal::Uncommitted { refusal: refusal.into(), scope },
        None => refusal,
    }
}

/// Returns the records in a registry that another registry lacks.
fn lacking<'a>(registry: &'a Registry, other: &Registry) -> Vec<&'a Allocation> {
    let origins: BTreeSet<Origin> = other.allocations.iter().map(|r| r.origin).collect();
    registry.allocations.iter().filter(|r| !origins.contains(&r.origin)).collect()
}

/// Fetches backups from a remote, an address or a bundle.
fn fetch(repo: &Repo, from: &str) -> Result<(), OpsError> {
    let file = Path::new(HERE).join(from);
    let remote = without_password(from);
    let from = if file.is_file() { file.to_string_lossy().into_owned() } else { from.to_owned() };
    repo.fetch_backups(&from).map_err(|error| {
        // git's messages may contain the address, including the password.
        let reason = error.first_line().replace(&from, &remote);
        BackupRefusal::NotFetched { remote, reason }
    })?;
    Ok(())
}
