//! Every other git operation that makes, moves or rewrites commits: each commit is true, its
//! registry change is about its own files, every file keeps its identity, nothing is left over.

mod am;
mod am_embedded;
mod assigned;
mod autosquash;
mod cherry_pick;
mod evidence;
mod forges;
mod interactive;
mod looking;
mod notes_elsewhere;
mod other_file;
mod other_repository;
mod plumbing;
mod pull;
mod rebase;
mod rebase_conflicts;
mod rebase_shapes;
mod registry;
mod reset;
mod revert;
mod stash;
mod subtree;
mod switching;
mod worktrees;

use crate::common::{Repo, for_each_git, text};
use crate::judge::{self, View};
use crate::merges::part_ways;

/// Commits that git made without asking a hook, and the one that put them right.
#[derive(Default)]
struct Known {
    untrue: Vec<String>,
    healing: Vec<String>,
}

/// Runs the story on an adopted repository with every git; afterwards every commit must be true
/// and change the registry for its own files only, and nothing may be left over.
fn on_adopted(story: impl Fn(&Repo)) {
    on_adopted_but(|repo| {
        story(repo);
        Known::default()
    });
}

/// As [`on_adopted`], for stories in which git lets untrue commits through.
fn on_adopted_but(story: impl Fn(&Repo) -> Known) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let known = story(&repo);
        let list = |names: &[String]| names.to_vec();
        let (untrue, healing) = (list(&known.untrue), list(&known.healing));
        judge::assert_each_by_itself(&repo, &refs(&untrue), &refs(&healing));
        judge::assert_clean(&repo);
    });
}

fn refs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

/// Asserts that the judge finds HEAD untrue, then makes a commit that concerns none of it.
fn heal(repo: &Repo) -> Known {
    let head = repo.rev("HEAD");
    let faults = judge::judge(repo, &Default::default());
    let short = repo.ask("rev-parse --short HEAD");
    let named = faults.iter().any(|fault| fault.starts_with(&format!("[{short} ")));
    assert!(named, "HEAD is true, nothing to heal\n{}", repo.situation());
    repo.commit_file("after.md", text("after"));
    Known { untrue: vec![head], healing: vec![repo.rev("HEAD")] }
}

/// Two branches, `side` and `main`, which part at the tag `start` and end at the tags `theirs`
/// and `ours`: both allocate and move, one retires.
fn fork(repo: &Repo) {
    part_ways(repo);
    repo.run("tag theirs side");
    repo.run("tag ours main");
}

/// Asserts that a commit has the work of both branches of [`fork`], each file under the identity
/// it has had from the beginning.
fn assert_joined(repo: &Repo, rev: &str) {
    let expected = [
        ("theirs", "docs/side.md", "docs/side.md"),
        ("start", "src/app.py", "src/main.py"),
        ("start", "notes.txt", "docs/notes.txt"),
        ("ours", "docs/main.md", "docs/main.md"),
        ("start", "README.md", "README.md"),
    ];
    for (before, old, new) in expected {
        assert_eq!(repo.id_in(rev, new), repo.id_in(before, old), "{new} in {rev}");
    }
    let view = View::of(repo, rev);
    let retired = view.record(&repo.id_in("start", "data/table.csv")).expect("records stay");
    assert_eq!(retired["status"], "deprecated");
    assert_known(repo, rev, &["ours", "theirs"]);
}

/// Asserts that a commit has every record of the others, under the same identity, and no more.
fn assert_known(repo: &Repo, rev: &str, others: &[&str]) {
    let mut expected = View::of(repo, others[0]).origins();
    expected.extend(others[1..].iter().flat_map(|other| View::of(repo, other).origins()));
    assert_eq!(View::of(repo, rev).origins(), expected, "{}", repo.situation());
}

/// Lets git's editor of instruction sheets write these lines instead, each a word and a commit.
fn with_todo(repo: &Repo, lines: &[(&str, &str)]) -> Repo {
    let line = |(word, rev): &(&str, &str)| match *rev {
        "" => format!("{word}\n"),
        rev => format!("{word} {}\n", repo.rev(rev)),
    };
    let file = repo.root().join("todo");
    std::fs::write(&file, lines.iter().map(line).collect::<String>()).expect("can be written");
    repo.with("GIT_SEQUENCE_EDITOR", &format!("cp '{}'", file.display()))
}

/// Exchanges two files, each with its identity.
fn swap(repo: &Repo, one: &str, other: &str) {
    for [from, to] in [[one, "tmp.md"], [other, one], ["tmp.md", other]] {
        repo.idhooks(["-q", "mv", from, to]).ok().done();
    }
}

/// Asserts that nothing is wrong at HEAD, and nothing was lost before.
fn assert_right(repo: &Repo) {
    assert!(repo.findings("").is_empty(), "{}", repo.situation());
    repo.idhooks("check --history").ok().done();
    judge::assert_clean(repo);
}
