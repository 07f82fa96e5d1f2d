//! A simulator of teams: seeded random histories of three to six clones with real git, some of
//! them without hooks. After every step all new commits are judged independently, and in
//! the end the members merge everything in opposite orders and must agree.
//!
//! `IDHOOKS_SEED=17 cargo test --test suite simulator::teams` replays one history and shows every
//! step as a line of shell. Other variables: `IDHOOKS_HISTORIES` (how many), `IDHOOKS_FIRST` (the
//! first seed), `IDHOOKS_STEPS`, `IDHOOKS_SKIP` (steps left out, as `3,7`), `IDHOOKS_SHRINK=1`
//! (leave out all steps that a failure does not need), `IDHOOKS_SERVED` (how many histories in which
//! a service clone heals by the clock what a fifth of the commits leave), `IDHOOKS_TRANSCRIPTS` (a
//! directory for all commands, what they printed, and the commits that they made: two programs did the
//! same if `diff -r` finds no difference), and as in the suite `IDHOOKS_TEST_BIN` and
//! `IDHOOKS_TEST_GITS`.

mod changes;
mod conflicts;
mod exchange;
mod guesses;
mod history;
mod ledger;
mod objects;
mod published;
mod script;
mod service;
mod steps;
mod tally;
mod team;
mod template;
mod worlds;

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::{cases, gits, number};
use history::{Fault, Plan, run_history};
use tally::Tally;
use template::Template;

/// How many histories there are by default, and with `IDHOOKS_TEST_ALL=1`.
const HISTORIES: [u64; 2] = [12, 200];
const STEPS: u64 = 22;
/// The same for histories with a service clone.
const SERVED: [u64; 2] = [2, 60];
/// The number of faults after which the run stops.
const MOST_FAULTS: usize = 5;

/// Returns a template for each git with each way of choosing numbers; scattered is the default
/// and comes more often.
fn templates() -> Vec<Template> {
    let kinds = ["", "", "--strategy sequential", template::FULL];
    let pairs = kinds.iter().flat_map(|kind| gits().iter().map(move |git| (git, kind)));
    pairs.map(|(git, options)| Template::new(git, options)).collect()
}

fn all(templates: &[Template], plans: &[Plan]) -> (Tally, Vec<(Plan, Fault)>) {
    let next = AtomicU64::new(0);
    let result = Mutex::new((Tally::default(), Vec::new()));
    let work = || {
        while let Some(plan) = plans
            .get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).expect("a small number"))
        {
            let lived = run_history(templates, plan);
            let mut result = result.lock().expect("no thread panics while it holds the lock");
            match lived {
                Ok(tally) => result.0 += tally,
                Err(fault) => result.1.push((plan.clone(), fault)),
            }
            if result.1.len() >= MOST_FAULTS {
                return;
            }
        }
    };
    on_all_cores(work);
    result.into_inner().expect("all threads are done")
}

/// Leaves out one step after the other as long as the same goes wrong.
fn shrink(templates: &[Template], plan: &Plan, fault: Fault) -> (Plan, Fault) {
    let mut best = (Plan { steps: plan.steps.min(fault.step + 1), ..plan.clone() }, fault);
    if best.1.step < plan.steps {
        best.0.skip.insert(best.0.steps);
    }
    for step in (0..best.1.step).rev() {
        let mut fewer = best.0.clone();
        fewer.skip.insert(step);
        match run_history(templates, &fewer) {
            Err(fault) if fault.kind() == best.1.kind() => best = (fewer, fault),
            _ => {}
        }
    }
    best
}

fn report(plan: &Plan, fault: &Fault) -> String {
    let skip: Vec<String> = plan.skip.iter().map(u64::to_string).collect();
    let skip =
        if skip.is_empty() { String::new() } else { format!("IDHOOKS_SKIP={} ", skip.join(",")) };
    let steps =
        if plan.steps == STEPS { String::new() } else { format!("IDHOOKS_STEPS={} ", plan.steps) };
    let last: Vec<&str> = fault.script.lines().rev().take(30).collect();
    let test = if plan.is_served { "served_teams" } else { "teams" };
    format!(
        "seed {} failed in step {}:\n{}\nlast lines:\n{}\nagain: {steps}{skip}IDHOOKS_SEED={} cargo test --test suite -- --exact simulator::{test}\n",
        plan.seed,
        fault.step,
        fault.message,
        last.into_iter().rev().collect::<Vec<_>>().join("\n"),
        plan.seed,
    )
}

#[test]
fn teams() {
    run(false, "IDHOOKS_HISTORIES", HISTORIES);
}

/// A fifth of the commits is made without hooks, and only a service clone heals them: before a member
/// goes on, it makes one run on the branch of that member.
#[test]
fn served_teams() {
    let tally = run(true, "IDHOOKS_SERVED", SERVED);
    let is_usual = number("IDHOOKS_SEED").is_none() && number("IDHOOKS_STEPS").is_none();
    assert!(!is_usual || tally.unhooked * 100 >= 18 * tally.commits, "too few:\n{tally}");
    assert!(!is_usual || tally.served * 20 >= tally.commits, "too few:\n{tally}");
}

/// Runs histories in as many threads as there are cores; a panic of one is reported as a fault.
fn on_all_cores(work: impl Fn() + Sync) {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let history = std::thread::Builder::new().name("history".to_owned());
            history.spawn_scoped(scope, &work).expect("a thread can be started");
        }
    });
}

/// Prints no panic of a history, which is reported as a fault.
fn quiet_histories() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::thread::current().name() != Some("history") {
            usual(info);
        }
    }));
}

#[expect(clippy::print_stderr, reason = "the numbers are the result")]
fn run(is_served: bool, variable: &str, histories: [u64; 2]) -> Tally {
    quiet_histories();
    let templates = templates();
    let steps = number("IDHOOKS_STEPS").unwrap_or(STEPS);
    let seed = number("IDHOOKS_SEED");
    let first = seed.or(number("IDHOOKS_FIRST")).unwrap_or(1);
    let count = if seed.is_some() { 1 } else { cases(variable, histories) };
    let skip = std::env::var("IDHOOKS_SKIP").unwrap_or_default();
    let skip: BTreeSet<u64> = skip.split(',').filter_map(|step| step.parse().ok()).collect();
    let may_shrink = number("IDHOOKS_SHRINK").is_some();
    let loud = seed.is_some() && !may_shrink;
    let plan = |seed| Plan { seed, steps, skip: skip.clone(), loud, is_served };
    let plans: Vec<Plan> = (first..first + count).map(plan).collect();
    let (tally, mut faults) = all(&templates, &plans);
    eprintln!("{tally}");
    if may_shrink {
        faults = faults.into_iter().map(|(plan, fault)| shrink(&templates, &plan, fault)).collect();
    }
    let reports: Vec<String> = faults.iter().map(|(plan, fault)| report(plan, fault)).collect();
    assert!(reports.is_empty(), "{}", reports.join("\n"));
    tally
}
