//! Moving files along with their identities.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use idhooks_core::config::is_own;
use idhooks_core::registry::{Allocation, Id, Origin, Registry, RepoPath, TextError, grouped};
use idhooks_repo::events::Edit;
use idhooks_repo::git::{GrepMatch, Repo};
use idhooks_repo::store::{OwnWrites, clock::since_epoch, journal::Moved};

mod reported;

pub use reported::{ReportRefusal, ReportedFile, ReportedFiles, report_move, report_moved_files};

use crate::mentions::mentions_of_path;
use crate::transaction::moving::not_moved;
use crate::{
    HERE, Notice, Observer, OpsError, Reach, RegistryTransaction, Writer, lifecycle, repo_path,
};

/// The files to move.
#[derive(Debug, Clone)]
pub struct MoveOptions {
    /// The file or directory in the index, as typed in the current directory.
    pub from: PathBuf,
    /// The new path, or an existing directory to move the file into, as typed in the current
    /// directory.
    pub to: PathBuf,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of [`mv`].
#[derive(Debug)]
pub struct MovedRecords {
    /// The changes to the registry, both now and at the next commit.
    pub edits: Vec<Edit>,
    /// The lines that still mention the old name.
    pub mentions: Vec<GrepMatch>,
}

/// Why a file or a directory cannot be moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoveRefusal {
    /// Until the merge in progress is committed, the new path belongs to a different identity.
    #[error("'{0}' belongs to {1} until the merge is committed")]
    HeldInMerge(RepoPath, Id),
    /// It is one of idhooks' own files, or would replace one.
    #[error("idhooks needs '{0}' at its place")]
    OwnFile(RepoPath),
    /// It has unresolved merge conflicts.
    #[error("'{0}' is unmerged")]
    Unmerged(RepoPath),
    /// The index has no such file or directory.
    #[error("'{0}' is not in the index")]
    NotInIndex(RepoPath),
    /// A new path is not a valid path in a repository.
    #[error(transparent)]
    Path(#[from] TextError),
}

/// The new path of each moved file, keyed by the origin of its identity.
type PlannedMoves = BTreeMap<Origin, RepoPath>;

/// Moves a file or directory as git does, and updates the registry at the same time.
///
/// # Errors
/// Returns an error if git refuses the move, if a path is not free, or if the registry cannot be
/// read or written. In that case nothing was changed.
pub fn mv(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &MoveOptions,
) -> Result<MovedRecords, OpsError> {
    let files = [options.from.clone(), options.to.clone()];
    let writer = Writer::open_for(repo, "mv", Reach::Files(&files))?;
    let from = repo_path(repo, HERE.as_ref(), &options.from)?;
    let mut to = repo_path(repo, HERE.as_ref(), &options.to)?;
    // Like git, moves the file into an existing directory rather than replacing it.
    if repo.top().join(to.to_os_path()).is_dir() {
        to = below(&to, from.basename())?;
    }
    let moved = Moved { from, to };
    writer.run(observer, |observer, transaction| {
        for path in [&moved.from, &moved.to] {
            // A symlink in the path could make the move leave the repository.
            repo.link_guard().check_parent(&repo.top().join(path.to_os_path()))?;
        }
        let moves = planned_moves(transaction, &moved)?;
        assert_free(transaction, &moves)?;
        // git handles submodules, sparse checkouts and case-insensitive file systems, so it checks
        // the move.
        check(repo, &moved)?;
        // Even git's dry run may have rewritten the index.
        let again = match transaction.is_current() {
            true => None,
            false => Some(RegistryTransaction::open(observer, repo)?),
        };
        let transaction = again.as_ref().unwrap_or(transaction);
        let before = transaction.registry();
        // The rules may exclude a file at its new path.
        let (tracked, left_out): (PlannedMoves, PlannedMoves) =
            moves.clone().into_iter().partition(|(_, to)| transaction.config.tracks(to));
        let mut after = before.clone();
        lifecycle::relocate(&mut after, &tracked, transaction.committed());
        if !options.is_dry_run {
            let begin = since_epoch();
            transaction.write_moving(observer, &after, &moved)?;
            let former = before.allocations.iter().filter(|r| moves.contains_key(&r.origin));
            // The watcher must not follow a move that has already been recorded.
            let own = OwnWrites::in_dir(&repo.worktree_state_dir());
            own.note(begin, former.map(|record| &record.path).chain(moves.values()));
            report_excluded(observer, before, &left_out);
        }
        // These changes are due at the next commit, but they are part of the move.
        lifecycle::relocate(&mut after, &left_out, transaction.committed());
        let edits = Edit::between(before, &after);
        if moves.is_empty() {
            observer.notice(Notice::NoIdentities(moved.from.clone()));
        }
        let mentions = mentions_of_path(observer, repo, &moved.from);
        Ok(MovedRecords { edits, mentions })
    })
}

/// Returns an error if a file would move to another identity's path while a merge is in progress:
/// in a merge commit, a path keeps the identity that it has in one of the parents.
fn assert_free(
    transaction: &RegistryTransaction<'_>,
    moves: &PlannedMoves,
) -> Result<(), MoveRefusal> {
    let targets: BTreeSet<&RepoPath> = moves.values().collect();
    let records = transaction.committed().into_iter().flat_map(Registry::active);
    let is_taken = |record: &&Allocation| {
        targets.contains(&record.path) && moves.get(&record.origin) != Some(&record.path)
    };
    match records.filter(|_| transaction.is_merging()).find(is_taken) {
        None => Ok(()),
        Some(Allocation { id, path, .. }) => Err(MoveRefusal::HeldInMerge(path.clone(), *id)),
    }
}

/// Issues a notice about identities whose files the rules exclude at their new paths.
fn report_excluded(observer: &mut dyn Observer, before: &Registry, left_out: &PlannedMoves) {
    for record in &before.allocations {
        if let Some(path) = left_out.get(&record.origin) {
            observer.notice(Notice::Excluded { id: record.id, path: path.clone() });
        }
    }
}

/// Returns the identities whose files move, with their new paths: both the identities that hold a
/// path and those that are shadowed there.
fn planned_moves(
    transaction: &RegistryTransaction<'_>,
    moved: &Moved,
) -> Result<PlannedMoves, MoveRefusal> {
    let Moved { from, to } = moved;
    let mut moves = PlannedMoves::new();
    let mut is_there = false;
    let holders = transaction.holders();
    let shadowing = transaction.registry().shadowing();
    let shadowed = transaction.registry().active().filter(|r| shadowing.contains_key(&r.origin));
    let shadowed: BTreeMap<_, Vec<Origin>> = grouped(shadowed.map(|r| (&r.path, r.origin)));
    for path in transaction.tree().keys() {
        let Some(rest) = path.as_bytes().strip_prefix(from.as_bytes()) else { continue };
        let to = match rest {
            [] => to.clone(),
            [b'/', rest @ ..] => below(to, rest)?,
            _ => continue,
        };
        if is_own(path) || is_own(&to) {
            return Err(MoveRefusal::OwnFile(path.clone()));
        }
        is_there = true;
        if let Some(record) = holders.get(path) {
            let others = shadowed.get(path).into_iter().flatten().copied();
            moves.extend(others.chain([record.origin]).map(|origin| (origin, to.clone())));
        }
    }
    match is_there {
        true => Ok(moves),
        false if transaction.is_unmerged(from) => Err(MoveRefusal::Unmerged(from.clone())),
        false => Err(MoveRefusal::NotInIndex(from.clone())),
    }
}

/// Asks git to check the move in a dry run.
fn check(repo: &Repo, moved: &Moved) -> Result<(), OpsError> {
    let path = |path: &RepoPath| path.to_os_path().into_owned().into_os_string();
    let (from, to) = (path(&moved.from), path(&moved.to));
    let checked = repo.git().run(&["mv".into(), "--dry-run".into(), "--".into(), from, to]);
    checked.map(drop).map_err(|error| not_moved(moved, error))
}

/// Returns a path below a directory.
fn below(dir: &RepoPath, name: &[u8]) -> Result<RepoPath, MoveRefusal> {
    Ok(RepoPath::new([dir.as_bytes(), b"/", name].concat())?)
}

#[cfg(test)]
mod tests;
