//! Worlds: short seeded histories in surroundings that teams rarely have, each commit judged by
//! rules that are stricter than consistency.
//!
//! `IDHOOKS_SEED=17 cargo test --test suite -- --exact simulator::worlds::worlds` replays one and shows every
//! command. `IDHOOKS_WORLDS` is how many there are, `IDHOOKS_FIRST` the first seed, and
//! `IDHOOKS_WORLD` the only world.

mod attacks;
mod births;
mod carried;
mod commands;
mod exceptions;
mod files;
mod gate;
mod history;
mod joined;
mod judge;
mod life;
mod merges;
mod partial;
mod promise;
mod reordered;
mod replaced;
mod replay;
mod rewritten;
mod roots;
mod shallow;
mod sidecars;
mod store;
mod yard;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::{cases, number};
use crate::simulator::team::Outcome;
use crate::simulator::template::Template;

use exceptions::Counts;
use yard::Yard;

/// How many histories there are by default, and with `IDHOOKS_TEST_ALL=1`.
const HISTORIES: [u64; 2] = [12, 200];
/// The number of faults after which the run stops.
const MOST_FAULTS: usize = 10;

/// A world: its name, and one history in it.
struct World {
    name: &'static str,
    run: fn(&mut Yard<'_>) -> Outcome,
}

const WORLDS: [World; 13] = [
    World { name: "replay", run: replay::run },
    World { name: "partial", run: partial::run },
    World { name: "shallow", run: shallow::run },
    World { name: "roots", run: roots::run },
    World { name: "replaced", run: replaced::run },
    World { name: "gate", run: gate::run },
    World { name: "merges", run: merges::run },
    World { name: "life", run: life::run },
    World { name: "sidecars", run: sidecars::run },
    World { name: "rewritten", run: rewritten::run },
    World { name: "reordered", run: reordered::run },
    World { name: "carried", run: carried::run },
    World { name: "joined", run: joined::run },
];

/// The worlds and seeds of histories that once lost an identity, or were judged wrongly, too long to write out as
/// tests.
const COUNTEREXAMPLES: [(&str, u64); 19] = [
    ("merges", 2104),
    ("partial", 207194),
    ("replay", 30372),
    ("replay", 30462),
    ("replay", 30852),
    ("replay", 40296),
    ("replay", 60200),
    ("replay", 200081),
    ("replay", 200200),
    ("replay", 200438),
    ("replay", 202174),
    ("replay", 203875),
    ("replay", 205422),
    ("replay", 206556),
    ("replay", 208481),
    ("replay", 209167),
    ("replay", 209867),
    ("replay", 210329),
    ("replay", 220073),
];

/// Runs the history of a seed in one world, or in the one of all whose turn it is; returns what happened in
/// it, or the report of a fault.
fn history(
    templates: &[Template],
    only: Option<&str>,
    seed: u64,
    is_loud: bool,
) -> Result<Counts, String> {
    let is_chosen = |world: &&World| only.is_none_or(|only| only == world.name);
    let worlds: Vec<&World> = WORLDS.iter().filter(is_chosen).collect();
    let pick = usize::try_from(seed).expect("a small number");
    let world = worlds[pick % worlds.len()];
    let template = &templates[(pick / worlds.len()) % templates.len()];
    let mut yard = Yard::new(template, seed, is_loud);
    yard.script.say(format!("# {}, {}", world.name, template.git.version));
    let done = catch_unwind(AssertUnwindSafe(|| (world.run)(&mut yard)));
    let message = match done {
        Ok(Ok(())) => {
            yard.judge.counts.note(&format!("histories: {}", world.name));
            return Ok(yard.judge.counts);
        }
        Ok(Err(message)) => message,
        Err(panic) => panic.downcast::<String>().map_or("a panic".to_owned(), |text| *text),
    };
    let script = yard.script.text();
    let last: Vec<&str> = script.lines().rev().take(40).collect();
    let last = last.into_iter().rev().collect::<Vec<_>>().join("\n");
    let only = match only {
        Some(only) => format!("IDHOOKS_WORLD={only} "),
        None => String::new(),
    };
    Err(format!(
        "seed {seed} ({}, {}) failed:\n{message}\nlast lines:\n{last}\nagain: {only}IDHOOKS_SEED={seed} cargo test --test suite -- --exact simulator::worlds::worlds\n",
        world.name, template.git.version,
    ))
}

fn templates() -> Vec<Template> {
    crate::common::gits().iter().map(|git| Template::new(git, "")).collect()
}

#[test]
fn counterexamples() {
    crate::simulator::quiet_histories();
    let templates = templates();
    let lived = COUNTEREXAMPLES.map(|(world, seed)| history(&templates, Some(world), seed, false));
    let reports: Vec<String> = lived.into_iter().filter_map(Result::err).collect();
    assert!(reports.is_empty(), "{}", reports.join("\n"));
}

#[test]
#[expect(clippy::print_stderr, reason = "the numbers are the result")]
fn worlds() {
    crate::simulator::quiet_histories();
    let seed = number("IDHOOKS_SEED");
    let first = seed.or(number("IDHOOKS_FIRST")).unwrap_or(1);
    let count = if seed.is_some() { 1 } else { cases("IDHOOKS_WORLDS", HISTORIES) };
    let only = std::env::var("IDHOOKS_WORLD").ok();
    let templates = templates();
    let next = AtomicU64::new(first);
    let result = Mutex::new((Counts::default(), Vec::new()));
    let work = || loop {
        let seed_now = next.fetch_add(1, Ordering::Relaxed);
        if seed_now >= first + count {
            return;
        }
        let lived = history(&templates, only.as_deref(), seed_now, seed.is_some());
        let mut result = result.lock().expect("no thread panics while it holds the lock");
        match lived {
            Ok(counts) => result.0.add(&counts),
            Err(report) => result.1.push(report),
        }
        if result.1.len() >= MOST_FAULTS {
            return;
        }
    };
    crate::simulator::on_all_cores(work);
    let (counts, reports) = result.into_inner().expect("all threads are done");
    eprintln!("{count} histories in worlds, from seed {first}\n{counts}");
    assert!(reports.is_empty(), "{}", reports.join("\n"));
    let is_usual = count >= 200 && only.is_none();
    assert!(!is_usual || counts.unused().is_empty(), "never used: {:?}", counts.unused());
}
