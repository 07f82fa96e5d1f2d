//! [`ForeignWrite`]: another program's last change to a legacy file; [`quiet_time`]: how long it
//! has been since then.

use idhooks_core::config::{DualWrite, Enforce};
use idhooks_core::registry::{REGISTRY_PATH, Registry, Timestamp, key};
use idhooks_migration::QuietTime;
use idhooks_repo::derived::legacy::{LegacyFile, LegacyState};
use idhooks_repo::git::{Commit, CommitId, Repo};
use idhooks_repo::state::{CommitState, MigrationTrailer, StateError, phase_began};

/// The maximum number of versions of a legacy file to compare with their registries.
const MOST_COMPARED: usize = 8;

/// Another program's last change to a legacy file in a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ForeignWrite {
    /// The time at which the change was taken or committed.
    pub(super) at: Timestamp,
    /// The commit that contains the change; `None` if this clone lacks it.
    pub(super) commit: Option<CommitId>,
}

impl ForeignWrite {
    /// Finds the last change up to a commit that has this registry and these rules: either a change
    /// that a registry has taken, or a change introduced by a commit without hooks since the phase
    /// began.
    ///
    /// # Errors
    /// Returns an error if git cannot be run, or if objects cannot be read.
    pub(super) fn last(
        repo: &Repo,
        tip: CommitId,
        rules: &DualWrite,
        registry: Option<&Registry>,
    ) -> Result<Option<Self>, StateError> {
        let taken = Self::taken(repo, tip, registry)?;
        let committed = Self::committed(repo, tip, rules)?;
        Ok(taken.into_iter().chain(committed).max_by_key(|last| last.at))
    }

    /// Finds the last change that a registry has taken.
    fn taken(
        repo: &Repo,
        tip: CommitId,
        registry: Option<&Registry>,
    ) -> Result<Option<Self>, StateError> {
        let Some(at) = registry.and_then(Registry::legacy_changed_at) else { return Ok(None) };
        // The date as it is written in the registry.
        let note = format!("\"{}\":\"{at}\"", key::LEGACY_CHANGED_AT);
        let commit = repo.last_adding(&note, REGISTRY_PATH, tip)?;
        // In a shallow clone, an earlier commit beyond the boundary may have added the date.
        let is_whole = |id: &CommitId| -> Result<bool, StateError> {
            Ok(repo.commit(*id)?.parents.iter().all(|parent| repo.has_commit(*parent)))
        };
        let commit = match commit {
            Some(id) if is_whole(&id)? => Some(id),
            _ => None,
        };
        Ok(Some(ForeignWrite { at, commit }))
    }

    /// Finds the last commit since the phase began in which another program changed the legacy
    /// file.
    fn committed(
        repo: &Repo,
        tip: CommitId,
        rules: &DualWrite,
    ) -> Result<Option<Self>, StateError> {
        let (Some(path), Some(began)) = (rules.legacy.as_str(), phase_began(repo, tip)?) else {
            return Ok(None);
        };
        let began_at = repo.commit(began)?.committer_time();
        for id in repo.changes_since(path, began, tip)? {
            let commit = repo.commit(id)?;
            if is_foreign(repo, &commit, path)? {
                // The commit was made after the phase began, no matter what its author's clock
                // said.
                let at = Timestamp::from_unix(commit.committer_time().max(began_at)).ok();
                return Ok(at.map(|at| ForeignWrite { at, commit: Some(id) }));
            }
        }
        Ok(None)
    }
}

/// Returns whether another program changed the legacy file in a commit: either the rules in the
/// commit do not enable writing the file, or the file's content does not follow from the registry.
/// With hooks, the two files change together, unless a commit is allowed to include an edit.
fn is_foreign(repo: &Repo, commit: &Commit, path: &str) -> Result<bool, StateError> {
    // A merge only brings in changes made by commits on a branch.
    let [parent] = commit.parents[..] else { return Ok(false) };
    // A migration's steps change the legacy file themselves.
    if MigrationTrailer::of(commit).is_some() || !repo.has_commit(parent) {
        return Ok(false);
    }
    let Some(file) = LegacyFile::of_tree(repo, commit.tree)? else { return Ok(false) };
    if !file.rules.enabled {
        return Ok(true);
    }
    let registry = |tree| repo.tree_entry(tree, REGISTRY_PATH);
    let is_alone = registry(commit.tree)? == registry(repo.commit(parent)?.tree)?;
    if !is_alone && file.rules.on_failure != Enforce::Warn {
        return Ok(false);
    }
    if repo.tree_entry(commit.tree, path)?.is_none() {
        return Ok(false);
    }
    let state = CommitState::of_witness(repo, commit.tree)?;
    let found = state.registry().map(|own| file.state(&state.tree, own)).transpose()?;
    Ok(found.is_some_and(|found| found != LegacyState::InStep))
}

/// Returns how long a commit's phase has lasted without a change by another program. `last` is the
/// last such change, `now` the current time. Returns `None` if this clone does not know when the
/// phase began.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub(super) fn quiet_time(
    repo: &Repo,
    tip: CommitId,
    last: Option<ForeignWrite>,
    now: Timestamp,
) -> Result<Option<QuietTime>, StateError> {
    let Some(began) = phase_began(repo, tip)? else { return Ok(None) };
    let Ok(step) = Timestamp::from_unix(repo.commit(began)?.committer_time()) else {
        return Ok(None);
    };
    let last = last.filter(|last| last.at >= step);
    let (since, from) = last.map_or((step, Some(began)), |last| (last.at, last.commit));
    let count = |from| repo.number_of_commits(from, since.unix(), tip);
    Ok(Some(QuietTime::until(now, since, from.map(count).transpose()?)))
}

/// Returns the time since which a commit's legacy file has been in step, judging by its most recent
/// changes: the start of the phase, the last change by another program, or the commit that
/// corrected the file after it was last out of step, whichever is latest.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub(super) fn in_step_since(
    repo: &Repo,
    tip: CommitId,
    rules: &DualWrite,
    last: Option<ForeignWrite>,
) -> Result<Option<Timestamp>, StateError> {
    let Some(began) = phase_began(repo, tip)? else { return Ok(last.map(|last| last.at)) };
    let began = repo.commit(began)?.committer_time();
    let time = |unix| Timestamp::from_unix(unix).ok();
    let bounds = time(began).into_iter().chain(last.map(|last| last.at));
    let mut since = bounds.max();
    let Some(path) = rules.legacy.as_str() else { return Ok(since) };
    // Comparing a version with its registry is slow, so the number of versions is limited.
    let mut corrected = None;
    for id in repo.last_changes_of_mainline(path, tip, MOST_COMPARED)? {
        let commit = repo.commit(id)?;
        if commit.committer_time() < began || commit.parents.iter().any(|id| !repo.has_commit(*id))
        {
            break;
        }
        let state = CommitState::of_witness(repo, commit.tree)?;
        let file = LegacyFile::with(repo, rules.clone());
        let is_in_step = |own| file.is_in_step(file.entry(&state.tree), own);
        if !state.registry().is_some_and(is_in_step) {
            // If the file has not changed since, a change to the registry must have corrected it.
            since =
                since.into_iter().chain(time(corrected.unwrap_or(commit.committer_time()))).max();
            break;
        }
        corrected = Some(commit.committer_time());
    }
    Ok(since)
}
