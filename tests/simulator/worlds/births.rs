//! Files known by the birth in their lines, which no rename and no edit changes: a judge for histories that are
//! rewritten, replayed in another order or joined, where paths and commits say little.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::{self, View};
use crate::simulator::team::Outcome;

use super::files::Change;
use super::yard::{Place, Yard};

/// The identities of births.
pub(super) type Births = BTreeMap<String, String>;

/// Changes that leave no doubt which file is which.
const SURE: [Change; 7] = [
    Change::Add,
    Change::Add,
    Change::Edit,
    Change::Move,
    Change::Move,
    Change::MoveAndEdit,
    Change::Delete,
];

/// Makes a change that leaves no doubt which file is which.
pub(super) fn change(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let change = *yard.dice.choose(&SURE);
    yard.change_once(place, change)
}

/// Commits all changes, without judging the commit.
pub(super) fn commit(yard: &mut Yard<'_>, place: &Place, has_hooks: bool) -> Outcome {
    yard.must(place, &["add", "-A"])?;
    let subject = yard.subject();
    let words = ["commit", "-q", "--allow-empty", "-m", &subject];
    let without: &[&str] = if has_hooks { &[] } else { &["--no-verify"] };
    yard.must(place, &[&words[..], without].concat())?;
    Ok(())
}

/// Returns the birth of a working file.
pub(super) fn birth(place: &Place, path: &str) -> Option<String> {
    birth_in(&String::from_utf8_lossy(&place.repo.read(path)))
}

/// Returns the birth in a text.
pub(super) fn birth_in(text: &str) -> Option<String> {
    text.split_whitespace().find(|word| word.starts_with("born-")).map(str::to_owned)
}

/// Returns the identities of the files of HEAD, as its registry says, without those of several files with one
/// birth: git may merge files that changed places as one.
pub(super) fn births(place: &Place) -> Births {
    let view = View::of(&place.repo, "HEAD");
    let active = view.records.iter().filter(|record| record.active);
    let active = active.filter(|record| view.tree.contains_key(&record.path));
    let of = |path: &[u8]| birth(place, std::str::from_utf8(path).expect("a plain name"));
    let births = active.filter_map(|record| Some((of(&record.path)?, record.id.clone())));
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    births.for_each(|(birth, id)| ids.entry(birth).or_default().push(id));
    ids.retain(|_, ids| ids.len() == 1);
    ids.into_iter().map(|(birth, mut ids)| (birth, ids.remove(0))).collect()
}

/// Asserts that each birth that is still there has the identity that it had, and no other one has it; apart
/// from those that are open.
pub(super) fn kept(before: &Births, now: &Births, open: &BTreeSet<String>) -> Outcome {
    for (birth, id) in before.iter().filter(|(birth, _)| !open.contains(*birth)) {
        if let Some(other) = now.get(birth).filter(|other| *other != id) {
            return Err(format!("{birth} had {id}, now it has {other}"));
        }
        let taken = now.iter().find(|(other, new)| *new == id && *other != birth);
        if let Some((other, _)) = taken.filter(|(other, _)| !open.contains(*other)) {
            return Err(format!("{id} was {birth}, now it is {other}"));
        }
    }
    Ok(())
}

/// Asserts that HEAD is consistent, that each file has an identity, that no record of `before` is gone, and
/// that the program finds nothing.
pub(super) fn sound(yard: &mut Yard<'_>, place: &Place, before: Option<&View>) -> Outcome {
    let view = View::of(&place.repo, "HEAD");
    let mut faults = judge::of_commit(&view, &[]);
    let gone = before.iter().flat_map(|before| &before.records);
    let gone = gone.filter(|old| !view.records.iter().any(|new| new.origin == old.origin));
    faults.extend(gone.map(|record| format!("the record {} is gone", record.id)));
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    yard.clean(place)?;
    yard.idhooks(place, &["-q", "check", "--rev", "HEAD"])?;
    yard.idhooks(place, &["-q", "check", "--history"])?;
    Ok(())
}
