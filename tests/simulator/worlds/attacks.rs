//! Pushes that `receive` must refuse.

use crate::simulator::team::Outcome;

use super::files::Change;
use super::history::{exchanged, registry_at};
use super::judge::Demand;
use super::yard::{Place, Yard};

/// How somebody tries to get other identities onto a protected branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attack {
    /// A commit exchanges two identities.
    Exchange,
    /// The same, with an ordinary commit above it.
    ExchangeBelow,
    /// The last commit is replaced by one that exchanges two.
    ExchangeAmended,
    /// The same in a merge commit.
    ExchangeInMerge,
    /// An unrelated root has them exchanged, and a merge takes its registry.
    UnrelatedRoot,
    /// The commit is replaced on the server by one that is good.
    Replaced,
    /// The commit is pushed as a tag before.
    TagFirst,
    /// The commit is pushed to an unprotected branch before.
    BranchFirst,
    /// The commit is pushed to an unprotected branch before, then to a new protected one.
    NewBranch,
    /// The branch is pushed through a symbolic ref of the server.
    SymbolicRef,
    /// A file is added, moved or deleted without hooks.
    Careless,
    /// The registry is removed.
    NoRegistry,
    /// The branch is deleted.
    Deleted,
}

/// All of them.
pub(super) const ATTACKS: [Attack; 13] = [
    Attack::Exchange,
    Attack::ExchangeBelow,
    Attack::ExchangeAmended,
    Attack::ExchangeInMerge,
    Attack::UnrelatedRoot,
    Attack::Replaced,
    Attack::TagFirst,
    Attack::BranchFirst,
    Attack::NewBranch,
    Attack::SymbolicRef,
    Attack::Careless,
    Attack::NoRegistry,
    Attack::Deleted,
];

const REGISTRY: &str = ".idhooks/registry.json";

/// Makes the commits of an attack and pushes them; the protected branch must stay as it is.
pub(super) fn attack(yard: &mut Yard<'_>, hub: &Place, who: &Place, attack: Attack) -> Outcome {
    let before = yard.rev(hub, "main");
    let is_last = |yard: &Yard<'_>| yard.ask(who, &["log", "-1", "--format=%P"]).len() != 40;
    let mut target = "HEAD:refs/heads/main".to_owned();
    match attack {
        Attack::Careless => {
            let change = *yard.dice.choose(&[Change::Add, Change::Move, Change::Delete]);
            yard.change_once(who, change)?;
            yard.commit(who, Demand::Free)?;
        }
        Attack::NoRegistry => {
            yard.must(who, &["rm", "-q", "-f", REGISTRY])?;
            yard.commit(who, Demand::Free)?;
        }
        Attack::Deleted => target = ":refs/heads/main".to_owned(),
        Attack::ExchangeAmended if !is_last(yard) => {
            exchange(yard, who)?;
            yard.must(who, &["commit", "-q", "-a", "--amend", "--no-verify", "--no-edit"])?;
            yard.look(who, Demand::Free)?;
        }
        Attack::ExchangeInMerge => in_merge(yard, who)?,
        Attack::UnrelatedRoot => unrelated(yard, who)?,
        _ => {
            exchange(yard, who)?;
            yard.commit(who, Demand::Free)?;
        }
    }
    match attack {
        Attack::ExchangeBelow => {
            yard.change_once(who, Change::Edit)?;
            yard.commit(who, Demand::Free)?;
        }
        Attack::Replaced => replace(yard, who, &before)?,
        Attack::TagFirst => {
            let tag = format!("+HEAD:refs/tags/t{}", yard.next());
            yard.must(who, &["push", "-q", "hub", &tag])?;
        }
        Attack::BranchFirst | Attack::NewBranch => {
            let branch = format!("+HEAD:refs/heads/b{}", yard.next());
            yard.must(who, &["push", "-q", "hub", &branch])?;
            if attack == Attack::NewBranch
                && !yard.ask(hub, &["config", "idhooks.protect"]).is_empty()
            {
                target = format!("HEAD:refs/heads/release/{}", yard.next());
            }
        }
        Attack::SymbolicRef => {
            yard.must(hub, &["symbolic-ref", "refs/heads/master", "refs/heads/main"])?;
            target = "HEAD:refs/heads/master".to_owned();
        }
        _ => {}
    }
    let answer = yard.git(who, &["push", "-q", "-f", "hub", &target]);
    if answer.ok || yard.rev(hub, "main") != before {
        return Err(format!("an attack was accepted ({attack:?}):\n{}", answer.text));
    }
    match answer.text.contains("panicked") || !answer.text.contains("pre-receive hook declined") {
        true => Err(format!("refused for another reason ({attack:?}):\n{}", answer.text)),
        false => Ok(()),
    }
}

/// Exchanges two identities in the working tree.
fn exchange(yard: &mut Yard<'_>, who: &Place) -> Outcome {
    let text = registry_at(yard, who);
    for _ in 0..20 {
        if let Some(other) = exchanged(yard, &text) {
            yard.write(who, REGISTRY, &other);
            return Ok(());
        }
    }
    Err("a registry with two records".to_owned())
}

fn in_merge(yard: &mut Yard<'_>, who: &Place) -> Outcome {
    yard.must(who, &["checkout", "-q", "-B", "side"])?;
    yard.change_once(who, Change::Edit)?;
    yard.commit(who, Demand::Free)?;
    yard.must(who, &["checkout", "-q", "main"])?;
    yard.must(who, &["merge", "-q", "--no-ff", "--no-commit", "side"])?;
    exchange(yard, who)?;
    yard.commit(who, Demand::Free)
}

fn unrelated(yard: &mut Yard<'_>, who: &Place) -> Outcome {
    yard.must(who, &["branch", "-f", "good"])?;
    let evil = format!("evil-{}", yard.next());
    yard.must(who, &["checkout", "-q", "--orphan", &evil])?;
    let text = who.repo.read(REGISTRY);
    let text = String::from_utf8_lossy(&text).into_owned();
    let other = (0..20).find_map(|_| exchanged(yard, &text)).ok_or("two records")?;
    yard.write(who, REGISTRY, &other);
    yard.commit(who, Demand::Free)?;
    yard.must(who, &["checkout", "-q", "-B", "main", "good"])?;
    let words = ["merge", "-q", "--no-commit", "--allow-unrelated-histories", "-s", "ours", &evil];
    yard.must(who, &words)?;
    yard.must(who, &["checkout", "-q", &evil, "--", REGISTRY])?;
    yard.commit(who, Demand::Free)
}

/// Replaces the commit by a good one, on the server, too.
fn replace(yard: &mut Yard<'_>, who: &Place, before: &str) -> Outcome {
    let words = ["commit-tree", "-p", before, "-m", "good", &format!("{before}^{{tree}}")];
    let good = yard.must(who, &words)?;
    let bad = yard.rev(who, "HEAD");
    yard.must(who, &["replace", "-f", &bad, good.trim()])?;
    let name = format!("+refs/replace/{bad}:refs/replace/{bad}");
    yard.must(who, &["push", "-q", "hub", &name])?;
    yard.must(who, &["replace", "-d", &bad])?;
    Ok(())
}
