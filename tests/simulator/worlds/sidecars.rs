//! A world of assets with generated sidecars, whose texts are equal or nearly so: a sidecar has the identity that
//! goes with its asset, and a new asset and its sidecar have new ones, with and without hooks.

use std::collections::{BTreeMap, BTreeSet};

use crate::simulator::team::Outcome;

use super::judge::Demand;
use super::promise::{Origin, Path, holders};
use super::yard::{Place, Yard};

/// The assets that stay, so that several files have the text of a sidecar.
const KEPT: [&str; 3] = ["art/k1.png", "art/k2.png", "art/k3.png"];

/// Where the assets of the last judged commit are now; `None` for those that are gone.
type Places = BTreeMap<String, Option<String>>;

/// One clone.
pub(super) fn run(yard: &mut Yard<'_>) -> Outcome {
    let ann = yard.copy("hooked", "ann");
    yard.look(&ann, Demand::Consistent)?;
    KEPT.iter().for_each(|asset| add(yard, &ann, asset));
    yard.commit(&ann, Demand::Consistent)?;
    let mut known = BTreeSet::new();
    for _ in 0..5 {
        let before = held(yard, &ann);
        known.extend(before.values().cloned());
        let assets = before.keys().filter_map(|path| std::str::from_utf8(path).ok());
        let assets = assets.filter(|path| path.ends_with(".png")).map(str::to_owned);
        let mut places: Places = assets.map(|path| (path.clone(), Some(path))).collect();
        for _ in 0..yard.dice.roll(3) {
            step(yard, &ann, &mut places)?;
            yard.commit(&ann, Demand::Free)?;
        }
        step(yard, &ann, &mut places)?;
        yard.commit(&ann, Demand::Consistent)?;
        compare(&before, &held(yard, &ann), &places, &known)?;
    }
    yard.idhooks(&ann, &["check", "--history"])?;
    Ok(())
}

/// Returns the origins of the paths in HEAD.
fn held(yard: &mut Yard<'_>, place: &Place) -> BTreeMap<Path, Origin> {
    let head = yard.rev(place, "HEAD");
    holders(&yard.judge.seen(&head).view)
}

/// Adds an asset and its sidecar.
fn add(yard: &mut Yard<'_>, place: &Place, asset: &str) {
    let number = yard.next();
    let lines: Vec<String> = (0..12).map(|line| format!("asset {number} line {line}")).collect();
    yard.write(place, asset, &(lines.join("\n") + "\n"));
    let guid = if yard.dice.roll(2) == 0 && !KEPT.contains(&asset) { number } else { 0 };
    generate(yard, place, asset, guid);
}

/// Writes the sidecar of an asset.
fn generate(yard: &mut Yard<'_>, place: &Place, asset: &str, guid: usize) {
    let lines: Vec<String> = (0..30).map(|line| format!("setting {line}: as usual")).collect();
    let text = format!("guid: {guid}\n{}\n", lines.join("\n"));
    yard.write(place, &format!("{asset}.meta"), &text);
}

/// Changes some assets, each of them once.
fn step(yard: &mut Yard<'_>, place: &Place, places: &mut Places) -> Outcome {
    for _ in 0..=yard.dice.roll(2) {
        let asset = format!("art/n{}.png", yard.next());
        add(yard, place, &asset);
    }
    for now in places.values_mut() {
        let Some(asset) = now.clone().filter(|asset| !KEPT.contains(&asset.as_str())) else {
            continue;
        };
        match yard.dice.roll(4) {
            0 => {
                yard.must(place, &["rm", "-q", &asset, &format!("{asset}.meta")])?;
                *now = None;
            }
            1 => {
                let guid = yard.next();
                generate(yard, place, &asset, guid);
            }
            2 => {
                // Names of any order, so that the order of the new paths is not that of the old ones.
                let to = format!("art/m{}-{}.png", yard.dice.roll(10), yard.next());
                yard.move_file(place, &asset, &to)?;
                yard.move_file(place, &format!("{asset}.meta"), &format!("{to}.meta"))?;
                if yard.dice.roll(2) == 0 {
                    let guid = yard.next();
                    generate(yard, place, &to, guid);
                }
                *now = Some(to);
            }
            _ => {}
        }
    }
    yard.judge.counts.note("assets with sidecars changed");
    Ok(())
}

/// Judges a commit by the places of the assets.
fn compare(
    before: &BTreeMap<Path, Origin>,
    now: &BTreeMap<Path, Origin>,
    places: &Places,
    known: &BTreeSet<Origin>,
) -> Outcome {
    let mut old = BTreeSet::new();
    for (from, to) in places {
        for suffix in ["", ".meta"] {
            let Some(to) = to.as_ref().map(|to| format!("{to}{suffix}").into_bytes()) else {
                continue;
            };
            let from = format!("{from}{suffix}").into_bytes();
            if before.get(&from) != now.get(&to) {
                return Err(format!("{} is not {}", to.escape_ascii(), from.escape_ascii()));
            }
            old.insert(to);
        }
    }
    let new = now.iter().filter(|(path, _)| path.starts_with(b"art/") && !old.contains(*path));
    match new.into_iter().find(|(_, origin)| known.contains(*origin)) {
        Some((path, _)) => Err(format!("{} is new", path.escape_ascii())),
        None => Ok(()),
    }
}
