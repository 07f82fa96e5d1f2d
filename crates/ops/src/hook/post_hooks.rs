//! The hooks that git runs after a command has done its work.

use idhooks_core::registry::REGISTRY_PATH;
use idhooks_repo::cache::{Cache, ConsistencyKey};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::git::{Repo, inspect};
use idhooks_repo::history::{Consistency, check_consistency, missing_to_heal, prepare_next_commit};
use idhooks_repo::state::StateError;
use idhooks_repo::transaction::record_seen_commits;

use super::merged_legacy_changes::report_foreign_changes;
use super::notice::HookNotice;
use super::post_rewrite::{amended, merged, rebased};
use crate::{Notice, Observer, OpsError, keep_attributes};

/// A hook that git runs after a command has done its work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PostHook {
    /// After a commit.
    PostCommit,
    /// After a merge.
    PostMerge {
        /// Whether it was a squash merge, which creates no commit.
        is_squash: bool,
    },
    /// After commits were rewritten by this git command: 'rebase' or 'amend'.
    PostRewrite(String),
    /// After a checkout.
    PostCheckout {
        /// Whether git switched to another commit rather than only checking out files.
        is_switch: bool,
        /// Whether HEAD named no commit before, as in a new clone or working tree.
        is_first: bool,
    },
}

impl PostHook {
    /// Returns the run's name.
    fn name(&self) -> &'static str {
        match self {
            PostHook::PostCommit => "hook post-commit",
            PostHook::PostMerge { .. } => "hook post-merge",
            PostHook::PostRewrite(_) => "hook post-rewrite",
            PostHook::PostCheckout { .. } => "hook post-checkout",
        }
    }
}

/// Does the work for a hook: records new commits, replaces commits whose registry is inconsistent,
/// and issues notices about problems.
///
/// # Errors
/// Returns an error if the state cannot be read, or a commit cannot be replaced.
pub fn run_later_hook(
    observer: &mut dyn Observer,
    repo: &Repo,
    hook: &PostHook,
) -> Result<(), OpsError> {
    repo.begin_hook(hook.name());
    let done = match hook {
        PostHook::PostMerge { is_squash: false } => merged(observer, repo),
        PostHook::PostRewrite(command) if command == "rebase" => rebased(observer, repo),
        PostHook::PostRewrite(command) if command == "amend" => amended(observer, repo),
        PostHook::PostCheckout { is_switch: true, .. } => checked_out(observer, repo),
        _ => Ok(()),
    };
    // This comes last, so that HEAD's reflog already contains the replacement commits.
    if let Some(problem) = record_seen_commits(repo) {
        observer.notice(Notice::NotKept(problem));
    }
    done?;
    // Other checkouts do not: 'git bisect' would search the commits before each step.
    if matches!(hook, PostHook::PostMerge { .. } | PostHook::PostCheckout { is_first: true, .. }) {
        check_head(repo);
    }
    // A checkout issues its own notice.
    if matches!(hook, PostHook::PostMerge { .. } | PostHook::PostRewrite(_)) {
        report_foreign_changes(observer, repo)?;
    }
    if let Some(head) = repo.head()? {
        keep_attributes(observer, repo, LegacyFile::of_tree(repo, repo.commit(head)?.tree));
    }
    Ok(())
}

/// Finds out what the next commit needs to know about HEAD, so that the first commit after a clone
/// or a pull does not take that time itself.
pub(crate) fn check_head(repo: &Repo) {
    let check = || -> Result<(), StateError> {
        // A clone that lacks objects might fetch them now, although no commit needs them yet.
        if repo.is_partial() || repo.is_shallow()? {
            return Ok(());
        }
        repo.head()?.map_or(Ok(()), |head| prepare_next_commit(repo, head))
    };
    // If this fails, the first commit does the same and reports the error.
    let _ = check();
}

/// Issues a notice about an inconsistent registry, once per tree, and about installation problems.
fn checked_out(observer: &mut dyn Observer, repo: &Repo) -> Result<(), OpsError> {
    let Some(head) = repo.head()? else { return Ok(()) };
    let tree = repo.commit(head)?.tree;
    if repo.tree_entry(tree, REGISTRY_PATH)?.is_none() {
        return Ok(());
    }
    let first_time = |problem: &str| {
        let mut cache = Cache::open(&repo.state_dir());
        let key = ConsistencyKey::IsReported(tree.object(), problem.to_owned());
        let is_known = cache.get(&key).is_some();
        // If the cache cannot be written, the hook merely repeats its message.
        cache.insert(&key, &true);
        cache.save();
        !is_known
    };
    if first_time("")
        && let Consistency::Inconsistent(_) = check_consistency(repo, head)?
    {
        let lacking = missing_to_heal(repo, head)?;
        observer.notice(Notice::Hook(HookNotice::Inconsistent(lacking)));
    }
    // Checked on every checkout, because a hook manager may have replaced the hooks in the
    // meantime.
    if repo.is_plainly_installed() {
        return Ok(());
    }
    // That the program is gone is said by the one that runs in its place, at most once a day.
    if let Some(problem) = inspect(&repo.git())?.problems_besides_program().into_iter().next()
        && first_time(&problem)
    {
        observer.notice(Notice::Hook(HookNotice::NotInstalled(problem)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::complete_commit;
    use crate::tests::{TestRepo, text};

    /// Returns whether it is cached that HEAD is complete: if it is, the next hook searches nothing.
    fn is_head_known(repo: &Repo) -> bool {
        let head = repo.head().expect("readable").expect("a commit");
        let commit = repo.commit(head).expect("readable");
        let parents = commit.parents.iter().map(|id| id.object());
        let key =
            ConsistencyKey::IsComplete([commit.tree.object()].into_iter().chain(parents).collect());
        Cache::open(&repo.state_dir()).get(&key) == Some(true)
    }

    #[test]
    fn a_checked_head_needs_no_search_before_the_next_commit() {
        let made = TestRepo::adopted();
        for name in ["one.md", "two.md"] {
            made.stage(name, name);
            made.commit(name);
        }
        fs::remove_dir_all(made.at(".git/idhooks/cache")).expect("a clone that committed");
        let repo = made.open();
        for is_first in [false, true] {
            assert!(!is_head_known(&repo));
            let hook = PostHook::PostCheckout { is_switch: true, is_first };
            run_later_hook(&mut made.notices(), &repo, &hook).expect("readable");
        }
        assert!(is_head_known(&repo));
    }

    #[test]
    fn a_commit_without_hooks_is_searched_once() {
        for is_unstaged in [false, true] {
            let made = TestRepo::adopted();
            let commit = |name: &str| {
                made.stage(name, &text(name));
                // As in `git commit`, the index has its tree cached when the hook runs.
                made.run("write-tree");
                made.commit(name);
            };
            commit("one.md");
            made.stage("two.md", &text("two"));
            // A run by hand completes a commit that is made without the hook, or not at all.
            complete_commit(&mut made.notices(), &made.open()).expect("possible");
            if is_unstaged {
                made.run("reset -q -- .idhooks/registry.json");
            }
            made.commit_unseen("two");
            // The next commit heals it, if necessary, and the one after that searches what led to
            // HEAD.
            commit("three.md");
            for name in ["four.md", "five.md"] {
                commit(name);
                assert!(is_head_known(&made.open()), "{name}");
            }
        }
    }
}
