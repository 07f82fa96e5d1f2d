//! Clones that lack a part of history or of the objects, and a HEAD whose registry is broken.

use crate::common::{Repo, for_each_git, text};
use crate::judge::{self, View};

/// Clones with the options, installs, and takes the way back to the source away, so that
/// nothing can be fetched.
fn clone_with(repo: &Repo, options: &str) -> Repo {
    repo.run("config uploadpack.allowFilter true");
    let url = format!("file://{}", repo.path().display());
    let args = ["clone", "-q"].into_iter().chain(options.split(' ')).chain([&*url, "../part"]);
    repo.run(args.map(Into::into).collect::<Vec<std::ffi::OsString>>());
    let part = repo.beside("part");
    part.run("remote set-url origin file:///nowhere");
    part.idhooks("install").ok().done();
    part
}

/// Some history, with a deletion and a rename in it.
fn some_history(repo: &Repo) {
    repo.run("rm -q data/table.csv");
    repo.commit("retire");
    repo.mv("notes.txt", "docs/notes.txt");
    repo.commit("move");
    repo.commit_file("docs/last.md", text("last"));
}

#[test]
fn what_the_first_commit_needs_is_found_by_install_and_after_a_pull() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        some_history(repo);
        let part = clone_with(repo, "--no-tags");
        let cache = part.path().join(".git/idhooks/cache/consistency");
        std::fs::remove_file(&cache).expect("install has searched");
        part.run(["remote", "set-url", "origin", &format!("file://{}", repo.path().display())]);
        repo.commit_file("docs/more.md", text("more"));
        part.run("pull -q --ff-only");
        assert!(cache.exists(), "post-merge has searched");
        // A clone that finds the hooks, and an ordinary switch.
        let hooks = format!("core.hooksPath={}", repo.path().join(".git/hooks").display());
        repo.run(["clone", "-q", "-c", &hooks, ".", "../fresh"]);
        let recent = repo.beside("fresh").path().join(".git/idhooks/cache/recent");
        std::fs::remove_file(&recent).expect("post-checkout has searched");
        repo.beside("fresh").run("switch -q -c other HEAD~1");
        assert!(!recent.exists(), "a switch does not search");
    });
}

fn work_in(part: &Repo, from: &Repo) {
    let app = from.id("src/app.py");
    part.mv("src/app.py", "src/main.py");
    part.append("src/main.py", "more\n");
    part.write("data/table.csv", text("data/table.csv"));
    part.run("add -A");
    part.commit("work");
    assert_eq!(part.id("src/main.py"), app);
    assert_eq!(part.id("docs/notes.txt"), from.id_in("HEAD~3", "notes.txt"));
    assert_eq!(part.id("data/table.csv"), from.id_in("HEAD~3", "data/table.csv"));
    judge::assert_clean(part);
    assert_eq!(part.findings(""), [""; 0]);
    merge_and_rebase_in(part);
}

/// Brings branches together, for which nothing can be fetched.
fn merge_and_rebase_in(part: &Repo) {
    let (intro, notes) = (part.id("docs/intro.md"), part.id("docs/notes.txt"));
    part.run("checkout -q -b side");
    part.mv("docs/intro.md", "docs/tour.md");
    part.commit_file("docs/side.md", text("side"));
    part.run("checkout -q -b topic main");
    part.commit_file("docs/topic.md", text("topic"));
    let topic = part.id("docs/topic.md");
    part.run("checkout -q main");
    part.mv("docs/notes.txt", "notes.txt");
    part.commit_file("docs/main.md", text("main"));
    part.run("merge -q --no-edit side");
    part.run("checkout -q topic");
    part.run("rebase -q main");
    let ids = ["docs/tour.md", "notes.txt", "docs/topic.md"].map(|path| part.id(path));
    assert_eq!(ids, [intro, notes, topic]);
    judge::assert_clean(part);
    assert_eq!(part.findings(""), [""; 0]);
}

#[test]
fn a_shallow_clone() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        some_history(&repo);
        work_in(&clone_with(&repo, "--depth 1"), &repo);
    });
}

#[test]
fn a_clone_without_old_blobs() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        some_history(&repo);
        work_in(&clone_with(&repo, "--filter=blob:none"), &repo);
    });
}

#[test]
fn a_clone_without_old_trees() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        some_history(&repo);
        work_in(&clone_with(&repo, "--filter=tree:0"), &repo);
    });
}

#[test]
fn a_broken_registry_in_head_is_mended_without_losing_records() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        some_history(&repo);
        let before = View::of(&repo, "HEAD").origins();
        let good = repo.registry("HEAD");
        repo.write(".idhooks/registry.json", "torn");
        repo.run("commit -q --no-verify -a -m torn");
        let torn = repo.rev("HEAD");
        repo.stage(".idhooks/registry.json", good);
        repo.commit_file("docs/after.md", text("after"));
        let after = View::of(&repo, "HEAD").origins();
        assert!(before.iter().all(|(origin, id)| after.get(origin) == Some(id)));
        repo.idhooks("check").ok().done();
        judge::assert_clean(&repo);
        assert_eq!(repo.rev("HEAD^"), torn);
    });
}

/// Before a sparse checkout, the index is empty.
#[test]
fn without_a_checkout() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("clone -q --no-checkout . ../empty");
        let empty = repo.beside("empty");
        let said = empty.idhooks("install").ok().stderr();
        assert!(!said.contains(".gitattributes"), "{said}");
        let said = empty.idhooks("status").ok().stdout();
        assert!(said.contains("'HEAD' has a registry") && !said.contains("git merge"), "{said}");
        empty.run("restore --staged --worktree .idhooks/registry.json");
        empty.run("checkout -q HEAD -- .");
        assert!(empty.findings("").is_empty(), "{}", empty.situation());
    });
}
