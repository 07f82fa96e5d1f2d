//! Old and new identifiers side by side: `idhooks bridge`.

mod files;
#[cfg(feature = "report")]
mod served;

use serde_json::json;

use crate::checks::assert_fits;
use crate::common::{Repo, Snapshot, for_each_git};

const RULES: &str = r#"
[formats.ws_conn]
template = "ws_conn_{user8}_{ms}_{counter}_{hex8}"
key = ["user8", "hex8"]

[formats.legacy_ws]
template = "ws_{hex8}"
legacy = true

[formats.run_id]
template = "run_{thread}_{hex8}"
derives = { thread_id = "thread" }
key = ["thread"]

[formats.thread]
template = "thread_{op}_{ms}_{counter}_{hex8}"
key = ["op", "hex8"]

[formats.legacy_thread]
template = "thread_{op}_{counter}_{hex8}"
key = ["op", "hex8"]
legacy = true
successor = "thread"

[formats.session]
template = "session_{user8}_{hex8}"

[formats.legacy_session]
template = "session-{user}"
key = ["user"]
legacy = true
successor = "session"

[[bridge]]
from = "legacy_ws"
to = "ws_conn"
keep = "hex8"
"#;

/// Returns a repository that is not adopted, with formats.
fn with_formats(git: &crate::common::Git) -> Repo {
    let repo = Repo::empty(git);
    repo.write("idhooks.toml", RULES);
    repo
}

#[test]
fn formats_are_detected() {
    for_each_git(|git| {
        let repo = with_formats(git);
        let before = Snapshot::of(&repo);
        let ids = "ws_0123abcd ws_conn_al_1726000000000_1_0123abcd thread_op_1726000000000_5_0123abcd thread_op_5_0123abcd";
        let out = repo.idhooks(&*format!("bridge detect {ids} --format json")).ok().json();
        assert_fits(&repo, "bridge", &out);
        let formats: Vec<_> = out["results"].as_array().expect("a list").iter().collect();
        let shown: Vec<_> = formats.iter().map(|one| (&one["format"], &one["legacy"])).collect();
        assert_eq!(
            shown,
            [
                (&json!("legacy_ws"), &json!(true)),
                (&json!("ws_conn"), &json!(false)),
                (&json!("thread"), &json!(false)),
                (&json!("legacy_thread"), &json!(true)),
            ]
        );
        let out = repo.idhooks("bridge detect hello").code(1).stdout();
        assert_eq!(out, "hello: unknown 0.00\n");
        before.assert_same(&repo);
    });
}

#[test]
fn only_what_surely_belongs_together_is_matched() {
    for_each_git(|git| {
        let repo = with_formats(git);
        repo.write("own", "ws_conn_alice-an_1726000000000_1_0123abcd\nws_conn_alice-an_1726000000000_2_aaaaaaaa\n");
        let out = repo.idhooks("bridge match ws_0123abcd --among own").ok().stdout();
        assert_eq!(out, "ws_conn_alice-an_1726000000000_1_0123abcd\n");
        let out = repo.idhooks("bridge match ws_bbbbbbbb --among own").code(1);
        assert_eq!(out.stdout(), "");
        out.complains("ws_bbbbbbbb: nothing matches").done();
        // Two users whose names begin with the same eight characters.
        repo.write("sessions", "session_alice-an_0123abcd\nsession_bob_0123abcd\n");
        let out = repo.idhooks("bridge match session-alice-and-bob --among sessions --format json");
        let out = out.code(1).json();
        assert_fits(&repo, "bridge", &out);
        assert_eq!((&out["answer"], &out["matched"]), (&json!("ambiguous"), &json!([])));
        assert_eq!(out["undecided"], json!(["session_alice-an_0123abcd"]));
        // A pipe gets nothing to act on.
        let out = repo.idhooks("bridge match session-alice-and-bob --among sessions").code(1);
        assert_eq!(out.stdout(), "");
        out.complains("these may match: session_alice-an_0123abcd").done();
        let several = "ws_conn_al_1726000000000_1_0123abcd\nws_conn_bo_1726000000000_2_0123abcd\n";
        repo.write("several", several);
        let out = repo.idhooks("bridge match ws_0123abcd --among several").code(1);
        assert_eq!(out.stdout(), "");
        let both = several.trim().replace('\n', ", ");
        out.complains(&format!("ambiguous: several identifiers of one format match: {both}"))
            .done();
        repo.idhooks("bridge match ws_0123abcd --among absent").code(2).explains("absent").done();
    });
}

#[test]
fn a_translation_is_kept_in_a_map_and_goes_back() {
    for_each_git(|git| {
        let repo = with_formats(git);
        let translate = "bridge translate - --map ids.jsonl";
        let run = |options: &str, input: &str| {
            repo.idhooks_with(&*format!("{translate}{options}"), input.as_bytes()).ok().stdout()
        };
        let old = "thread_a_1_00000001\nthread_b_2_00000002\n";
        let first = run("", old);
        assert_eq!(first, "thread_a_0000000000000_1_00000001\nthread_b_0000000000000_2_00000002\n");
        let map = repo.read("ids.jsonl");
        assert_eq!(
            String::from_utf8_lossy(&map).lines().next(),
            Some(r#"{"from":"thread_a_1_00000001","to":"thread_a_0000000000000_1_00000001"}"#)
        );
        assert_eq!(run("", old), first);
        assert_eq!(repo.read("ids.jsonl"), map, "the second run adds nothing");
        assert_eq!(run(" --to legacy_thread", &first), old);
        let pairs = run(" --pairs", old);
        assert!(
            pairs.starts_with("thread_a_1_00000001\tthread_a_0000000000000_1_00000001\n"),
            "{pairs}"
        );

        // What is missing is named; the line stays, so that line N answers line N.
        let out = repo.idhooks("bridge translate ws_0123abcd thread_a_1_00000001").code(1);
        assert_eq!(out.stdout(), "\nthread_a_0000000000000_1_00000001\n");
        out.complains("does not contain the part {user8} of ws_conn").done();
        let out =
            repo.idhooks("bridge translate ws_0123abcd --set user=alice-and-bob --format json");
        let out = out.ok().json();
        assert_fits(&repo, "bridge", &out);
        assert_eq!(out["results"][0]["translated"], "ws_conn_alice-an_0000000000000_0_0123abcd");
        repo.idhooks("bridge translate x --to sesion").code(2).explains("sesion").done();
        repo.idhooks("bridge translate ws_0123abcd --set usr=x")
            .code(2)
            .explains("no format has a part 'usr'")
            .done();

        // A map that was damaged is not used.
        for (text, place) in [
            ("{\"from\":\"a\",\"to\":\"b\"}\n{\"from\":\"a\",\"to\":\"c\"}\n", "m.jsonl:2: "),
            (
                "{\"from\":\"a\",\"to\":\"b\"}\n{\"from\":\"c\"",
                "m.jsonl:2: the last line has no end",
            ),
            ("a,b\n", "m.jsonl:1: not a pair"),
        ] {
            repo.write("m.jsonl", text);
            let out = repo.idhooks("bridge translate thread_a_1_00000001 --map m.jsonl").code(2);
            out.explains(&format!("error: {place}")).done();
            assert_eq!(repo.read("m.jsonl"), text.as_bytes());
        }
        let out =
            repo.idhooks("bridge translate thread_c_1_00000001 --map new.jsonl --dry-run").ok();
        out.done();
        assert!(!repo.exists("new.jsonl"));
    });
}

#[test]
fn a_migration_is_safe_if_nothing_is_orphaned_or_ambiguous() {
    for_each_git(|git| {
        let repo = with_formats(git);
        repo.write("old", "thread_a_1_00000001\nthread_b_2_00000002\nthread_c_3_00000003\n");
        repo.write(
            "new",
            "thread_a_1726000000000_1_00000001\nthread_c_1726000000000_1_00000003\nthread_c_1726000000009_2_00000003\n",
        );
        let out = repo.idhooks("bridge check --legacy old --new new --format json").code(1).json();
        assert_fits(&repo, "bridge", &out);
        assert_eq!(out["safe_to_migrate"], false);
        assert_eq!(
            out["translations"]["thread_a_1_00000001"],
            json!(["thread_a_1726000000000_1_00000001"])
        );
        assert_eq!(out["orphaned_resources"], json!(["thread_b_2_00000002"]));
        assert_eq!(out["duplicate_mappings"][0]["cleanup_key"], "op=c hex8=00000003");
        assert_eq!(out["issues"][0], "Some legacy resources have no SSOT equivalent");
        // An old identifier among the new ones is not migrated.
        repo.write("old", "thread_b_2_00000002\n");
        let out = repo.idhooks("bridge check --legacy old --new old").code(1).stdout();
        assert!(out.starts_with("orphaned: thread_b_2_00000002\n"), "{out}");
        repo.write("old", "thread_a_1_00000001\n");
        let out = repo.idhooks("bridge check --legacy old --new new").ok().stdout();
        assert!(out.ends_with("safe to migrate\n"), "{out}");
    });
}

#[test]
fn texts_and_tables_are_scanned() {
    for_each_git(|git| {
        let repo = with_formats(git);
        repo.write(
            "a.log",
            "GET /ws_0123abcd?t=ws_conn_al_1726000000000_1_0123abcd\nws_01234567\n",
        );
        let out = repo.idhooks("bridge scan a.log --format json").code(1).json();
        assert_fits(&repo, "bridge", &out);
        assert_eq!(out["total"]["by_format"], json!({"legacy_ws": 2, "ws_conn": 1}));
        assert_eq!(out["total"]["mixed"], json!([{"legacy": "legacy_ws", "successor": "ws_conn"}]));
        repo.write("t.csv", "run_id,thread_id\nrun_a_01234567,a\nrun_b_01234567,a\nx,y\n");
        let out = repo.idhooks("bridge scan t.csv").code(1).stdout();
        assert!(
            out.contains(
                "t.csv:3: 'a' in the column 'thread_id' should be 'b', as in 'run_b_01234567'"
            ),
            "{out}"
        );
        let out = repo.idhooks("bridge scan a.log --format prometheus").code(1).stdout();
        assert!(
            out.contains("identity_legacy_ids_total{format=\"legacy_ws\",source=\"scan\"} 2"),
            "{out}"
        );
        let out = repo.idhooks_with("bridge scan - --format jsonl", b"ws_0123abcd").ok().stdout();
        assert_eq!(out, "{\"path\":\"-\",\"format\":\"legacy_ws\",\"count\":1,\"legacy\":true}\n");
        // A text that is longer than the pieces in which it is read.
        let long = "x".repeat(900_000) + " ws_0123abcd\n";
        repo.write("long", long.repeat(3));
        let out = repo.idhooks("bridge scan long --format json").ok().json();
        assert_eq!(out["total"]["identifiers"], 3);
        // One line of many pieces, and identifiers where one piece ends and the next begins.
        repo.write("line", "ws_0123abcd,".repeat(300_000));
        let out = repo.idhooks("bridge scan line --format json").ok().json();
        assert_eq!(out["total"]["identifiers"], 300_000);
        repo.idhooks("bridge scan absent").code(2).explains("absent").done();
    });
}

#[test]
fn mistakes_in_bridges_have_a_position() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        for (rules, expected) in [
            ("[[bridge]]\nfrom = 'a'\nto = 'b'\n", "idhooks.toml:2:8: there is no format 'a'"),
            (
                "[formats.a]\ntemplate = '{user8}_{hex8}'\nkey = ['user8']\n",
                "idhooks.toml:3:8: a key of {user8} alone",
            ),
        ] {
            repo.write("idhooks.toml", rules);
            repo.idhooks("bridge detect x").code(2).explains(expected).done();
        }
    });
}
