//! A world of topics whose commits are replayed in another order, some of them exchanges by `idhooks mv`: every
//! file has the identity that it had on its topic.

use std::collections::BTreeSet;

use crate::simulator::team::Outcome;

use super::births::{self, Births, birth, births};
use super::files::Change;
use super::yard::{Place, Yard};

/// One clone.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.copy("hooked", "ann");
    for _ in 0..2 {
        yard.must(&ann, &["checkout", "-q", "-B", "topic", "main"])?;
        // What is exchanged after it was assigned is another identity where only the exchange is replayed.
        let assigns = yard.dice.roll(4) == 0;
        let mut open = BTreeSet::new();
        for _ in 0..2 + yard.dice.roll(4) {
            step(yard, &ann, assigns, &mut open)?;
            births::commit(yard, &ann, true)?;
        }
        let topic = births(&ann);
        yard.must(&ann, &["checkout", "-q", "main"])?;
        for _ in 0..yard.dice.roll(3) {
            let change = *yard.dice.choose(&[Change::Add, Change::Edit, Change::Move]);
            yard.change_once(&ann, change)?;
            births::commit(yard, &ann, true)?;
        }
        let ours = births(&ann);
        replay(yard, &ann)?;
        judge(yard, &ann, [&ours, &topic], &open)?;
        if yard.dice.roll(3) == 0 {
            births::change(yard, &ann)?;
            births::commit(yard, &ann, true)?;
            let ours = births(&ann);
            if yard.git(&ann, &["merge", "-q", "--no-edit", "topic"]).ok {
                yard.judge.counts.note("replayed topics merged");
                judge(yard, &ann, [&ours, &topic], &open)?;
            } else {
                yard.must(&ann, &["merge", "--abort"])?;
            }
        }
    }
    Ok(())
}

/// Changes files of the topic. Births to which `idhooks assign` gives another identity are open.
fn step(yard: &mut Yard<'_>, place: &Place, assigns: bool, open: &mut BTreeSet<String>) -> Outcome {
    if yard.dice.roll(2) == 0 {
        // What is exchanged before it is added begins with the exchange.
        let changes = [Change::Edit, Change::Move, Change::MoveAndEdit, Change::Delete];
        let change = *yard.dice.choose(&changes);
        return yard.change_once(place, change);
    }
    if !assigns {
        return yard.swap_by_command(place, "unjudged");
    }
    let files = yard.files(place);
    let (from, to) = (yard.dice.choose(&files).clone(), yard.dice.choose(&files).clone());
    let births: Vec<String> =
        [&from, &to].into_iter().filter_map(|path| birth(place, path)).collect();
    // What is assigned again was another identity where only that is replayed.
    let is_first = !births.iter().any(|birth| open.contains(birth));
    if from != to && is_first && yard.try_idhooks(place, &["-q", "assign", &from, &to]).ok {
        open.extend(births);
    }
    Ok(())
}

/// Replays the commits of the topic in another order; those that conflict are left out.
fn replay(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let list = yard.ask(place, &["rev-list", "--reverse", "main..topic"]);
    let mut commits: Vec<&str> = list.lines().collect();
    for last in (1..commits.len()).rev() {
        let other = yard.dice.roll(last + 1);
        commits.swap(last, other);
    }
    match yard.dice.roll(2) {
        0 => {
            for commit in commits {
                if !yard.git(place, &["cherry-pick", "--allow-empty", commit]).ok {
                    yard.must(place, &["cherry-pick", "--abort"])?;
                }
            }
            yard.judge.counts.note("topics picked in another order");
        }
        _ => rebase(yard, place, &commits)?,
    }
    Ok(())
}

/// Rebases with an instruction sheet in this order, where one commit may be a fixup of the one before.
fn rebase(yard: &mut Yard<'_>, place: &Place, commits: &[&str]) -> Outcome {
    let fixup = yard.dice.roll(2 * commits.len().max(1));
    let mut lines = String::new();
    for (number, commit) in commits.iter().enumerate() {
        let word = if number == fixup && number > 0 { "fixup" } else { "pick" };
        lines += &format!("{word} {commit}\n");
    }
    place.repo.write("../todo", &lines);
    let editor = "sequence.editor=cp ../todo";
    yard.shell(place, &format!("printf '{}' >../todo", lines.replace('\n', "\\n")));
    yard.must(place, &["checkout", "-q", "-B", "again", "topic"])?;
    if yard.git(place, &["-c", editor, "rebase", "-q", "-i", "--empty=keep", "main"]).ok {
        yard.must(place, &["checkout", "-q", "-B", "main"])?;
        yard.judge.counts.note("topics rebased in another order");
    } else {
        yard.git(place, &["rebase", "--abort"]);
        yard.must(place, &["reset", "-q", "--hard"])?;
        yard.must(place, &["checkout", "-q", "main"])?;
    }
    Ok(())
}

/// Heals, and judges HEAD.
fn judge(
    yard: &mut Yard<'_>,
    place: &Place,
    known: [&Births; 2],
    open: &BTreeSet<String>,
) -> Outcome {
    births::commit(yard, place, true)?;
    let now = births(place);
    for before in known {
        births::kept(before, &now, open)?;
    }
    births::sound(yard, place, None)
}
