//! A world of picks and reverts over commits in which commands gave identities to other paths.

use crate::simulator::team::Outcome;
use crate::simulator::template::text;

use super::files::Change;
use super::judge::Demand;
use super::yard::{Place, Yard};

/// Two branches of one clone, whose commits are picked, reverted, squashed and rebased.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.copy("hooked", "ann");
    yard.look(&ann, Demand::Consistent)?;
    yard.must(&ann, &["checkout", "-q", "-b", "topic"])?;
    for _ in 0..9 {
        let branch = *yard.dice.choose(&["main", "topic"]);
        yard.must(&ann, &["checkout", "-q", branch])?;
        match yard.dice.roll(12) {
            0..=3 => commit(yard, &ann)?,
            4 => amend(yard, &ann)?,
            5 => copied(yard, &ann, branch)?,
            _ => again(yard, &ann, branch)?,
        }
        yard.clean(&ann)?;
    }
    yard.must(&ann, &["checkout", "-q", "main"])?;
    yard.change(&ann)?;
    yard.commit(&ann, Demand::Consistent)?;
    super::history::compare(yard, &ann)
}

fn commit(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let subject = yard.subject();
    let head = yard.judge.seen(&yard.rev(place, "HEAD"));
    // Commands speak of what is sure.
    let is_sure = head.wrong.is_empty() && head.promise.doubt.is_empty();
    match if is_sure { yard.dice.roll(8) } else { 7 } {
        0 | 1 => {
            yard.swap_by_command(place, &subject)?;
            if yard.dice.roll(2) == 0 {
                yard.change_once(place, Change::Edit)?;
            }
        }
        2 => yard.assign(place, &subject)?,
        3 => {
            let files = yard.files(place);
            let (one, two) = (yard.dice.choose(&files).clone(), yard.dice.choose(&files).clone());
            return yard.swap_by_renames(place, [&one, &two], Demand::Consistent);
        }
        4 => {
            // Of two small files with one content, a rename of one says nothing.
            let [one, other, new] = [(); 3].map(|()| yard.free_path());
            let number = yard.next();
            for path in [&one, &other] {
                yard.write(place, path, &format!("twin {number}\n"));
            }
            yard.commit(place, Demand::Consistent)?;
            yard.move_file(place, &one, &new)?;
        }
        _ => yard.change(place)?,
    }
    yard.commit_as(place, &subject, Demand::Consistent)
}

/// Changes something and makes the last commit anew with it, in one of three ways.
fn amend(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let subject = yard.ask(place, &["log", "-1", "--format=%s"]);
    let parents = yard.ask(place, &["log", "-2", "--format=%P"]);
    let is_plain = parents.lines().count() == 2 && parents.lines().all(|line| line.len() == 40);
    if !is_plain || yard.judge.commands.concern(&subject) {
        return commit(yard, place);
    }
    yard.change(place)?;
    yard.judge.amended = Some(yard.judge.seen(&yard.rev(place, "HEAD")));
    match yard.dice.roll(3) {
        0 => {
            yard.must(place, &["commit", "-q", "--amend", "--no-edit", "--allow-empty"])?;
        }
        1 => {
            yard.must(place, &["reset", "-q", "--soft", "HEAD~1"])?;
            yard.must(place, &["commit", "-q", "--allow-empty", "-m", &subject])?;
        }
        _ => {
            yard.must(place, &["commit", "-q", "--allow-empty", "--fixup", "HEAD"])?;
            yard.look(place, Demand::Consistent)?;
            yard.judge.is_fixup = true;
            let words = ["-c", "sequence.editor=:", "rebase", "-q", "-i", "--autosquash", "HEAD~2"];
            yard.must(place, &words)?;
        }
    }
    yard.judge.counts.note("commits amended");
    let looked = yard.look(place, Demand::Consistent);
    (yard.judge.amended, yard.judge.is_fixup) = (None, false);
    looked
}

/// Picks a commit that copies a file, with a conflict in another one, and deletes the file that was
/// copied: git sees a rename, and the picked commit an allocation that began with these very bytes.
fn copied(yard: &mut Yard<'_>, place: &Place, branch: &str) -> Outcome {
    let from = if branch == "main" { "topic" } else { "main" };
    let same = |yard: &Yard<'_>, path: &String| {
        let blob =
            |of: &str| yard.ask(place, &["rev-parse", "-q", "--verify", &format!("{of}:{path}")]);
        place.repo.read(path).len() >= 32 && blob(branch) == blob(from)
    };
    let mut files = yard.files(place);
    files.retain(|path| same(yard, path));
    let [file, .., other] = files.as_slice() else { return commit(yard, place) };
    yard.must(place, &["checkout", "-q", from])?;
    let new = yard.free_path();
    let bytes = String::from_utf8_lossy(&place.repo.read(file)).into_owned();
    yard.write(place, &new, &bytes);
    yard.edit(place, other);
    yard.commit(place, Demand::Consistent)?;
    yard.must(place, &["checkout", "-q", branch])?;
    let number = yard.next();
    yard.write(place, other, &text(&format!("born-{number}"), 12));
    yard.commit(place, Demand::Consistent)?;
    yard.judge.counts.note("picks of copies");
    if yard.git(place, &["cherry-pick", from]).ok {
        return yard.look(place, Demand::Behind);
    }
    yard.must(place, &["rm", "-q", "-f", file])?;
    yard.must(place, &["add", "-A"])?;
    yard.must(place, &["-c", "core.editor=:", "commit", "-q", "--allow-empty", "--no-edit"])?;
    yard.look(place, Demand::Repeated)
}

/// Repeats or takes back a commit in one of many ways; a commit that git made alone is followed by
/// another one, which heals.
fn again(yard: &mut Yard<'_>, place: &Place, branch: &str) -> Outcome {
    let from = if branch == "main" { "topic" } else { "main" };
    let way = yard.dice.roll(9);
    let listed = if way < 4 { "HEAD".to_owned() } else { format!("HEAD..{from}") };
    let list = yard.ask(place, &["rev-list", "--no-merges", "--max-count=5", &listed]);
    let commits: Vec<String> = list.lines().map(String::from).collect();
    if commits.is_empty() || yard.ask(place, &["log", "-1", "--format=%P"]).is_empty() {
        return commit(yard, place);
    }
    let which = yard.dice.choose(&commits).clone();
    if yard.ask(place, &["log", "-1", "--format=%P", &which]).len() != 40 {
        return commit(yard, place);
    }
    let ways =
        ["revert", "revert", "revert -n", "revert", "pick", "pick", "pick -n", "am -3", "squash"];
    let way = if way > 3 && yard.dice.roll(6) == 0 { "rebase --onto" } else { ways[way] };
    yard.judge.counts.note(way);
    match way {
        "revert" => sequence(yard, place, &["revert", "--no-edit", &which])?,
        "pick" => sequence(yard, place, &["cherry-pick", "--allow-empty", &which])?,
        "revert -n" | "pick -n" => without_commit(yard, place, way, &which)?,
        "am -3" => mail(yard, place, &which)?,
        "squash" => squash(yard, place, from)?,
        _ => return rebase(yard, place, branch, from),
    }
    yard.clean(place)?;
    if yard.dice.roll(3) == 0 {
        return amend(yard, place);
    }
    if yard.dice.roll(2) == 0 {
        yard.change(place)?;
    }
    yard.commit(place, Demand::Consistent)
}

/// Resolves a conflict: keep everything with its markers, or only what HEAD has.
fn resolve(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    if yard.dice.roll(2) == 0 {
        yard.must(place, &["add", "-A"])?;
        return Ok(());
    }
    let all = [".", ":!.idhooks"];
    let words = ["restore", "--source=HEAD", "--staged", "--worktree", "--", all[0], all[1]];
    yard.git(place, &words);
    yard.must(place, &["clean", "-f", "-d", "-q"])?;
    yard.must(place, &["add", "-A"])?;
    Ok(())
}

/// Runs a command of git's sequencer.
fn sequence(yard: &mut Yard<'_>, place: &Place, words: &[&str]) -> Outcome {
    let answer = yard.git(place, words);
    yard.look(place, Demand::Behind)?;
    if answer.ok {
        return Ok(());
    }
    resolve(yard, place)?;
    yard.must(place, &["-c", "core.editor=:", "commit", "-q", "--allow-empty", "--no-edit"])?;
    yard.git(place, &[words[0], "--quit"]);
    yard.look(place, Demand::Repeated)
}

fn without_commit(yard: &mut Yard<'_>, place: &Place, way: &str, which: &str) -> Outcome {
    let subject = yard.ask(place, &["log", "-1", "--format=%s", which]);
    let (command, subject) = match way {
        "pick -n" => ("cherry-pick", subject),
        _ => ("revert", format!("Revert \"{subject}\"")),
    };
    if !yard.git(place, &[command, "-n", which]).ok {
        resolve(yard, place)?;
    }
    yard.must(place, &["add", "-A"])?;
    yard.must(place, &["commit", "-q", "--allow-empty", "-m", &subject])?;
    yard.git(place, &[command, "--quit"]);
    yard.look(place, Demand::Repeated)
}

fn mail(yard: &mut Yard<'_>, place: &Place, which: &str) -> Outcome {
    let patch = place.repo.root().join("patch");
    let patch = patch.to_str().ok_or("a plain name")?.to_owned();
    let output = format!("--output={patch}");
    yard.must(place, &["format-patch", "-k", "-1", "--binary", "--always", &output, which])?;
    if yard.git(place, &["am", "-q", "-k", "-3", &patch]).ok {
        return yard.look(place, Demand::Behind);
    }
    let unmerged = yard.ask(place, &["ls-files", "--unmerged"]);
    let is_given_up = unmerged.is_empty() || {
        resolve(yard, place)?;
        !yard.git(place, &["am", "-q", "--continue"]).ok
    };
    if is_given_up {
        yard.git(place, &["am", "--abort"]);
        yard.must(place, &["reset", "-q", "--hard"])?;
        yard.must(place, &["clean", "-f", "-d", "-q"])?;
    }
    yard.look(place, Demand::Behind)
}

fn squash(yard: &mut Yard<'_>, place: &Place, from: &str) -> Outcome {
    let list = yard.ask(place, &["log", "--format=%s", &format!("HEAD..{from}")]);
    let subjects: Vec<&str> = list.lines().collect();
    let subject = format!("squash of {}", subjects.join(", "));
    if !yard.git(place, &["merge", "-q", "--squash", from]).ok {
        resolve(yard, place)?;
    }
    yard.must(place, &["add", "-A"])?;
    yard.must(place, &["commit", "-q", "--allow-empty", "-m", &subject])?;
    let squashed = yard.judge.seen(&yard.rev(place, from)).promise.clone();
    yard.judge.commands.squashed = Some(squashed);
    let looked = yard.look(place, Demand::Repeated);
    yard.judge.commands.squashed = None;
    looked
}

fn rebase(yard: &mut Yard<'_>, place: &Place, branch: &str, onto: &str) -> Outcome {
    let list =
        yard.ask(place, &["rev-list", "--merges", "--max-count=2", &format!("{onto}..HEAD")]);
    if !list.is_empty() {
        return Ok(());
    }
    let mut is_done =
        yard.git(place, &["rebase", "-q", "--empty=keep", "--onto", onto, onto, branch]).ok;
    for _ in 0..12 {
        if is_done {
            return yard.look(place, Demand::Repeated);
        }
        if yard.ask(place, &["status", "--porcelain"]).is_empty() {
            is_done = yard.git(place, &["rebase", "--skip"]).ok;
            continue;
        }
        resolve(yard, place)?;
        is_done = yard.git(place, &["rebase", "--continue"]).ok;
    }
    yard.must(place, &["rebase", "--abort"])?;
    Ok(())
}
