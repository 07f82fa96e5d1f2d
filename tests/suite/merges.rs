//! `git merge` and `git pull` in each of their forms: every merge commit is true, and the
//! registry is never what stops a merge.

mod broken;
mod clean;
mod commanded;
mod conflicted;
mod healed;
mod orders;
mod renamed_apart;
mod resolved;
mod rewritten;
mod second_ids;
pub(crate) mod shapes;
mod signed;
mod unmerged;
mod unrelated;

use crate::common::{Output, Repo, text};

/// Makes the branch `side` from HEAD, runs the story on it and returns to `main`.
pub(crate) fn on_side(repo: &Repo, story: impl Fn(&Repo)) {
    on_branch(repo, "side", story);
}

/// Makes a branch from HEAD, runs the story on it and returns to `main`.
pub(crate) fn on_branch(repo: &Repo, name: &str, story: impl Fn(&Repo)) {
    repo.run(["checkout", "-q", "-b", name]);
    story(repo);
    repo.run("checkout -q main");
}

/// Two branches that allocate, move and retire without touching the same file.
pub(crate) fn part_ways(repo: &Repo) {
    repo.run("tag start");
    on_side(repo, |repo| {
        repo.commit_file("docs/side.md", text("side"));
        repo.mv("src/app.py", "src/main.py");
        repo.append("src/main.py", "more\n");
        repo.run("commit -q -a -m move");
        repo.run("rm -q data/table.csv");
        repo.commit("retire");
    });
    repo.commit_file("docs/main.md", text("main"));
    repo.mv("notes.txt", "docs/notes.txt");
    repo.commit("move");
}

/// Asserts that a merge kept what [`part_ways`] did on both branches.
fn assert_joined(repo: &Repo) {
    assert_eq!(repo.id("docs/side.md"), repo.id_in("side", "docs/side.md"));
    assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
    assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
    let retired = repo.record(&repo.id_in("start", "data/table.csv"));
    assert_eq!(retired["status"], "deprecated");
}

/// Two branches that also edit the same line of `README.md`.
pub(crate) fn part_ways_in_conflict(repo: &Repo) {
    let (ours, theirs) = (text("ours"), text("theirs"));
    part_ways(repo);
    repo.run("checkout -q side");
    repo.commit_file("README.md", theirs);
    repo.run("checkout -q main");
    repo.commit_file("README.md", ours);
}

/// Merges and asserts which files are left unmerged, the registry never among them.
fn merge_with_conflict<'r>(repo: &'r Repo, options: &str, unmerged: &[&str]) -> Output<'r> {
    let answer = repo.try_git(format!("merge {options}").as_str()).code(1);
    assert_eq!(unmerged_paths(repo), unmerged, "{answer}");
    answer
}

/// Returns the unmerged paths of the index.
pub(crate) fn unmerged_paths(repo: &Repo) -> Vec<String> {
    let rows = repo.ask("ls-files --unmerged");
    let mut paths: Vec<String> =
        rows.lines().filter_map(|row| Some(row.split_once('\t')?.1.to_owned())).collect();
    paths.dedup();
    paths
}

/// Asserts that HEAD is a merge of two commits, one step above `ours`.
fn assert_one_merge(repo: &Repo, ours: &str, theirs: &str) {
    let parents = repo.ask("log -1 --format=%P");
    assert_eq!(parents, format!("{} {}", repo.rev(ours), repo.rev(theirs)));
}
