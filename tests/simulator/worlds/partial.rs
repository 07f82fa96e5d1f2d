//! A world with a partial clone that heals what others committed without hooks, at times offline.

use std::collections::BTreeMap;

use crate::simulator::team::Outcome;

use super::files::Change;
use super::judge::Demand;
use super::promise::{Origin, Path, holders};
use super::yard::{Place, Yard};

/// What a person without hooks does.
pub(super) const UNHOOKED: [Change; 7] = [
    Change::Add,
    Change::AddSmall,
    Change::Edit,
    Change::Move,
    Change::Move,
    Change::MoveAndEdit,
    Change::Delete,
];

/// Bob has no hooks, Carl a partial clone, Ann a full one.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let hub = yard.hub();
    let ann = yard.copy("hooked", "ann");
    let bob = yard.copy("plain", "bob");
    let carl = yard.clone_of("hub.git", "carl", &["--filter=blob:none"])?;
    yard.look(&ann, Demand::Consistent)?;
    for _ in 0..4 {
        without_hooks(yard, &bob)?;
        if yard.dice.roll(3) == 0 {
            yard.put_back(&bob)?;
            yard.must(&bob, &["push", "-q", "hub", "HEAD:main"])?;
        }
        yard.must(&carl, &["pull", "-q", "--ff-only", "hub", "main"])?;
        let below = yard.rev(&carl, "HEAD");
        yard.judge.look(&below, Demand::Free)?;
        if yard.dice.roll(3) == 0 {
            offline(yard, &hub, &carl)?;
        }
        if yard.dice.roll(3) > 0 {
            let change = *yard.dice.choose(&UNHOOKED);
            yard.change_once(&carl, change)?;
        }
        yard.commit(&carl, Demand::Consistent)?;
        yard.clean(&carl)?;
        let healed = holders(&yard.judge.seen(&yard.rev(&carl, "HEAD")).view);
        healed_alike(yard, &ann, &below, &healed)?;
        yard.must(&carl, &["push", "-q", "hub", "HEAD:main"])?;
    }
    yard.must(&ann, &["checkout", "-q", "main"])?;
    yard.must(&ann, &["pull", "-q", "--ff-only", "hub", "main"])?;
    yard.look(&ann, Demand::Consistent)?;
    super::history::compare(yard, &ann)
}

/// Commits a few changes without hooks and pushes them.
pub(super) fn without_hooks(yard: &mut Yard<'_>, bob: &Place) -> Outcome {
    yard.must(bob, &["pull", "-q", "--ff-only", "hub", "main"])?;
    yard.judge.look(&yard.rev(bob, "HEAD"), Demand::Free)?;
    for _ in 0..=yard.dice.roll(3) {
        let change = *yard.dice.choose(&UNHOOKED);
        yard.change_once(bob, change)?;
        if yard.dice.roll(3) == 0 {
            let change = *yard.dice.choose(&UNHOOKED);
            yard.change_once(bob, change)?;
        }
        yard.commit(bob, Demand::Free)?;
    }
    yard.must(bob, &["push", "-q", "hub", "HEAD:main"])?;
    Ok(())
}

/// Commits while the hub cannot be reached: what needs a missing object is left alone, or blocks
/// the commit.
fn offline(yard: &mut Yard<'_>, hub: &Place, carl: &Place) -> Outcome {
    let away = hub.repo.root().join("away.git");
    let root = Place { name: ".".to_owned(), repo: hub.repo.beside("") };
    yard.shell(&root, "mv hub.git away.git");
    std::fs::rename(hub.repo.path(), &away).map_err(|error| error.to_string())?;
    let before = yard.rev(carl, "HEAD");
    let change = *yard.dice.choose(&UNHOOKED);
    let result = yard.change_once(carl, change).and_then(|()| yard.commit(carl, Demand::Offline));
    std::fs::rename(&away, hub.repo.path()).map_err(|error| error.to_string())?;
    yard.shell(&root, "mv away.git hub.git");
    match result {
        Err(message) if message.contains("git commit") && yard.rev(carl, "HEAD") == before => {
            yard.judge.counts.note("commits blocked offline");
            if !message.contains("hint: ") || message.contains("panicked") {
                return Err(message);
            }
            yard.must(carl, &["reset", "-q", "--hard"])?;
            Ok(())
        }
        result => {
            yard.judge.counts.note("commits made offline");
            result
        }
    }
}

/// Heals the same commits in a full clone: every file that both know has the same identity.
fn healed_alike(
    yard: &mut Yard<'_>,
    ann: &Place,
    below: &str,
    healed: &BTreeMap<Path, Origin>,
) -> Outcome {
    yard.must(ann, &["fetch", "-q", "hub"])?;
    yard.must(ann, &["checkout", "-q", "-B", "heal", below])?;
    yard.commit(ann, Demand::Consistent)?;
    let full = holders(&yard.judge.seen(&yard.rev(ann, "HEAD")).view);
    let other =
        full.iter().find(|(path, origin)| healed.get(*path).is_some_and(|it| it != *origin));
    yard.judge.counts.note("commits healed in a partial and a full clone");
    match other {
        None => Ok(()),
        Some((path, origin)) => Err(format!(
            "{} has {origin} in the full clone, {} in the partial one",
            path.escape_ascii(),
            healed[path]
        )),
    }
}
