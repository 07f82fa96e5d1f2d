//! The page that 'idhooks dashboard' writes, and what it reads.

use serde_json::Value;

use super::{commit_unseen, on_day};
use crate::common::{Repo, for_each_git, on_adopted, text};

fn exported(repo: &Repo) -> (String, Value, Value) {
    repo.idhooks("dashboard --output ../site").ok().done();
    let read = |name: &str| String::from_utf8(repo.read(&format!("../site/{name}"))).expect("text");
    let json = |name: &str| serde_json::from_str(&read(name)).expect("JSON");
    (read("index.html"), json("api/overview.json"), json("api/identities.json"))
}

#[test]
fn it_shows_what_there_is() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("docs/guide.md");
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.commit("move");
        repo.stage("unseen.md", text("unseen"));
        repo.run("commit -q --no-verify -m unseen");
        let (page, overview, identities) = exported(&repo);
        assert!(page.starts_with("<!doctype html>"));
        assert!(!page.contains("{{DATA}}") && page.contains(&repo.rev("HEAD")));
        assert_eq!(overview["is_live"], false);
        assert_eq!(overview["commit"], repo.rev("HEAD"));
        assert_eq!(overview["coverage"]["total_files"], 8);
        assert_eq!(overview["coverage"]["with_ids"], 7);
        assert_eq!(overview["findings"]["errors"], 1);
        assert_eq!(overview["findings"]["items"][0]["code"], "MISSING_ID");
        assert_eq!(overview["drift"][0]["count"], 1);
        let states: Vec<_> = overview["checks"].as_array().expect("checks").iter().collect();
        let state =
            |name: &str| states.iter().find(|c| c["name"] == name).expect("it")["state"].clone();
        assert_eq!([state("uniqueness"), state("coverage")], ["pass", "fail"]);
        let days = overview["allocations"].as_array().expect("days");
        let sum = |name: &str| days.iter().filter_map(|day| day[name].as_u64()).sum::<u64>();
        assert_eq!([sum("allocated"), sum("renamed"), sum("deprecated")], [7, 1, 0]);
        assert_eq!(overview["events"][0]["event"], "renamed");
        assert_eq!(overview["events"][0]["from"], "docs/guide.md");
        for health in overview["health"].as_array().expect("health") {
            let expected = if health["name"] == "identities" { "warning" } else { "ok" };
            assert_eq!(health["state"], expected, "{health}");
        }
        let counters = overview["counters"].as_array().expect("counters");
        let used = |ns: &str, kind: &str| {
            let found = counters.iter().find(|c| c["ns"] == ns && c["type"] == kind);
            found.expect("a counter")["used"].clone()
        };
        // Full counters go on in 999, so its identities count for the others, too.
        assert_eq!([used("999", "20"), used("999", "01"), used("100", "01")], [2, 1, 3]);
        let all = identities["identities"].as_array().expect("identities");
        assert_eq!(all.len(), 7);
        let moved = all.iter().find(|record| record["id"] == id.as_str()).expect("a record");
        let names: Vec<_> =
            moved["names"].as_array().expect("names").iter().map(|n| &n["path"]).collect();
        assert_eq!(names, ["docs/guide.md", "docs/manual.md"]);
    });
}

#[test]
fn what_is_somebody_elses_is_not_written_over() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.write("../mine/index.html", "<h1>mine</h1>");
        repo.idhooks("dashboard --output ../mine").refused().complains("index.html").done();
        assert_eq!(repo.read("../mine/index.html"), b"<h1>mine</h1>");
        assert!(!repo.exists("../mine/api"));
        repo.write("../other/api/overview.json", "{}");
        repo.idhooks("dashboard --output ../other").refused().complains("overview.json").done();
        repo.idhooks("dashboard --output ../site").ok().done();
        repo.run("checkout -q --detach");
        let (_, overview, _) = exported(&repo);
        assert_eq!(overview["branch"], "detached HEAD");
    });
}

#[test]
fn it_can_be_written_of_any_commit_and_of_a_bare_repository() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("docs/new.md", text("new"));
        repo.idhooks("dashboard --output ../site --rev HEAD~1").ok().done();
        let overview: Value =
            serde_json::from_slice(&repo.read("../site/api/overview.json")).expect("JSON");
        assert_eq!(overview["coverage"]["total_files"], 7);
        repo.run("clone -q --bare . ../bare.git");
        repo.beside("bare.git").idhooks("dashboard --output ../site").ok().done();
        repo.idhooks("dashboard --output x --rev nope").refused().complains("'nope'").done();
        assert!(!repo.exists("x"));
        Repo::empty(git).idhooks("dashboard --output x").refused().done();
    });
}

#[test]
fn a_registry_that_cannot_be_read_is_shown_as_such() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage(".idhooks/registry.json", "<<<<<<< ours\n");
        repo.run("commit -q --no-verify -m bad");
        let (_, overview, identities) = exported(&repo);
        assert_eq!(overview["health"][0]["state"], "critical");
        assert_eq!(overview["findings"]["items"][0]["code"], "REGISTRY_CORRUPT");
        assert_eq!(identities["identities"].as_array().map(Vec::len), Some(0));
    });
}

#[test]
fn the_direction_of_coverage_and_all_identities() {
    for_each_git(|git| {
        let repo = on_day(&Repo::empty(git), 1).adopt("");
        let (_, overview, _) = exported(&repo);
        assert!(overview["trend"].is_null(), "one day has no direction");
        let mut directions = Vec::new();
        let second = on_day(&repo, 2);
        second.run("rm -q notes.txt");
        second.commit("less");
        directions.push(exported(&second).1);
        let third = on_day(&repo, 3);
        commit_unseen(&third, "unseen.md");
        directions.push(exported(&third).1);
        let fourth = on_day(&repo, 4);
        fourth.commit_file("seen.md", text("seen"));
        directions.push(exported(&fourth).1);
        let shown = directions.iter().map(|overview| &overview["trend"]["direction"]);
        assert_eq!(shown.collect::<Vec<_>>(), ["unchanged", "down", "up"]);
        assert_eq!(directions[2]["trend"]["since"], "2023-11-03");
        // Those without a file count, too.
        assert_eq!(directions.iter().map(|o| &o["identities"]).collect::<Vec<_>>(), [7, 7, 9]);
    });
}

#[test]
fn identities_have_their_second_ones() {
    on_adopted(|repo| {
        repo.idhooks("assign --second DOC-2 README.md").ok().done();
        repo.commit("second");
        let (_, _, identities) = exported(repo);
        assert!(identities.to_string().contains("\"doc_id\":\"DOC-2\""), "{identities}");
    });
}

/// A browser that draws a picture of the page that it is given, as Chromium does.
const BROWSER: &str = r#"#!/usr/bin/env bash
for word; do
  case $word in --screenshot=*) picture=${word#*=} ;; --user-data-dir=*) profile=${word#*=} ;; esac
done
page=$(printf %b "$(printf %s "${word#file://}" | sed 's/%\(..\)/\\x\1/g')")
[ -n "$profile" ] && grep -q '<!doctype html>' "$page" || exit 1
case $* in *--dump-dom*) echo '<html lang="en" data-picture="4321">'; exit ;; *=1280,4321\ *) ;; *) exit 1 ;; esac
printf '\211PNG\r\n\032\n\0\0\0\015IHDRWWWWHHHHDTCFICCCC%s' "$(grep -c identities "$page")" >"$picture"
"#;

#[test]
fn a_picture_of_it_by_an_installed_browser() {
    on_adopted(|repo| {
        let with =
            |name: &str, script: &str| crate::programs::with_programs(repo, &[(name, script)]);
        let drawing = with("chromium", BROWSER);
        drawing.idhooks("dashboard --png ../page.png").ok().complains("written: ").done();
        let picture = repo.read("../page.png");
        assert!(picture.starts_with(b"\x89PNG\r\n"));
        // It says who made it, after its header.
        assert!(picture[37..].starts_with(b"tEXtSoftware\0idhooks"));
        // One that fails, such as a stub of a distribution, leaves it to the next.
        let two = with("chromium", "#!/bin/sh\necho 'needs a snap' >&2\nexit 1\n");
        let third = crate::programs::with_programs(&two, &[("chromium-browser", BROWSER)]);
        repo.remove("../page.png");
        third.idhooks("dashboard --png ../page.png").ok().done();
        // The configuration names one, and then no other is tried.
        third.run("config idhooks.browser chromium");
        let refused = third.idhooks("dashboard --png ../none.png").code(2);
        refused.explains("'chromium' did not draw the page").explains("needs a snap").done();
        third.run("config idhooks.browser ./nowhere/browser");
        let refused = third.idhooks("dashboard --png ../none.png").code(2);
        refused
            .explains("looked for: ./nowhere/browser")
            .complains("git config idhooks.browser")
            .done();
        assert!(!repo.exists("../none.png"));
        third.idhooks("dashboard --png nowhere/none.png").code(2).explains("no directory").done();
        third.idhooks("dashboard --png x.png --output site").code(2).done();
    });
}
