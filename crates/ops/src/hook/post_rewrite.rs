//! post-merge and post-rewrite: replacing commits whose registry is inconsistent.

use std::collections::BTreeSet;

use idhooks_core::check::Parent;
use idhooks_core::config::RenameLimits;
use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath, Tree};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::git::{Commit, CommitId, Rebase, Repo, TreeId};
use idhooks_repo::history::{
    CommitReader, Lineage, check_consistency, is_consistent_with_parents, is_hooked_on,
    loses_exact_rename, registry_blob,
};
use idhooks_repo::state::{CommitState, has_registry};
use idhooks_repo::transaction::{
    Pick, RewriteError, RewrittenChain, RewrittenCommit, inconsistent_commits, rebuild,
    rewrite_commit,
};

use super::notice::{HookNotice, NotRewritten, RemadeCommit};
use crate::audit_events::note_event;
use crate::legacy_change_report::{report_edits, report_healing, report_repaired, report_taken};
use crate::plan_notices::{warn_of_undecided, while_healing};
use crate::replace_head::{NewHead, replace_head_by};
use crate::{Notice, Observer, OpsError};

/// The message for a commit that repairs a rebase's registry.
const REASON: &str = "idhooks: registry of the rebase";

/// post-merge: replaces a clean merge commit if its registry is inconsistent.
///
/// git runs no hook that could change a clean merge commit, and the merge driver does not see the
/// final tree (after directory renames, for example).
pub(super) fn merged(observer: &mut dyn Observer, repo: &Repo) -> Result<(), OpsError> {
    let Some(head) = repo.head()? else { return Ok(()) };
    let commit = repo.commit(head)?;
    // A fast-forward creates no commit. git runs this hook before it removes MERGE_HEAD, so
    // comparing it with the parents tells a merge commit made just now from an older one.
    let merged: BTreeSet<CommitId> = repo.merge_heads()?.into_iter().collect();
    let Some((ours, others)) = commit.parents.split_first() else { return Ok(()) };
    let others: BTreeSet<CommitId> = others.iter().copied().collect();
    if merged.is_empty() || merged != others {
        return Ok(());
    }
    if has_registry(repo, *ours)? && !has_registry(repo, head)? {
        observer.notice(Notice::Hook(HookNotice::RemovedByMerge));
        return Ok(());
    }
    if is_consistent_with_parents(repo, head, &|_| false)? {
        return report_renumbered(observer, repo, &commit, &commit.parents);
    }
    let Some(remade) = remake_head(observer, repo, head, RemadeCommit::Merge)? else {
        return Ok(());
    };
    let (lineage, after) = (&remade.lineage, &remade.plan.registry);
    let base = lineage.merged.as_ref().unwrap_or(after);
    observer.notice(Notice::Hook(HookNotice::MergeCompleted));
    warn_of_undecided(observer, repo, &remade.plan.undecided);
    let parents = lineage.with_registry();
    let mut edits = Edit::renumbered(&parents, after);
    let others = Edit::between(base, after);
    edits.extend(others.into_iter().filter(|edit| edit.lost.is_none()));
    let before: Vec<&Registry> = parents.iter().map(|parent| parent.registry).collect();
    edits.extend(Edit::lost_since(&before, after));
    // The merge driver has already printed what was lost in its merge.
    let printed = remade.state.registry().map(|own| Edit::lost_since(&before, own));
    edits.retain(|edit| edit.lost.is_none() || !printed.iter().flatten().any(|one| one == edit));
    let taken = remade.legacy.iter().map(|taken| (taken, after));
    let healed = lineage.healing();
    let all: Vec<Edit> = healed.iter().chain(&edits).cloned().collect();
    if !report_taken(observer, Some(repo), taken, &all) {
        let file = LegacyFile::of_tree(repo, remade.tree)?;
        report_healing(observer, repo, file, &healed, edits);
    }
    Ok(())
}

/// Issues a notice about files whose identity differs from the one in one of these commits, because
/// both branches had allocated the same identity.
fn report_renumbered(
    observer: &mut dyn Observer,
    repo: &Repo,
    commit: &Commit,
    before: &[CommitId],
) -> Result<(), OpsError> {
    let edits = renumbered(repo, commit, before)?;
    Ok(report_edits(observer, repo, commit.tree, edits)?)
}

/// Returns the files whose identities differ between a commit and an earlier one.
fn renumbered(repo: &Repo, commit: &Commit, before: &[CommitId]) -> Result<Vec<Edit>, OpsError> {
    if let Some(edits) = renumbered_records(repo, commit, before)? {
        return Ok(edits);
    }
    let lineage = Lineage::of(repo, before)?;
    let state = CommitState::of_tree(repo, commit.tree)?.readable()?;
    let after = state.registry();
    Ok(after.map_or_else(Vec::new, |after| Edit::renumbered(&lineage.with_registry(), after)))
}

/// Like [`renumbered`], but reads only the records that differ; returns `None` if that is
/// impossible.
fn renumbered_records(
    repo: &Repo,
    commit: &Commit,
    parents: &[CommitId],
) -> Result<Option<Vec<Edit>>, OpsError> {
    let Some(new) = registry_blob(repo, commit.tree)? else { return Ok(None) };
    let (mut reader, mut before) = (CommitReader::new(repo), Vec::new());
    let mut after: Option<Registry> = None;
    for parent in parents {
        if !repo.has_commit(*parent) {
            return Ok(None);
        }
        let Some(old) = registry_blob(repo, repo.commit(*parent)?.tree)? else { return Ok(None) };
        let Some([old, new]) = reader.differing_records(old, new)? else { return Ok(None) };
        before.push(old);
        match &mut after {
            None => after = Some(new),
            Some(after) => after.allocations.extend(new.allocations),
        }
    }
    let tree = &Tree::new();
    let parents: Vec<_> = before.iter().map(|registry| Parent { registry, tree }).collect();
    Ok(after.map(|after| Edit::renumbered(&parents, &after)))
}

/// post-rewrite: rewrites a rebase's commits if their registries are inconsistent.
///
/// A rebase runs no hook that could update the registry in its commits. The merge driver gets
/// nearly all of them right, but it does not see directory renames or conflicts that were resolved
/// by hand.
pub(super) fn rebased(observer: &mut dyn Observer, repo: &Repo) -> Result<(), OpsError> {
    let (Some(rebase), Some(head)) = (repo.rebase()?, repo.head()?) else { return Ok(()) };
    let made = repo.commits_since(head, &[rebase.onto, rebase.old_head])?;
    let mut inconsistent = inconsistent_commits(repo, &made)?;
    // Later healing ignores consistent registries, so this is the last chance to repair them.
    for id in &made {
        // In a squashed commit, an exact rename outweighs the renames that the registry followed
        // from step to step.
        if loses_exact_rename(repo, *id)? {
            inconsistent.insert(*id);
        }
    }
    let before = [rebase.onto, rebase.old_head];
    if inconsistent.is_empty() {
        return report_renumbered(observer, repo, &repo.commit(head)?, &before);
    }
    let picked = |id| picks(&rebase, |new| new == id);
    let git = repo.git();
    // The rebase has just made these commits, so the author, dates, message and signature stay as
    // git set them.
    let store = |commit: &Commit, tree, parents: &[_]| commit.store_again(&git, tree, parents);
    let why = match why_not(repo, head, &rebase, &inconsistent)? {
        Some(why) => why,
        None => {
            match while_healing(observer, |p| {
                rebuild(repo, &made, &inconsistent, &picked, &store, p)
            }) {
                Ok(rebuilt) => return put_in_place(observer, repo, head, rebuilt, &before),
                Err(RewriteError::State(error)) => return Err(error.into()),
                Err(RewriteError::Unsigned(_, error)) => NotRewritten::Unsigned(error),
            }
        }
    };
    // A single commit on top of the rebase heals the registry instead.
    let (commit, picks) = (repo.commit(head)?, picks(&rebase, |_| true));
    let Some(remade) = remade(observer, repo, &commit, &[head], &picks)? else { return Ok(()) };
    let new = repo.store_follow_up(head, remade.tree, REASON)?;
    let new_head = NewHead::of(new, &remade);
    replace_head_by(observer, repo, &new_head, || Ok(repo.move_head(new, head, REASON)?))?;
    note_healed(observer, repo, head, new);
    observer.notice(Notice::Hook(HookNotice::RebaseHealed(why)));
    report_changes(observer, repo, &remade)?;
    warn_of_undecided(observer, repo, &remade.plan.undecided);
    Ok(())
}

/// Returns the reason that the commits cannot be rewritten, if there is one.
fn why_not(
    repo: &Repo,
    head: CommitId,
    rebase: &Rebase,
    inconsistent: &BTreeSet<CommitId>,
) -> Result<Option<NotRewritten>, OpsError> {
    if !rebase.other_branches.is_empty() {
        // After this hook, git moves these branches to the commits that it made itself.
        return Ok(Some(NotRewritten::OtherBranches(rebase.other_branches.clone())));
    }
    let known = [rebase.onto, rebase.old_head];
    let ours = repo.unshared(head, &known, rebase.branch.as_deref())?;
    let ours: BTreeSet<CommitId> = ours.into_iter().collect();
    let shared = !inconsistent.is_subset(&ours);
    Ok(shared.then_some(NotRewritten::Shared))
}

/// Returns the original versions of the rewritten commits that `is_meant` selects.
fn picks(rebase: &Rebase, is_meant: impl Fn(CommitId) -> bool) -> Vec<Pick> {
    let meant = rebase.rewritten.iter().filter(|(_, new)| is_meant(*new));
    meant.map(|(old, _)| Pick { commit: *old, reverting: false }).collect()
}

fn put_in_place(
    observer: &mut dyn Observer,
    repo: &Repo,
    head: CommitId,
    mut rebuilt: RewrittenChain,
    before: &[CommitId],
) -> Result<(), OpsError> {
    let Some((_, tip)) = rebuilt.replaced.last() else { return Ok(()) };
    match &rebuilt.registry {
        Some(registry) => {
            let move_head = || Ok(repo.move_head(*tip, head, REASON)?);
            let new_head = NewHead { commit: *tip, known: rebuilt.before.as_ref(), registry };
            replace_head_by(observer, repo, &new_head, move_head)?;
        }
        None => repo.move_head(*tip, head, REASON)?,
    }
    note_healed(observer, repo, head, *tip);
    // git copies notes before it runs this hook, so the notes are attached to the commits that were
    // replaced.
    if let Err(error) = repo.copy_notes("rebase", &rebuilt.replaced) {
        observer.notice(Notice::Hook(HookNotice::RebaseNotesNotCopied(error)));
    }
    for edit in renumbered(repo, &repo.commit(*tip)?, before)? {
        if !rebuilt.edits.contains(&edit) {
            rebuilt.edits.push(edit);
        }
    }
    observer.notice(Notice::Hook(HookNotice::RebaseRepaired(rebuilt.replaced.len())));
    let taken = rebuilt.legacy.iter().map(|(taken, after)| (taken, after));
    if !report_taken(observer, Some(repo), taken, &rebuilt.edits) {
        report_repaired(observer, repo, repo.commit(*tip)?.tree, &rebuilt.edits)?;
    }
    warn_of_undecided(observer, repo, &rebuilt.undecided);
    Ok(())
}

/// post-rewrite: repairs an amended commit's registry.
///
/// pre-commit cannot tell that a commit is being amended, so it mistakes the commit being replaced
/// for the parent. If that commit moved a file away, and the old path now has a file again,
/// pre-commit sees a new file, although the path never went away compared with the real parent.
/// Also, if both commits moved a file, pre-commit may match it with a different file than a
/// comparison with the real parent would.
pub(super) fn amended(observer: &mut dyn Observer, repo: &Repo) -> Result<(), OpsError> {
    let Some(head) = repo.head()? else { return Ok(()) };
    // The rebase has more commits to make, and git will run this hook again after them.
    if repo.rebase()?.is_some() {
        return Ok(());
    }
    let Commit { tree, parents, .. } = repo.commit(head)?;
    // If a parent needs healing, pre-commit only saw the parent's registry as the replaced commit
    // had left it.
    let known = parents.into_iter().filter(|id| repo.has_commit(*id));
    let mut is_suspect = loses_exact_rename(repo, head)?;
    for id in known.chain([head]) {
        is_suspect = is_suspect || check_consistency(repo, id)?.is_inconsistent();
    }
    if !is_suspect {
        return Ok(());
    }
    // Replacing HEAD also replaces the registry in the index, so a registry staged there would be
    // lost.
    if !is_only_out_of_place(repo, tree)? || has_staged_registry(repo, tree)? {
        return Ok(());
    }
    let Some(remade) = remake_head(observer, repo, head, RemadeCommit::Amendment)? else {
        return Ok(());
    };
    observer.notice(Notice::Hook(HookNotice::AmendRepaired));
    report_changes(observer, repo, &remade)?;
    warn_of_undecided(observer, repo, &remade.plan.undecided);
    Ok(())
}

/// Returns whether a commit with `tree` would be consistent on top of the replaced commit. If so,
/// pre-commit ran; if not, either pre-commit was skipped ('--no-verify') or more needs healing, and
/// the next commit handles both cases.
fn is_only_out_of_place(repo: &Repo, tree: TreeId) -> Result<bool, OpsError> {
    let Some(amended) = repo.resolve("HEAD@{1}")? else { return Ok(false) };
    Ok(is_hooked_on(repo, tree, amended)?)
}

/// Returns whether the registry in the index differs from the one in `tree`. If so, the user staged
/// it for a later commit.
fn has_staged_registry(repo: &Repo, tree: TreeId) -> Result<bool, OpsError> {
    let index = repo.index(&repo.index_file())?;
    let staged = index.tree.get(&RepoPath::registry()).map(|entry| entry.blob);
    Ok(staged != repo.tree_entry(tree, REGISTRY_PATH)?.map(|entry| entry.blob))
}

/// Replaces HEAD with a commit whose registry is consistent, keeping parents, author, dates,
/// message and notes, and re-signing the commit if it was signed. If signing fails, adds a commit
/// on top instead. Returns `None` if the registry is already consistent.
///
/// # Errors
/// Returns an error if the commit cannot be planned or stored, and the errors from
/// [`replace_head_by`].
fn remake_head(
    observer: &mut dyn Observer,
    repo: &Repo,
    head: CommitId,
    kind: RemadeCommit,
) -> Result<Option<RewrittenCommit>, OpsError> {
    let commit = repo.commit(head)?;
    let Some(remade) = remade(observer, repo, &commit, &commit.parents, &[])? else {
        return Ok(None);
    };
    let reason = match kind {
        RemadeCommit::Merge => "idhooks: registry of the merge",
        RemadeCommit::Amendment => "idhooks: registry of the amendment",
    };
    let (new, is_added) = match commit.store_again(&repo.git(), remade.tree, &commit.parents) {
        Err(error) if commit.is_signed() => {
            observer.notice(Notice::Hook(HookNotice::NotSigned(kind, error)));
            (repo.store_follow_up(head, remade.tree, reason)?, true)
        }
        stored => (stored?, false),
    };
    let new_head = NewHead::of(new, &remade);
    replace_head_by(observer, repo, &new_head, || Ok(repo.move_head(new, head, reason)?))?;
    note_healed(observer, repo, head, new);
    if !is_added && let Err(error) = repo.copy_notes("amend", &[(head, new)]) {
        observer.notice(Notice::Hook(HookNotice::NotesNotCopied(error)));
    }
    Ok(Some(remade))
}

/// Replans a commit on top of `parents`. Returns `None` if its registry is already consistent.
///
/// # Errors
/// Returns the errors from [`rewrite_commit`].
fn remade(
    observer: &mut dyn Observer,
    repo: &Repo,
    commit: &Commit,
    parents: &[CommitId],
    picks: &[Pick],
) -> Result<Option<RewrittenCommit>, OpsError> {
    let remade = while_healing(observer, |progress| {
        rewrite_commit(repo, commit, parents, picks, RenameLimits::NONE, progress)
    })?;
    Ok(remade.filter(|remade| remade.tree != commit.tree))
}

/// Reports the changes to a repaired registry.
fn report_changes(
    observer: &mut dyn Observer,
    repo: &Repo,
    remade: &RewrittenCommit,
) -> Result<(), OpsError> {
    let (before, after) = (remade.state.registry(), &remade.plan.registry);
    let edits = before.map(|before| Edit::between(before, after)).unwrap_or_default();
    let taken = remade.legacy.iter().map(|taken| (taken, after));
    if !report_taken(observer, Some(repo), taken, &edits) {
        report_repaired(observer, repo, remade.tree, &edits)?;
    }
    Ok(())
}

/// Records in the audit log that HEAD was replaced.
fn note_healed(observer: &mut dyn Observer, repo: &Repo, old: CommitId, new: CommitId) {
    let [old, new] = [old, new].map(|commit| commit.to_string());
    let facts = [("old_commit", Some(&*old)), ("commit", Some(&*new))];
    note_event(observer, repo, EventKind::Healed, &facts);
}
