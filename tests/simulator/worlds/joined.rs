//! A world of two repositories with adoptions of their own, one of which takes files of the other by a merge, a
//! subtree or picks: no number of the other scope appears unless a person took it, and it stays with its file.

use std::collections::BTreeSet;

use crate::common::SCOPE;
use crate::judge::View;
use crate::simulator::team::Outcome;
use crate::simulator::template::text;

use super::births::{self, Births, births};
use super::yard::{Place, Yard};

/// The scope of the other repository.
const OTHER: &str = "222222";
/// Where the subtree is.
const PREFIX: &str = "vendor/lib";
const REGISTRY: &str = ".idhooks/registry.json";

/// How the files come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Merged,
    Subtree,
    Imported,
    Picked,
}

/// Two repositories.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.copy("hooked", "ann");
    let lib = yard.empty("lib")?;
    for number in 0..3 {
        add(yard, &lib, &format!("kit/l{number}.py"));
    }
    yard.must(&lib, &["add", "-A"])?;
    yard.idhooks(&lib, &["-q", "init", "--scope", OTHER])?;
    yard.idhooks(&lib, &["-q", "install"])?;
    births::commit(yard, &lib, true)?;
    let way = *yard.dice.choose(&[Way::Merged, Way::Subtree, Way::Imported, Way::Picked]);
    yard.judge.counts.note(&format!("repositories joined: {way:?}"));
    let mut is_first = true;
    for _ in 0..3 {
        work(yard, &lib, "kit")?;
        for _ in 0..yard.dice.roll(3) {
            births::change(yard, &ann)?;
            births::commit(yard, &ann, true)?;
        }
        let (view, ours, theirs) = (View::of(&ann.repo, "HEAD"), births(&ann), births(&lib));
        yard.must(&ann, &["fetch", "-q", "../lib", "main"])?;
        take(yard, &ann, way, is_first)?;
        births::commit(yard, &ann, true)?;
        let now = births(&ann);
        births::kept(&ours, &now, &BTreeSet::new())?;
        births::sound(yard, &ann, Some(&view))?;
        scopes(&now, &theirs, way)?;
        yard.idhooks(&ann, &["-q", "ci", "--base", "HEAD~1", "--head", "HEAD"])?;
        is_first = false;
        if way == Way::Merged {
            // What is merged once goes on here.
            return Ok(());
        }
    }
    Ok(())
}

/// Changes files below a directory of the other repository, and commits.
fn work(yard: &mut Yard<'_>, lib: &Place, dir: &str) -> Outcome {
    for _ in 0..=yard.dice.roll(2) {
        let mut files = yard.files(lib);
        files.retain(|file| file.starts_with(dir));
        let file = yard.dice.choose(&files).clone();
        let new = format!("{dir}/l{}.py", yard.next());
        match yard.dice.roll(3) {
            0 => add(yard, lib, &new),
            1 => yard.edit(lib, &file),
            _ => yard.move_file(lib, &file, &new)?,
        }
        births::commit(yard, lib, true)?;
    }
    Ok(())
}

fn add(yard: &mut Yard<'_>, place: &Place, path: &str) {
    let number = yard.next();
    yard.write(place, path, &text(&format!("born-{number}"), 12));
}

/// Takes the files of the other repository's main branch, which has been fetched.
fn take(yard: &mut Yard<'_>, place: &Place, way: Way, is_first: bool) -> Outcome {
    let head = "FETCH_HEAD";
    match way {
        Way::Merged => {
            let subject = yard.subject();
            let words = ["merge", "-q", "--allow-unrelated-histories", "-m", &subject, head];
            if !yard.git(place, &words).ok {
                yard.idhooks(place, &["-q", "resolve"])?;
                yard.must(place, &["commit", "-q", "--no-edit"])?;
            }
        }
        Way::Subtree | Way::Imported => {
            if is_first {
                let words = ["merge", "-q", "-s", "ours", "--no-commit"];
                let words = [&words[..], &["--allow-unrelated-histories", head]].concat();
                yard.must(place, &words)?;
                yard.must(place, &["read-tree", &format!("--prefix={PREFIX}/"), "-u", head])?;
                births::commit(yard, place, true)?;
            } else {
                let strategy = format!("subtree={PREFIX}");
                if !yard.git(place, &["merge", "-q", "-X", &strategy, "--no-edit", head]).ok {
                    yard.must(place, &["merge", "--abort"])?;
                    return Ok(());
                }
            }
            if way == Way::Imported {
                yard.idhooks(place, &["-q", "import", "--from", head, "--prefix", PREFIX])?;
            }
        }
        Way::Picked => {
            if yard.git(place, &["cherry-pick", head]).ok {
                return Ok(());
            }
            let unmerged = yard.ask(place, &["diff", "--name-only", "--diff-filter=U"]);
            if unmerged.lines().any(|path| path != REGISTRY) {
                // It changes a file that is not here.
                yard.must(place, &["cherry-pick", "--abort"])?;
                return Ok(());
            }
            yard.idhooks(place, &["-q", "resolve"])?;
            let answer = yard.git(place, &["-c", "core.editor=:", "cherry-pick", "--continue"]);
            if !answer.ok {
                yard.must(place, &["cherry-pick", "--skip"])?;
            }
        }
    }
    Ok(())
}

/// Asserts that the files of the other repository have its numbers if a person took them, and that there are
/// no other numbers of its scope.
fn scopes(now: &Births, theirs: &Births, way: Way) -> Outcome {
    let takes = matches!(way, Way::Merged | Way::Imported);
    for (birth, id) in now {
        let is_own = id.ends_with(SCOPE);
        match theirs.get(birth) {
            Some(other) if takes && id != other => {
                return Err(format!("{birth} is {other} in its repository, and {id} here"));
            }
            Some(_) if takes => {}
            _ if is_own || (takes && id.ends_with(OTHER)) => {}
            _ => return Err(format!("{birth} has {id}, a number of another scope")),
        }
    }
    Ok(())
}
