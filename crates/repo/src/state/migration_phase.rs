//! [`migration_phase`]: determines the phase that a migration is in.

use idhooks_core::config::{CONFIG_PATH, DualWrite, MigrationPhase};

use crate::git::{CommitId, Repo, TreeId};

use super::error::StateError;
use super::migration_trailer::{MigrationTrailer, TRAILER};
use super::stored_registry::dual_write_rules;

/// The maximum number of commits to search for changes to `idhooks.toml` or for migration steps.
const MOST_COMMITS: usize = 100;

/// Returns the newest commit, up to this one, that made a migration step still in effect, and the
/// phase after that step.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub fn last_step(
    repo: &Repo,
    commit: CommitId,
) -> Result<Option<(CommitId, MigrationPhase)>, StateError> {
    Ok(steps(repo, commit)?.first().copied())
}

/// Returns the commits, up to this one, that made migration steps still in effect, newest first,
/// each with the phase after its step. A run that only took over changes, without changing the
/// phase, also counts as a step.
///
/// # Errors
/// Returns an error if the history cannot be read.
fn steps(repo: &Repo, commit: CommitId) -> Result<Vec<(CommitId, MigrationPhase)>, StateError> {
    // A rollback undoes the steps immediately before it, so skip as many as it undid.
    let (mut undone, mut steps) = (0, Vec::new());
    for id in repo.last_with_line(TRAILER, commit, MOST_COMMITS)? {
        match MigrationTrailer::of(&repo.commit(id)?) {
            Some(trailer) if trailer.undone > 0 => undone += trailer.undone,
            Some(_) if undone > 0 => undone -= 1,
            Some(trailer) => steps.push((id, trailer.phase)),
            None => {}
        }
    }
    Ok(steps)
}

/// Follows first parents back from this commit, and returns the newest commit in which the
/// migration's phase changed, whether by a step, a rollback or an edit to `idhooks.toml`. Returns
/// `None` if this clone does not have that commit.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub fn phase_began(repo: &Repo, tip: CommitId) -> Result<Option<CommitId>, StateError> {
    // Treat a version of the file that this program cannot read as different from the others.
    let phase = |tree| {
        let rules = rules_of(repo, tree).ok().flatten();
        rules.map(|rules| (rules.enabled, rules.leading, rules.finished))
    };
    for id in repo.last_changes_of_mainline(CONFIG_PATH, tip, MOST_COMMITS)? {
        let commit = repo.commit(id)?;
        let before = match commit.parents.first() {
            Some(parent) if !repo.has_commit(*parent) => return Ok(None),
            Some(parent) => phase(repo.commit(*parent)?.tree),
            None => None,
        };
        if before != phase(commit.tree) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// Returns the migration phase at a commit.
///
/// If `idhooks.toml` has a `[dual_write]` table that is not enabled, the file's history shows
/// whether the migration has begun. If there is no such table, the migration is either finished or
/// does not exist, and the history is read only if `looks_back` is set.
///
/// # Errors
/// Returns an error if `idhooks.toml` or the history cannot be read.
pub fn migration_phase(
    repo: &Repo,
    commit: CommitId,
    looks_back: bool,
) -> Result<MigrationPhase, StateError> {
    let rules = rules_of(repo, repo.commit(commit)?.tree)?;
    let is_known = rules.as_ref().map_or(!looks_back, |rules| rules.enabled);
    let was_written = !is_known && was_written(repo, commit, rules.is_some())?;
    Ok(MigrationPhase::of(rules.as_ref(), was_written))
}

fn rules_of(repo: &Repo, tree: TreeId) -> Result<Option<DualWrite>, StateError> {
    dual_write_rules(repo, repo.tree_entry(tree, CONFIG_PATH)?)
}

/// Returns whether an earlier commit wrote both files and was not undone by a rollback. If there is
/// no `[dual_write]` table, returns whether the last step removed the legacy file.
fn was_written(repo: &Repo, commit: CommitId, has_table: bool) -> Result<bool, StateError> {
    for id in repo.last_changes(CONFIG_PATH, &[commit], MOST_COMMITS)? {
        if !repo.has_commit(id) {
            break;
        }
        let commit = repo.commit(id)?;
        if let Some(trailer) = MigrationTrailer::of(&commit) {
            return Ok(match has_table {
                true => trailer.phase != MigrationPhase::Off,
                // The table is also missing after a 'git revert' of the first step.
                false => trailer.phase == MigrationPhase::Finished,
            });
        }
        // This program may be unable to read earlier versions of the file.
        if rules_of(repo, commit.tree).ok().flatten().is_some_and(|rules| rules.enabled) {
            return Ok(true);
        }
    }
    Ok(false)
}
