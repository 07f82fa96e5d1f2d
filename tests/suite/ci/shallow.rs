//! Commits of a clone that lacked the ones before: what they decided without knowing is found by those
//! who know.

use serde_json::{Value, json};

use crate::common::{Repo, for_each_git};

use super::receive::served;

/// Commits, on a clone of the last commit alone, a registry that takes a moved file for a new one.
fn guessed(server: &Repo) -> Repo {
    let url = format!("file://{}", server.path().display());
    server.run(["clone", "-q", "--depth", "1", &url, "../bot"]);
    let bot = server.beside("bot");
    let mut registry: Value = serde_json::from_slice(&bot.registry("HEAD")).expect("JSON");
    let records = registry["allocations"].as_array_mut().expect("a list");
    let moved = records.iter_mut().find(|one| one["file_path"] == "docs/guide.md");
    let moved = moved.expect("a record");
    let mut new = moved.clone();
    moved["status"] = json!("deprecated");
    moved["metadata"]["deprecated_at"] = moved["allocated_at"].clone();
    moved["metadata"]["deprecated_reason"] = json!("deleted");
    moved["metadata"]["last_blob"] = json!(server.rev("main:manual/guide.md"));
    new["id"] = json!("0199977777260118");
    new["file_path"] = json!("manual/guide.md");
    new["metadata"]["origin"] = json!("00000000000000aa");
    records.push(new);
    bot.write(".idhooks/registry.json", registry.to_string());
    bot.run("commit -q --no-verify -a -m guessed");
    bot
}

#[test]
fn a_push_on_an_inconsistent_commit_is_judged_by_the_history() {
    for_each_git(|git| {
        let (server, clone) = served(git, "pre-receive");
        let guide = clone.id("docs/guide.md");
        clone.mv("docs/guide.md", "manual/guide.md");
        clone.run("commit -q --no-verify -m move");
        server.run("config idhooks.protect other");
        clone.run("push -q origin main");
        server.run("config idhooks.protect main");
        let bot = guessed(&server);
        let answer = bot.try_git("push -q origin main").code(1).complains("IDENTITY_CHANGED");
        answer.complains("git fetch --unshallow").complains("idhooks reconcile --rewrite").done();
        // Nothing else is promised where the commits before are missing.
        let answer = bot.idhooks("check --history");
        let said = answer.stdout() + &answer.stderr();
        assert!(!said.contains("no identity is lost"), "{said}");
        assert!(!said.contains("no action is needed"), "{said}");
        assert!(said.contains("git fetch --unshallow"), "{said}");
        // With them it is said what was lost, and the advice helps.
        bot.run("fetch -q --unshallow");
        bot.idhooks("install").ok().done();
        let answer = bot.idhooks("check --history").code(1);
        assert!(answer.stdout().contains("IDENTITY_CHANGED"), "{answer}");
        bot.idhooks("reconcile --rewrite HEAD^..HEAD").ok().done();
        bot.run("push -q origin main");
        assert_eq!(bot.id("manual/guide.md"), guide);
        // The usual way is as before.
        clone.append("README.md", "more\n");
        clone.run("commit -q -a -m heal");
        let answer = clone.idhooks("check --history").ok();
        assert!(answer.stdout().contains("no identity is lost"), "{answer}");
    });
}

/// A clone that has a commit that heals, but not what it healed, leaves it as it is.
#[test]
fn a_commit_that_heals_stays_where_the_commits_before_are_missing() {
    for_each_git(|git| {
        let (server, clone) = served(git, "pre-receive");
        let guide = clone.id("docs/guide.md");
        clone.mv("docs/guide.md", "manual/guide.md");
        clone.run("commit -q --no-verify -m move");
        clone.write("docs/guide.md", "another guide, with nothing of the first\n".repeat(3));
        clone.run("add -A");
        clone.run("commit -q --no-verify -m another");
        clone.run("commit -q --allow-empty -m heal");
        assert_eq!(clone.id("manual/guide.md"), guide);
        let other = clone.id("docs/guide.md");
        clone.run("push -q origin main");
        for depth in ["1", "2", "3"] {
            let (url, name) =
                (format!("file://{}", server.path().display()), format!("bot{depth}"));
            server.run(["clone", "-q", "--depth", depth, &url, &format!("../{name}")]);
            let bot = server.beside(&name);
            bot.idhooks("-q install").ok().done();
            let status = bot.idhooks("status").ok().stdout();
            assert!(status.contains("its registry is consistent"), "{status}");
            let answer = bot.idhooks("check --history").ok();
            assert!(!answer.stdout().contains("no identity is lost"), "{answer}");
            bot.commit_file(&format!("{name}.md"), name.repeat(20));
            assert_eq!(bot.id("manual/guide.md"), guide, "depth {depth}");
            assert_eq!(bot.id("docs/guide.md"), other, "depth {depth}");
            bot.run("push -q origin HEAD:main");
            bot.run("fetch -q --unshallow");
            bot.idhooks("check --history").ok().done();
        }
    });
}
