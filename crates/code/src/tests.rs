//! The formats of the systems that existed before, with their own examples.

use proptest::prelude::*;

use idhooks_core::config::{Config, ConfigError};

use crate::translate::translate;
use crate::{
    FormatPiece, Formats, Given, IdFormat, Invalid, MintError, Minter, Source, TranslateError,
};

const FORMATS: &str = r#"
[formats.run_id]
template = "run_{thread}_{hex8}"
derives = { thread_id = "thread" }
key = ["thread"]
[formats.thread_id]
template = "{thread}"
[formats.base]
template = "{prefix}_{ms}_{counter}_{hex8}"
max_age = "365d"
max_future = "1h"
[formats.thread]
template = "thread_{op}_{counter}_{hex8}"
[formats.run]
template = "run_{op}_{counter}_{hex8}"
shares = "thread"
[formats.req]
template = "req_{op}_{counter}_{hex8}"
[formats.ws_conn]
template = "ws_conn_{user8}_{ms}_{counter}_{hex8}"
key = ["user8", "hex8"]
[formats.legacy_ws]
template = "ws_{hex8}"
legacy = true
successor = "ws_conn"
[formats.uuid]
template = "{uuid}"
legacy = true
successor = "session"
[formats.session]
template = "session_{type}_{user8}_{ms}_{counter}_{hex8}"
parts = { type = "web|mobile|api|auth" }
[formats.wrapped]
template = "<{inner}>"
parts = { inner = "run_id" }
[formats.legacy_test]
template = "test_run_{n}"
parts = { n = '\d+' }
legacy = true
[contexts.user]
formats = ["thread", "run", "req"]
"#;

/// A time, and bytes that count up.
struct FixedSource(u8);

const NOW: u64 = 1_726_000_000_000;

impl Source for FixedSource {
    fn now(&mut self) -> u64 {
        NOW
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            (*byte, self.0) = (self.0, self.0.wrapping_add(1));
        }
    }
}

fn formats() -> Formats {
    compile(FORMATS).expect("valid formats")
}

fn compile(text: &str) -> Result<Formats, ConfigError> {
    Formats::compile(&Config::parse(text)?)
}

fn given(values: &[(&str, &str)]) -> Given {
    values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_documented_examples_are_read_and_refused() {
    let formats = formats();
    let run = formats.get("run_id").expect("declared");
    for (id, thread) in [
        ("run_thread_12345678", "thread"),
        ("run_test_thread_abcdef01", "test_thread"),
        ("run_t1_00000000", "t1"),
        ("run_test_thread_456_12345678", "test_thread_456"),
        ("run_test-thread-123_12345678", "test-thread-123"),
        ("run_a_12345678_12345678", "a_12345678"),
    ] {
        let reading = run.read(id).expect(id);
        assert_eq!(
            (reading.value("thread"), reading.value("thread_id")),
            (Some(thread), Some(thread))
        );
    }
    for id in [
        "",
        "test-run",
        "run_thread",
        "run_thread_",
        "run__12345678",
        "RUN_thread_12345678",
        "run_thread_xyz",
        "run_thread_123456789",
        "run-thread-12345678",
        "run_thread_12345678\n",
        "run_ä_12345678",
    ] {
        assert!(run.read(id).is_none(), "{id:?}");
    }
    let thread = formats.get("thread_id").expect("declared");
    assert!(["ABC_123-xyz", "t1"].iter().all(|id| thread.read(id).is_some()));
    assert!(["", " spaces ", "!invalid", "@special"].iter().all(|id| thread.read(id).is_none()));
    let names = |id: &str| -> Vec<String> {
        formats.readings(id).iter().map(|reading| reading.format.name.clone()).collect()
    };
    assert_eq!(names("run_op_5_0123abcd"), ["run", "run_id", "thread_id"]);
    assert_eq!(names("<run_a_01234567>"), ["wrapped"]);
    assert_eq!(names("6BA7B810-9dad-41d1-80b4-00c04fd430c8"), ["thread_id", "uuid"]);
    assert!(names("6ba7b810-9dad-11d1-80b4-00c04fd430c8!").is_empty());
    assert_eq!(names("test_run_7"), ["legacy_test", "thread_id"]);
}

#[test]
fn new_identifiers_have_their_parts() {
    let (formats, mut minter, mut source) = (formats(), Minter::default(), FixedSource(0));
    let get = |name: &str| formats.get(name).expect("declared");
    let mut mint = |name: &str, values: &[(&str, &str)]| {
        minter.mint(get(name), &given(values), 2, &mut source)
    };
    assert_eq!(
        mint("run_id", &[("thread", "t1")]).expect("minted"),
        ["run_t1_00010203", "run_t1_04050607"]
    );
    assert_eq!(
        mint("base", &[("prefix", "jwt_token")]).expect("minted"),
        ["jwt_token_1726000000000_3_08090a0b", "jwt_token_1726000000000_4_0c0d0e0f"]
    );
    assert_eq!(
        mint("ws_conn", &[("user", "0123456789")]).expect("minted")[1],
        "ws_conn_01234567_1726000000000_6_14151617"
    );
    assert_eq!(mint("uuid", &[]).expect("minted")[0], "18191a1b-1c1d-4e1f-a021-222324252627");
    let refused = |result: Result<Vec<String>, MintError>| result.expect_err("refused").to_string();
    assert_eq!(refused(mint("run_id", &[])), "thread_id cannot be empty");
    assert_eq!(refused(mint("run_id", &[("thread_id", "")])), "thread_id cannot be empty");
    assert_eq!(refused(mint("run_id", &[("thread", "!x")])), "Invalid thread_id format: '!x'");
    assert_eq!(refused(mint("run_id", &[("thred", "x")])), "run_id has no part 'thred'");
    assert_eq!(
        refused(mint("session", &[("user", "u"), ("type", "tv")])),
        "Invalid type format: 'tv'"
    );
    let long = "x".repeat(2_000);
    assert!(refused(mint("run_id", &[("thread", &long)])).contains("longer than 1024"));
    let together = formats.context("user").expect("declared");
    assert_eq!(
        minter
            .mint_together(&together, &given(&[("op", "agent_execution")]), &mut source)
            .expect("minted"),
        [
            "thread_agent_execution_14_4c4d4e4f",
            "run_agent_execution_14_4c4d4e4f",
            "req_agent_execution_15_50515253"
        ]
    );
}

#[test]
fn a_valid_identifier_is_not_too_old_and_not_from_the_future() {
    let formats = formats();
    let base = formats.get("base").expect("declared");
    let day = 86_400_000;
    for (made, expected) in [
        (NOW, None),
        (NOW - 365 * day, None),
        (NOW - 365 * day - 1, Some(Invalid::TooOld)),
        (NOW + day / 24, None),
        (NOW + day / 24 + 1, Some(Invalid::InFuture)),
        (0, None),
    ] {
        let id = format!("a_{made:013}_1_01234567");
        assert_eq!(base.validate(&id, NOW).err(), expected, "{id}");
    }
    assert_eq!(base.validate("", NOW).err(), Some(Invalid::Empty));
    assert_eq!(base.validate("a", NOW).err(), Some(Invalid::Form));
    assert_eq!(base.validate(&"a".repeat(1_025), NOW).err(), Some(Invalid::TooLong));
}

#[test]
fn a_translation_keeps_what_is_there_and_depends_on_nothing_else() {
    let formats = formats();
    let get = |name: &str| formats.get(name).expect("declared");
    let translate = |id: &str, from: &str, to: &str, values: &[(&str, &str)]| {
        crate::translate::translate(
            id,
            &get(from).read(id).expect("it fits"),
            get(to),
            &given(values),
        )
    };
    let once = translate("ws_0123abcd", "legacy_ws", "ws_conn", &[("user", "alice-and-bob")]);
    assert_eq!(once.as_deref(), Ok("ws_conn_alice-an_0000000000000_0_0123abcd"));
    let uuid = "6ba7b810-9dad-41d1-80b4-00c04fd430c8";
    let values = &[("user", "u1"), ("type", "web")];
    let session = translate(uuid, "uuid", "session", values).expect("translated");
    assert_eq!(Ok(session.clone()), translate(uuid, "uuid", "session", values));
    assert_eq!(session, "session_web_u1_0000000000000_0_7eb2b2f5");
    assert!(get("session").validate(&session, NOW).is_ok());
    let missing = translate("ws_0123abcd", "legacy_ws", "ws_conn", &[]).expect_err("refused");
    assert_eq!(
        missing.to_string(),
        "the legacy_ws identifier 'ws_0123abcd' does not contain the part {user8} of ws_conn"
    );
    let wrong = translate("ws_0123abcd", "legacy_ws", "ws_conn", &[("user", "a b")]);
    assert!(matches!(wrong, Err(TranslateError::Form { .. })));
}

#[test]
fn mistakes_in_formats_have_a_position() {
    for (text, expected) in [
        (
            "[formats.a]\ntemplate = '{x}_{y}'",
            "2:12: the template '{x}_{y}' is ambiguous: '0_0_0' can be read as",
        ),
        (
            "[formats.a]\ntemplate = 'a{x}'\nparts = { y = 'a' }",
            "3:11: the template 'a{x}' has no part {y}",
        ),
        (
            "[formats.a]\ntemplate = 'a{x}'\nparts = { x = '(' }",
            "3:15: '(' cannot be the regex of a part: unclosed",
        ),
        (
            "[formats.a]\ntemplate = 'a{ms}'\nparts = { ms = 'a' }",
            "3:16: the part {ms} has a form of its own",
        ),
        (
            "[formats.a]\ntemplate = 'a{x}'\nderives = { y = 'z' }",
            "3:17: the template 'a{x}' has no part {z}",
        ),
        (
            "[formats.a]\ntemplate = 'a{x}'\nmax_age = '1d'",
            "2:12: max_age and max_future need a part {ms}, {uuid7} or {ulid}",
        ),
        ("[formats.a]\ntemplate = 'a{x}'\nsuccessor = 'b'", "3:13: only a format of the past"),
        (
            "[formats.a]\ntemplate = 'a'\nlegacy = true\nsuccessor = 'b'",
            "4:13: there is no format 'b'",
        ),
        (
            "[formats.a]\ntemplate = 'a'\nlegacy = true\nsuccessor = 'a'",
            "4:13: the successors form a circle: a -> a",
        ),
        (
            "[formats.a]\ntemplate = '{user8}_{hex8}'\nkey = ['user8']",
            "3:8: a key of {user8} alone",
        ),
        (
            "[formats.a]\ntemplate = '{x}a'\nparts = { x = 'b' }\n[formats.b]\ntemplate = '{y}b'\nparts = { y = 'a' }",
            "formats contain each other: a -> b -> a",
        ),
        (
            "[formats.a]\ntemplate = 'a{x}'\nparts = { x = 'b{9000}' }",
            "2:12: the template 'a{x}' cannot be used",
        ),
        (
            "[formats.a]\ntemplate = 'a{hex4}'\nshares = 'b'\n[formats.b]\ntemplate = 'b{hex8}'",
            "3:10: 'a' and 'b' have no random part",
        ),
        ("[contexts.a]\nformats = ['b']", "2:12: there is no format 'b'"),
    ] {
        let error = compile(text).expect_err("must be refused").to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let formats = formats();
    assert_eq!(formats.named("run_ids").expect_err("unknown").hint, "did you mean 'run_id'?");
    assert!(Formats::default().named("a").expect_err("unknown").hint.contains("[formats.NAME]"));
}

/// Returns the values of the parts of a format that must be given.
fn needed(format: &IdFormat, value: &str) -> Given {
    let parts = format.parts().filter(|part| part.kind.is_given());
    parts.map(|part| (part.name.clone(), value.to_owned())).collect()
}

proptest! {
    #[test]
    fn what_is_minted_is_read_as_it_was_made(value in "[A-Za-z0-9][A-Za-z0-9_-]{0,20}", seed in any::<u8>()) {
        let formats = formats();
        let (mut minter, mut source) = (Minter::default(), FixedSource(seed));
        for format in &formats.all {
            if let Ok(made) = minter.mint(format, &needed(format, &value), 3, &mut source) {
                for id in &made {
                    let reading = format.validate(id, NOW).expect("valid");
                    let mut parts = reading.values.iter();
                    let again: String = format.pieces.iter().map(|piece| match piece {
                        FormatPiece::Literal(text) => text.clone(),
                        FormatPiece::Part(_) => parts.next().map_or(String::new(), |(_, value)| (*value).to_owned()),
                    }).collect();
                    prop_assert_eq!(id, &again);
                }
            }
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "\\PC{0,60}") {
        let formats = formats();
        for reading in formats.readings(&text) {
            prop_assert!(!reading.values.is_empty());
        }
    }
}

#[test]
fn kinds_with_a_time_are_minted_dated_and_translated() {
    let text = "[formats.event]\ntemplate = \"evt_{uuid7}\"\nmax_age = \"1d\"\n\
        [formats.trace]\ntemplate = \"{ulid}\"\n[formats.old]\ntemplate = \"e_{ms}_{hex8}\"\n\
        legacy = true\nsuccessor = \"event\"\n";
    let config = Config::parse(text).expect("valid");
    let formats = Formats::compile(&config).expect("valid");
    let format = |name: &str| formats.get(name).expect("declared");
    struct Ones;
    impl Source for Ones {
        fn now(&mut self) -> u64 {
            0x017f_22e2_79b0
        }
        fn fill(&mut self, bytes: &mut [u8]) {
            bytes.fill(0xff);
        }
    }
    for (name, expected) in [
        ("event", "evt_017f22e2-79b0-7fff-bfff-ffffffffffff"),
        ("trace", "01FWHE4YDGZZZZZZZZZZZZZZZZ"),
    ] {
        let minted = Minter::default().mint(format(name), &Given::new(), 1, &mut Ones);
        assert_eq!(minted.expect("minted"), [expected]);
        let reading = format(name).read(expected).expect("has the form");
        assert_eq!(reading.made_at(), Some(1_645_557_742_000));
    }
    let id = "evt_017F22E2-79B0-7CC3-98C4-DC0C0C07398F";
    let at = |days: u64| format("event").validate(id, 1_645_557_742_000 + days * 86_400_000);
    assert!(at(1).is_ok() && matches!(at(2), Err(Invalid::TooOld)));
    for wrong in
        ["evt_017F22E2-79B0-4CC3-98C4-DC0C0C07398F", "evt_017F22E279B07CC398C4DC0C0C07398F"]
    {
        assert!(format("event").read(wrong).is_none(), "{wrong}");
    }
    for wrong in
        ["8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01ARYZ6S41TSV4RRFFQ69G5FA", "01ARYZ6S41TSV4RRFFQ69G5FAI"]
    {
        assert!(format("trace").read(wrong).is_none(), "{wrong}");
    }
    let old = "e_1645557742000_0123abcd";
    let reading = format("old").read(old).expect("has the form");
    let translated = translate(old, &reading, format("event"), &Given::new()).expect("translated");
    assert!(translated.starts_with("evt_017f22e2-79b0-7"), "the time is kept: {translated}");
}

#[test]
fn a_part_that_looks_like_an_unknown_kind_is_refused() {
    let compile = |text: &str| {
        let config = Config::parse(text).expect("valid");
        Formats::compile(&config).map(|_| ()).map_err(|error| error.to_string())
    };
    for part in ["uuid9", "uuid4", "ulid26", "nanoid", "hex", "ms13"] {
        let error = compile(&format!("[formats.a]\ntemplate = 'a_{{{part}}}'\n")).expect_err(part);
        let expected = format!(
            "2:12: the template 'a_{{{part}}}' has the part {{{part}}}, which is no known kind"
        );
        assert!(error.contains(&expected), "{error}");
    }
    assert_eq!(compile("[formats.a]\ntemplate = 'a_{user8}_{uuid7}'\n"), Ok(()));
    let declared = "[formats.a]\ntemplate = 'a_{nanoid}'\nparts = { nanoid = '[0-9A-Za-z]{21}' }\n";
    assert_eq!(compile(declared), Ok(()));
}
