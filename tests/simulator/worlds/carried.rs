//! A world of files that carry an identity at their head or in their name when somebody without hooks adds them:
//! healing and `fix` believe it of the first file that carries it, if nobody else holds it.

use std::collections::{BTreeMap, BTreeSet};

use crate::common::SCOPE;
use crate::judge::View;
use crate::simulator::team::Outcome;
use crate::simulator::template::text;

use super::births::{self, births};
use super::yard::{Place, Yard};

/// One clone, with or without a rule about heads.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.copy("hooked", "ann");
    if yard.dice.roll(2) == 0 {
        let rules = String::from_utf8_lossy(&ann.repo.read("idhooks.toml")).into_owned();
        yard.write(&ann, "idhooks.toml", &(rules + "\n[[embed]]\npath = [\"*.py\"]\n"));
        births::commit(yard, &ann, true)?;
        if yard.dice.roll(2) == 0 {
            yard.idhooks(&ann, &["-q", "inject", "--all"])?;
            births::commit(yard, &ann, true)?;
        }
    }
    for _ in 0..3 {
        for _ in 0..yard.dice.roll(3) {
            births::change(yard, &ann)?;
            births::commit(yard, &ann, true)?;
        }
        let view = View::of(&ann.repo, "HEAD");
        let before = births(&ann);
        let mut carried = BTreeMap::new();
        for _ in 0..=yard.dice.roll(3) {
            carry(yard, &ann, &before, &mut carried)?;
            births::commit(yard, &ann, false)?;
        }
        if yard.dice.roll(2) == 0 {
            births::commit(yard, &ann, true)?;
        }
        // Heads with a number that is not theirs stay until they are repaired.
        yard.idhooks(&ann, &["-q", "fix", "--execute"])?;
        births::commit(yard, &ann, true)?;
        let now = births(&ann);
        births::kept(&before, &now, &BTreeSet::new())?;
        births::sound(yard, &ann, Some(&view))?;
        for (id, birth) in carried {
            if now.get(&birth).is_some_and(|other| *other != id) {
                return Err(format!("{birth} carried {id}, now it has {}", now[&birth]));
            }
        }
    }
    Ok(())
}

/// Adds a file that carries a number: a free one, one that a file without hooks carries already, or one that a
/// file of the registry has. Notes the first file that carries a free one.
fn carry(
    yard: &mut Yard<'_>,
    place: &Place,
    held: &births::Births,
    carried: &mut BTreeMap<String, String>,
) -> Outcome {
    let birth = format!("born-{}", yard.next());
    // A name with another file's number is for a person to change, a head is repaired.
    let known = [held.values().find(|id| id.starts_with("20")), carried.keys().next_back()];
    let id = yard.dice.choose(&[None, known[0], known[1]]).filter(|id| id.starts_with("20"));
    let id = id.cloned();
    let is_python = id.is_some() || yard.dice.roll(2) == 0;
    let kind = if is_python { "20" } else { "02" };
    let number = 12_000 + yard.next();
    let id = id.unwrap_or_else(|| format!("{kind}999{number}{SCOPE}"));
    let head = if is_python { format!("# doc_id: {id}\n") } else { String::new() };
    let path = match is_python {
        true => format!("new/f{}.py", yard.next()),
        false => format!("new/{id}_f{}.txt", yard.next()),
    };
    yard.write(place, &path, &(head + &text(&birth, 12)));
    if !held.values().any(|other| *other == id) {
        carried.entry(id).or_insert(birth);
    }
    yard.judge.counts.note("files that carry an identity");
    Ok(())
}
