//! Generators that a watcher runs.

use std::fs;

use super::{FAST, Watched};
use crate::common::{Repo, gits, text};

/// A generator without a command.
const INDEX: &str = "[[generators]]\nname = \"index\"\ninputs.path = \"docs/**\"\nfields = [\"file_path\"]\n\
    sort = [\"file_path\"]\noutput = [\"INDEX.md\"]\nbuiltin = \"markdown-index\"\nrun = \"watch\"\n";

/// Returns a generator with a command line for the shell, which reads a file and writes another one.
fn copier(name: &str, from: &str, to: &str) -> String {
    format!(
        "[[generators]]\nname = \"{name}\"\nfiles = [\"{from}\"]\noutput = [\"{to}\"]\nrun = \"watch\"\n\
         command = [\"sh\", \"-c\", \"cat {from}; echo {name}\"]\n"
    )
}

fn adopted(rules: &str) -> Repo {
    let repo = Repo::adopted(&gits()[0]);
    for path in ["a.txt", "b.txt"] {
        repo.stage(path, "begin\n");
    }
    repo.configure(rules);
    let hash = repo.idhooks("generators --format json").ok().json()["trust"]["hash"].clone();
    if let Some(hash) = hash.as_str() {
        repo.run(["config", "idhooks.trust", hash]);
    }
    repo
}

fn staged(repo: &Repo, path: &str) -> String {
    repo.try_git(["show", &format!(":{path}")]).stdout()
}

#[test]
fn outputs_follow_the_index_without_an_item_of_their_own() {
    let watched = Watched(adopted(&format!("{FAST}{INDEX}")));
    let repo = &watched.0;
    // Not without '--live', and not in a commit.
    watched.start();
    let seen = watched.settled();
    repo.commit_file("docs/first.md", text("first"));
    watched.expect(seen, &["FILE_ADDED docs/first.md"]);
    repo.idhooks("watch stop").ok().done();
    assert!(!repo.exists("INDEX.md"));
    watched.start_with("--live");
    watched.until("an index", || staged(repo, "INDEX.md").contains("docs/first.md"));
    assert_eq!(String::from_utf8(repo.read("INDEX.md")).expect("UTF-8"), staged(repo, "INDEX.md"));
    let seen = watched.settled();
    repo.commit_file("docs/second.md", text("second"));
    watched.until("a new index", || staged(repo, "INDEX.md").contains("docs/second.md"));
    watched.expect(seen, &["FILE_ADDED docs/second.md"]);
    repo.write("marker.md", "x\n");
    watched.expect(seen + 1, &["FILE_ADDED marker.md"]);
    assert_eq!(repo.idhooks("generate --check").ok().stdout(), "");
}

#[test]
fn generators_that_depend_on_what_they_make_are_stopped() {
    let rules = [copier("one", "b.txt", "a.txt"), copier("two", "a.txt", "b.txt")].concat();
    let watched = Watched(adopted(&format!("{FAST}max_actions = 3\n{rules}")));
    let repo = &watched.0;
    watched.start_with("--live");
    let errors = repo.path().join(".git/idhooks/watch/errors.jsonl");
    let errors = || fs::read_to_string(&errors).unwrap_or_default();
    watched.until("both are stopped", || {
        ["one", "two"]
            .iter()
            .all(|name| errors().contains(&format!("generator '{name}' is stopped")))
    });
    let lines = || staged(repo, "a.txt").lines().count();
    let before = lines();
    assert!(before <= 8, "{before} lines");
    // They stay stopped, and the rest goes on.
    let seen = watched.settled();
    repo.stage("c.txt", "x\n");
    watched.expect(seen, &["FILE_ADDED c.txt"]);
    watched.settled();
    assert_eq!(lines(), before);
    assert_eq!(errors().matches("is stopped").count(), 2);
}

#[test]
fn a_generator_that_rewrites_its_input_is_reported_once() {
    let watched = Watched(adopted(&format!("{FAST}{}", copier("own", "a.txt", "a.txt"))));
    let repo = &watched.0;
    watched.start_with("--live");
    let problem = || watched.status()["last_error"].as_str().unwrap_or_default().to_owned();
    watched.until("a problem", || problem().contains("rewrites its own input 'a.txt'"));
    let seen = watched.settled();
    repo.stage("c.txt", "x\n");
    watched.expect(seen, &["FILE_ADDED c.txt"]);
    watched.settled();
    assert_eq!(watched.status()["errors"], 1);
    assert_eq!(staged(repo, "a.txt"), "begin\n");
}
