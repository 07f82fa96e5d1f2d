//! Asserts that partial registries agree with parsing the whole registry.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::registry::{Json, RepoPath, Status, Timestamp};

use super::*;

const HEAD: &str =
    r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#;

fn record(id: &str, path: &str, metadata: &str) -> String {
    format!(
        r#"{{"id":"{id}","file_path":"{path}","allocated_at":"2026-01-31T00:00:00Z","status":"active","metadata":{{"origin":"{id}"{metadata}}}}}"#
    )
}

fn text(records: &[String]) -> String {
    format!("{HEAD}\n{}\n]}}\n", records.join(",\n"))
}

fn three() -> Vec<String> {
    vec![
        record("0110000002260118", "a.md", ""),
        record("2010000001260118", "src/b.py", r#","note":"x","owner":"somebody""#),
        record("2010000005260118", "src/c.py", r#","n":1"#),
    ]
}

fn none(_: &RecordLine<'_>) -> bool {
    false
}

fn id(text: &str) -> Id {
    text.parse().expect("an identity")
}

#[test]
fn reads_what_is_wanted_and_what_is_not_plain() {
    let text = text(&three());
    let paths = |partial: &PartialRegistry| -> Vec<String> {
        partial.registry().allocations.iter().map(|r| r.path.to_string()).collect()
    };
    let partial = PartialRegistry::of(text.as_bytes(), none).expect("canonical");
    assert_eq!(paths(&partial), ["src/c.py"]);
    let partial =
        PartialRegistry::of(text.as_bytes(), |line| line.path == b"a.md").expect("canonical");
    assert_eq!(paths(&partial), ["a.md", "src/c.py"]);
    assert_eq!(partial.registry().scope.to_string(), "260118");
}

#[test]
fn knows_what_it_did_not_read() {
    let text = text(&three());
    let partial = PartialRegistry::of(text.as_bytes(), none).expect("canonical");
    for taken in ["0110000002260118", "2010000001260118", "2010000005260118"] {
        assert!(partial.has(id(taken)), "{taken}");
    }
    for free in ["0110000001260118", "2010000002260118", "9910000001260118"] {
        assert!(!partial.has(id(free)), "{free}");
    }
    let highest = |counter: &str| partial.highest(counter.parse().expect("a counter"));
    assert_eq!(highest("100_01_260118"), 2);
    assert_eq!(highest("100_20_260118"), 5);
    assert_eq!(highest("100_20_260119"), 0);
    assert_eq!(highest("100_00_260118"), 0);
    assert_eq!(highest("999_99_260118"), 0);
}

#[test]
fn a_displaced_number_is_not_the_highest() {
    let displaced = record("2010000009260118", "d.py", r#","claim":"2010000003260118""#);
    let text = text(&[record("2010000004260118", "c.py", ""), displaced]);
    let partial = PartialRegistry::of(text.as_bytes(), none).expect("canonical");
    assert_eq!(partial.highest("100_20_260118".parse().expect("a counter")), 4);
}

#[test]
fn what_did_not_change_is_the_same_text() {
    let text = text(&three());
    let partial =
        PartialRegistry::of(text.as_bytes(), |line| line.path != b"a.md").expect("canonical");
    let unchanged = partial.with(&partial.registry()).expect("all there");
    assert_eq!(unchanged.over(text.as_bytes()), Some(text.into_bytes()));
}

#[test]
fn refuses_what_is_not_canonical() {
    let good = three();
    let swapped = [good[1].clone(), good[0].clone()];
    let twice = [good[0].clone(), good[0].clone()];
    let refused = [
        text(&[]),
        text(&swapped),
        text(&twice),
        text(&good).replace('\n', "\r\n"),
        text(&good).replace(":1}", ": 1}"),
        text(&good).replace("\"src/b.py\"", "\"src\\/b.py\""),
        text(&good).replace("src/b.py", "src/../b.py"),
        text(&good).replace("-31T", "-32T"),
        text(&good).replace("}},\n", "}}\n"),
        text(&good).replace("\n]}\n", ",\n]}\n"),
        text(&good).replace("\n]}\n", "\n\n]}\n"),
        text(&good).replace("\n]}\n", "\n]}"),
        text(&good).replace("\"scope\":", "\"scope\": "),
        text(&good).replace(r#""note":"x","owner":"somebody""#, r#""owner":"x","note":"x""#),
        text(&[record("2010000000260118", "zero", "")]),
        text(&[record("2010000001260118", "x", r#","aliases":["2010000001260118"]"#)]),
        format!("\u{feff}{}", text(&good)),
    ];
    for refused in refused {
        assert!(PartialRegistry::of(refused.as_bytes(), none).is_none(), "{refused}");
    }
    assert!(PartialRegistry::of(&b"\xff"[..], none).is_none());
}

/// The parts of a random record: identity, path, status, metadata.
type Seed = (u8, u8, u8, u8);

fn seeded((number, path, state, more): Seed) -> Allocation {
    let origin = u64::from(number) << 8 | u64::from(path);
    let id = format!("{:02}100{:05}260118", number % 3, u32::from(number) + 1);
    let name = ["a", "ä b", "tab\t", "quote\"", "back\\"][usize::from(path % 5)];
    let path = RepoPath::new(format!("{name}{number}").into_bytes()).expect("a path");
    let path = if more == 7 { RepoPath::new(*b"\xff.md").expect("a path") } else { path };
    let at = Timestamp::from_unix(i64::from(path.as_bytes().len() as u32) * 5_000_000);
    let origin = format!("{origin:016x}").parse().expect("an origin");
    let mut record =
        Allocation::new(id.parse().expect("an identity"), path, at.expect("valid"), origin);
    match state % 4 {
        0 => record.retire("deleted", Some(Timestamp::EPOCH), Some("b".repeat(40))),
        1 => record.status = Status::Superseded,
        _ => {}
    }
    let mut note = |key: &str, value| drop(record.metadata.insert(key.to_owned(), value));
    match more % 8 {
        0 => note("owner", Json::string("so\"me")),
        1 => note("a", Json::Number("1.50".to_owned())),
        2 => note("zeta", Json::Array(vec![Json::Null])),
        3 => note("copied_from", Json::string("2010000001260118")),
        4 => drop(record.aliases.insert("2010000009260118".parse().expect("an identity"))),
        5 => record.claim = "2010099999260118".parse().expect("an identity"),
        6 => drop(record.extra.insert("unknown".to_owned(), Json::Bool(true))),
        _ => {}
    }
    record
}

fn registry(seeds: &[Seed]) -> Registry {
    let mut registry = Registry::new("260118".parse().expect("a scope"));
    let mut seen = std::collections::BTreeSet::new();
    let records = seeds.iter().copied().filter(|seed| seen.insert(seed.0)).map(seeded);
    registry.allocations = records.collect();
    registry
}

proptest! {
    #[test]
    fn changes_give_the_same_bytes_as_the_whole_registry(
        seeds in vec(any::<Seed>(), 1..30),
        wanted in any::<u64>(),
        edits in vec((any::<u8>(), any::<u8>()), 0..6),
        fresh in vec(any::<Seed>(), 0..6),
        reserved in any::<bool>(),
    ) {
        let mut whole = registry(&seeds);
        let text = whole.format();
        let paths = whole.allocations.iter().map(|r| &r.path);
        let crowded = paths.collect::<std::collections::BTreeSet<_>>().len() < whole.allocations.len();
        let wants = |line: &RecordLine<'_>| wanted >> (line.id.sequence().get() % 64) & 1 == 1;
        let partial = PartialRegistry::of(text.as_bytes(), wants);
        prop_assume!(!crowded || partial.is_some());
        let partial = partial.expect("canonical text is understood");
        let mut some = partial.registry();
        for (n, what) in edits {
            if some.allocations.is_empty() {
                break;
            }
            let n = usize::from(n) % some.allocations.len();
            let record = &mut some.allocations[n];
            match what % 3 {
                0 => record.path = RepoPath::new(format!("moved{what}-{n}").into_bytes()).expect("a path"),
                1 => record.retire("deleted", None, None),
                _ => record.metadata.clear(),
            }
        }
        for seed in fresh {
            let mut record = seeded((seed.0, seed.1, 3, seed.3));
            record.path = RepoPath::new(format!("new{}", seed.0).into_bytes()).expect("a path");
            let taken = partial.has(record.id);
            prop_assert_eq!(taken, whole.allocations.iter().any(|r| r.id == record.id));
            if !taken && some.allocations.iter().all(|r| r.id != record.id) {
                some.allocations.push(record);
            }
        }
        if reserved {
            let counter = "100_01_260118".parse().expect("a counter");
            for registry in [&mut some, &mut whole] {
                registry.counters.entry(counter).or_default().reserved.insert(7);
            }
        }
        whole.allocations.retain(|r| some.allocations.iter().all(|other| other.id != r.id));
        whole.allocations.extend(some.allocations.iter().cloned());
        let pieces = partial.with(&some).expect("nothing is missing");
        prop_assert_eq!(pieces.length(), whole.format().len() as u64);
        prop_assert_eq!(pieces.over(text.as_bytes()), Some(whole.format().into_bytes()));
        for record in &whole.allocations {
            let counter = record.id.counter();
            let claims = seeds_claims(&text, counter);
            prop_assert_eq!(partial.highest(counter), claims);
        }
    }

    #[test]
    fn only_canonical_text_is_understood(
        seeds in vec(any::<Seed>(), 1..8),
        damage in vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..4),
    ) {
        let mut bytes = registry(&seeds).format().into_bytes();
        for (at, byte, kind) in damage {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes[at] = b"0\",:{}[]\\\n\t"[usize::from(byte) % 11],
                2 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        if PartialRegistry::of(&bytes[..], |_| true).is_some() {
            let read = Registry::parse(&bytes).expect("what is understood is a registry");
            prop_assume!(read.shadowing().is_empty());
            prop_assert_eq!(read.format().into_bytes(), bytes);
        }
    }
}

/// Returns the highest sequence of a counter among records that have their claim.
fn seeds_claims(text: &str, counter: CounterKey) -> u32 {
    let registry = Registry::parse(text.as_bytes()).expect("valid");
    let own = registry.allocations.iter().filter(|r| r.claim == r.id && r.id.counter() == counter);
    own.map(|r| r.id.sequence().get()).max().unwrap_or(0)
}
