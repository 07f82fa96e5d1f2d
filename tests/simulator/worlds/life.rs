//! A world in which the registry itself is removed, moved, damaged, restored from an old version, or given up and
//! resumed, with and without hooks, while work goes on.

use std::collections::BTreeMap;

use crate::simulator::team::Outcome;

use super::judge::Demand;
use super::partial::UNHOOKED;
use super::promise::Origin;
use super::yard::{Place, Yard};

const REGISTRY: &str = ".idhooks/registry.json";

/// What happens to the registry.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Removed,
    RemovedInMerge,
    Moved,
    Marked,
    Emptied,
    Restored,
    RevertedRemoval,
    Ended,
}

impl Blow {
    const ALL: [Blow; 8] = [
        Blow::Removed,
        Blow::RemovedInMerge,
        Blow::Moved,
        Blow::Marked,
        Blow::Emptied,
        Blow::Restored,
        Blow::RevertedRemoval,
        Blow::Ended,
    ];
}

/// One clone.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.copy("hooked", "ann");
    yard.look(&ann, Demand::Consistent)?;
    let mut known = BTreeMap::new();
    note(yard, &ann, &mut known)?;
    for _ in 0..4 {
        for _ in 0..yard.dice.roll(3) {
            work(yard, &ann)?;
        }
        note(yard, &ann, &mut known)?;
        let blow = *yard.dice.choose(&Blow::ALL);
        yard.judge.counts.note(&format!("registries: {blow:?}"));
        strike(yard, &ann, blow)?;
        for _ in 0..yard.dice.roll(3) {
            unseen(yard, &ann)?;
        }
        if yard.dice.roll(4) == 0 {
            restore(yard, &ann)?;
            yard.commit(&ann, Demand::Free)?;
        }
        if !ann.repo.exists("idhooks.toml") {
            yard.idhooks(&ann, &["-q", "init"])?;
        }
        if yard.dice.roll(2) == 0 {
            // Of an edited file that was renamed without hooks, the judge does not know whose it is.
            let change = *yard.dice.choose(&UNHOOKED);
            yard.change_once(&ann, change)?;
        }
        yard.commit(&ann, Demand::Consistent)?;
        note(yard, &ann, &mut known)?;
        yard.clean(&ann)?;
    }
    super::history::compare(yard, &ann)
}

/// A commit with hooks.
fn work(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    yard.change(place)?;
    yard.commit(place, Demand::Consistent)
}

/// A commit without hooks.
fn unseen(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let change = *yard.dice.choose(&UNHOOKED);
    yard.change_once(place, change)?;
    yard.commit(place, Demand::Free)
}

fn strike(yard: &mut Yard<'_>, place: &Place, blow: Blow) -> Outcome {
    if yard.dice.roll(2) == 0 {
        let change = *yard.dice.choose(&UNHOOKED);
        yard.change_once(place, change)?;
    }
    match blow {
        Blow::Removed => {
            yard.must(place, &["rm", "-q", "-f", REGISTRY])?;
        }
        Blow::Moved => {
            // There may be one from before.
            yard.git(place, &["rm", "-q", "-r", "-f", "elsewhere"]);
            yard.must(place, &["add", "-A"])?;
            std::fs::create_dir_all(place.repo.path().join("elsewhere")).expect("a directory");
            yard.shell(place, "mkdir -p elsewhere");
            yard.must(place, &["mv", ".idhooks", "elsewhere/.idhooks"])?;
        }
        Blow::Marked => {
            let text = String::from_utf8_lossy(&place.repo.read(REGISTRY)).into_owned();
            yard.write(place, REGISTRY, &format!("<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> x\n"));
        }
        Blow::Emptied => yard.write(place, REGISTRY, "{}\n"),
        Blow::Restored => restore(yard, place)?,
        Blow::Ended => {
            yard.must(place, &["rm", "-q", "-f", REGISTRY, "idhooks.toml"])?;
        }
        Blow::RevertedRemoval => {
            yard.must(place, &["rm", "-q", "-f", REGISTRY])?;
            yard.commit(place, Demand::Free)?;
            if yard.dice.roll(2) == 0 {
                unseen(yard, place)?;
            }
            let removal =
                yard.ask(place, &["log", "-1", "--format=%H", "--diff-filter=D", "--", REGISTRY]);
            if !yard.git(place, &["revert", "--no-commit", &removal]).ok {
                yard.must(place, &["checkout", "-q", "-f", "HEAD"])?;
                yard.git(place, &["revert", "--quit"]);
            }
        }
        Blow::RemovedInMerge => return removed_in_merge(yard, place),
    }
    yard.commit(place, Demand::Free)
}

/// Checks out the registry of an earlier commit.
fn restore(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let list = yard.ask(place, &["log", "--format=%H", "--diff-filter=AM", "--", REGISTRY]);
    let commits: Vec<String> = list.lines().map(String::from).collect();
    if commits.is_empty() {
        return Ok(());
    }
    let commit = yard.dice.choose(&commits).clone();
    // In a commit that gave it up, the rules come back as well.
    let rules = !place.repo.exists("idhooks.toml");
    yard.must(place, &["checkout", "-q", &commit, "--", REGISTRY])?;
    if rules {
        yard.must(place, &["checkout", "-q", &commit, "--", "idhooks.toml"])?;
    }
    Ok(())
}

/// Two branches, and a merge without hooks that ends the conflict by removing the registry.
fn removed_in_merge(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    // Of an edited file that was renamed without hooks, the judge does not know whose it is.
    yard.commit(place, Demand::Consistent)?;
    let branch = format!("side-{}", yard.next());
    yard.must(place, &["checkout", "-q", "-b", &branch])?;
    for _ in 0..=yard.dice.roll(2) {
        work(yard, place)?;
    }
    yard.must(place, &["checkout", "-q", "main"])?;
    for _ in 0..=yard.dice.roll(2) {
        work(yard, place)?;
    }
    yard.git(place, &["merge", "-q", "--no-ff", "--no-commit", &branch]);
    yard.must(place, &["add", "-A"])?;
    yard.must(place, &["rm", "-q", "-f", REGISTRY])?;
    let subject = yard.subject();
    yard.must(place, &["commit", "-q", "--no-verify", "-m", &subject])?;
    yard.look(place, Demand::Free)
}

/// Asserts that no record is gone that a consistent commit had, and notes those of this one.
fn note(yard: &Yard<'_>, place: &Place, known: &mut BTreeMap<Origin, String>) -> Outcome {
    let seen = yard.judge.seen(&yard.rev(place, "HEAD"));
    let records = &seen.view.records;
    for (origin, id) in known.iter() {
        let has = |r: &&crate::judge::view::Record| r.id == *id || r.aliases.contains(id);
        if !records.iter().any(|record| record.origin == *origin && has(&record)) {
            return Err(format!("the record {id} ({origin}) is gone"));
        }
    }
    known.extend(records.iter().map(|record| (record.origin.clone(), record.id.clone())));
    Ok(())
}
