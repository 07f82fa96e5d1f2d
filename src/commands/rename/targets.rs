//! The files to rename, and their new names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::tables::{Batch, BatchRow};
use idhooks_core::registry::{Allocation, Id, Origin, RepoPath, TextError};
use idhooks_ops::{RegistryTransaction, nearest, repo_path};
use idhooks_references::{Moves, NameRefusal, Way, new_path};

use crate::error::{CommandError, CommandResult};
use crate::output::count;

/// A file that the command line or a batch names.
pub(super) struct RenameTarget {
    typed: PathBuf,
    /// The line in a batch.
    line: Option<u64>,
    /// The identity that the batch gives for it.
    id: Option<String>,
}

impl RenameTarget {
    pub(super) fn of_paths(paths: &[PathBuf]) -> Vec<Self> {
        let wish = |typed: &PathBuf| RenameTarget { typed: typed.clone(), line: None, id: None };
        paths.iter().map(wish).collect()
    }

    pub(super) fn of_batch(batch: &Batch) -> Vec<Self> {
        let wish = |(n, row): (usize, BatchRow<'_>)| RenameTarget {
            typed: row.path.into(),
            line: Some(batch.line(n)),
            id: row.id.map(str::to_owned),
        };
        batch.rows().enumerate().map(wish).collect()
    }
}

/// The new path of each renamed file, by the origin of its identity.
type Origins = BTreeMap<Origin, RepoPath>;

/// The files to rename, and those that are skipped.
#[derive(Default)]
pub(in crate::commands) struct Targets {
    /// Old and new paths.
    pub(in crate::commands) moves: Moves,
    /// The new paths by the origins of the identities.
    pub(in crate::commands) origins: Origins,
    /// Files that already have the name.
    pub(super) same: Vec<RepoPath>,
    /// The number of skipped files for each reason.
    pub(super) left_out: BTreeMap<String, usize>,
    /// The new paths, also of files that are not renamed in the end.
    taken: BTreeSet<RepoPath>,
    errors: Vec<CommandError>,
}

impl Targets {
    /// Returns the targets for the files that were named.
    pub(super) fn of_wishes(
        transaction: &RegistryTransaction<'_>,
        dir: &Path,
        wishes: &[RenameTarget],
        way: Way,
    ) -> Self {
        let holders = transaction.holders();
        let mut targets = Targets::default();
        for RenameTarget { typed, line, id } in wishes {
            let done = named(transaction, dir, typed).and_then(|path| {
                let record = holders.get(&path).ok_or_else(|| {
                    CommandError::new(format!("'{path}' has no identity yet")).hint(format!(
                        "allocate one: idhooks allocate {}; or commit it",
                        path.shell_quoted()
                    ))
                })?;
                if let Some(id) = id {
                    assert_identity(record, &path, id)?;
                }
                targets.take(transaction, record, path, way)
            });
            targets.errors.extend(done.err().map(|error| match line {
                Some(line) => {
                    CommandError { message: format!("line {line}: {}", error.message), ..error }
                }
                None => error,
            }));
        }
        targets
    }

    /// Returns the targets for the files that the rules select.
    ///
    /// # Errors
    /// Returns an error if the rules select no file.
    pub(super) fn of_config(
        transaction: &RegistryTransaction<'_>,
        way: Way,
    ) -> CommandResult<Self> {
        let holders = transaction.holders();
        let mut targets = Targets::default();
        let mut is_selected = false;
        let is_ruled = |path: &&RepoPath| {
            let rule = transaction.config.name_rule(path);
            transaction.has_file(path) && rule.is_some_and(|rule| rule.id_prefix)
        };
        for path in transaction.tree().keys().filter(is_ruled) {
            is_selected = true;
            let Some(record) = holders.get(path) else {
                targets.leave_out("no identity yet; 'idhooks allocate' or a commit allocates one");
                continue;
            };
            match new_path(&transaction.config, record, path, way) {
                Err(NameRefusal::Reserved(_, why)) => targets.leave_out(&why),
                Err(NameRefusal::Module(_)) => {
                    targets.leave_out("Python modules, which the rules exclude");
                }
                _ => {
                    let done = targets.take(transaction, record, path.clone(), way);
                    targets.errors.extend(done.err());
                }
            }
        }
        targets.same.clear();
        if !is_selected {
            return Err(CommandError::new("no [[file_names]] rule of idhooks.toml selects a file")
                .hint("add one: [[file_names]] and below it path = \"src/**\"; or name files"));
        }
        Ok(targets)
    }

    fn leave_out(&mut self, why: &str) {
        *self.left_out.entry(why.to_owned()).or_default() += 1;
    }

    /// Adds a file and finds its new name.
    fn take(
        &mut self,
        transaction: &RegistryTransaction<'_>,
        record: &Allocation,
        path: RepoPath,
        way: Way,
    ) -> CommandResult<()> {
        if self.moves.contains_key(&path) || self.same.contains(&path) {
            return Ok(());
        }
        let to = new_path(&transaction.config, record, &path, way)
            .map_err(|refusal| CommandError::new(refusal.to_string()).hint(refusal.help()))?;
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
    pub(in crate::commands) fn go(
        &mut self,
        transaction: &RegistryTransaction<'_>,
        record: &Allocation,
        path: RepoPath,
        to: RepoPath,
    ) -> CommandResult<()> {
        let working =
            |path: &RepoPath| transaction.repo.top().join(path.to_os_path()).symlink_metadata();
        if !working(&path).is_ok_and(|meta| meta.is_file()) {
            return Err(CommandError::new(format!("'{path}' is not a file in the working tree"))
                .hint(format!("restore it first: git restore -- {}", path.shell_quoted())));
        }
        let exists = transaction.tree().contains_key(&to) || working(&to).is_ok();
        if exists || !self.taken.insert(to.clone()) {
            let what = format!("cannot rename '{path}' to '{to}': that name is taken");
            let other = to.shell_quoted();
            return Err(CommandError::new(what)
                .hint(format!("rename the other file first: idhooks mv {other} <name>")));
        }
        if !transaction.config.tracks(&to) {
            return Err(CommandError::new(format!("the rules exclude '{to}'"))
                .hint("include the new name in [track] of idhooks.toml first"));
        }
        self.origins.insert(record.origin, to.clone());
        self.moves.insert(path, to);
        Ok(())
    }

    /// Returns an error that lists the files that cannot be renamed, if there are any.
    pub(super) fn error(&self) -> Option<CommandError> {
        match &self.errors[..] {
            [] => None,
            [error] => Some(error.clone()),
            errors => {
                let files = count(errors.len(), "file", "files");
                let all = CommandError::new(format!("{files} cannot be renamed"));
                let all = all.listing(errors.iter().map(|error| &error.message), 20);
                let hint = errors.iter().find_map(|error| error.hints.first().cloned());
                Some(CommandError { hints: hint.into_iter().collect(), ..all })
            }
        }
    }
}

/// Returns the path in the index of a file that was named.
fn named(
    transaction: &RegistryTransaction<'_>,
    dir: &Path,
    typed: &Path,
) -> CommandResult<RepoPath> {
    if typed.as_os_str().is_empty() {
        return Err(CommandError::new("the path is missing").hint("fill in 'path'"));
    }
    if dir.join(typed).symlink_metadata().is_ok_and(|meta| meta.is_dir()) {
        let what = format!("'{}' is a directory; name files", typed.display());
        return Err(CommandError::new(what).hint(
            "for all files in it: { echo path; git ls-files <dir>; } | idhooks rename --to-id-prefix --batch -",
        ));
    }
    let path = repo_path(transaction.repo, dir, typed)?;
    if transaction.entry(&path).is_none() {
        let error = CommandError::new(format!("'{path}' is not in the index"));
        let paths = transaction.tree().keys().map(ToString::to_string);
        return Err(match nearest(&path.to_string(), paths) {
            Some(near) => error.hint(format!("did you mean '{near}'?")),
            None => error.hint("list the index: git ls-files"),
        });
    }
    if !transaction.tracks(&path) {
        return Err(CommandError::new(format!("'{path}' is not tracked by the rules"))
            .hint("only regular files that [track] in idhooks.toml includes get identities"));
    }
    Ok(path)
}

/// Checks that a file has the identity that a batch gives for it.
fn assert_identity(record: &Allocation, path: &RepoPath, id: &str) -> CommandResult<()> {
    let meant: Id = id.parse().map_err(|error: TextError| {
        CommandError::new(error.to_string())
            .hint("give the 16 digits of the file's identity, or leave 'id' empty")
    })?;
    if record.answers_to(meant) {
        return Ok(());
    }
    Err(CommandError::new(format!("'{path}' has the identity {}, not {meant}", record.id))
        .hint(format!("see which file it belongs to: idhooks show {meant}")))
}
