//! Records how commands and hooks ended, if not well.

use std::path::Path;

use idhooks_core::{check::Finding, plan::EventKind};
use idhooks_ops::{record_exit, record_findings};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::transaction::record_seen_commits;

use crate::error::{CommandResult, Exit};

/// Records that a command that would change the registry was refused, and why, as [`record_refusal`]
/// does; `what` is its name.
pub(in crate::commands) fn record_refused_run(what: &str, dir: &Path, done: &CommandResult<Exit>) {
    if !matches!(done, Ok(Exit::Fine))
        && let Ok(repo) = Repo::open(dir)
    {
        repo.begin(what);
        record_refusal(&repo, done);
    }
}

/// Records the commits that were made since the last run. A failure to record that is ignored here: the next
/// hook reports it.
pub(in crate::commands) fn record_commits(dir: &Path) {
    if let Ok(repo) = Repo::open(dir) {
        record_seen_commits(&repo);
    }
}

/// Records that a command was refused, and why. A failure to record that is ignored.
pub(in crate::commands) fn record_refusal(repo: &Repo, done: &CommandResult<Exit>) {
    let (kind, exit, message) = match done {
        Ok(Exit::Fine) => return,
        Ok(Exit::Findings) => {
            (EventKind::CheckFailed, Exit::Findings, "it has findings".to_owned())
        }
        Ok(exit) => (EventKind::Blocked, *exit, "its input has faults".to_owned()),
        Err(error) if !error.is_transient => {
            let lines = [std::slice::from_ref(&error.message), &error.causes].concat();
            (EventKind::Blocked, error.exit, lines.join("; "))
        }
        _ => return,
    };
    record_exit(repo, kind, exit as u8, &message, None);
}

/// Records a check if it failed, with the last commit that it checked; returns its exit code.
pub(in crate::commands) fn record_check(
    repo: &Repo,
    commit: Option<CommitId>,
    exit: Exit,
    findings: &[Finding],
) -> Exit {
    if exit != Exit::Fine {
        record_findings(repo, EventKind::CheckFailed, commit, findings);
    }
    exit
}
