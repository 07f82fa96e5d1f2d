//! A world of merges that take the files of one side, or whose conflicts are resolved with them.

use crate::simulator::team::Outcome;

use super::judge::Demand;
use super::yard::{Place, Yard};

/// How two branches are merged.
const WAYS: [&[&str]; 5] = [&[], &[], &["-s", "ours"], &["-X", "ours"], &["-X", "theirs"]];

/// Two branches of one clone, which change files, delete some, and put other files in their places.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.copy("hooked", "ann");
    yard.look(&ann, Demand::Consistent)?;
    yard.must(&ann, &["checkout", "-q", "-b", "topic"])?;
    for _ in 0..5 {
        for branch in ["main", "topic"] {
            yard.must(&ann, &["checkout", "-q", branch])?;
            for _ in 0..=yard.dice.roll(2) {
                change(yard, &ann)?;
            }
        }
        let [here, there] = *yard.dice.choose(&[["main", "topic"], ["topic", "main"]]);
        yard.must(&ann, &["checkout", "-q", here])?;
        merge(yard, &ann, there)?;
        yard.clean(&ann)?;
    }
    super::history::compare(yard, &ann)
}

/// Makes a commit, or two that delete a file and add another one at its path.
fn change(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let files = yard.files(place);
    if yard.dice.roll(3) > 0 || files.is_empty() {
        yard.change(place)?;
        return yard.commit(place, Demand::Consistent);
    }
    let file = yard.dice.choose(&files).clone();
    match yard.dice.roll(2) {
        0 => {
            yard.must(place, &["rm", "-q", "-f", &file])?;
        }
        _ => {
            let new = yard.free_path();
            yard.move_file(place, &file, &new)?;
        }
    }
    yard.commit(place, Demand::Consistent)?;
    let number = yard.next();
    yard.write(place, &file, &crate::simulator::template::text(&format!("born-{number}"), 12));
    yard.judge.counts.note("files in the place of others");
    yard.commit(place, Demand::Consistent)
}

fn merge(yard: &mut Yard<'_>, place: &Place, other: &str) -> Outcome {
    let way = *yard.dice.choose(&WAYS);
    yard.judge.counts.note(&format!("merge {}", way.join(" ")));
    let subject = yard.subject();
    let words = [&["merge", "-q", "-m", &subject][..], way, &[other]].concat();
    if !yard.git(place, &words).ok {
        resolve(yard, place)?;
        yard.must(place, &["commit", "-q", "-m", &subject])?;
    }
    yard.look(place, Demand::Consistent)
}

/// Resolves conflicts: with the files of one side, of HEAD, or with what is there, markers and all.
fn resolve(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let list = yard.ask(place, &["diff", "--name-only", "--diff-filter=U"]);
    let side = *yard.dice.choose(&["--ours", "--theirs", ""]);
    for path in list.lines().filter(|path| !side.is_empty() && !path.starts_with(".idhooks")) {
        // A side that has no file there takes it away.
        if !yard.git(place, &["checkout", "-q", side, "--", path]).ok {
            yard.must(place, &["rm", "-q", "-f", "--cached", "--", path])?;
            yard.must(place, &["clean", "-q", "-f", "--", path])?;
        }
    }
    yard.must(place, &["add", "-A"])?;
    Ok(())
}
