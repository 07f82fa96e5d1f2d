//! Hints for refused repairs of the registry.

use idhooks_ops::{HealRefusal, ReconcileRefusal, RemoteBranch, RewriteRefusal};

use super::CommandError;
use crate::output::shell_quoted;

/// The reason a service clone must be clean.
const ONLY_COMMITTED: &str = "a service clone heals the committed state of the current branch";
/// Advice on a git operation in progress.
const FINISH: &str = "finish or abort it first: git status";

impl From<ReconcileRefusal> for CommandError {
    fn from(refusal: ReconcileRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            ReconcileRefusal::NoRegistry(how) => converted.hint(how),
            ReconcileRefusal::Findings(_) => {
                converted.hint("fix the findings above, then try again")
            }
        }
    }
}

impl From<HealRefusal> for CommandError {
    fn from(refusal: HealRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            HealRefusal::InProgress(_) => converted.because(&ONLY_COMMITTED).hint(FINISH),
            HealRefusal::DetachedHead => converted
                .because(&ONLY_COMMITTED)
                .hint("switch to the branch first: git switch <branch>"),
            HealRefusal::NoCommit(_) => {
                converted.hint("make the first commit, or fetch the branch: git pull")
            }
            HealRefusal::NotClean(error) => Self::from(error)
                .because(&ONLY_COMMITTED)
                .hint("commit or stash the changes: git stash; or heal with your next commit: idhooks reconcile"),
            HealRefusal::Shallow => converted
                .because(&"without the whole history, another clone would heal it differently")
                .hint("fetch the rest: git fetch --unshallow (in CI: 'fetch-depth: 0')"),
            HealRefusal::NotHealable(_, finding) => match finding {
                Some(finding) => converted.because(&finding.message).hint(finding.help),
                None => converted,
            }
            .hint("see the problem and its remedy: idhooks check --rev HEAD"),
            refusal => of_target_or_remote(refusal, converted),
        }
    }
}

/// Adds hints about the healing commit's target, or about the remote.
fn of_target_or_remote(refusal: HealRefusal, converted: CommandError) -> CommandError {
    match refusal {
        HealRefusal::CheckedOut(_) => converted
            .because(&"a branch that people work on is never changed behind their backs")
            .hint("name another branch in [reconcile] of idhooks.toml: commit = \"branch idhooks/heal\"")
            .hint("or heal this one with a commit: idhooks reconcile && git commit"),
        HealRefusal::CheckedOutElsewhere { .. } => converted
            .hint("switch to another branch there, or name another target in [reconcile] of idhooks.toml"),
        HealRefusal::ForeignTip { branch, commit } => {
            let name = shell_quoted(&branch);
            converted
                .because(&commit)
                // With `-d` rather than `-D`, git refuses to delete commits that the merge left
                // out.
                .hint(format!("keep it elsewhere: git branch -m {name} <name>; or merge it and delete it: git merge {name} && git branch -d {name}"))
                .hint("or name another branch in [reconcile] of idhooks.toml")
        }
        HealRefusal::BranchNotMoved { reason, .. } => converted
            .because(&reason)
            .hint("if another run moved it, run this again; if another branch is in the way, name another one in [reconcile] of idhooks.toml"),
        HealRefusal::PatchNotWritten { reason, .. } => converted
            .because(&reason)
            .hint("remove it, or name another file in [reconcile] of idhooks.toml: commit = \"patch <name>.patch\""),
        HealRefusal::UnknownRemote(remote) => converted
            .because(&"[reconcile] of idhooks.toml names it")
            .hint(format!("add it: git remote add {remote} <url>; or fix 'remote' there")),
        HealRefusal::NotFetched { branch, reason } => converted
            .because(&reason)
            .hint(format!("see the error: git fetch {}", branch.remote)),
        HealRefusal::NoRemoteBranch(RemoteBranch { remote, branch }) => converted
            .hint(format!("push it: git push {remote} {branch}; or switch to another branch")),
        HealRefusal::Ahead(RemoteBranch { remote, branch }) => converted
            .because(&"no one works in a service clone")
            .hint(format!("push them: git push {remote} {branch}"))
            .hint(format!("or discard them: git reset --hard {remote}/{branch}")),
        HealRefusal::ForeignRemoteCommit { commit, .. } => converted
            .because(&format!("such as {}", commit.short()))
            .hint("merge that branch, then delete it there; or name another one in [reconcile] of idhooks.toml"),
        HealRefusal::NotPushed { branch: RemoteBranch { remote, branch }, commit, reason } => converted
            .because(&reason)
            .hint(format!("check that you may push there: git push --dry-run {remote} {commit}:refs/heads/{branch}")),
        HealRefusal::Overtaken { .. } => {
            converted.hint("the next run tries again; to try now: idhooks schedule run hourly")
        }
        _ => converted,
    }
}

impl From<RewriteRefusal> for CommandError {
    fn from(refusal: RewriteRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            RewriteRefusal::InProgress(_) => converted.hint(FINISH),
            RewriteRefusal::NotClean(error) => {
                converted.because(&error).hint("commit or stash them: git stash")
            }
            RewriteRefusal::NoCommit => converted.hint("commit first"),
            RewriteRefusal::NotARange(_) => {
                converted.hint("name a range: idhooks reconcile --rewrite origin/main..HEAD")
            }
            RewriteRefusal::NotAtHead { .. } => converted
                .hint("name the commit before the first one to rewrite: idhooks reconcile --rewrite <commit>..HEAD")
                .hint("for commits on another branch, first run: git switch <branch>"),
            RewriteRefusal::NoRegistry => converted.hint(
                "restore it from an earlier commit, and commit; list the commits: git log -- .idhooks",
            ),
            RewriteRefusal::NoParents(_) => {
                converted.hint("fetch them: git fetch --unshallow")
            }
            RewriteRefusal::Unsigned { error, .. } => converted.because(&error).hint(
                // A program in batch mode cannot prompt for the passphrase; an agent that already
                // knows it does not need to.
                "unlock the key by signing something, then run this again; nothing was changed",
            ),
            RewriteRefusal::Shared { shared, names, first, is_detached, is_head } => {
                let mut error = converted.because(&"published commits are not changed");
                if is_detached {
                    error = error
                        .hint("HEAD is detached; switch to the branch first: git switch <branch>");
                }
                if !is_head {
                    error = error.hint(format!(
                        "rewrite the commits after it: idhooks reconcile --rewrite {}..HEAD",
                        shared.short()
                    ));
                }
                error.hint(format!(
                    // `--no-ff` is needed: otherwise, a rebase would keep commits that are already
                    // in place, without running any hooks.
                    "if only you use {names}: git rebase --no-ff {}^ makes new commits with consistent registries; push them with --force-with-lease",
                    first.short()
                ))
            }
        }
    }
}
