//! What somebody does to identities on purpose: allocate, reserve, move, deprecate, revive, supersede,
//! assign, purge, patch.

mod allocate;
pub(crate) mod audit;
mod backups;
mod batches;
mod committed;
mod concurrency;
mod exchanges;
mod fix;
#[cfg(feature = "code")]
mod lint_fix;
#[cfg(feature = "code")]
mod lint_reports;
mod moves;
mod patches;
mod purge;
mod refs;
mod refs_add;
mod refs_fix;
mod refs_resolve;
mod refs_suspect;
mod refusals;
mod rename;
mod reports;
mod reserve;
mod restore_hints;
mod restored_records;
pub(crate) mod second_ids;
mod sequences;
mod url;
mod url_former;

use crate::common::{Repo, Snapshot};
use crate::crash_safety::{Ended, Stops};

/// Asserts that a command refuses, names the thing and the remedy, and changes nothing.
pub(crate) fn refuses(repo: &Repo, line: &str, thing: &str) {
    let before = Snapshot::of(repo);
    repo.idhooks(line).code(2).explains(thing).done();
    before.assert_same(repo);
}

/// Returns the lines of the standard output of a command that succeeds.
fn said(repo: &Repo, line: &str) -> Vec<String> {
    repo.idhooks(line).ok().stdout().lines().map(str::to_owned).collect()
}

/// Where commands note what they are about to do, to undo it if they are killed.
const JOURNAL: &str = ".git/idhooks/journal";

/// Lets a command line run to its end, which had a journal at `least` of its stops or more.
fn run_with_journal(repo: &Repo, line: &str, least: usize) -> Ended {
    let mut stops = Stops::start(repo, line);
    let mut count = 0;
    while stops.next().is_some() {
        count += usize::from(repo.exists(JOURNAL));
        stops.go_on();
    }
    assert!(count >= least, "only {count} stops with a journal: is it a debug build?");
    stops.end()
}

/// Asserts that a dry run says what the real run says, and changes nothing; returns it.
pub(crate) fn as_shown(repo: &Repo, line: &str) -> Vec<String> {
    let before = Snapshot::of(repo);
    let shown = said(repo, &format!("{line} --dry-run"));
    before.assert_same(repo);
    assert_eq!(said(repo, line), shown, "the dry run of '{line}'");
    shown
}
