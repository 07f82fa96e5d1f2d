//! File names that begin with the identity of another file: who keeps it, and which names the
//! others get.
//!
//! The file that has the identity keeps it. If no file ever had it, the one that was committed
//! last gets it. The names of all others begin with their own afterwards.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Code, Finding};
use crate::commands::rename::Targets;
use crate::commands::transaction::RegistryTransaction;
use crate::error::CommandError;
use crate::registry::{FileName, Id, RepoPath};
use crate::state::StateError;

use super::draft::RegistryDraft;

/// What is done about names.
#[derive(Default)]
pub(super) struct Names {
    /// Which files get other names.
    pub(super) targets: Targets,
    /// Which identities at the heads of these files have to follow.
    pub(super) outdated: BTreeMap<RepoPath, BTreeSet<Id>>,
    /// What keeps files from getting another name.
    pub(super) obstacles: Vec<CommandError>,
    taken: BTreeSet<RepoPath>,
}

/// Files whose names begin with an identity that several files carry, by that identity.
pub(super) type Bearers<'d> = BTreeMap<Id, Vec<&'d RepoPath>>;

/// Returns the files whose names begin with an identity that several carry, as these findings say.
pub(super) fn bearers<'d>(
    transaction: &'d RegistryTransaction<'_>,
    found: &[Finding],
) -> Bearers<'d> {
    let mut bearers = Bearers::new();
    let twice = found.iter().filter(|finding| finding.code == Code::DuplicateInFs);
    let twice: BTreeSet<Id> = twice.filter_map(|f| f.id.as_deref()?.parse().ok()).collect();
    if twice.is_empty() {
        return bearers;
    }
    for path in transaction
        .paths()
        .filter(|path| transaction.has_file(path) && transaction.config.tracks(path))
    {
        if let Some(id) = FileName::of(path.basename()).id().filter(|id| twice.contains(id)) {
            bearers.entry(id).or_default().push(path);
        }
    }
    bearers
}

impl Names {
    /// Works out who keeps which identity, gives those without one theirs, and finds new names.
    ///
    /// # Errors
    /// A history that cannot be read; a counter that is full.
    pub(super) fn of(
        transaction: &RegistryTransaction<'_>,
        bearers: Bearers<'_>,
        draft: &mut RegistryDraft<'_>,
    ) -> Result<Self, StateError> {
        let mut names = Names::default();
        for (id, mut paths) in bearers {
            let is_own = |path: &RepoPath| draft.holder(path).is_some_and(|r| r.answers_to(id));
            paths.retain(|path| !is_own(path));
            if draft.is_free(id)
                && let Some(keeper) = last_committed(transaction, &paths)?
            {
                let before = draft.give_this(keeper, id);
                names.outdated.entry(keeper.clone()).or_default().extend(before);
                paths.retain(|path| *path != keeper);
            }
            let source = draft.named(id).map(|record| record.id);
            for path in paths {
                if draft.holder(path).is_none() {
                    draft.give(path, source)?;
                }
                names.part(transaction, draft, id, path);
            }
        }
        Ok(names)
    }

    /// Has the name of a file begin with its own identity instead of another one.
    fn part(
        &mut self,
        transaction: &RegistryTransaction<'_>,
        draft: &RegistryDraft<'_>,
        other: Id,
        path: &RepoPath,
    ) {
        let Some(record) = draft.holder(path) else { return };
        let name = FileName::of(path.basename()).with(&record.id.to_string());
        let to = path.with_basename(&name).map_err(CommandError::from);
        let Names { targets, taken, .. } = self;
        match to.and_then(|to| targets.go(transaction, record, path.clone(), to, taken)) {
            Ok(()) => drop(self.outdated.entry(path.clone()).or_default().insert(other)),
            Err(error) => self.obstacles.push(error),
        }
    }
}

/// Returns the file that a commit changed last; of those that are in no commit, the first one.
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
