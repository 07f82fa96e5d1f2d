//! Users whose identifiers begin alike, and sets of old and new identifiers.

use proptest::prelude::*;

use idhooks_core::config::Config;

use super::{Answer, Bridge, BridgeError, Counts, Scanner, TranslationMap};
use crate::{Given, Minter, Source};

const FORMATS: &str = r#"
[formats.thread]
template = "thread_{op}_{ms}_{counter}_{hex8}"
key = ["op", "hex8"]
[formats.run]
template = "run_{op}_{ms}_{counter}_{hex8}"
key = ["op", "hex8"]
shares = "thread"
[formats.legacy_thread]
template = "thread_{op}_{counter}_{hex8}"
key = ["op", "hex8"]
legacy = true
successor = "thread"
[formats.websocket_factory]
template = "websocket_factory_{ms}"
legacy = true
[formats.ws_conn]
template = "ws_conn_{user8}_{ms}_{counter}_{hex8}"
key = ["user8", "hex8"]
[formats.legacy_ws]
template = "ws_{hex8}"
legacy = true
[formats.legacy_session]
template = "session-{user}"
key = ["user"]
legacy = true
successor = "session"
[formats.session]
template = "session_{user8}_{hex8}"
[formats.run_id]
template = "run_{name}_{hex8}"
parts = { name = "[a-z]+" }
key = ["name"]
[formats.any]
template = "{any}"
[[bridge]]
from = "legacy_ws"
to = "ws_conn"
keep = "hex8"
"#;

fn bridge() -> Bridge {
    let config = Config::parse(FORMATS).expect("valid");
    Bridge::compile(&config).expect("valid")
}

fn answer(target: &str, among: &[&str]) -> (Answer, Vec<String>) {
    let matches = bridge().matches(target, among.iter().copied(), &TranslationMap::default());
    (matches.answer(), matches.matched)
}

#[test]
fn the_documented_examples_have_their_formats() {
    let bridge = bridge();
    for (id, format, confidence, is_legacy) in [
        ("thread_op_1726000000000_5_0123abcd", "thread", 0.5..=1.0, false),
        ("thread_op_5_0123abcd", "legacy_thread", 0.9..=1.0, true),
        ("websocket_factory_1726000000000", "websocket_factory", 0.9..=1.0, true),
        ("ws_0123abcd", "legacy_ws", 0.9..=1.0, true),
        ("hello", "any", 1.0..=1.0, false),
    ] {
        let detection = bridge.detect(id);
        let best = detection.best().expect("certain");
        assert_eq!((&*best.format, best.is_legacy), (format, is_legacy), "{id}");
        assert!(confidence.contains(&best.confidence), "{id}: {}", best.confidence);
        let total: f64 = detection.candidates.iter().map(|one| one.confidence).sum();
        assert!((total - 1.0).abs() < 1e-9, "{id}: {total}");
    }
    assert!(bridge.detect("a b").candidates.is_empty());
}

#[test]
fn only_what_the_formats_declare_is_matched() {
    let (old, new) = ("thread_op_5_0123abcd", "thread_op_1726000000000_9_0123abcd");
    let run = "run_op_1726000000000_9_0123abcd";
    let foreign = "thread_op_1726000000000_9_99999999";
    let other_op = "thread_po_1726000000000_9_0123abcd";
    assert_eq!(
        answer(old, &[foreign, new, other_op, run, old, new]),
        (Answer::Matched, vec![old.into(), new.into(), run.into()])
    );
    assert_eq!(answer(old, &[foreign, other_op]), (Answer::None, vec![]));
    let second = "thread_op_1726000000001_9_0123abcd";
    assert_eq!(answer(old, &[new, second]).0, Answer::Ambiguous);
    // The users of both have the same first characters: the random part that is kept decides.
    let (alice, bob) =
        ("ws_conn_alice-an_1726000000000_1_0123abcd", "ws_conn_alice-an_1726000000000_2_aaaaaaaa");
    assert_eq!(answer("ws_0123abcd", &[bob, alice]), (Answer::Matched, vec![alice.into()]));
    assert_eq!(answer("ws_0123abcd", &[bob]).0, Answer::None);
    // Only the first characters are known.
    let session = "session_alice-an_0123abcd";
    assert_eq!(answer("session-alice-and-bob", &[session]), (Answer::Ambiguous, vec![]));
    assert_eq!(answer("session-bob", &[session]).0, Answer::None);
    assert_eq!(answer("session-al", &[session]).0, Answer::None);
    let mut map = TranslationMap::default();
    map.add("session-alice-and-bob", session).expect("new");
    let matches = bridge().matches("session-alice-and-bob", [session], &map);
    assert_eq!(matches.answer(), Answer::Matched);
    assert_eq!(answer("hello", &["world", "hello"]), (Answer::Matched, vec!["hello".into()]));
}

#[test]
fn a_translation_is_the_same_every_time_and_goes_back_through_the_map() {
    let bridge = bridge();
    let mut map = TranslationMap::default();
    let translate = |id: &str, to: Option<&str>, map: &TranslationMap| {
        let to = to.map(|name| bridge.formats.get(name).expect("declared"));
        bridge.translate(id, to, &Given::new(), map)
    };
    let (old, new) = ("thread_op_5_0123abcd", "thread_op_0000000000000_5_0123abcd");
    for _ in 0..2 {
        let done = translate(old, None, &map).expect("translated");
        assert_eq!(
            (&*done.translated, done.from.as_deref(), done.is_needed()),
            (new, Some("legacy_thread"), true)
        );
    }
    assert!(!translate(new, None, &map).expect("current").is_needed());
    map.add(old, new).expect("new");
    map.add(old, new).expect("the same again");
    assert_eq!(translate(new, Some("legacy_thread"), &map).expect("back").translated, old);
    assert_eq!(translate(old, None, &map).expect("there").translated, new);
    assert!(translate(old, None, &map).expect("there").is_mapped);
    let taken = map.add(old, "other").expect_err("taken").to_string();
    assert!(taken.contains(&format!("'{old}' is already paired with '{new}'")), "{taken}");
    assert!(map.add("other", new).is_err() && map.len() == 1);
    assert_eq!(translate("a b", None, &map), Err(BridgeError::NoFormat("a b".into())));
    let error = translate("websocket_factory_1726000000000", None, &map);
    assert!(matches!(error, Err(BridgeError::NoSuccessor { .. })), "{error:?}");
}

#[test]
fn a_set_is_safe_to_migrate_if_every_old_identifier_has_one_new_one() {
    let bridge = bridge();
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    let old = ids(&["thread_a_1_00000001", "thread_b_2_00000002", "thread_c_3_00000003"]);
    let new = ids(&[
        "thread_a_1726000000000_1_00000001",
        "thread_c_1726000000000_1_00000003",
        "thread_c_1726000000009_1_00000003",
    ]);
    let report = bridge.report(&old, &new, &TranslationMap::default());
    assert!(!report.is_safe());
    assert_eq!(report.translations["thread_a_1_00000001"], new[..1]);
    assert_eq!(report.orphaned_resources, old[1..2]);
    assert_eq!(report.duplicate_mappings[0].cleanup_key, "op=c hex8=00000003");
    assert_eq!(report.duplicate_mappings[0].conflicting_ids, new[1..]);
    assert_eq!(
        report.issues(),
        [
            "Some legacy resources have no SSOT equivalent",
            "Some cleanup keys map to multiple resources"
        ]
    );
    assert!(bridge.report(&old[..1], &new, &TranslationMap::default()).is_safe());
}

#[test]
fn identifiers_in_a_text_are_counted_by_format() {
    let bridge = bridge();
    let scanner = Scanner::new(&bridge).expect("formats");
    assert!(scanner.formats().all(|format| format.name != "any"));
    let text = b"GET /ws_0123abcd id=\"ws_conn_al_1726000000000_1_0123abcd\", ws_0123abcde \
        thread_op_5_0123abcd\n\xff ws_0123abcd <ws_0123abcd+x@mail.example.com> ws_0123abc@host";
    let counts = counted(&scanner, &[text]);
    let count = |name: &str| {
        let at = scanner.formats().position(|format| format.name == name).expect("scanned");
        counts.by_format[at]
    };
    assert_eq!((count("legacy_ws"), count("ws_conn"), count("legacy_thread")), (2, 1, 1));
    assert_eq!(counts.identifiers, 4);
    let mixed = scanner.mixed(&counts);
    assert_eq!(mixed.len(), 1);
    assert_eq!((&*mixed[0].0.name, &*mixed[0].1.name), ("legacy_ws", "ws_conn"));
    for at in 0..text.len() {
        let (one, other) = text.split_at(at);
        assert_eq!(
            counted(&scanner, &[one, other]),
            counts,
            "in pieces of {at} bytes and the rest"
        );
    }
    let bytes: Vec<&[u8]> = text.chunks(1).collect();
    assert_eq!(counted(&scanner, &bytes), counts, "byte by byte");
}

fn counted(scanner: &Scanner<'_>, pieces: &[&[u8]]) -> Counts {
    let mut counter = scanner.counter();
    pieces.iter().for_each(|piece| counter.add(piece));
    counter.finish()
}

#[test]
fn a_word_that_is_too_long_is_no_identifier_in_any_pieces() {
    let bridge = bridge();
    let scanner = Scanner::new(&bridge).expect("formats");
    let word = |length: usize| format!("thread_{}_5_0123abcd", "x".repeat(length - 18));
    for (length, expected) in [(1_023, 1), (1_024, 1), (1_025, 0), (5_000, 0)] {
        let word = word(length);
        assert_eq!(word.len(), length);
        for size in [1, 7, 500, 1_024, 9_999] {
            let pieces: Vec<&[u8]> = word.as_bytes().chunks(size).collect();
            let counts = counted(&scanner, &pieces);
            assert_eq!(counts.identifiers, expected, "{length} bytes in pieces of {size}");
        }
    }
}

#[test]
fn a_character_in_one_format_ends_the_identifiers_of_others() {
    let rules = "[formats.ws]\ntemplate = 'ws_{hex8}'\n[formats.urn]\ntemplate = 'urn:ws:{hex8}'\n";
    let config = Config::parse(rules).expect("valid");
    let bridge = Bridge::compile(&config).expect("valid");
    let scanner = Scanner::new(&bridge).expect("formats");
    let counts = counted(&scanner, &[b"key:ws_0123abcd urn:ws:0123abcd, ws_0123abcd:ws_0123abcd"]);
    assert_eq!((counts.by_format, counts.identifiers), (vec![1, 3], 4));
}

#[test]
fn a_kept_part_is_random_in_both_formats() {
    for (keep, expected) in
        [("user8", "does not exist"), ("counter", "does not exist"), ("x", "does not exist")]
    {
        let text = FORMATS.replace("keep = \"hex8\"", &format!("keep = \"{keep}\""));
        let config = Config::parse(&text).expect("valid");
        let error = Bridge::compile(&config).expect_err("refused").to_string();
        assert!(error.contains(expected), "{error}");
    }
    let text = FORMATS.replace(
        "\"legacy_ws\"\nto = \"ws_conn\"\nkeep = \"hex8\"",
        "\"thread\"\nto = \"run\"\nkeep = \"op\"",
    );
    let config = Config::parse(&text).expect("valid");
    let error = Bridge::compile(&config).expect_err("refused").to_string();
    assert!(error.contains("{op} of the format 'thread' is not random"), "{error}");
}

/// Random bytes that differ from call to call.
struct Seeded(u64);

impl Source for Seeded {
    fn now(&mut self) -> u64 {
        1_726_000_000_000
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            *byte = (self.0 >> 33) as u8;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1, ..ProptestConfig::default() })]

    /// Four users whose identifiers share eight characters, each with 250 connections, half of them
    /// old: every clean-up, by the identifier of the other kind, finds its own connection and no other
    /// one, in 1,000,000 comparisons.
    #[test]
    fn no_clean_up_touches_the_connections_of_others(seed in any::<u64>()) {
        let (bridge, mut source, mut minter) = (bridge(), Seeded(seed), Minter::default());
        let format = bridge.formats.get("ws_conn").expect("declared");
        let mut old = Vec::new();
        let mut new = Vec::new();
        for user in ["alice-and-bob", "alice-and-carol", "alice-and-dave", "alice-and-erin"] {
            let given = Given::from([("user".to_owned(), user.to_owned())]);
            for id in minter.mint(format, &given, 250, &mut source).expect("minted") {
                let random = &id[id.len() - 8..];
                old.push(format!("ws_{random}"));
                new.push(id);
            }
        }
        let candidates: Vec<&str> = (0..new.len())
            .map(|at| if at % 2 == 0 { &*old[at] } else { &*new[at] })
            .collect();
        let candidates: Vec<_> = candidates.into_iter().map(|id| bridge.read(id)).collect();
        for at in 0..new.len() {
            let target = bridge.read(if at % 2 == 0 { &new[at] } else { &old[at] });
            let matches = bridge.matches_among(&target, &candidates, &TranslationMap::default());
            prop_assert_eq!(&matches.matched, &[candidates[at].id.to_owned()]);
            prop_assert!(matches.undecided.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    /// 100,000 texts: half of them anything, the others close to an identifier.
    #[test]
    fn no_text_breaks_the_detection(
        texts in prop::collection::vec("\\PC{0,40}|(ws_|run_|session_)[a-z0-9_-]{0,30}", 1_000),
    ) {
        let bridge = bridge();
        for text in texts {
            let detection = bridge.detect(&text);
            let mut candidates = detection.candidates.iter();
            prop_assert!(candidates.all(|one| (0.0..=1.0).contains(&one.confidence)), "{text}");
        }
    }
}
