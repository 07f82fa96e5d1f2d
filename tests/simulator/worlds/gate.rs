//! A world of pushes to a bare repository with `idhooks receive`: the legitimate ones are accepted, the
//! careless and the malicious ones refused.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use crate::common::binary;
use crate::simulator::team::Outcome;

use super::attacks::ATTACKS;
use super::files::Change;
use super::judge::Demand;
use super::promise::{Path, holders};
use super::yard::{Place, Yard};

/// A legitimate push.
#[derive(Debug, Clone, Copy)]
enum Legitimate {
    FastForward,
    Merge,
    DeleteAndRecreate,
    SwapByRenames,
    SwapByCommand,
    Squash,
    Amended,
    Healed,
    NewBranch,
}

const LEGITIMATE: [Legitimate; 9] = [
    Legitimate::FastForward,
    Legitimate::Merge,
    Legitimate::DeleteAndRecreate,
    Legitimate::SwapByRenames,
    Legitimate::SwapByCommand,
    Legitimate::Squash,
    Legitimate::Amended,
    Legitimate::Healed,
    Legitimate::NewBranch,
];

/// Ann pushes legitimate commits, Mallory others.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let hub = yard.hub();
    let ann = yard.copy("hooked", "ann");
    let mallory = yard.copy("plain", "mallory");
    yard.look(&ann, Demand::Consistent)?;
    let program = binary().into_string().map_err(|_| "a plain name")?;
    hub.repo.write("hooks/pre-receive", format!("#!/bin/sh\nexec '{program}' receive\n"));
    yard.shell(&hub, "printf '#!/bin/sh\\nexec idhooks receive\\n' >hooks/pre-receive; chmod +x hooks/pre-receive");
    let hook = hub.repo.path().join("hooks/pre-receive");
    std::fs::set_permissions(hook, PermissionsExt::from_mode(0o755))
        .map_err(|error| error.to_string())?;
    if yard.dice.roll(2) == 0 {
        yard.must(&hub, &["config", "idhooks.protect", "main release/*"])?;
    }
    for _ in 0..6 {
        let is_attack = yard.dice.roll(2) == 0;
        let who = if is_attack { &mallory } else { &ann };
        yard.must(who, &["fetch", "-q", "hub", "main"])?;
        yard.must(who, &["checkout", "-q", "-B", "main", "FETCH_HEAD"])?;
        if is_attack {
            let attack = *yard.dice.choose(&ATTACKS);
            yard.judge.counts.note(&format!("pushes refused: {attack:?}"));
            super::attacks::attack(yard, &hub, who, attack)?;
            yard.must(who, &["reset", "-q", "--hard"])?;
        } else {
            let push = *yard.dice.choose(&LEGITIMATE);
            yard.judge.counts.note(&format!("pushes accepted: {push:?}"));
            legitimate(yard, &hub, who, push)?;
        }
    }
    yard.must(&ann, &["fetch", "-q", "hub", "main"])?;
    yard.must(&ann, &["checkout", "-q", "-B", "main", "FETCH_HEAD"])?;
    super::history::compare(yard, &ann)
}

fn legitimate(yard: &mut Yard<'_>, hub: &Place, ann: &Place, push: Legitimate) -> Outcome {
    let files = yard.files(ann);
    let (one, two) = (yard.dice.choose(&files).clone(), yard.dice.choose(&files).clone());
    let mut explained: BTreeSet<Path> = BTreeSet::new();
    match push {
        Legitimate::FastForward => {
            for _ in 0..=yard.dice.roll(2) {
                let before = yard.files(ann);
                yard.change(ann)?;
                yard.commit(ann, Demand::Consistent)?;
                // A path that another file takes in two commits is another file.
                let after: BTreeSet<String> = yard.files(ann).into_iter().collect();
                explained
                    .extend(before.into_iter().filter(|it| !after.contains(it)).map(Path::from));
            }
        }
        Legitimate::Merge | Legitimate::Squash => {
            side(yard, ann, matches!(push, Legitimate::Merge))?;
        }
        Legitimate::DeleteAndRecreate => {
            yard.must(ann, &["rm", "-q", &one])?;
            yard.commit(ann, Demand::Consistent)?;
            let number = yard.next();
            yard.write(ann, &one, &crate::simulator::template::text(&format!("born-{number}"), 12));
            yard.commit(ann, Demand::Consistent)?;
            explained.insert(one.into());
        }
        Legitimate::SwapByRenames => {
            yard.swap_by_renames(ann, [&one, &two], Demand::Consistent)?;
            explained.extend([one.into(), two.into()]);
        }
        Legitimate::SwapByCommand => {
            let subject = yard.subject();
            yard.swap_by_command(ann, &subject)?;
            yard.commit_as(ann, &subject, Demand::Consistent)?;
            explained.extend(yard.judge.commands.note(&subject).given.keys().cloned());
        }
        Legitimate::NewBranch => {
            let target = format!("HEAD:refs/heads/release/{}", yard.next());
            yard.must(ann, &["push", "-q", "hub", &target])?;
        }
        Legitimate::Amended => amend(yard, ann)?,
        Legitimate::Healed => {
            let change = *yard.dice.choose(&[Change::Add, Change::Move, Change::Delete]);
            yard.change_once(ann, change)?;
            yard.commit(ann, Demand::Free)?;
            yard.change_once(ann, Change::Edit)?;
            yard.commit(ann, Demand::Consistent)?;
        }
    }
    let before = yard.rev(hub, "main");
    let answer = yard.git(ann, &["push", "-q", "-f", "hub", "HEAD:main"]);
    if !answer.ok {
        return Err(format!("a legitimate push was refused ({push:?}):\n{}", answer.text));
    }
    same_identities(yard, &before, &yard.rev(hub, "main"), &explained)
}

/// Changes the last commit, if it has one parent and no command decided in it.
fn amend(yard: &mut Yard<'_>, ann: &Place) -> Outcome {
    let subject = yard.ask(ann, &["log", "-1", "--format=%s"]);
    if yard.ask(ann, &["log", "-1", "--format=%P"]).len() == 40
        && !yard.judge.commands.concern(&subject)
    {
        yard.change_once(ann, Change::Edit)?;
        yard.change_once(ann, Change::Add)?;
        yard.judge.amended = Some(yard.judge.seen(&yard.rev(ann, "HEAD")));
        yard.must(ann, &["commit", "-q", "--amend", "--no-edit"])?;
        yard.look(ann, Demand::Consistent)?;
        yard.judge.amended = None;
    }
    Ok(())
}

/// Two branches that meet in a merge, or in a squashed commit.
fn side(yard: &mut Yard<'_>, ann: &Place, is_merge: bool) -> Outcome {
    yard.must(ann, &["checkout", "-q", "-B", "side"])?;
    for change in [Change::Add, Change::Move] {
        yard.change_once(ann, change)?;
        yard.commit(ann, Demand::Consistent)?;
    }
    yard.must(ann, &["checkout", "-q", "main"])?;
    yard.change_once(ann, Change::Add)?;
    yard.commit(ann, Demand::Consistent)?;
    let subject = yard.subject();
    let words = ["merge", "-q", "--no-ff", "-m", &subject, "side"];
    let words = if is_merge { &words[..] } else { &["merge", "-q", "--squash", "side"] };
    if !yard.git(ann, words).ok {
        // A renamed directory, perhaps, into which git would put a new file.
        yard.must(ann, &["reset", "-q", "--hard"])?;
        return Ok(());
    }
    if is_merge { yard.look(ann, Demand::Consistent) } else { yard.commit(ann, Demand::Consistent) }
}

/// Asserts that every path of both tips has one identity in both, except the explained ones.
fn same_identities(
    yard: &mut Yard<'_>,
    old: &str,
    new: &str,
    explained: &BTreeSet<Path>,
) -> Outcome {
    let (old, new) = (yard.judge.seen(old), yard.judge.seen(new));
    let (before, after) = (holders(&old.view), holders(&new.view));
    let differs = |path: &Path| after.get(path).is_some_and(|now| *now != before[path]);
    match before.keys().find(|path| differs(path) && !explained.contains(*path)) {
        None => Ok(()),
        Some(path) => Err(format!(
            "the protected branch had {} at {} and now has {}",
            before[path],
            path.escape_ascii(),
            after[path]
        )),
    }
}
