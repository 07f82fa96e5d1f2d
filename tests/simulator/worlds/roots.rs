//! A world with two roots: a branch with an adoption of its own, without a common registry.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::common::SCOPE;
use crate::simulator::guesses::origin;
use crate::simulator::team::Outcome;
use crate::simulator::template::text;

use super::exceptions::Exception;
use super::files::Change;
use super::judge::{Demand, Judge, Seen};
use super::promise::{Origin, Path, Promise, holders};
use super::yard::{Place, Yard};

const FILES: [&str; 6] = [
    "data/one.txt",
    "data/two.txt",
    "docs/three.md",
    "docs/four.md",
    "lib/core/five.py",
    "six.txt",
];

/// Decides in a promise which path has each identity that both sides hold at different paths,
/// where each side has a file at the other's path, too: the one where it began. Where that does not
/// decide each of them in favour of one side, a person takes the paths of one side for all.
pub(super) fn settle(
    judge: &mut Judge,
    names: &[String],
    parents: &[Rc<Seen>],
    promise: &mut Promise,
) {
    let [one, other] = parents else { return };
    let mut sides = [BTreeMap::new(), BTreeMap::new()];
    let mut decided: BTreeMap<Path, Origin> = BTreeMap::new();
    let mut is_open = false;
    for (here, origin) in one.promise.held.clone() {
        let there = other.promise.place(&origin).cloned().filter(|there| *there != here);
        let Some(there) = there else { continue };
        let has = |seen: &Seen, path: &Path| seen.view.tree.contains_key(path);
        if !has(other, &here) || !has(one, &there) {
            continue;
        }
        let first = began(judge, &names[0], &origin, &here);
        let second = began(judge, &names[1], &origin, &there);
        is_open |= first == second;
        decided.insert(if first { here.clone() } else { there.clone() }, origin.clone());
        sides[0].insert(here, origin.clone());
        sides[1].insert(there, origin);
    }
    // The paths of one side are taken for all, or none.
    is_open |= !sides.contains(&decided);
    for (path, origin) in sides.iter().flatten().filter(|_| is_open) {
        promise.allow(path, [origin.clone()], Exception::UnrelatedRoots);
    }
    if is_open {
        promise.together = sides.to_vec();
        return;
    }
    for (path, origin) in &decided {
        promise.put(path, origin);
        judge.counts.except(Exception::UnrelatedRoots);
    }
}

/// Returns whether the allocation began at the path, in the first commit that has its record.
fn began(judge: &Judge, tip: &str, of: &Origin, path: &Path) -> bool {
    let has = |name: &str| judge.seen(name).view.records.iter().any(|record| record.origin == *of);
    let mut open = vec![tip.to_owned()];
    while let Some(name) = open.pop() {
        let seen = judge.seen(&name);
        let before: Vec<String> =
            seen.parents.iter().filter(|parent| has(parent)).cloned().collect();
        if before.is_empty() {
            let blob = seen.view.tree.get(path).map(|file| file.blob.clone());
            if blob.is_some_and(|blob| origin(path, &blob) == *of) {
                return true;
            }
        }
        open.extend(before);
    }
    false
}

/// Two adoptions, some work on both sides, and merges of both in each direction.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.empty("ann")?;
    let is_orphan = yard.dice.roll(2) == 0;
    write_all(yard, &ann);
    if !is_orphan {
        yard.must(&ann, &["add", "-A"])?;
        yard.must(&ann, &["commit", "-q", "-m", "before"])?;
        yard.look(&ann, Demand::Free)?;
        yard.must(&ann, &["branch", "old"])?;
    }
    adopt(yard, &ann, "")?;
    if is_orphan {
        yard.must(&ann, &["checkout", "-q", "--orphan", "other"])?;
        yard.must(&ann, &["rm", "-r", "-q", "-f", "."])?;
        write_all(yard, &ann);
    } else {
        yard.must(&ann, &["checkout", "-q", "-b", "other", "old"])?;
    }
    adopt(yard, &ann, " --force")?;
    for branch in ["main", "other"] {
        yard.must(&ann, &["checkout", "-q", branch])?;
        for _ in 0..yard.dice.roll(3) {
            work(yard, &ann)?;
        }
    }
    let tips = [yard.rev(&ann, "main"), yard.rev(&ann, "other")];
    let of_main = holders(&yard.judge.seen(&tips[0]).view);
    let mut results = Vec::new();
    for (ours, theirs) in [("main", "other"), ("other", "main")] {
        yard.must(&ann, &["checkout", "-q", "-B", &format!("merge-{ours}"), ours])?;
        merge(yard, &ann, theirs, &of_main)?;
        yard.commit(&ann, Demand::Consistent)?;
        results.push(yard.rev(&ann, "HEAD"));
    }
    yard.judge.counts.note("merges of unrelated roots, both ways");
    both_agree(yard, &tips, &results)?;
    // Criss-cross: each result merges the other one.
    yard.must(&ann, &["checkout", "-q", &results[0]])?;
    merge(yard, &ann, &results[1], &of_main)?;
    yard.must(&ann, &["checkout", "-q", "-B", "main"])?;
    yard.change(&ann)?;
    yard.commit(&ann, Demand::Consistent)?;
    super::history::compare(yard, &ann)
}

fn write_all(yard: &mut Yard<'_>, place: &Place) {
    for (number, path) in FILES.iter().enumerate() {
        yard.write(place, path, &text(&format!("born-0-{number}"), 12));
    }
}

fn adopt(yard: &mut Yard<'_>, place: &Place, options: &str) -> Outcome {
    yard.must(place, &["add", "-A"])?;
    let options: Vec<&str> = options.split_whitespace().collect();
    yard.idhooks(place, &[&["-q", "init", "--scope", SCOPE], &options[..]].concat())?;
    yard.idhooks(place, &["-q", "install"])?;
    yard.commit_as(place, "adopt", Demand::Consistent)
}

/// Exchanges two files by three renames, and perhaps their contents back, so that only the
/// registry differs in the end; or makes any other change.
fn work(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let files: Vec<String> = yard.files(place);
    let (one, two) = (yard.dice.choose(&files).clone(), yard.dice.choose(&files).clone());
    if one == two || yard.dice.roll(3) == 0 {
        let changes = [Change::Edit, Change::Add, Change::Move, Change::MoveAndEdit];
        let change = *yard.dice.choose(&changes);
        yard.change_once(place, change)?;
        return yard.commit(place, Demand::Consistent);
    }
    yard.swap_by_renames(place, [&one, &two], Demand::Consistent)?;
    if yard.dice.roll(2) == 0 {
        let read = |path: &str| String::from_utf8_lossy(&place.repo.read(path)).into_owned();
        let (first, second) = (read(&one), read(&two));
        yard.write(place, &one, &second);
        yard.write(place, &two, &first);
        yard.commit(place, Demand::Consistent)?;
    }
    Ok(())
}

/// Merges; where a person must decide which paths have the identities, it is those of the main branch.
fn merge(
    yard: &mut Yard<'_>,
    place: &Place,
    theirs: &str,
    main: &BTreeMap<Path, Origin>,
) -> Outcome {
    let subject = yard.subject();
    let words = ["merge", "-q", "--no-ff", "--allow-unrelated-histories", "-m", &subject, theirs];
    if yard.git(place, &words).ok {
        return yard.look(place, Demand::Consistent);
    }
    let unmerged = yard.ask(place, &["diff", "--name-only", "--diff-filter=U"]);
    if unmerged.lines().any(|path| path == ".idhooks/registry.json") {
        let answer = yard.try_idhooks(place, &["-q", "resolve"]);
        if !answer.ok {
            let paths = main.iter().filter(|(_, origin)| answer.text.contains(origin.as_str()));
            let choices: Vec<String> = paths
                .map(|(path, origin)| format!("{origin}={}", String::from_utf8_lossy(path)))
                .collect();
            let mut words = vec!["-q", "resolve"];
            choices.iter().for_each(|choice| words.extend(["--path", choice]));
            yard.idhooks(place, &words)?;
        }
        yard.judge.counts.note("registries resolved");
    }
    yard.must(place, &["add", "-A"])?;
    yard.must(place, &["commit", "-q", "--no-edit"])?;
    yard.look(place, Demand::Consistent)
}

/// Asserts that what neither side touched has the same identity in both results.
fn both_agree(yard: &mut Yard<'_>, tips: &[String; 2], results: &[String]) -> Outcome {
    let [main, other] = [&tips[0], &tips[1]].map(|tip| yard.judge.seen(tip));
    let [one, two] = [&results[0], &results[1]].map(|result| yard.judge.seen(result));
    let (first, second) = (holders(&one.view), holders(&two.view));
    let is_same = |path: &Path| {
        let blob = |seen: &Seen| seen.view.tree.get(path).map(|file| file.blob.clone());
        blob(&main) == blob(&other)
    };
    let differ = first.iter().find(|(path, origin)| {
        is_same(path) && second.get(*path).is_some_and(|other| other != *origin)
    });
    match differ {
        None => Ok(()),
        Some((path, origin)) => Err(format!(
            "{} has {origin} after one merge and {} after the other",
            path.escape_ascii(),
            second[path]
        )),
    }
}
