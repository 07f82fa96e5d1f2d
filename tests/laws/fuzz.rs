//! Damaged input, more of it than anybody can think of: nothing may panic, and what is
//! read in parts must be what the whole reading says.
//!
//! Each target takes inputs that were of use so far, damages them a little more, and keeps those
//! with an outcome not seen before. `IDHOOKS_FUZZ_SECONDS=60 cargo test --test suite laws::fuzz`
//! sets how long each goes on; `IDHOOKS_SEED` where chance begins. A failure shows the input.

use std::collections::HashSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use crate::common::{Dice, gits, number};
use crate::laws::merge::chains::SMALL;
use idhooks_core::merge::{
    SeekableText, Versions, merge_differing, merge_differing_numbered, merge_numbered, merge_texts,
};
use idhooks_core::registry::{
    Allocation, Json, PartialRegistry, REGISTRY_PATH, Registry, RepoPath, Status, Timestamp,
};
use idhooks_repo::git::Repo;

/// Inputs that are kept.
const MOST: usize = 2_000;

/// Damages inputs for the time that is set; `outcome` tells apart what happened with one.
#[expect(clippy::print_stderr, reason = "how much was tried, and what with")]
fn fuzz(seeds: Vec<Vec<u8>>, words: &[&[u8]], mut outcome: impl FnMut(&[u8]) -> u64) {
    let seconds = number("IDHOOKS_FUZZ_SECONDS").unwrap_or(2);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut dice = Dice::new(number("IDHOOKS_SEED").unwrap_or(1));
    let (mut pool, mut seen, mut tried) = (seeds, HashSet::new(), 0_u64);
    while Instant::now() < end {
        let mut input = dice.choose(&pool).clone();
        for _ in 0..1 + dice.roll(4) {
            damage(&mut dice, &mut input, &pool, words);
        }
        tried += 1;
        let found = catch_unwind(AssertUnwindSafe(|| outcome(&input)));
        let found = found.unwrap_or_else(|panic| {
            let shown = String::from_utf8_lossy(&input);
            let file = std::env::temp_dir().join(format!("idhooks-fuzz-{}", std::process::id()));
            let _ = std::fs::write(&file, &input);
            eprintln!("after {tried} inputs, with {} ({shown})", file.display());
            resume_unwind(panic)
        });
        if seen.insert(found) && pool.len() < MOST {
            pool.push(input);
        }
    }
    assert!(tried > 20 && seen.len() > 1, "{tried} inputs, {} outcomes", seen.len());
    eprintln!("{tried} inputs, {} outcomes, {} kept", seen.len(), pool.len());
}

fn damage(dice: &mut Dice, input: &mut Vec<u8>, pool: &[Vec<u8>], words: &[&[u8]]) {
    let at = dice.roll(input.len() + 1);
    let end = (at + 1 + dice.roll(40)).min(input.len());
    let line = |dice: &mut Dice, text: &[u8]| -> Vec<u8> {
        let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
        if lines.is_empty() { Vec::new() } else { dice.choose(&lines).to_vec() }
    };
    match dice.roll(10) {
        0 if at < input.len() => input[at] ^= 1 << dice.roll(8),
        1 if at < input.len() => input[at] = dice.roll(256) as u8,
        2 if at < end => drop(input.drain(at..end)),
        3 if at < end => {
            let copy = input[at..end].to_vec();
            let to = dice.roll(input.len() + 1);
            drop(input.splice(to..to, copy));
        }
        4 => input.truncate(at),
        5 => drop(input.splice(at..at, dice.choose(words).to_vec())),
        6 if at < end => drop(input.splice(at..end, dice.choose(words).to_vec())),
        7 | 8 => {
            // A line of another input, at the beginning of one here.
            let from = dice.choose(pool);
            let new = line(dice, from);
            let starts = input[..at].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
            drop(input.splice(starts..starts, new));
        }
        _ => {
            let gone = line(dice, input);
            let found = input.windows(gone.len().max(1)).position(|window| window == gone);
            if let Some(found) = found.filter(|_| !gone.is_empty()) {
                drop(input.drain(found..found + gone.len()));
            }
        }
    }
}

const WORDS: [&[u8]; 18] = [
    b"\"",
    b"\\",
    b"\\u0041",
    b",\n",
    b"}},\n",
    b"{",
    b"}",
    b"0",
    b"99999",
    b"superseded",
    b",\"shadowed\":true",
    b",\"claim\":\"2010000003260118\"",
    b",\"claim\":\"2099900001260118\"",
    b"20999",
    b",\"aliases\":[\"2010000003260118\"]",
    b",\"copied_from\":\"2010000003260118\"",
    b"\xff",
    b"\xef\xbf\xbd",
];

/// Registries of a few records of every kind.
fn registries() -> Vec<Vec<u8>> {
    let mut dice = Dice::new(7);
    let make = |_| {
        let mut registry = Registry::new("260118".parse().expect("a scope"));
        for number in 1..=dice.roll(7) {
            let id = format!("20100{:05}260118", number * 2 + dice.roll(2));
            let path = format!("{}{}", dice.choose(&["a", "b/ä", "c\"d\\", "e"]), dice.roll(5));
            let at = Timestamp::from_unix(1_700_000_000 + number as i64).expect("a date");
            let mut record = Allocation::new(
                id.parse().expect("an identity"),
                RepoPath::new(path.into_bytes()).expect("a path"),
                at,
                format!("{:016x}", number * 7 + dice.roll(3)).parse().expect("an origin"),
            );
            match dice.roll(6) {
                0 => record.retire("deleted", Some(at), Some("b".repeat(40))),
                1 => record.status = Status::Superseded,
                2 => drop(record.metadata.insert("owner".to_owned(), Json::string("some\tone"))),
                3 => drop(record.extra.insert("n".to_owned(), Json::Number("1.0".to_owned()))),
                _ => {}
            }
            registry.allocations.push(record);
        }
        registry.format().into_bytes()
    };
    (0..40).map(make).collect()
}

/// Returns what tells one outcome from another: a size by its order of magnitude.
fn kind(parts: &[usize]) -> u64 {
    parts
        .iter()
        .fold(0, |kind, part| kind * 64 + u64::from(part.checked_ilog2().map_or(0, |n| n + 1)))
}

#[test]
fn the_scanner_of_registries() {
    fuzz(registries(), &WORDS, |bytes| {
        let whole = Registry::parse(bytes);
        if let Some(registry) = whole.as_ref().ok().filter(|registry| registry.is_consistent()) {
            let text = registry.format();
            let again = Registry::parse(text.as_bytes()).expect("what is written can be read");
            assert_eq!(again.format(), text, "what is written is read as something else");
        }
        let Some(partial) = PartialRegistry::of(bytes, |line| line.path.len() % 2 == 0) else {
            return kind(&[0, whole.map_or(0, |registry| registry.allocations.len() + 1)]);
        };
        let whole = whole.expect("what a part understands is a registry");
        let some = partial.registry();
        assert!(some.allocations.iter().all(|record| whole.allocations.contains(record)));
        assert!(whole.allocations.iter().all(|record| partial.has(record.id)));
        if whole.shadowing().is_empty() {
            assert_eq!(whole.format().as_bytes(), bytes, "not canonical, but understood");
            let text = partial.with(&some).expect("nothing is missing").over(bytes);
            assert_eq!(text.as_deref(), Some(bytes), "nothing was changed, but it is another text");
        }
        kind(&[1, whole.allocations.len(), some.allocations.len()])
    });
}

#[test]
fn the_merge_of_registries() {
    // Three versions in one input, so that they are damaged alike.
    const BETWEEN: &[u8] = b"\n=====\n";
    let all = registries();
    let seeds = all.iter().zip(all.iter().skip(1)).map(|(one, other)| {
        let base = if one.len() < other.len() { one } else { other };
        [base, BETWEEN, one, BETWEEN, other].concat()
    });
    let same = all.iter().map(|one| [one, BETWEEN, one, BETWEEN, one].concat());
    fuzz(seeds.chain(same).collect(), &WORDS, |bytes| {
        let text = bytes.to_vec();
        let mut versions = Vec::new();
        let mut rest = &text[..];
        while let Some(at) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
            versions.push(&rest[..at]);
            rest = &rest[at + BETWEEN.len()..];
        }
        versions.push(rest);
        versions.resize(3, b"");
        let three = [versions[0], versions[1], versions[2]];
        let read = Versions::parse(three);
        let whole = read.merged();
        assert!(read.stand_in().is_consistent());
        if let Ok(merged) = &whole {
            assert!(merged.is_consistent(), "an identity names two records");
            let other = Versions::parse([three[0], three[2], three[1]]).merged();
            assert_eq!(other.map(|other| other.format()), Ok(merged.format()), "sides differ");
        }
        overflows_alike(three);
        let mut cursors = three.map(Cursor::new);
        let mut versions = cursors.each_mut().map(|text| text as &mut dyn SeekableText);
        let is_lazy = merge_differing(&mut versions).is_some();
        let mut cursors = three.map(Cursor::new);
        let versions = cursors.each_mut().map(|text| text as &mut dyn SeekableText);
        let texts = merge_texts(versions).expect("memory can be read");
        let Ok(text) = texts.map(|merged| merged.text.over(three[1])) else {
            assert!(whole.is_err(), "only the parsed versions can be merged");
            return kind(&[0, 0]);
        };
        let merged = whole.expect("what is merged as text can be merged");
        assert_eq!(text, Some(merged.format().into_bytes()), "the texts lead elsewhere");
        kind(&[1 + usize::from(is_lazy), merged.allocations.len(), three[1].len()])
    });
}

/// Asserts that a merge with counters of seven numbers is the same whether it reads all or a part.
fn overflows_alike(texts: [&[u8]; 3]) {
    let [Ok(base), Ok(ours), Ok(theirs)] = texts.map(Registry::parse) else { return };
    let whole = merge_numbered(SMALL, &base, &ours, &theirs).map(|merged| merged.format());
    let other = merge_numbered(SMALL, &base, &theirs, &ours).map(|merged| merged.format());
    assert_eq!(whole.as_ref().ok(), other.as_ref().ok(), "sides differ");
    let mut cursors = texts.map(Cursor::new);
    let mut versions = cursors.each_mut().map(|text| text as &mut dyn SeekableText);
    if let Some(partial) = merge_differing_numbered(SMALL, &mut versions) {
        let text = partial.text.over(texts[1]);
        assert_eq!(text, whole.ok().map(String::into_bytes), "the texts lead elsewhere");
    }
}

#[test]
fn the_reader_of_indexes() {
    let git = &gits()[0];
    let adopted = crate::common::Repo::adopted(git);
    let index = adopted.path().join(".git/index");
    let mut seeds = vec![adopted.read(".git/index")];
    for version in ["2", "4"] {
        adopted.run(format!("update-index --index-version {version}").as_str());
        seeds.push(adopted.read(".git/index"));
    }
    adopted.run("update-index --index-version 2 --skip-worktree README.md");
    seeds.push(adopted.read(".git/index"));
    let repo = Repo::open(adopted.path()).expect("a repository");
    let file = repo.index_file();
    let words: [&[u8]; 6] =
        [b"TREE", b"link", b"\0\0\0\x04", b"-1 0\n", b"\0", b"\xff\xff\xff\xff"];
    fuzz(seeds, &words, |bytes| {
        std::fs::write(&index, bytes).expect("writable");
        let Some(seen) = repo.peek(&file).expect("readable") else { return 0 };
        // The library may stumble over what the glance had no need to look at.
        let whole = catch_unwind(AssertUnwindSafe(|| repo.index(&file)));
        let Ok(Ok(whole)) = whole else { return 1 };
        let registry = whole.tree.get(&RepoPath::registry()).copied();
        // No git caches a tree of entries that are not merged, nor puts one path in two places;
        // then the cached tree counts, and the first place.
        let places = bytes.windows(REGISTRY_PATH.len());
        let places = places.filter(|place| *place == REGISTRY_PATH.as_bytes()).count();
        if !whole.unmerged.is_empty() || places > 1 {
            return 3;
        }
        // Where cached trees further down are damaged, the library takes none at all.
        assert!(whole.root.is_none_or(|root| root == seen.root), "{:?}", whole.root);
        assert_eq!(registry, Some(seen.registry.entry));
        kind(&[2, whole.tree.len()])
    });
}
