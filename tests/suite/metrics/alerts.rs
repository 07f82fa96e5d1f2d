//! `idhooks alerts`: each condition, and each way to tell it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;

use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git, text};
use crate::reviewed::assert_text;

use super::commit_unseen;

/// Returns what is told, as `severity name`.
fn told(repo: &Repo, code: i32) -> Vec<String> {
    let document = repo.idhooks("alerts --format json").code(code).json();
    assert_fits(repo, "alerts", &document);
    let alerts = document["alerts"].as_array().expect("a list").iter();
    let word = |alert: &Value, name: &str| alert[name].as_str().expect("a word").to_owned();
    alerts.map(|alert| format!("{} {}", word(alert, "severity"), word(alert, "name"))).collect()
}

/// Commits a registry that was changed by hand, past the hooks.
fn commit_registry(repo: &Repo, change: impl Fn(&mut Value)) {
    let mut registry: Value =
        serde_json::from_slice(&repo.read(".idhooks/registry.json")).expect("JSON");
    change(&mut registry);
    repo.stage(".idhooks/registry.json", registry.to_string());
    repo.run("commit -q --no-verify -m hand");
}

#[test]
fn each_condition_is_told() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        assert!(told(&repo, 0).is_empty());

        let twice = repo.copy_as("twice");
        commit_registry(&twice, |registry| {
            let id = registry["allocations"][0]["id"].clone();
            registry["allocations"][1]["id"] = id;
        });
        assert!(told(&twice, 1).contains(&"critical duplicate_id".to_owned()));

        let corrupt = repo.copy_as("corrupt");
        corrupt.stage(".idhooks/registry.json", "<<<<<<< ours\n");
        corrupt.run("commit -q --no-verify -m corrupt");
        assert!(told(&corrupt, 1).contains(&"critical registry_corrupt".to_owned()));

        let full = repo.copy_as("full");
        commit_registry(&full, |registry| {
            // The counter, and those it goes on in.
            for namespace in (980..=999).chain([100]) {
                registry["counters"][format!("{namespace}_01_260118")] =
                    serde_json::json!({ "floor": 96_000 });
            }
        });
        assert!(told(&full, 1).contains(&"high sequence_nearly_full".to_owned()));

        repo.run("config idhooks.lockTimeout 0");
        let lock = repo.path().join(".git/idhooks/writer.lock");
        let held = std::fs::File::options().write(true).open(lock).expect("there");
        held.lock().expect("free");
        assert_eq!(told(&repo, 1), ["warning lock_timeout"]);
        drop(held);
        // A process that another test starts may have it for another moment.
        repo.run("config idhooks.lockTimeout 3600000");
        assert!(told(&repo, 0).is_empty());

        for n in 0..11 {
            commit_unseen(&repo, &format!("{n}.md"));
        }
        assert_eq!(told(&repo, 1), ["warning sync_errors"]);
    });
}

#[test]
fn that_nothing_can_be_told_is_told() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("idhooks.toml", "[[[");
        assert_eq!(told(&repo, 2), ["critical cannot_look"]);
        let mail = repo.idhooks("alerts --format email").code(2).stdout();
        assert_text("metrics-alerts-that_nothing_can_be_told_is_told", &mail);
        let (address, taken) = receiver(&["200 OK"]);
        let hook = repo.with("IDHOOKS_WEBHOOK", &format!("http://{address}/"));
        hook.idhooks("alerts").refused().complains("idhooks.toml").done();
        assert!(taken.join().expect("one request")[0][1].contains("cannot_look"));
        repo.with("IDHOOKS_WEBHOOK", "").idhooks("alerts").refused().complains("toml").done();
    });
}

#[test]
fn coverage_that_drops_within_days_is_told() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let ago = |days: u64| {
            let date = format!("{} +0000", now - days * 86_400);
            repo.with("GIT_COMMITTER_DATE", &date).with("GIT_AUTHOR_DATE", &date)
        };
        ago(30).commit_file("docs/old.md", text("old"));
        ago(2).commit_file("docs/new.md", text("new"));
        assert!(told(repo, 0).is_empty());
        commit_unseen(&ago(0), "unseen.md");
        assert_eq!(told(repo, 1), ["warning coverage_drop"]);
        repo.idhooks("alerts --threshold 0.2").ok().done();
        // Who looks at the commit before sees nothing.
        repo.idhooks("alerts --rev HEAD~1").ok().done();
        repo.idhooks("alerts --threshold x").refused().done();
    });
}

#[test]
fn a_mail_can_be_handed_on() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let quiet = repo.idhooks("alerts --format email --to ops@example.com").ok();
        assert!(quiet.stdout().is_empty());
        repo.stage(".idhooks/registry.json", "<<<<<<< ours\n");
        let mail = repo
            .idhooks("alerts --format email --to ops@example.com --to b@example.com")
            .code(1)
            .stdout();
        let (head, body) = mail.split_once("\n\n").expect("a header and a body");
        assert!(
            head.starts_with(
                "To: ops@example.com,\n b@example.com\nSubject: [idhooks] CRITICAL in "
            )
        );
        assert_text("metrics-alerts-a_mail_can_be_handed_on", body);
        for address in ["nobody", "a@", "@b", "a@b\nBcc: c@d", "a@b,c@d"] {
            repo.idhooks(["alerts", "--to", address]).refused().complains("ops@example.com").done();
        }
        repo.idhooks("alerts").code(1).done();
    });
}

/// A receiver that answers each request with the next of these lines, and what it got.
fn receiver(
    answers: &'static [&'static str],
) -> (String, std::thread::JoinHandle<Vec<[String; 2]>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let taken = std::thread::spawn(move || {
        let take = |answer: &&str| {
            let (mut stream, _) = listener.accept().expect("a request");
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                assert_ne!(reader.read_line(&mut head).expect("a header"), 0);
            }
            let lower = head.to_lowercase();
            let length = lower.split("content-length: ").nth(1).expect("a length");
            let length: usize = length.lines().next().and_then(|n| n.parse().ok()).expect("one");
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let answer =
                format!("HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).expect("answered");
            [head, String::from_utf8(body).expect("text")]
        };
        answers.iter().map(take).collect()
    });
    (address, taken)
}

fn broken() -> impl Fn(&Repo) {
    |repo| repo.stage(".idhooks/registry.json", "<<<<<<< ours\n")
}

#[test]
fn a_webhook_gets_the_document_at_last_and_no_secret_is_shown() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        broken()(repo);
        let (address, taken) =
            receiver(&["503 Busy", "429 Too Many\r\nRetry-After: 0", "204 No Content"]);
        let repo = repo
            .with("IDHOOKS_WEBHOOK", &format!("http://{address}/s3cret?key=k3y"))
            .with("IDHOOKS_WEBHOOK_TOKEN", "t0ken");
        let output = repo.idhooks("-v alerts --format json").code(1);
        let (document, said) = (output.json(), output.stderr());
        let taken = taken.join().expect("three requests");
        assert_text(
            "metrics-alerts-a_webhook_gets_the_document_at_last_and_no_secret_is_shown",
            &said,
        );
        let shown = format!("{said}{document}");
        assert!(!["s3cret", "k3y", "t0ken"].iter().any(|secret| shown.contains(secret)), "{shown}");
        let header = |head: &str, name: &str| {
            let line = head.lines().find(|line| line.to_lowercase().starts_with(name));
            line.expect("the header").to_owned()
        };
        for [head, body] in &taken {
            assert!(head.starts_with("POST /s3cret?key=k3y HTTP/1.1"), "{head}");
            assert_eq!(header(head, "authorization:").split(' ').nth(2), Some("t0ken"));
            assert!(header(head, "content-type:").contains("application/json"));
            assert_eq!(header(head, "idempotency-key:"), header(&taken[0][0], "idempotency-key:"));
            assert_eq!(serde_json::from_str::<Value>(body).expect("JSON"), document);
        }
    });
}

#[test]
fn a_webhook_that_does_not_take_it_fails() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let hook = |repo: &Repo, address: &str| {
            repo.with("IDHOOKS_WEBHOOK", &format!("http://{address}/s3cret"))
        };
        // Nothing to tell, nobody is asked.
        hook(repo, "127.0.0.1:1").idhooks("alerts").ok().done();
        broken()(repo);
        let fails = |repo: &Repo, options: &str, why: &str| {
            let said = repo.idhooks(format!("alerts {options}").as_str()).refused().stderr();
            assert!(said.contains(why) && !said.contains("s3cret"), "{said}");
        };
        // A refusal stays one, and a way to somewhere else is not gone.
        let (address, taken) = receiver(&["403 Forbidden"]);
        fails(&hook(repo, &address), "", "it answered 403");
        taken.join().expect("one request");
        let (address, taken) = receiver(&["302 Found\r\nLocation: http://127.0.0.1:1/"]);
        fails(&hook(repo, &address), "", "it answered 302");
        taken.join().expect("one request");
        let (address, taken) = receiver(&["500 Broken", "500 Broken"]);
        fails(&hook(repo, &address), "--retries 1", "(2 attempts)");
        taken.join().expect("two requests");
        fails(&hook(repo, "127.0.0.1:1"), "--retries 0", "the connection failed");
        fails(&repo.with("IDHOOKS_WEBHOOK", "s3cret"), "", "https://hooks.example.com");
        let token = repo.with("IDHOOKS_WEBHOOK_TOKEN", "t0ken");
        fails(&hook(&token, "hooks.example.com"), "", "unencrypted");
    });
}

/// A curl that keeps how it was called, and accepts everything.
const CURL: &str = r#"#!/bin/sh
printf '%s\n' "$@" >"$CALLED/arguments"
cat >"$CALLED/input"
env >"$CALLED/environment"
for last; do :; done
cat "${last#@}" >"$CALLED/document"
printf 'HTTP/2 204\r\n\r\n\n204'
"#;

/// Returns the repository with a `PATH` of these programs alone, and its directory.
fn with_programs(repo: &Repo, programs: &[&str]) -> (Repo, std::path::PathBuf) {
    let bin = repo.root().join("programs");
    std::fs::create_dir_all(&bin).expect("a directory");
    for name in programs {
        let path = repo.search_path();
        let mut found = std::env::split_paths(&path).map(|dir| dir.join(name));
        let found = found.find(|path| path.is_file()).expect("on PATH");
        std::os::unix::fs::symlink(found, bin.join(name)).expect("a link");
    }
    (repo.with("PATH", bin.to_str().expect("a plain name")), bin)
}

#[test]
fn curl_gets_the_secrets_by_its_standard_input_alone() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        broken()(repo);
        let (repo, bin) = with_programs(repo, &["git", "sh", "cat", "env"]);
        std::fs::write(bin.join("curl"), CURL).expect("writable");
        repo.sh("/bin/chmod +x ../programs/curl").ok().done();
        let repo = repo
            .with("CALLED", bin.to_str().expect("a plain name"))
            .with("IDHOOKS_WEBHOOK", "https://u:pw@hooks.example.com/s3cret?key=k3y")
            .with("IDHOOKS_WEBHOOK_TOKEN", "t0k\"en");
        let document = repo.idhooks("alerts --format json").code(1).stdout();
        let got = |name: &str| std::fs::read_to_string(bin.join(name)).expect("written");
        let (arguments, environment) = (got("arguments"), got("environment"));
        let mut expected = vec!["-q", "--config", "-", "--data-binary"];
        expected
            .push(arguments.lines().last().filter(|data| data.starts_with('@')).expect("a file"));
        assert_eq!(arguments.lines().collect::<Vec<_>>(), expected);
        for place in [&arguments, &environment] {
            assert!(
                !["u:pw", "s3cret", "k3y", "t0k"].iter().any(|secret| place.contains(secret)),
                "{place}"
            );
        }
        for option in [
            r#"url = "https://u:pw@hooks.example.com/s3cret?key=k3y""#,
            r#"header = "Authorization: Bearer t0k\"en""#,
            r#"proto = "=https,http""#,
            r#"max-redirs = "0""#,
        ] {
            assert!(got("input").lines().any(|line| line == option), "{option}: {}", got("input"));
        }
        assert_eq!(got("document"), document);
        let file = std::path::Path::new(expected[4].trim_start_matches('@'));
        assert!(!file.exists(), "'{}' is left", file.display());
    });
}

#[test]
fn a_missing_curl_is_reported() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let (repo, _) = with_programs(repo, &["git"]);
        repo.idhooks("alerts").ok().done();
        let hook = repo.with("IDHOOKS_WEBHOOK", "https://hooks.example.com/s3cret");
        let quiet = hook.idhooks("alerts").ok().stderr();
        assert!(quiet.contains("curl is not on PATH"), "{quiet}");
        broken()(&repo);
        let output = hook.idhooks("alerts").refused();
        assert_text("metrics-alerts-a_missing_curl_is_reported", &output.stderr());
        repo.idhooks("alerts").code(1).done();
    });
}

#[test]
fn generated_files_that_are_out_of_date_are_reported() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let log = repo.root().join("log");
        let repo = repo.with("LOG", log.to_str().expect("a plain name"));
        repo.configure(
            "[[generators]]\nname = \"index\"\noutput = [\"INDEX.md\"]\nbuiltin = \"markdown-index\"\n\
             [[generators]]\nname = \"list\"\noutput = [\"list.txt\"]\n\
             command = [\"sh\", \"-c\", \"cat; echo ran >> \\\"$LOG\\\"\"]\nprograms = []\n",
        );
        let list = repo.idhooks("generate --list --format json").ok().json();
        repo.run(["config", "idhooks.trust", list["trust"]["hash"].as_str().expect("a hash")]);
        repo.idhooks("generate").ok().done();
        repo.commit("outputs");
        let figure = || {
            let figures = repo.idhooks("metrics").ok().stdout();
            let line = figures.lines().find(|line| line.starts_with("identity_stale_outputs "));
            line.expect("there are generators").to_owned()
        };
        assert!(told(&repo, 0).is_empty());
        assert_eq!(figure(), "identity_stale_outputs 0");
        let runs = std::fs::read(&log).expect("it ran");
        for (path, stale) in [("INDEX.md", 1), ("list.txt", 2)] {
            repo.stage(path, "by hand\n");
            repo.run("commit -q --no-verify -m hand");
            assert_eq!(told(&repo, 1), ["warning stale_outputs"]);
            assert_eq!(figure(), format!("identity_stale_outputs {stale}"));
        }
        assert_eq!(std::fs::read(&log).expect("it ran"), runs, "a program has run");
        repo.idhooks("generate").ok().done();
        repo.commit("again");
        assert!(told(&repo, 0).is_empty());
        // Without generators there is nothing to measure.
        repo.configure("");
        assert!(!repo.idhooks("metrics").ok().stdout().contains("identity_stale_outputs"));
    });
}
