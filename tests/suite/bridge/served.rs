//! `idhooks bridge serve`.

use serde_json::json;

use crate::checks::assert_fits;
use crate::common::{Served, for_each_git};

use super::with_formats;

#[test]
fn programs_ask_over_http() {
    for_each_git(|git| {
        let repo = with_formats(git);
        let served = Served::by(&repo, "bridge serve");
        let detected = served.post("/v1/detect", &json!({"ids": ["ws_0123abcd", "?"]})).json();
        assert_fits(&repo, "bridge", &detected);
        assert_eq!(detected["results"][0]["format"], "legacy_ws");
        let own = "ws_conn_al_1726000000000_1_0123abcd";
        let asked = json!({"target": "ws_0123abcd", "candidates": [own, "x"]});
        let matched = served.post("/v1/match", &asked).json();
        assert_eq!((&matched["answer"], &matched["matched"]), (&json!("matched"), &json!([own])));
        let asked = json!({"ids": ["ws_0123abcd", own], "set": {"user": "al"}});
        let translated = served.post("/v1/translate", &asked).json();
        assert_fits(&repo, "bridge", &translated);
        assert_eq!(translated["results"][0]["translated"], "ws_conn_al_0000000000000_0_0123abcd");
        assert_eq!(translated["results"][1]["needed"], false);
        let asked = json!({"ids": ["run_a_01234567", "run"], "format": "run_id"});
        let valid = served.post("/v1/validate", &asked).json();
        assert_eq!(
            (&valid["results"][0]["valid"], &valid["results"][1]["valid"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(served.get("/healthz").body, "ok\n");
        let metrics = served.get("/metrics").body;
        for line in [
            "identity_translate_seconds_count 2",
            "identity_bridge_requests_total{endpoint=\"/v1/detect\"} 1",
            "identity_legacy_ids_total{format=\"legacy_ws\",source=\"serve\"} 2",
            "identity_mixed_formats{source=\"serve\"} 1",
        ] {
            assert!(metrics.contains(line), "{line}\n{metrics}");
        }
    });
}

#[test]
fn a_map_that_changes_is_read_again_and_a_damaged_one_is_not_used() {
    for_each_git(|git| {
        let repo = with_formats(git);
        let served = Served::by(&repo, "bridge serve --map ids.jsonl");
        let asked = json!({"ids": ["ws_0123abcd"], "to": "ws_conn"});
        let translated = || {
            let answer = served.post("/v1/translate", &asked).json();
            answer["results"][0]["translated"].clone()
        };
        let is_stale = |stale: u8| {
            let metrics = served.get("/metrics").body;
            assert!(metrics.contains(&format!("identity_bridge_map_stale {stale}\n")), "{metrics}");
        };
        let pair = |new: &str| format!("{{\"from\":\"ws_0123abcd\",\"to\":\"{new}\"}}\n");
        assert_eq!(translated(), json!(null), "there is no map yet");
        let (one, other) =
            ("ws_conn_al_1726000000000_1_0123abcd", "ws_conn_bob_1726000000000_1_0123abcd");
        repo.write("ids.jsonl", pair(one));
        assert_eq!(translated(), one);
        is_stale(0);
        repo.write("ids.jsonl", pair(one) + "damaged\n");
        assert_eq!(translated(), one, "the pairs of before");
        is_stale(1);
        let health = served.get("/healthz");
        assert_eq!(health.status, 503);
        assert!(
            health.body.contains("error: ids.jsonl:2: not a pair of identifiers"),
            "{}",
            health.body
        );
        assert!(health.body.contains("still in use"), "{}", health.body);
        repo.remove("ids.jsonl");
        assert_eq!(translated(), one, "the pairs of before");
        assert_eq!(served.get("/healthz").status, 503);
        repo.write("ids.jsonl", pair(other));
        assert_eq!(translated(), other);
        assert_eq!(served.get("/healthz").body, "ok\n");
        is_stale(0);
    });
}

#[test]
fn requests_that_are_not_valid_are_refused() {
    for_each_git(|git| {
        let repo = with_formats(git);
        let served = Served::by(&repo, "bridge serve");
        for (path, body, why) in [
            ("/v1/detect", json!({"id": "x"}), "unknown field `id`"),
            ("/v1/detect", json!(["x"]), "invalid request"),
            ("/v1/translate", json!({"ids": ["x"], "to": "sesion"}), "there is no format 'sesion'"),
            (
                "/v1/validate",
                json!({"ids": ["x"], "format": "sesion"}),
                "there is no format 'sesion'",
            ),
        ] {
            let answer = served.post(path, &body);
            assert_eq!(answer.status, 422, "{path}: {}", answer.body);
            assert!(answer.body.contains(why), "{path}: {}", answer.body);
        }
        assert_eq!(served.get("/v1/detect").status, 405);
        assert_eq!(served.get("/v2").status, 404);
        assert_eq!(served.post("/metrics", &json!({})).status, 405);
        // A page of another site can send this without asking first.
        let form = "POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
            Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(served.send(form).status, 415);
        let other = served.ask("GET /healthz", "evil.example", "");
        assert_eq!(other.status, 421);
        assert!(other.body.ends_with("use its IP address\n"), "no option: {}", other.body);
        let large = json!({"ids": ["x".repeat(2_000_000)]});
        assert_eq!(served.post("/v1/detect", &large).status, 413);
    });
}
