//! The files to rename and their new names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use idhooks_core::registry::{Allocation, Id, Origin, RepoPath};
use idhooks_references::{Moves, NameRefusal, Way, new_path};

use super::RenameRefusal;
use crate::typed_paths::named_file;
use crate::{OpsError, PathError, RegistryTransaction, nearest};

/// A file to rename.
#[derive(Debug, Clone, Default)]
pub struct RenameTarget {
    /// The path, as typed in the current directory.
    pub typed: PathBuf,
    /// The line in a batch that names the file, counted from 1.
    pub line: Option<u64>,
    /// The file's identity according to the batch.
    pub id: Option<String>,
}

/// Why a file cannot be renamed.
#[derive(Debug)]
pub struct RefusedName {
    /// The line in a batch that names the file, counted from 1.
    pub line: Option<u64>,
    /// The reason.
    pub error: OpsError,
}

/// The files to rename and the files that keep their names.
#[derive(Debug, Default)]
pub struct PlannedNames {
    /// Old and new paths.
    pub moves: Moves,
    /// The new paths, keyed by the identity's origin.
    pub(crate) origins: BTreeMap<Origin, RepoPath>,
    /// Files that already have the right name.
    pub same: Vec<RepoPath>,
    /// The reasons that some files selected by the rules keep their names.
    pub left_out: Vec<RenameRefusal>,
    /// The reasons that the remaining files cannot be renamed.
    pub refusals: Vec<RefusedName>,
    /// The new paths, including the paths of files that end up not being renamed.
    taken: BTreeSet<RepoPath>,
}

impl PlannedNames {
    /// Plans new names for explicitly named files.
    pub(super) fn of_targets(
        transaction: &RegistryTransaction<'_>,
        targets: &[RenameTarget],
        way: Way,
    ) -> Self {
        let holders = transaction.holders();
        let mut names = PlannedNames::default();
        for RenameTarget { typed, line, id } in targets {
            let planned = named(transaction, typed).and_then(|path| {
                let record = holders.get(&path);
                let record = record.ok_or_else(|| RenameRefusal::NoIdentity(path.clone()))?;
                if let Some(id) = id {
                    assert_identity(record, &path, id)?;
                }
                Ok(names.take(transaction, record, path, way)?)
            });
            let line = *line;
            names.refusals.extend(planned.err().map(|error| RefusedName { line, error }));
        }
        names
    }

    /// Plans new names for the files that the rules select.
    ///
    /// # Errors
    /// Returns an error if the rules select no file.
    pub(super) fn of_rules(
        transaction: &RegistryTransaction<'_>,
        way: Way,
    ) -> Result<Self, RenameRefusal> {
        let holders = transaction.holders();
        let mut names = PlannedNames::default();
        let is_ruled = |path: &&RepoPath| {
            let rule = transaction.config.name_rule(path);
            transaction.has_file(path) && rule.is_some_and(|rule| rule.id_prefix)
        };
        let mut selected = transaction.tree().keys().filter(is_ruled).peekable();
        if selected.peek().is_none() {
            return Err(RenameRefusal::NothingSelected);
        }
        for path in selected {
            let planned = match holders.get(path) {
                None => Err(RenameRefusal::NoIdentity(path.clone())),
                Some(record) => names.take(transaction, record, path.clone(), way),
            };
            match planned {
                Ok(()) => {}
                // A rule may select files that can never get such a name; they must not make the
                // run fail.
                Err(
                    refusal @ (RenameRefusal::NoIdentity(_)
                    | RenameRefusal::Name(
                        NameRefusal::Reserved(..) | NameRefusal::Module(_),
                    )),
                ) => names.left_out.push(refusal),
                Err(refusal) => {
                    names.refusals.push(RefusedName { line: None, error: refusal.into() });
                }
            }
        }
        // The user did not name these files, so the ones that keep their names are not reported.
        names.same.clear();
        Ok(names)
    }

    /// Adds a file and determines its new name.
    fn take(
        &mut self,
        transaction: &RegistryTransaction<'_>,
        record: &Allocation,
        path: RepoPath,
        way: Way,
    ) -> Result<(), RenameRefusal> {
        // A batch may name the same file twice.
        if self.moves.contains_key(&path) || self.same.contains(&path) {
            return Ok(());
        }
        let to = new_path(&transaction.config, record, &path, way)?;
        if to == path {
            self.same.push(path);
            return Ok(());
        }
        self.go(transaction, record, path, to)
    }

    /// Adds a file with its new name, which must be free.
    ///
    /// # Errors
    /// Returns an error if the name is taken or excluded by the rules, or if the file is not in the
    /// working tree.
    pub(crate) fn go(
        &mut self,
        transaction: &RegistryTransaction<'_>,
        record: &Allocation,
        path: RepoPath,
        to: RepoPath,
    ) -> Result<(), RenameRefusal> {
        let working =
            |path: &RepoPath| transaction.repo.top().join(path.to_os_path()).symlink_metadata();
        if !working(&path).is_ok_and(|meta| meta.is_file()) {
            return Err(RenameRefusal::NoFile(path));
        }
        // An untracked file is in the way as well: renaming would overwrite it.
        let exists = transaction.tree().contains_key(&to) || working(&to).is_ok();
        if exists || !self.taken.insert(to.clone()) {
            return Err(RenameRefusal::Taken { from: path, to });
        }
        if !transaction.config.tracks(&to) {
            return Err(RenameRefusal::Excluded(to));
        }
        self.origins.insert(record.origin, to.clone());
        self.moves.insert(path, to);
        Ok(())
    }
}

/// Returns the index path of an explicitly named file.
fn named(transaction: &RegistryTransaction<'_>, typed: &Path) -> Result<RepoPath, OpsError> {
    if typed.as_os_str().is_empty() {
        return Err(RenameRefusal::NoPath.into());
    }
    let path = named_file(transaction.repo, typed).map_err(|error| match error {
        PathError::Directory(dir) => OpsError::from(RenameRefusal::Directory(dir)),
        error => error.into(),
    })?;
    if transaction.entry(&path).is_none() {
        let paths = transaction.tree().keys().map(ToString::to_string);
        let near = nearest(&path.to_string(), paths);
        return Err(RenameRefusal::NotInIndex(path, near).into());
    }
    match transaction.tracks(&path) {
        true => Ok(path),
        false => Err(OpsError::NotTracked(path)),
    }
}

/// Checks that a file has the identity given in a batch.
fn assert_identity(record: &Allocation, path: &RepoPath, id: &str) -> Result<(), RenameRefusal> {
    let meant: Id = id.parse().map_err(RenameRefusal::NotAnId)?;
    if record.answers_to(meant) {
        return Ok(());
    }
    Err(RenameRefusal::OtherIdentity { path: path.clone(), own: record.id, meant })
}
