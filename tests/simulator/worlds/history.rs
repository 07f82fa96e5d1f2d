//! Compares `idhooks check --history` with the judge, also after faults that were made on purpose.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::simulator::team::Outcome;
use crate::simulator::template::text;

use super::files::Change;
use super::judge::Demand;
use super::promise::{Path, exact_renames};
use super::yard::{Place, Yard};

const REGISTRY: &str = ".idhooks/registry.json";

/// A fault that is made on purpose, in a commit without hooks.
#[derive(Debug, Clone)]
enum Plant {
    /// Two records exchange their paths.
    Exchange,
    /// A record is removed.
    Drop,
    /// A file that nobody registers.
    Unregistered,
    /// A rename that nobody follows.
    Unfollowed,
    /// A rename whose target gets a new record.
    Replaced,
    /// A file that is deleted, and another one at its path.
    PutBack,
    /// Two files that three renames exchange.
    Swapped,
    /// A file that nobody's hook sees deleted.
    Deleted(String),
    /// A file that nobody's hook sees at this path.
    Written(String),
    /// A rename that nobody's hook sees, from one path to another.
    Moved(String, String),
    /// A commit with hooks, which heals all faults before it.
    Healed,
}

const PLANTS: [Plant; 10] = [
    Plant::Exchange,
    Plant::Drop,
    Plant::Unregistered,
    Plant::Unfollowed,
    Plant::Replaced,
    Plant::Replaced,
    Plant::PutBack,
    Plant::Swapped,
    Plant::Healed,
    Plant::Healed,
];

/// Asserts that `check --history` has an error exactly where the judge has, on HEAD as it is and
/// after some faults.
pub(super) fn compare(yard: &mut Yard<'_>, place: &Place) -> Outcome {
    yard.judge.counts.note("histories compared");
    let mut culprits: BTreeMap<Path, BTreeSet<String>> = BTreeMap::new();
    // Where a record replaced another one, in a registry without contradictions: it stays, and remains an
    // error where it was made.
    let mut confirmed: BTreeSet<Path> = BTreeSet::new();
    compare_once(yard, place, &culprits)?;
    let mut plants: Vec<Plant> = Vec::new();
    for _ in 0..yard.dice.roll(3) {
        let plant = yard.dice.choose(&PLANTS).clone();
        let is_dropped = plants.iter().any(|plant| matches!(plant, Plant::Drop));
        if is_dropped && matches!(plant, Plant::PutBack | Plant::Swapped) {
            // The judge does not miss a record whose file is gone, too.
            continue;
        }
        yard.judge.counts.note(&format!("planted: {plant:?}"));
        plants.extend(steps(yard, place, plant));
    }
    for plant in plants {
        set(yard, place, &plant)?;
        yard.must(place, &["add", "-A"])?;
        let subject = yard.subject();
        let is_hooked = matches!(plant, Plant::Healed);
        let free: &[&str] = if is_hooked { &[] } else { &["--no-verify"] };
        let words = ["commit", "-q", "--allow-empty", "-m", &subject];
        yard.must(place, &[&words[..], free].concat())?;
        let is_strict = is_hooked && confirmed.is_empty();
        yard.look(place, if is_strict { Demand::Consistent } else { Demand::Free })?;
        let head = yard.rev(place, "HEAD");
        let seen = yard.judge.seen(&head);
        let before = yard.judge.seen(&seen.parents[0]);
        let is_fault = !is_hooked && before.wrong.is_empty() && !seen.is_same_as(&before);
        if is_fault && seen.wrong.is_empty() {
            return Err(format!("the judge does not see a fault: {plant:?}"));
        }
        // A file that was wrong and is wrong elsewhere is wrong in both commits.
        for (old, new) in exact_renames(&mut yard.judge.store, &before.view, &seen.view).sure {
            if confirmed.remove(&old) {
                confirmed.insert(new.clone());
            }
            if let Some(mut earlier) = culprits.remove(&old) {
                earlier.insert(head.clone());
                culprits.insert(new, earlier);
            }
        }
        if matches!(plant, Plant::Replaced) {
            let new = seen.wrong.keys().filter(|path| !before.wrong.contains_key(*path));
            confirmed.extend(new.cloned());
        }
        // Only a commit in which nothing else is wrong heals those before it.
        if seen.wrong.keys().all(|path| confirmed.contains(path)) {
            culprits.retain(|path, _| confirmed.contains(path));
        }
        for path in seen.wrong.keys() {
            let earlier = culprits.entry(path.clone()).or_default();
            // A file that leaves a path that was wrong, or comes back to it, is wrong by itself.
            let is_other = seen.view.tree.contains_key(path) != before.view.tree.contains_key(path);
            if earlier.is_empty() || is_other {
                earlier.insert(head.clone());
            }
        }
        compare_once(yard, place, &culprits)?;
    }
    Ok(())
}

fn compare_once(
    yard: &mut Yard<'_>,
    place: &Place,
    culprits: &BTreeMap<Path, BTreeSet<String>>,
) -> Outcome {
    let expected: BTreeSet<String> = culprits.values().flatten().cloned().collect();
    let answer = place.repo.idhooks(["check", "--history", "--format", "json"]);
    let json = answer.json();
    let findings = json["findings"].as_array().ok_or("findings are a list")?;
    let errors = findings.iter().filter(|finding| finding["severity"] == "error");
    let commit =
        |finding: &Value| finding["related"][0]["commit"].as_str().unwrap_or("?").to_owned();
    let found: BTreeSet<String> = errors.map(commit).collect();
    yard.judge.counts.note(if found.is_empty() {
        "checks without errors"
    } else {
        "checks with errors"
    });
    if found == expected && answer.succeeded() == expected.is_empty() {
        return Ok(());
    }
    let wrong: Vec<String> = expected
        .iter()
        .map(|name| {
            format!("{name}: {:?}", yard.judge.seen(name).wrong.values().collect::<Vec<_>>())
        })
        .collect();
    let text = place.repo.idhooks(["check", "--history"]).stdout();
    Err(format!(
        "check --history has errors in {found:?}:\n{text}\nthe judge in:\n{}",
        wrong.join("\n")
    ))
}

/// Makes a fault in the working tree.
fn set(yard: &mut Yard<'_>, place: &Place, plant: &Plant) -> Outcome {
    let registry = registry_at(yard, place);
    match plant {
        Plant::Exchange => {
            if let Some(other) = exchanged(yard, &registry) {
                yard.write(place, REGISTRY, &other);
            }
        }
        Plant::Drop => {
            let active: Vec<&str> = active(&registry);
            let line = yard.dice.choose(&active).trim_end_matches(',');
            let rest: Vec<&str> = records(&registry)
                .into_iter()
                .map(|it| it.trim_end_matches(','))
                .filter(|it| *it != line)
                .collect();
            yard.write(place, REGISTRY, &joined(&registry, &rest));
        }
        Plant::Unregistered => {
            yard.add(place, 12);
        }
        Plant::Unfollowed => yard.change_once(place, Change::Move)?,
        Plant::Replaced => {
            if let Some((line, path)) = unambiguous(yard, place, &registry) {
                replace_record(yard, place, &registry, &line, &path)?;
            }
        }
        Plant::Deleted(path) => {
            yard.must(place, &["rm", "-q", "-f", "--ignore-unmatch", path])?;
        }
        Plant::Written(path) => {
            let number = yard.next();
            yard.write(place, path, &text(&format!("born-{number}"), 12));
        }
        Plant::Moved(from, to) => {
            if place.repo.exists(from) && !place.repo.exists(to) {
                yard.move_file(place, from, to)?;
            }
        }
        Plant::PutBack | Plant::Swapped | Plant::Healed => {}
    }
    Ok(())
}

/// Returns the commits that make up a fault.
fn steps(yard: &mut Yard<'_>, place: &Place, plant: Plant) -> Vec<Plant> {
    // The judge must know which identity a file has, or it cannot miss it; of a small one that comes back
    // with another content, it does not.
    let seen = yard.judge.seen(&yard.rev(place, "HEAD"));
    let mut files = yard.files(place);
    files.retain(|path| {
        let size = seen.view.tree.get(path.as_bytes()).map_or(0, |file| file.size);
        size >= 32 && seen.promise.held.contains_key(path.as_bytes())
    });
    if files.is_empty() {
        return Vec::new();
    }
    let (one, two) = (yard.dice.choose(&files).clone(), yard.dice.choose(&files).clone());
    match plant {
        Plant::PutBack => vec![Plant::Deleted(one.clone()), Plant::Written(one)],
        Plant::Swapped if one != two => {
            let aside = yard.free_path();
            vec![
                Plant::Moved(one.clone(), aside.clone()),
                Plant::Moved(two.clone(), one),
                Plant::Moved(aside, two),
            ]
        }
        Plant::Swapped => Vec::new(),
        plant => vec![plant],
    }
}

/// Returns an active record whose file, of at least 32 bytes, is the only one with its content.
fn unambiguous(yard: &mut Yard<'_>, place: &Place, text: &str) -> Option<(String, String)> {
    let active = active(text);
    let line = yard.dice.choose(&active).trim_end_matches(',').to_owned();
    let path = field(&line, "file_path");
    let bytes = place.repo.exists(&path).then(|| place.repo.read(&path))?;
    let same = yard.files(place).iter().filter(|other| place.repo.read(other) == bytes).count();
    // One that another record shadows would have to be replaced, too.
    let is_shared = records(text)
        .iter()
        .any(|it| it.contains("\"shadowed\":true") && field(it, "file_path") == path);
    (same == 1 && bytes.len() >= 32 && !is_shared).then_some((line, path))
}

/// Renames a file as if it were another one: its record is deprecated, and a new one made.
fn replace_record(
    yard: &mut Yard<'_>,
    place: &Place,
    text: &str,
    line: &str,
    path: &str,
) -> Outcome {
    let new = yard.free_path();
    yard.move_file(place, path, &new)?;
    let (id, born) = (field(line, "id"), field(line, "origin"));
    let number = yard.next();
    let other_id = format!("{}{:05}{}", &id[..5], 90_000 + number, &id[10..]);
    let fresh = line.replace(&id, &other_id);
    let fresh =
        fresh.replace(&format!("\"file_path\":\"{path}\""), &format!("\"file_path\":\"{new}\""));
    // Nothing says that a command made it.
    let facts = fresh.split_once("\"metadata\":").map_or("", |(facts, _)| facts).to_owned();
    let fresh = format!("{facts}\"metadata\":{{\"origin\":\"{number:016x}\"}}}}");
    let ended = line.replace("\"status\":\"active\"", "\"status\":\"deprecated\"").replace(
        &format!("\"origin\":\"{born}\""),
        &format!("\"origin\":\"{born}\",\"deprecated_reason\":\"deleted\""),
    );
    let mut lines: Vec<&str> = records(text)
        .into_iter()
        .map(|it| it.trim_end_matches(','))
        .filter(|it| *it != line)
        .collect();
    lines.extend([fresh.as_str(), &ended]);
    lines.sort_unstable();
    yard.write(place, REGISTRY, &joined(text, &lines));
    Ok(())
}

/// Returns the registry at HEAD, which nothing replaces.
pub(super) fn registry_at(yard: &Yard<'_>, place: &Place) -> String {
    let name = format!("HEAD:{REGISTRY}");
    yard.ask(place, &["--no-replace-objects", "cat-file", "blob", &name]) + "\n"
}

/// Returns a registry in which two active records have exchanged their paths.
pub(super) fn exchanged(yard: &mut Yard<'_>, text: &str) -> Option<String> {
    let active = active(text);
    let (one, two) = (yard.dice.choose(&active).to_owned(), yard.dice.choose(&active).to_owned());
    let (first, second) = (field(one, "file_path"), field(two, "file_path"));
    let with = |line: &str, old: &str, new: &str| {
        line.replace(&format!("\"file_path\":\"{old}\""), &format!("\"file_path\":\"{new}\""))
    };
    (one != two).then(|| {
        let text = text.replace(one, "\u{1}").replace(two, "\u{2}");
        text.replace('\u{1}', &with(one, &first, &second))
            .replace('\u{2}', &with(two, &second, &first))
    })
}

/// Returns the lines of the records.
fn records(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.starts_with("{\"id\"")).collect()
}

fn active(text: &str) -> Vec<&str> {
    records(text).into_iter().filter(|line| line.contains("\"status\":\"active\"")).collect()
}

/// Returns a text field of a record in its canonical form.
fn field(line: &str, name: &str) -> String {
    let rest = line.split_once(&format!("\"{name}\":\"")).map_or("", |(_, rest)| rest);
    rest.split('"').next().unwrap_or_default().to_owned()
}

fn joined(text: &str, lines: &[&str]) -> String {
    let head = text.lines().next().unwrap_or_default();
    format!("{head}\n{}\n]}}\n", lines.join(",\n"))
}
