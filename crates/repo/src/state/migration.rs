//! A migration's phase: [`migration_phase`].

use idhooks_core::config::{CONFIG_PATH, DualWrite, MigrationPhase};

use crate::git::{CommitId, Repo, TreeId};

use super::error::StateError;
use super::migration_trailer::{MigrationTrailer, TRAILER};
use super::stored::dual_write_rules;

/// The maximum number of commits to search that changed `idhooks.toml`, or made or undid a step.
const MOST_COMMITS: usize = 100;

/// Returns the newest commit up to this one that made a step which is still in effect, with the
/// phase it led to.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub fn last_step(
    repo: &Repo,
    commit: CommitId,
) -> Result<Option<(CommitId, MigrationPhase)>, StateError> {
    Ok(steps(repo, commit)?.first().copied())
}

/// Returns the commits up to this one that made the steps which are still in effect, newest first,
/// each with the phase it led to. A run that took in changes within the same phase also counts.
///
/// # Errors
/// Returns an error if the history cannot be read.
fn steps(repo: &Repo, commit: CommitId) -> Result<Vec<(CommitId, MigrationPhase)>, StateError> {
    // A rollback undoes the most recent steps before it, so the walk skips that many.
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

/// Returns the newest commit up to this one, along first parents, in which the migration's phase
/// changed: by a step, a rollback or an edit to `idhooks.toml`; `None` if this clone lacks it.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub fn phase_began(repo: &Repo, tip: CommitId) -> Result<Option<CommitId>, StateError> {
    // A version of the file that this program cannot read counts as a different one.
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

/// Returns a commit's phase.
///
/// If `idhooks.toml` has a `[dual_write]` table that is not enabled, the file's history shows
/// whether the migration has begun. If there is no such table, the only possible phases are a
/// finished migration and none, and that history is read only if `looks_back` is set.
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

/// Returns whether an earlier commit wrote both files, and no rollback has reverted that; without a
/// table, whether the last step removed the legacy file.
fn was_written(repo: &Repo, commit: CommitId, has_table: bool) -> Result<bool, StateError> {
    for id in repo.last_changes(CONFIG_PATH, &[commit], MOST_COMMITS)? {
        if !repo.has_commit(id) {
            break;
        }
        let commit = repo.commit(id)?;
        if let Some(trailer) = MigrationTrailer::of(&commit) {
            return Ok(match has_table {
                true => trailer.phase != MigrationPhase::Off,
                // 'git revert' of the first step also removes the table.
                false => trailer.phase == MigrationPhase::Finished,
            });
        }
        // This program may not be able to read an earlier version of the file.
        if rules_of(repo, commit.tree).ok().flatten().is_some_and(|rules| rules.enabled) {
            return Ok(true);
        }
    }
    Ok(false)
}
