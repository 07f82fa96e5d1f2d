//! Files that are damaged, of other versions, or written at the same time.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::store::Sharing;
use idhooks_core::check::{Coverage, IdBinding};
use idhooks_core::registry::BlobId;

/// A cache of texts by number.
#[derive(Hash)]
struct Number(u8);

impl CacheKey for Number {
    type Value = String;
    const NAME: &str = "numbers";
    const RULES: &str = "1";
    const LIMIT: usize = 600;
}

impl CacheValue for String {
    fn encode(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok()
    }
}

fn temp() -> (tempfile::TempDir, StateDir) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let state = StateDir::of(dir.path(), Sharing::default());
    (dir, state)
}

fn open(state: &StateDir) -> Cache<Number> {
    Cache::open(state)
}

fn save(state: &StateDir, entries: &[(u8, &str)]) {
    let mut cache = open(state);
    for (n, text) in entries {
        cache.insert(&Number(*n), &(*text).to_owned());
    }
    cache.save();
}

const ENTRIES: [(u8, &str); 3] = [(1, "one"), (2, ""), (3, "three")];

#[test]
fn the_last_entry_of_a_key_counts() {
    let (dir, state) = temp();
    open(&state).save();
    assert!(!state.path().exists());
    save(&state, &ENTRIES);
    let file = dir.path().join("idhooks/cache/numbers");
    let before = fs::read(&file).expect("there");
    assert!(before.starts_with(b"idhooks-cache 1 numbers 1\n"));
    save(&state, &ENTRIES);
    assert_eq!(fs::read(&file).expect("there"), before);
    save(&state, &[(2, "two")]);
    assert!(fs::read(&file).expect("there").starts_with(&before));
    let cache = open(&state);
    let texts = [1, 2, 3, 4].map(|n| cache.get(&Number(n)));
    assert_eq!(
        texts.each_ref().map(Option::as_deref),
        [Some("one"), Some("two"), Some("three"), None]
    );
    assert_eq!([3, 4].map(|n| cache.get(&Number(n)).is_some()), [true, false]);
}

#[test]
fn damage_is_never_read_and_does_not_last() {
    let (dir, state) = temp();
    save(&state, &ENTRIES);
    let file = dir.path().join("idhooks/cache/numbers");
    let whole = fs::read(&file).expect("there");
    let flipped = (0..8 * whole.len()).map(|bit| {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    });
    let cut = (0..whole.len()).map(|length| whole[..length].to_vec());
    let longer = [whole.clone(), b"torn".to_vec()].concat();
    for damaged in flipped.chain(cut).chain([longer]) {
        fs::write(&file, damaged).expect("writable");
        let cache = open(&state);
        for (n, text) in ENTRIES {
            assert!(cache.get(&Number(n)).is_none_or(|found| found == text));
        }
        save(&state, &ENTRIES);
        let cache = open(&state);
        for (n, text) in ENTRIES.into_iter().cycle().take(2 * SEARCHES) {
            assert_eq!(cache.get(&Number(n)).as_deref(), Some(text));
        }
    }
}

#[test]
fn what_was_inserted_is_found_before_it_is_saved() {
    let (_dir, state) = temp();
    let mut cache = open(&state);
    for n in 0..200 {
        cache.insert(&Number(n / 2), &n.to_string());
        assert_eq!(cache.get(&Number(n / 2)), Some(n.to_string()));
        assert!(cache.get(&Number(n / 2 + 1)).is_none());
    }
    cache.save();
    assert!(cache.get(&Number(99)).is_some() && cache.get(&Number(0)).is_none());
    assert!(open(&state).get(&Number(99)).is_some());
}

#[test]
fn files_of_other_versions_are_replaced() {
    let (dir, state) = temp();
    save(&state, &ENTRIES);
    let file = dir.path().join("idhooks/cache/numbers");
    let whole = fs::read(&file).expect("there");
    let mut later = whole.clone();
    later[24] = b'2';
    fs::write(&file, &later).expect("writable");
    let former = FORMER.map(|name| state.file(name));
    former[0].replace(b"text").expect("writable");
    fs::create_dir(former[1].path()).expect("writable");
    assert_eq!(open(&state).get(&Number(1)), None);
    save(&state, &ENTRIES);
    assert_eq!(fs::read(&file).expect("there"), whole);
    assert_eq!([0, 1].map(|n| former[n].path().exists()), [false, true]);
    fs::write(&file, "idhooks-cache 1 numbers 2\n").expect("writable");
    save(&state, &ENTRIES);
    assert_eq!(fs::read(&file).expect("there"), whole);
    // A process of another version may append to a file that was just replaced.
    fs::write(&file, [&later[..], &whole[26..]].concat()).expect("writable");
    fs::write(&file, [&whole[..26], &later[26..]].concat()).expect("writable");
    assert_eq!(open(&state).get(&Number(1)).as_deref(), Some("one"));
    fs::write(&file, [&later[..26], &whole[26..]].concat()).expect("writable");
    assert_eq!(open(&state).get(&Number(1)), None);
}

#[test]
fn the_newest_entries_stay() {
    let (dir, state) = temp();
    let file = dir.path().join("idhooks/cache/numbers");
    for n in 0..100 {
        save(&state, &[(n, "a text of some length")]);
        assert!(fs::read(&file).expect("there").len() <= Number::LIMIT);
        let cache = open(&state);
        assert!((n.saturating_sub(3)..=n).all(|n| cache.get(&Number(n)).is_some()), "{n}");
    }
    let long = "long".repeat(Number::LIMIT);
    save(&state, &[(1, &long)]);
    assert_eq!(open(&state).get(&Number(1)), Some(long));
    save(&state, &[(2, "short")]);
    assert_eq!([1, 2].map(|n| open(&state).get(&Number(n)).is_some()), [false, true]);
}

#[test]
fn concurrent_writers_lose_nothing() {
    let (_dir, state) = temp();
    save(&state, &[(0, "")]);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let state = &state;
            scope.spawn(move || (1..3).for_each(|n| save(state, &[(4 * n + thread, "")])));
        }
    });
    assert!((4..12).all(|n| open(&state).get(&Number(n)).is_some()));
}

#[test]
fn a_cache_that_cannot_be_written_is_empty() {
    let (dir, state) = temp();
    fs::write(dir.path().join("idhooks"), "in the way").expect("writable");
    save(&state, &ENTRIES);
    assert_eq!(open(&state).get(&Number(1)), None);
}

fn ids() -> impl Strategy<Value = BlobId> {
    any::<[u8; 20]>().prop_map(|raw| BlobId::from_bytes(&raw).expect("20 bytes"))
}

fn assert_round_trip<V: CacheValue + PartialEq + std::fmt::Debug>(value: V) {
    assert_eq!(V::decode(&value.encode()), Some(value));
}

proptest! {
    #[test]
    fn values_are_read_as_they_were_written(
        flag: bool,
        counts: [usize; 3],
        registry in ids(),
        names in prop::collection::vec("[0-9]{15}[1-9][/~%][0-9a-f]{16}", 0..4),
        file in prop::option::of(1..u64::MAX),
        paths in prop::collection::vec(1..100_u64, 0..4),
        bytes: Vec<u8>,
    ) {
        let [files, identities, unread] = counts;
        assert_round_trip(flag);
        assert_round_trip(Coverage { files, covered: identities });
        assert_round_trip(CheckCounts { files, identities, unread, registry });
        assert_round_trip(names.iter().filter_map(|name| name.parse().ok()).collect::<Vec<IdBinding>>());
        assert_round_trip(vec![registry; paths.len()]);
        let count = paths.len() as u64;
        let pairs = paths.iter().flat_map(|n| [*n, 100_000_000_000 + 1_000_000 * n]);
        let index: Vec<u8> = [count].into_iter().chain(pairs).flat_map(u64::to_le_bytes).collect();
        let index = idhooks_core::registry::PathIndex::from_bytes(&index).expect("valid");
        assert_round_trip(RegistryPaths { index, file });
        // Other bytes are no value, or one.
        let _ = (bool::decode(&bytes), Coverage::decode(&bytes), CheckCounts::decode(&bytes));
        let _ = (<Vec<IdBinding>>::decode(&bytes), RegistryPaths::decode(&bytes));
    }

    #[test]
    fn different_keys_have_different_hashes(a in ids(), b in ids(), problem in ".{0,20}") {
        let keys = [
            ConsistencyKey::IsConsistent(vec![a]),
            ConsistencyKey::IsConsistent(vec![a, b]),
            ConsistencyKey::IsComplete(vec![a]),
            ConsistencyKey::IsComplete(vec![a, b]),
            ConsistencyKey::IsReported(a, problem),
            ConsistencyKey::IsReported(b, String::new()),
        ];
        let distinct: std::collections::BTreeSet<KeyHash> = keys.iter().map(KeyHasher::hash).collect();
        prop_assert!(a == b || distinct.len() == keys.len());
        let [tree, sum] = [CheckKey::Tree(a, b), CheckKey::Checksum(a, b)];
        prop_assert_ne!(KeyHasher::hash(&tree), KeyHasher::hash(&sum));
    }
}
