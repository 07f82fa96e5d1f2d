//! Choosing the backup to restore, so that no other project and no smaller registry is taken by accident.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use idhooks_core::check::is_file;
use idhooks_core::config::is_own;
use idhooks_core::registry::{Origin, Registry, Scope, Tree};
use idhooks_repo::git::{Backup as Kept, Repo};

use crate::error::{CommandError, CommandResult};
use crate::output::count;

/// The argument that names a backup.
#[derive(Debug, Args)]
pub(super) struct BackupArg {
    /// Time (the last backup by then), or the start of a backup's id [default: the last backup]
    #[arg(value_name = "WHEN|ID")]
    which: Option<String>,
}

impl BackupArg {
    /// Returns whether it names no backup.
    pub(super) fn is_default(&self) -> bool {
        self.which.is_none()
    }

    /// Returns the backup that it names, or the last one with the scope of the repository.
    ///
    /// # Errors
    /// Returns an error if there is none, if it is damaged, or if the user must choose one.
    pub(super) fn choose(
        &self,
        repo: &Repo,
        kept: &[Kept],
        scope: Option<Scope>,
    ) -> CommandResult<ChosenBackup> {
        match &self.which {
            Some(which) => ChosenBackup::named(repo, kept, which, scope),
            None => ChosenBackup::last(repo, kept, scope),
        }
    }
}

/// A backup that can be restored.
pub(super) struct ChosenBackup {
    pub(super) backup: Kept,
    pub(super) bytes: Vec<u8>,
    pub(super) registry: Registry,
}

impl ChosenBackup {
    fn read(repo: &Repo, backup: &Kept) -> CommandResult<Self> {
        let bytes = bytes(repo, backup)?;
        let registry = parse(backup, &bytes)?;
        Ok(ChosenBackup { backup: backup.clone(), bytes, registry })
    }

    /// Returns the backup that was named.
    ///
    /// # Errors
    /// Returns an error if there is none, if it is damaged, or if it has another scope than the repository.
    fn named(repo: &Repo, kept: &[Kept], which: &str, scope: Option<Scope>) -> CommandResult<Self> {
        let chosen = Self::read(repo, &find(kept, which)?)?;
        match scope.filter(|scope| *scope != chosen.registry.scope) {
            Some(scope) => Err(CommandError::new(format!(
                "{}, but this repository has scope {scope}",
                chosen.summary()
            ))
            .hint("list the backups: idhooks backup list")),
            None => Ok(chosen),
        }
    }

    /// Returns the last backup with the scope of the repository.
    ///
    /// # Errors
    /// Returns an error if there is none, if it is damaged, or if a repository without a scope has backups with
    /// several.
    fn last(repo: &Repo, kept: &[Kept], scope: Option<Scope>) -> CommandResult<Self> {
        let Some(last) = kept.last() else {
            return Err(CommandError::new("this clone has no backup").hint(
                "get those that were pushed elsewhere, and restore the last: idhooks backup restore --from REMOTE",
            ));
        };
        let last = Self::read(repo, last)?;
        if scope == Some(last.registry.scope) {
            return Ok(last);
        }
        let mut last_of_scope = BTreeMap::from([(last.registry.scope, last)]);
        for other in distinct(kept).filter_map(|backup| Self::read(repo, backup).ok()) {
            last_of_scope.entry(other.registry.scope).or_insert(other);
        }
        if let Some(chosen) = scope.and_then(|scope| last_of_scope.remove(&scope)) {
            return Ok(chosen);
        }
        let found = last_of_scope.values().map(Self::summary).collect::<Vec<_>>();
        if let Some(scope) = scope {
            return Err(CommandError::new(format!(
                "no backup has scope {scope}, the scope of this repository"
            ))
            .listing(found, usize::MAX)
            .hint("get those of this repository: idhooks backup restore --from REMOTE"));
        }
        if let [_, _, ..] = &*found {
            let what =
                "the backups have several scopes: they are of several projects, or adoptions";
            let chosen = last_of_scope.values();
            let error = CommandError::new(what).listing(found, usize::MAX);
            return Err(chosen.fold(error, |error, backup| error.hint(backup.how_to_restore())));
        }
        let only = last_of_scope.into_values().next();
        only.ok_or_else(|| CommandError::internal("no backup was read"))
    }

    /// Asserts that the backup has the path of a file in an index, unless one of them has none.
    ///
    /// # Errors
    /// Returns an error if it has none: it is probably of another project.
    pub(super) fn assert_of(&self, tree: &Tree) -> CommandResult<()> {
        let has_files = tree.keys().any(|path| is_file(tree, path) && !is_own(path.as_bytes()));
        let mut records = self.registry.allocations.iter().peekable();
        if !has_files
            || records.peek().is_none()
            || records.any(|record| tree.contains_key(&record.path))
        {
            return Ok(());
        }
        Err(CommandError::new("the last backup has no path of a file in the index")
            .because(&self.summary())
            .hint("if it is of another project, choose another one: idhooks backup list")
            .hint(self.how_to_restore()))
    }

    /// Asserts that no earlier backup with the same scope has records that this one lacks.
    ///
    /// # Errors
    /// Returns an error if one has some.
    pub(super) fn assert_complete(&self, repo: &Repo, kept: &[Kept]) -> CommandResult<()> {
        let origins: BTreeSet<Origin> =
            self.registry.allocations.iter().map(|record| record.origin).collect();
        let lacking = |other: &ChosenBackup| {
            let records = other.registry.allocations.iter();
            records.filter(|record| !origins.contains(&record.origin)).count()
        };
        let others = distinct(kept).filter_map(|backup| Self::read(repo, backup).ok());
        let same = others.filter(|other| other.registry.scope == self.registry.scope);
        // Of several, the last one.
        let fullest = same
            .map(|other| (lacking(&other), other))
            .reduce(|best, other| if other.0 > best.0 { other } else { best });
        let Some((lost, fullest)) = fullest.filter(|(lost, _)| *lost > 0) else { return Ok(()) };
        let records = count(lost, "record", "records");
        Err(CommandError::new(format!("the last backup lacks {records} of an earlier one"))
            .because(&self.summary())
            .because(&fullest.summary())
            .hint(fullest.how_to_restore())
            .hint(self.how_to_restore()))
    }

    /// Returns in words what the backup has.
    fn summary(&self) -> String {
        let ChosenBackup { backup, registry, .. } = self;
        let records = count(registry.allocations.len(), "record", "records");
        let paths = registry.allocations.iter().map(|record| &record.path);
        let first =
            paths.min().map_or_else(String::new, |path| format!(", such as that of '{path}'"));
        format!("the backup of {} has scope {} and {records}{first}", backup.at, registry.scope)
    }

    fn how_to_restore(&self) -> String {
        let Kept { at, blob, .. } = &self.backup;
        format!("to restore that of {at}: idhooks backup restore {}", &blob.to_string()[..12])
    }
}

/// Returns the last backup of each registry, the last one first.
fn distinct(kept: &[Kept]) -> impl Iterator<Item = &Kept> {
    let mut seen = BTreeSet::new();
    kept.iter().rev().filter(move |backup| seen.insert(backup.blob))
}

/// Reads the bytes of a backup, which git verifies by the id of the blob.
pub(super) fn bytes(repo: &Repo, backup: &Kept) -> CommandResult<Vec<u8>> {
    let bytes = repo.blob(backup.blob).map_err(|error| damaged(backup, &error))?;
    let is_same = repo.blob_of(bytes.as_slice(), bytes.len() as u64) == Some(backup.blob);
    if is_same { Ok(bytes) } else { Err(damaged(backup, &"its bytes have changed since")) }
}

/// Parses the registry of a backup, which may already have been damaged when it was backed up.
pub(super) fn parse(backup: &Kept, bytes: &[u8]) -> CommandResult<Registry> {
    let registry = Registry::parse(bytes).map_err(|error| damaged(backup, &error))?;
    let why = "it contains an identity twice";
    if registry.is_consistent() { Ok(registry) } else { Err(damaged(backup, &why)) }
}

fn damaged(backup: &Kept, why: &dyn std::fmt::Display) -> CommandError {
    CommandError::new(format!("the backup of {} cannot be used: {why}", backup.at))
        .hint("list the backups: idhooks backup list")
}

/// Returns the backup that was named.
fn find(kept: &[Kept], which: &str) -> CommandResult<Kept> {
    let refused =
        |what: String| CommandError::new(what).hint("list the backups: idhooks backup list");
    if which.len() >= 4 && which.bytes().all(|b| b.is_ascii_hexdigit()) {
        let mut named = kept.iter().filter(|backup| backup.blob.to_string().starts_with(which));
        let Some(last) = named.next_back() else {
            return Err(refused(format!("no backup has the id '{which}'")));
        };
        if named.any(|other| other.blob != last.blob) {
            return Err(refused(format!("several backup ids begin with '{which}'")));
        }
        return Ok(last.clone());
    }
    let until = which.parse().or_else(|_| format!("{which}T23:59:59Z").parse()).map_err(|_| {
        CommandError::new(format!("'{which}' is neither a time nor an id"))
            .hint("write a time as 2026-01-31 or 2026-01-31T12:00:00Z, or use an id from 'idhooks backup list'")
    })?;
    let found = kept.iter().rev().find(|backup| backup.at <= until);
    found.cloned().ok_or_else(|| refused(format!("there is no backup from before '{which}'")))
}
