//! Helpers for all scenarios: repositories, outputs, snapshots.

mod amount;
mod dice;
mod file_server;
mod git;
mod output;
mod program;
mod record;
mod repo;
mod schema;
mod sealed;
mod served;
mod snapshot;
mod template;

pub(crate) use amount::{cases, is_long, number};
pub(crate) use dice::Dice;
pub(crate) use dice::{sample, sample_of};
pub(crate) use file_server::{FileServer, uri};
pub(crate) use git::{Git, for_each_git, gits};
pub(crate) use output::Output;
pub(crate) use program::start;
pub(crate) use program::{copy_program, has, write_script};
pub(crate) use record::skip;
pub(crate) use repo::{Args, Repo, SCOPE, binary, is_dual_write, quoted_binary, without_legacy};
pub(crate) use schema::Schema;
pub(crate) use sealed::sealed;
pub(crate) use served::Served;
pub(crate) use snapshot::Snapshot;
pub(crate) use template::Files;

use crate::judge;

/// Runs the scenario on an adopted repository as [`for_each_git`]; afterwards every commit must be
/// consistent and the working tree clean.
#[track_caller]
pub(crate) fn on_adopted(scenario: impl Fn(&Repo)) {
    on_adopted_leaving("", scenario);
}

/// Does the same as [`on_adopted`], but `git status --porcelain` must print `leftovers` at the end.
#[track_caller]
pub(crate) fn on_adopted_leaving(leftovers: &str, scenario: impl Fn(&Repo)) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        scenario(&repo);
        judge::assert_all_consistent(&repo);
        judge::assert_status(&repo, leftovers);
    });
}

/// Runs every seed below a number, on all processors.
pub(crate) fn each_seed(seeds: u64, run: fn(u64)) {
    let cores = std::thread::available_parallelism().map_or(2, usize::from) as u64;
    std::thread::scope(|scope| {
        for first in 0..cores {
            scope.spawn(move || (first..seeds).step_by(cores as usize).for_each(run));
        }
    });
}

/// Returns a text of 24 lines that differs from the text of every other seed.
pub(crate) fn text(seed: &str) -> String {
    let mut state = hash(seed.as_bytes());
    let mut lines = String::new();
    for number in 0..24 {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        lines.push_str(&format!("{seed} {number} {state:016x}\n"));
    }
    lines
}

/// Returns whether a process runs. A zombie does not.
pub(crate) fn is_running(process: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

/// Returns a number that depends on every byte.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
