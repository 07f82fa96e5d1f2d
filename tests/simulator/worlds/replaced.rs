//! A world in which objects are replaced (`refs/replace`): commits, trees, blobs, the registry.

use crate::simulator::team::Outcome;

use super::history::{exchanged, registry_at};
use super::judge::Demand;
use super::partial::UNHOOKED;
use super::yard::{Place, Yard};

/// One clone in which objects are replaced while work goes on.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.copy("hooked", "ann");
    yard.look(&ann, Demand::Consistent)?;
    for _ in 0..5 {
        if yard.dice.roll(2) == 0 {
            let change = *yard.dice.choose(&UNHOOKED);
            yard.change_once(&ann, change)?;
            yard.commit(&ann, Demand::Free)?;
        }
        if yard.dice.roll(4) == 0 {
            yard.put_back(&ann)?;
        }
        replace(yard, &ann)?;
        if yard.dice.roll(3) > 0 {
            let change = *yard.dice.choose(&UNHOOKED);
            yard.change_once(&ann, change)?;
        }
        yard.commit(&ann, Demand::Consistent)?;
        if yard.dice.roll(3) == 0 {
            forget(yard, &ann)?;
        }
    }
    super::history::compare(yard, &ann)
}

/// Replaces one object by another one of its kind.
fn replace(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let (head, before) = (yard.rev(place, "HEAD"), yard.rev(place, "HEAD~1"));
    let object =
        |yard: &Yard<'_>, name: &str| yard.ask(place, &["--no-replace-objects", "rev-parse", name]);
    let (old, new) = match yard.dice.roll(4) {
        0 => (head, before),
        1 => (object(yard, "HEAD^{tree}"), object(yard, "HEAD~1^{tree}")),
        2 => {
            let files = yard.files(place);
            let (one, two) = (yard.dice.choose(&files).clone(), yard.dice.choose(&files).clone());
            (object(yard, &format!(":{one}")), object(yard, &format!(":{two}")))
        }
        _ => {
            let text = registry_at(yard, place);
            let Some(other) = exchanged(yard, &text) else { return Ok(()) };
            yard.write(place, "other.json", &other);
            let new = yard.must(place, &["hash-object", "-w", "other.json"])?;
            yard.must(place, &["clean", "-q", "-f", "other.json"])?;
            (object(yard, "HEAD:.idhooks/registry.json"), new.trim().to_owned())
        }
    };
    if old != new {
        yard.must(place, &["replace", "-f", &old, &new])?;
        yard.judge.counts.note("objects replaced");
    }
    Ok(())
}

fn forget(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    let list = yard.ask(place, &["replace", "-l"]);
    for name in list.lines() {
        yard.must(place, &["replace", "-d", name])?;
    }
    Ok(())
}
