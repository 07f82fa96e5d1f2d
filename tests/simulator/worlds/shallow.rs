//! A world with bots that commit in clones of depth one, above commits without hooks.

use crate::simulator::team::Outcome;

use super::exceptions::Exception;
use super::files::Change;
use super::judge::Demand;
use super::partial::{UNHOOKED, without_hooks};
use super::yard::{Place, Yard};

/// Bob has no hooks; after him a new bot commits each time.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    yard.hub();
    let ann = yard.copy("hooked", "ann");
    let bob = yard.copy("plain", "bob");
    yard.look(&ann, Demand::Consistent)?;
    for number in 0..3 {
        without_hooks(yard, &bob)?;
        if yard.dice.roll(3) == 0 {
            // What heals them is in the clone, but not always what it healed.
            yard.must(&ann, &["pull", "-q", "--ff-only", "hub", "main"])?;
            yard.change_once(&ann, Change::Add)?;
            yard.commit(&ann, Demand::Consistent)?;
            yard.must(&ann, &["push", "-q", "hub", "main"])?;
        }
        let depth = format!("--depth={}", 1 + yard.dice.roll(3));
        let bot = yard.clone_of("hub.git", &format!("bot{number}"), &[&depth])?;
        let change = *yard.dice.choose(&UNHOOKED);
        yard.change_once(&bot, change)?;
        let before = yard.judge.counts.of(Exception::LeftAlone);
        yard.must(&bot, &["add", "-A"])?;
        let subject = yard.subject();
        let said = yard.must(&bot, &["commit", "-q", "--allow-empty", "-m", &subject])?;
        yard.look(&bot, Demand::LeftAlone)?;
        yard.clean(&bot)?;
        let history = yard.try_idhooks(&bot, &["check", "--history"]).text;
        if history.contains("no identity is lost") && is_boundary_wrong(yard, &bot) {
            return Err(format!("a promise in a shallow clone:\n{history}"));
        }
        if yard.judge.counts.of(Exception::LeftAlone) > before {
            for (what, text) in
                [("the commit", said), ("the status", yard.idhooks(&bot, &["status"])?)]
            {
                if !text.contains("git fetch --unshallow") {
                    return Err(format!("{what} names no remedy:\n{text}"));
                }
            }
        }
        yard.must(&bot, &["fetch", "-q", "--unshallow"])?;
        if yard.dice.roll(2) == 0 {
            let change = *yard.dice.choose(&UNHOOKED);
            yard.change_once(&bot, change)?;
        }
        yard.commit(&bot, Demand::Consistent)?;
        yard.must(&bot, &["push", "-q", "hub", "HEAD:main"])?;
        yard.judge.counts.note("commits in shallow clones");
    }
    yard.must(&ann, &["pull", "-q", "--ff-only", "hub", "main"])?;
    super::history::compare(yard, &ann)
}

/// Returns whether a commit without known parents is inconsistent, and all after it but the last, so that
/// nobody can know what was lost.
fn is_boundary_wrong(yard: &Yard<'_>, bot: &Place) -> bool {
    let list = yard.ask(bot, &["rev-list", "HEAD~1"]);
    list.lines().all(|name| !yard.judge.seen(name).wrong.is_empty())
}
