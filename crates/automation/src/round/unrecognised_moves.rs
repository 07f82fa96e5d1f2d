//! Finds the moves in the working tree that the next commit would not recognise.

use std::path::Path;

use idhooks_core::check::{Code, Finding};
use idhooks_core::registry::{Allocation, Entry, Mode, RepoPath};
use idhooks_ops::{Observer, OpsError, read_allocation_log};
use idhooks_repo::git::Repo;
use idhooks_repo::state::read_config;
use idhooks_repo::transaction::PendingCommit;

use super::messages::ObservedMove;

/// A move that has not been committed yet.
struct OpenMove {
    from: RepoPath,
    to: RepoPath,
    /// The paths whose staged content differs from the working tree.
    unstaged: Vec<RepoPath>,
}

/// The result of examining moves in the working tree.
#[derive(Debug, Default)]
pub(super) struct ExaminedMoves {
    /// A finding for each move that the next commit would not recognise.
    pub(super) findings: Vec<Finding>,
    /// The indices of the finished moves.
    pub(super) settled: Vec<usize>,
}

/// Examines moves without changing anything.
pub(super) fn examine_moves(
    observer: &mut dyn Observer,
    dir: &Path,
    moves: &[ObservedMove],
) -> Result<ExaminedMoves, OpsError> {
    // The contents of files in the working tree are hashed, but not stored in the repository.
    let repo = Repo::open(dir)?.writing_aside()?;
    // In a partial clone, the watcher would otherwise cause network traffic in the background.
    repo.fetch_nothing();
    let pending = PendingCommit::open(&repo)?;
    let (mut open, mut settled) = (Vec::new(), Vec::new());
    for (number, (from, to)) in moves.iter().enumerate() {
        match is_open(&pending, from, to)? {
            true => open.push((from.clone(), to.clone())),
            false => settled.push(number),
        }
    }
    // No identity can be assigned during a merge.
    let can_wait = !pending.merging.is_empty() || !pending.index()?.unmerged.is_empty();
    let findings = match can_wait || open.is_empty() {
        true => Vec::new(),
        false => find_lost(observer, pending, open)?,
    };
    Ok(ExaminedMoves { findings, settled })
}

/// Returns whether a move is still undecided: HEAD has the old path, but not the new one.
fn is_open(pending: &PendingCommit<'_>, from: &RepoPath, to: &RepoPath) -> Result<bool, OpsError> {
    let Some((_, head)) = &pending.head else { return Ok(false) };
    let entry = |path: &RepoPath| pending.repo.tree_entry(head.tree, path.as_bytes());
    Ok(entry(from)?.is_some() && entry(to)?.is_none())
}

/// Stages moves in an in-memory index, using the files' current contents.
fn stage<'r>(
    pending: PendingCommit<'r>,
    moves: Vec<ObservedMove>,
) -> Result<(PendingCommit<'r>, Vec<OpenMove>), OpsError> {
    let paths: Vec<RepoPath> = moves.iter().map(|(_, to)| to.clone()).collect();
    let blobs = pending.repo.store_files(&paths)?;
    let mut index = pending.index()?.clone();
    let (tree, mut open) = (&mut index.tree, Vec::new());
    for ((from, to), blob) in moves.into_iter().zip(blobs) {
        let (old, staged) = (tree.remove(&from), tree.get(&to).copied());
        let mode = staged.or(old).map_or(Mode::Regular, |entry| entry.mode);
        let entry = Entry { mode, blob };
        let unstaged = [(old.is_some(), &from), (staged != Some(entry), &to)];
        let unstaged = unstaged.into_iter().filter(|(is_unstaged, _)| *is_unstaged);
        let unstaged = unstaged.map(|(_, path)| path.clone()).collect();
        tree.insert(to.clone(), entry);
        open.push(OpenMove { from, to, unstaged });
    }
    // The index's cached tree was computed before these changes.
    index.root = None;
    Ok((pending.with_index(index), open))
}

/// Returns a finding for each moved file that would not keep its identity in a commit, even if all
/// the moves were staged. A move whose record is no longer at the old path in the index counts as
/// recorded.
fn find_lost(
    observer: &mut dyn Observer,
    pending: PendingCommit<'_>,
    moves: Vec<ObservedMove>,
) -> Result<Vec<Finding>, OpsError> {
    let (pending, moves) = stage(pending, moves)?;
    // The check itself reports the reason if there is no registry to commit.
    let Ok(Some(inputs)) = pending.read(None, &|_| {}) else { return Ok(Vec::new()) };
    let config = read_config(pending.repo, &inputs.state.tree)?;
    if !pending.faults(&inputs, &config).is_empty() {
        return Ok(Vec::new());
    }
    let log = read_allocation_log(observer, pending.repo);
    let plan = pending.plan(&inputs, &config, &log, false)?;
    let (staged, planned) = (inputs.stored.registry.holders(|_| false), plan.registry.by_origin());
    let is_lost = |moved: &OpenMove, record: &Allocation| {
        let kept = planned.get(&record.origin);
        config.tracks(&moved.to)
            && !plan.undecided.paths.contains(&moved.to)
            && kept.is_none_or(|kept| !kept.is_active() || kept.path != moved.to)
    };
    let lost = moves.iter().filter_map(|moved| {
        let record = staged.get(&moved.from).filter(|record| is_lost(moved, record))?;
        Some(finding(moved, record))
    });
    Ok(lost.collect())
}

/// Returns the finding for a file that the next commit would not recognise.
fn finding(OpenMove { from, to, unstaged }: &OpenMove, record: &Allocation) -> Finding {
    let id = record.id;
    let message = format!(
        "'{from}' was moved to '{to}' and changed so much that the next commit would not recognise it: '{to}' would not keep the identity {id}"
    );
    let paths: String = unstaged.iter().map(|path| format!(" {}", path.shell_quoted())).collect();
    let add = if paths.is_empty() { paths } else { format!("git add -A --{paths} && ") };
    let help = format!(
        "if it is the same file, keep its identity: {add}idhooks assign {id} {}",
        to.shell_quoted()
    );
    let finding = Finding::about(record, Code::StalePath, message, help);
    finding.into_warning().related_to(Some(to), None)
}
