//! Asserts that what follows from the text of a registry is what follows from the registry.

use std::io::Cursor;

use proptest::collection::vec;
use proptest::prelude::*;

use idhooks_core::registry::{Allocation, Json, Object, RepoPath, Status, Timestamp};

use super::*;

/// Returns the text that follows from another one, if that is enough.
fn from_text(text: &[u8], format: LegacyFormat) -> Option<String> {
    let mut out = Vec::new();
    let is_enough = derive_from_text(Cursor::new(text), format, &mut out).expect("memory");
    assert!(is_enough || out.is_empty(), "nothing is written in vain");
    is_enough.then(|| String::from_utf8(out).expect("text"))
}

/// The parts of a random record: its number, its path, its status, and what else it has.
type RecordSeed = (u8, u8, u8, u8);

fn object(json: &str) -> Object {
    let Json::Object(members) = Json::parse(json).expect("JSON") else {
        unreachable!("{json} is an object");
    };
    members
}

fn seeded((number, path, status, more): RecordSeed) -> Allocation {
    let id = format!("{:02}100{:05}260118", number % 3, u32::from(number) + 1);
    let name = ["a", "dir/ä b", "tab\t", "quote\"", "back\\", "comma, \"", "{[:"];
    let name = name[usize::from(path) % name.len()];
    let path = match path % 16 {
        15 => RepoPath::new(*b"\xff.md"),
        14 => RepoPath::new(*b"same.md"),
        _ => RepoPath::new(format!("{name}{number}").into_bytes()),
    };
    let at = Timestamp::from_unix(i64::from(number) * 5_000_000).expect("valid");
    let origin = format!("{:016x}", u32::from(number) + 7).parse().expect("an origin");
    let path = path.expect("a path");
    let mut record = Allocation::new(id.parse().expect("an identity"), path, at, origin);
    match status % 4 {
        0 => record.retire("deleted", Some(Timestamp::EPOCH), Some("b".repeat(40))),
        1 => record.status = Status::Superseded,
        _ => {}
    }
    let metadata = match more % 12 {
        0 => r#"{"owner":"so\"me","note":"two\nlines"}"#,
        1 => r#"{"a":1.50,"zeta":[null,{"x":{}}]}"#,
        2 => r#"{"copied_from":"2010000001260118"}"#,
        3 => r#"{"doc_id":"DOC-1"}"#,
        4 => r#"{"doc_id":"DOC-2","owner":"ann"}"#,
        5 => r#"{"legacy_spelling":{"file_path":".\\a","allocated_at":"1970-01-01T00:00:00"}}"#,
        6 => r#"{"legacy_spelling":{"beside":["owner","superseded_by"]},"owner":"ann"}"#,
        7 => r#"{"legacy_spelling":"a text"}"#,
        _ => "{}",
    };
    record.metadata.extend(object(metadata));
    match more % 12 {
        8 => drop(record.aliases.insert("2010000009260118".parse().expect("an identity"))),
        9 => record.claim = "2010099999260118".parse().expect("an identity"),
        10 => record.extra.extend(object(r#"{"allocated_by":"batch","beside":{"a":[1,2]}}"#)),
        _ => {}
    }
    record
}

fn registry(seeds: &[RecordSeed], head: u8) -> Registry {
    let mut registry = Registry::new("260118".parse().expect("a scope"));
    let metadata = match head % 4 {
        0 => r#"{"team":"docs"}"#,
        1 => r#"{"legacy_spelling":{"total_active":9,"total":1,"version":"2.3"},"version":"1"}"#,
        2 => r#"{"legacy_spelling":{"columns":["allocated_by","file_path","doc_id","id","note"]}}"#,
        _ => "{}",
    };
    registry.metadata = object(metadata);
    if head & 4 == 4 {
        let counter = "100_01_260118".parse().expect("a counter");
        let counter = registry.counters.entry(counter).or_default();
        (counter.floor, counter.extra) = (Some(90_000), object(r#"{"x":1}"#));
        counter.reserved.insert(7);
    }
    let mut seen = std::collections::BTreeSet::new();
    let records = seeds.iter().copied().filter(|seed| seen.insert(seed.0)).map(seeded);
    registry.allocations = records.collect();
    registry
}

proptest! {
    #[test]
    fn the_text_is_enough(seeds in vec(any::<RecordSeed>(), 1..30), head in any::<u8>()) {
        let registry = registry(&seeds, head);
        let text = registry.format();
        let parsed = Registry::parse(text.as_bytes()).expect("valid");
        let is_apart = registry.shadowing().is_empty();
        for format in LegacyFormat::ALL {
            let whole = derive(&parsed, format);
            prop_assert_eq!(&derive(&registry, format), &whole);
            let derived = from_text(text.as_bytes(), format);
            prop_assert!(derived.is_some() == is_apart, "{format}: {text}");
            prop_assert_eq!(derived.as_ref().unwrap_or(&whole), &whole);
        }
    }

    #[test]
    fn what_is_not_canonical_gives_no_text_or_the_same(
        seeds in vec(any::<RecordSeed>(), 1..8),
        damage in vec((any::<prop::sample::Index>(), any::<u8>(), 0..4u8), 1..4),
    ) {
        let mut bytes = registry(&seeds, 0).format().into_bytes();
        for (at, byte, kind) in damage {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes[at] = b"0\",:{}[]\\\n\t"[usize::from(byte) % 11],
                2 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        for format in LegacyFormat::ALL {
            if let Some(derived) = from_text(&bytes, format) {
                let read = Registry::parse(&bytes).expect("what is derived from is a registry");
                prop_assert_eq!(derived, derive(&read, format));
            }
        }
    }
}

#[test]
fn what_is_written_in_blocks_is_the_same() {
    for count in [BLOCK - 1, BLOCK, 5 * BLOCK / 2] {
        let mut registry = registry(&[(1, 1, 2, 3), (2, 2, 0, 0), (3, 3, 2, 6)], 1);
        for n in 0..count {
            let id = format!("0110001{n:03}260118").parse().expect("an identity");
            let path = RepoPath::new(format!("many/{n}").into_bytes()).expect("a path");
            let origin = format!("{n:016x}").parse().expect("an origin");
            registry.allocations.push(Allocation::new(id, path, Timestamp::EPOCH, origin));
        }
        for format in LegacyFormat::ALL {
            let text = registry.format();
            assert_eq!(from_text(text.as_bytes(), format), Some(derive(&registry, format)));
        }
    }
}
