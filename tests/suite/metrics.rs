//! `idhooks metrics` and `idhooks coverage`: figures for monitoring, and how they went.

mod alerts;
mod capacity;
#[cfg(feature = "code")]
mod code;
mod command;
mod coverage;
mod dashboard;
mod dual_write;
mod grammar;
mod health;
mod hurried;
#[cfg(feature = "migration")]
mod migration;
mod past;
mod pending;
mod references;
mod report;
mod served;
mod writes;

use crate::common::Repo;

/// Commits a file that no hook sees, so that it has no identity.
fn commit_unseen(repo: &Repo, path: &str) {
    repo.stage(path, crate::common::text(path));
    repo.run(["commit", "-q", "--no-verify", "-m", path]);
}

/// Returns the same repository on a day of November 2023, at noon.
fn on_day(repo: &Repo, day: u8) -> Repo {
    let date = format!("2023-11-{day:02}T12:00:00Z");
    repo.with("GIT_AUTHOR_DATE", &date).with("GIT_COMMITTER_DATE", &date)
}
