//! File names that begin with the identity of another file: which file keeps the identity, and the
//! new names of the others.
//!
//! The file that has the identity keeps it. If no file ever had it, the one that was committed
//! last gets it. The names of all others begin with their own afterwards.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Code, Finding};
use idhooks_core::registry::{FileName, Id, RepoPath};
use idhooks_repo::state::StateError;

use crate::commands::rename::Targets;
use crate::commands::transaction::RegistryTransaction;
use crate::error::CommandError;

use super::draft::RegistryDraft;

/// The planned renames.
#[derive(Default)]
pub(super) struct Names {
    /// The files to rename.
    pub(super) targets: Targets,
    /// The identities in the heads of these files that must change with them.
    pub(super) outdated: BTreeMap<RepoPath, BTreeSet<Id>>,
    /// The reasons why files cannot be renamed.
    pub(super) obstacles: Vec<CommandError>,
}

/// The files whose names begin with the same identity, by that identity.
pub(super) type SharedNames<'d> = BTreeMap<Id, Vec<&'d RepoPath>>;

/// Returns the files with names that begin with an identity that several files carry, according to
/// these findings.
pub(super) fn shared_names<'d>(
    transaction: &'d RegistryTransaction<'_>,
    found: &[Finding],
) -> SharedNames<'d> {
    let mut shared_names = SharedNames::new();
    let twice = found.iter().filter(|finding| finding.code == Code::DuplicateInFs);
    let twice: BTreeSet<Id> = twice.filter_map(|f| f.id.as_deref()?.parse().ok()).collect();
    if twice.is_empty() {
        return shared_names;
    }
    for path in transaction
        .paths()
        .filter(|path| transaction.has_file(path) && transaction.config.tracks(path))
    {
        if let Some(id) = FileName::of(path.basename()).id().filter(|id| twice.contains(id)) {
            shared_names.entry(id).or_default().push(path);
        }
    }
    shared_names
}

impl Names {
    /// Decides which file keeps an identity, allocates identities for files without one, and chooses new
    /// names.
    ///
    /// # Errors
    /// Returns an error if the history cannot be read or a counter is full.
    pub(super) fn of(
        transaction: &RegistryTransaction<'_>,
        shared_names: SharedNames<'_>,
        draft: &mut RegistryDraft<'_>,
    ) -> Result<Self, StateError> {
        let mut names = Names::default();
        for (id, mut paths) in shared_names {
            let is_own = |path: &RepoPath| draft.holder(path).is_some_and(|r| r.answers_to(id));
            paths.retain(|path| !is_own(path));
            if draft.is_free(id)
                && let Some(keeper) = last_committed(transaction, &paths)?
            {
                let before = draft.assign(keeper, id);
                names.outdated.entry(keeper.clone()).or_default().extend(before);
                paths.retain(|path| *path != keeper);
            }
            let source = draft.named(id).map(|record| record.id);
            for path in paths {
                if draft.holder(path).is_none() {
                    draft.allocate(path, source)?;
                }
                names.plan_rename(transaction, draft, id, path);
            }
        }
        Ok(names)
    }

    /// Plans a name that begins with the file's own identity instead of another one.
    fn plan_rename(
        &mut self,
        transaction: &RegistryTransaction<'_>,
        draft: &RegistryDraft<'_>,
        other: Id,
        path: &RepoPath,
    ) {
        let Some(record) = draft.holder(path) else { return };
        let name = FileName::of(path.basename()).with(&record.id.to_string());
        let to = path.with_basename(&name).map_err(CommandError::from);
        match to.and_then(|to| self.targets.go(transaction, record, path.clone(), to)) {
            Ok(()) => drop(self.outdated.entry(path.clone()).or_default().insert(other)),
            Err(error) => self.obstacles.push(error),
        }
    }
}

/// Returns the file that was committed last; if none is in a commit, the first one.
pub(super) fn last_committed<'p>(
    transaction: &RegistryTransaction<'_>,
    paths: &[&'p RepoPath],
) -> Result<Option<&'p RepoPath>, StateError> {
    if let [only] = paths {
        return Ok(Some(*only));
    }
    let known = transaction.repo.last_committed(paths.iter().copied())?;
    Ok(known.first().or(paths.first()).copied())
}
