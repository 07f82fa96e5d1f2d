//! `idhooks coverage --history`: against what each commit says by itself.

use std::path::PathBuf;

use serde_json::Value;

use crate::checks::assert_fits;
use crate::common::{Dice, Repo, for_each_git, text};
use crate::reviewed::assert_text;

use super::{commit_unseen, on_day};

/// A repository of five days: before the adoption, whole, with a file too many, with other rules,
/// healed.
fn five_days(repo: &Repo) {
    let repo = on_day(repo, 1);
    repo.commit_file("old.md", text("old"));
    let repo = on_day(&repo, 3).adopt("");
    commit_unseen(&on_day(&repo, 4), "a.md");
    commit_unseen(&on_day(&repo, 4), "b.md");
    on_day(&repo, 5).configure("[track]\nexclude = [\"docs/**\"]\n");
    on_day(&repo, 8).commit_file("c.md", text("c"));
}

fn history(repo: &Repo, options: &str) -> Value {
    let line = format!("coverage --history --format json {options}");
    repo.idhooks(line.as_str()).ok().json()
}

/// What is said of the points, each in a few words.
fn told(json: &Value) -> Vec<String> {
    let points = json["points"].as_array().expect("a list").iter();
    let day = |p: &Value| p["date"].as_str().expect("text")[8..].to_owned();
    points.map(|p| format!("{} {}/{}", day(p), p["with_ids"], p["total_files"])).collect()
}

/// Asserts that each point says what its commit says by itself, and is the last of its day.
fn assert_true(repo: &Repo, json: &Value) {
    let log = repo.ask("log --first-parent --date=format-local:%Y-%m-%d --format=%cd|%H");
    let mut last: Vec<(&str, &str)> = Vec::new();
    for (date, commit) in log.lines().map(|line| line.split_once('|').expect("two words")) {
        if !last.iter().any(|(known, _)| *known == date) {
            last.push((date, commit));
        }
    }
    last.sort_unstable();
    let points = json["points"].as_array().expect("a list");
    let found: Vec<(&str, &str)> = points
        .iter()
        .map(|p| (p["date"].as_str().expect("text"), p["commit"].as_str().expect("text")))
        .collect();
    assert_eq!(found, last);
    for point in points {
        let commit = point["commit"].as_str().expect("text");
        let answer = repo.idhooks(["coverage", "--format", "json", "--rev", commit]);
        if !answer.succeeded() {
            assert_eq!(point["with_ids"], 0);
            answer.code(2).explains("cannot find a registry").done();
            continue;
        }
        let own = answer.json();
        for key in ["coverage", "total_files", "with_ids"] {
            assert_eq!(point[key], own[key], "{commit}");
        }
    }
}

fn memory(repo: &Repo) -> PathBuf {
    repo.path().join(".git/idhooks/cache/coverage")
}

#[test]
fn every_day_is_told_as_it_was() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        five_days(&repo);
        let json = history(&repo, "");
        assert_fits(&repo, "coverage-history", &json);
        assert_eq!(told(&json), ["01 0/1", "03 8/8", "04 8/10", "05 8/8", "08 9/9"]);
        assert_true(&repo, &json);
        assert_eq!(told(&history(&repo, "--since 2023-11-04")), ["04 8/10", "05 8/8", "08 9/9"]);
        assert_eq!(told(&history(&repo, "--rev HEAD~1 --since 2023-11-05")), ["05 8/8"]);
        assert_eq!(told(&history(&on_day(&repo, 10), "--since 3d")), ["08 9/9"]);
        assert_eq!(told(&history(&repo, "--since 2024-01-01")), [""; 0]);
        let csv = repo.idhooks("coverage --history --format csv").ok().stdout();
        let mut lines = csv.lines();
        assert_eq!(lines.next(), Some("date,commit,coverage,total_files,with_ids"));
        assert_eq!(lines.next_back(), Some(&*format!("2023-11-08,{},1,9,9", repo.rev("HEAD"))));
        let jsonl = repo.idhooks("coverage --history --format jsonl").ok().stdout();
        let points = json["points"].as_array().expect("a list");
        let lines: Vec<Value> =
            jsonl.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        assert_eq!(lines, *points);
        let text = repo.idhooks("coverage --history --since 2023-11-08").ok().stdout();
        let short = &repo.rev("HEAD")[..10];
        assert_eq!(text, format!("2023-11-08  {short}  100.0 % (9 of 9 tracked files)\n"));
    });
}

#[test]
fn a_damaged_memory_is_made_anew() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        five_days(&repo);
        let json = history(&repo, "");
        let kept = std::fs::read(memory(&repo)).expect("kept");
        assert_eq!(history(&repo, ""), json);
        assert_eq!(std::fs::read(memory(&repo)).expect("kept"), kept);
        let mut dice = Dice::new(7);
        for _ in 0..12 {
            let mut damaged = kept.clone();
            let at = dice.roll(damaged.len());
            damaged[at] ^= 1 << dice.roll(8);
            damaged.truncate(kept.len() - dice.roll(30));
            std::fs::write(memory(&repo), damaged).expect("writable");
            assert_eq!(history(&repo, ""), json);
        }
        std::fs::remove_file(memory(&repo)).expect("there");
        std::fs::create_dir(memory(&repo)).expect("a directory");
        assert_eq!(history(&repo, ""), json);
    });
}

#[test]
fn merges_count_where_they_landed() {
    for_each_git(|git| {
        let repo = on_day(&Repo::empty(git), 1).adopt("");
        repo.run("switch -q -c side");
        commit_unseen(&on_day(&repo, 2), "side.md");
        repo.run("switch -q main");
        on_day(&repo, 3).commit_file("main.md", text("main"));
        on_day(&repo, 4).run("merge -q --no-edit side");
        let json = history(&repo, "");
        assert_true(&repo, &json);
        assert_eq!(told(&json), ["01 7/7", "03 8/8", "04 9/9"]);
    });
}

#[test]
fn a_registry_that_could_not_be_read_gave_nothing_an_identity() {
    for_each_git(|git| {
        let repo = on_day(&Repo::empty(git), 1).adopt("");
        let good = repo.read(".idhooks/registry.json");
        let on_second = on_day(&repo, 2);
        on_second.stage(".idhooks/registry.json", "<<<<<<<\n");
        on_second.run("commit -q --no-verify -m bad");
        let on_third = on_day(&repo, 3);
        on_third.stage(".idhooks/registry.json", good);
        on_third.run("commit -q --no-verify -m good");
        assert_eq!(told(&history(&repo, "")), ["01 7/7", "02 0/7", "03 7/7"]);
    });
}

#[test]
fn clones_of_every_kind_tell_it() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        five_days(&repo);
        let from = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--bare", &from, "../bare.git"]);
        assert_eq!(history(&repo.beside("bare.git"), ""), history(&repo, ""));
        repo.run(["clone", "-q", "--depth", "2", &from, "../shallow"]);
        assert_eq!(told(&history(&repo.beside("shallow"), "")), ["05 8/8", "08 9/9"]);
        repo.run("config uploadpack.allowFilter true");
        repo.run(["clone", "-q", "--filter=blob:none", "--no-checkout", &from, "../partial"]);
        let partial = repo.beside("partial");
        let said = partial.idhooks("coverage --history --format csv").ok();
        assert_text("metrics-past-clones_of_every_kind_tell_it", &said.stderr());
        assert_eq!(said.stdout().lines().nth(1).map(|line| &line[..10]), Some("2023-11-01"));
    });
}
