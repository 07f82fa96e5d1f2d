//! Chooses the backup to restore, taking care not to pick another project's backup or a smaller
//! registry by accident.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::is_file;
use idhooks_core::config::is_own;
use idhooks_core::registry::{Origin, Registry, Scope, Tree};
use idhooks_repo::git::{Backup, Repo};

use super::refusal::{BackupFault, BackupRefusal, BackupSummary, UnusableBackup};

/// The minimum length of an abbreviated id.
const MIN_ID_LENGTH: usize = 4;

/// A backup that can be restored.
pub(super) struct ChosenBackup {
    pub(super) backup: Backup,
    pub(super) bytes: Vec<u8>,
    pub(super) registry: Registry,
}

impl ChosenBackup {
    /// Reads a backup.
    ///
    /// # Errors
    /// Returns an error if the backup is damaged, or was already damaged when it was made.
    pub(super) fn read(repo: &Repo, backup: &Backup) -> Result<Self, UnusableBackup> {
        let unusable = |fault| UnusableBackup { at: backup.at, fault };
        let bytes = bytes(repo, backup).map_err(unusable)?;
        let registry = parse(&bytes).map_err(unusable)?;
        Ok(ChosenBackup { backup: backup.clone(), bytes, registry })
    }

    /// Returns the backup that the user named, or the latest one with the repository's scope.
    ///
    /// # Errors
    /// Returns an error if there is no such backup, if it is damaged, or if the user must choose
    /// one.
    pub(super) fn choose(
        repo: &Repo,
        kept: &[Backup],
        which: Option<&str>,
        scope: Option<Scope>,
    ) -> Result<Self, BackupRefusal> {
        match which {
            Some(which) => Self::named(repo, kept, which, scope),
            None => Self::last(repo, kept, scope),
        }
    }

    /// Returns the backup that the user named.
    ///
    /// # Errors
    /// Returns an error if there is no such backup, if it is damaged, or if its scope differs from
    /// the repository's.
    fn named(
        repo: &Repo,
        kept: &[Backup],
        which: &str,
        scope: Option<Scope>,
    ) -> Result<Self, BackupRefusal> {
        let chosen = Self::read(repo, find(kept, which)?)?;
        match scope.filter(|scope| *scope != chosen.registry.scope) {
            Some(scope) => Err(BackupRefusal::OtherScope(chosen.summary().into(), scope)),
            None => Ok(chosen),
        }
    }

    /// Returns the latest backup that has the repository's scope.
    ///
    /// # Errors
    /// Returns an error if there is no such backup, if it is damaged, or if the repository has no
    /// scope and its backups have several.
    fn last(repo: &Repo, kept: &[Backup], scope: Option<Scope>) -> Result<Self, BackupRefusal> {
        let last = kept.last().ok_or(BackupRefusal::NoBackup)?;
        let last = Self::read(repo, last)?;
        // A remote may hold backups of several projects, so the latest one may be another
        // project's.
        if scope == Some(last.registry.scope) {
            return Ok(last);
        }
        let mut others = BTreeMap::new();
        for other in distinct(kept).filter_map(|backup| Self::read(repo, backup).ok()) {
            if other.registry.scope != last.registry.scope {
                others.entry(other.registry.scope).or_insert(other);
            }
        }
        if let Some(chosen) = scope.and_then(|scope| others.remove(&scope)) {
            return Ok(chosen);
        }
        if scope.is_none() && others.is_empty() {
            return Ok(last);
        }
        others.insert(last.registry.scope, last);
        let found = others.values().map(Self::summary).collect();
        Err(match scope {
            Some(scope) => BackupRefusal::NoneOfScope(scope, found),
            None => BackupRefusal::SeveralScopes(found),
        })
    }

    /// Checks that the backup and the index have at least one path in common, unless either is
    /// empty.
    ///
    /// # Errors
    /// Returns an error if they have no path in common, because the backup is then probably another
    /// project's.
    pub(super) fn assert_of(&self, tree: &Tree) -> Result<(), BackupRefusal> {
        // A new repository without files has no paths to compare.
        let has_files = tree.keys().any(|path| is_file(tree, path) && !is_own(path.as_bytes()));
        let mut records = self.registry.allocations.iter().peekable();
        if !has_files
            || records.peek().is_none()
            || records.any(|record| tree.contains_key(&record.path))
        {
            return Ok(());
        }
        Err(BackupRefusal::OtherProject(self.summary().into()))
    }

    /// Checks that no earlier backup with the same scope has records that this one lacks.
    ///
    /// # Errors
    /// Returns an error if there is such a backup.
    pub(super) fn assert_complete(
        &self,
        repo: &Repo,
        kept: &[Backup],
    ) -> Result<(), BackupRefusal> {
        let origins: BTreeSet<Origin> =
            self.registry.allocations.iter().map(|record| record.origin).collect();
        let lacking = |other: &ChosenBackup| {
            let records = other.registry.allocations.iter();
            records.filter(|record| !origins.contains(&record.origin)).count()
        };
        let others = distinct(kept).filter_map(|backup| Self::read(repo, backup).ok());
        let same = others.filter(|other| other.registry.scope == self.registry.scope);
        // The user may be restoring because records were lost, and the latest backup may have been
        // made after the loss. The message names the backup with the most missing records; if there
        // are several, the newest.
        let fullest = same
            .map(|other| (lacking(&other), other))
            .reduce(|best, other| if other.0 > best.0 { other } else { best });
        let Some((missing, fullest)) = fullest.filter(|(missing, _)| *missing > 0) else {
            return Ok(());
        };
        let (last, earlier) = (self.summary().into(), fullest.summary().into());
        Err(BackupRefusal::LastLacks { missing, last, earlier })
    }

    fn summary(&self) -> BackupSummary {
        let ChosenBackup { backup: Backup { at, blob, .. }, registry, .. } = self;
        let paths = registry.allocations.iter().map(|record| &record.path);
        BackupSummary {
            at: *at,
            blob: *blob,
            scope: registry.scope,
            records: registry.allocations.len(),
            first: paths.min().cloned(),
        }
    }
}

/// Returns the latest backup of each distinct registry, newest first.
fn distinct(kept: &[Backup]) -> impl Iterator<Item = &Backup> {
    let mut seen = BTreeSet::new();
    kept.iter().rev().filter(move |backup| seen.insert(backup.blob))
}

/// Reads a backup's bytes and verifies them against the blob's id.
fn bytes(repo: &Repo, backup: &Backup) -> Result<Vec<u8>, BackupFault> {
    let bytes = repo.blob(backup.blob).map_err(BackupFault::Lost)?;
    // git does not verify objects when it reads them.
    let is_same = repo.blob_of(bytes.as_slice(), bytes.len() as u64) == Some(backup.blob);
    if is_same { Ok(bytes) } else { Err(BackupFault::Changed) }
}

/// Parses the registry in a backup, which may already have been damaged when it was backed up.
fn parse(bytes: &[u8]) -> Result<Registry, BackupFault> {
    let registry = Registry::parse(bytes).map_err(BackupFault::NoRegistry)?;
    if registry.is_consistent() { Ok(registry) } else { Err(BackupFault::Duplicates) }
}

/// Returns the backup that the user named.
fn find<'k>(kept: &'k [Backup], which: &str) -> Result<&'k Backup, BackupRefusal> {
    let named = || which.to_owned();
    if which.len() >= MIN_ID_LENGTH && which.bytes().all(|b| b.is_ascii_hexdigit()) {
        let mut found = kept.iter().filter(|backup| backup.blob.to_string().starts_with(which));
        let last = found.next_back().ok_or_else(|| BackupRefusal::UnknownId(named()))?;
        if found.any(|other| other.blob != last.blob) {
            return Err(BackupRefusal::AmbiguousId(named()));
        }
        return Ok(last);
    }
    // A date stands for the end of that day, because "the backup from the 3rd" may have been made
    // in the evening.
    let until = which.parse().or_else(|_| format!("{which}T23:59:59Z").parse());
    let until = until.map_err(|_| BackupRefusal::NeitherTimeNorId(named()))?;
    let found = kept.iter().rev().find(|backup| backup.at <= until);
    found.ok_or_else(|| BackupRefusal::NoneBefore(named()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backup(digits: &str, at: &str) -> Backup {
        let (blob, at) = (digits.repeat(10).parse().unwrap(), at.parse().unwrap());
        Backup { blob, at, name: String::new() }
    }

    #[test]
    fn a_backup_is_named_by_its_id_or_by_a_time() {
        let kept = [
            backup("aaa1", "2026-01-30T12:00:00Z"),
            backup("aaab", "2026-01-31T12:00:00Z"),
            backup("aaab", "2026-02-01T12:00:00Z"),
        ];
        let found = |which| find(&kept, which).map(|found| found.at.to_string()).ok();
        assert_eq!(found("aaab").as_deref(), Some("2026-02-01T12:00:00Z"));
        assert_eq!(found("2026-01-31").as_deref(), Some("2026-01-31T12:00:00Z"));
        assert_eq!(found("2026-01-31T11:59:59Z").as_deref(), Some("2026-01-30T12:00:00Z"));
        assert!(matches!(find(&kept, "2026-01-29"), Err(BackupRefusal::NoneBefore(_))));
        assert!(matches!(find(&kept, "bbbb"), Err(BackupRefusal::UnknownId(_))));
        assert!(matches!(find(&kept, "aaa"), Err(BackupRefusal::NeitherTimeNorId(_))));
    }
}
