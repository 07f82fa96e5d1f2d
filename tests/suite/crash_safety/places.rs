//! The same day's work in unusual places: named by the environment, over a bare repository, with
//! another clone's objects, on two file systems, without the blobs.

use crate::common::{Repo, for_each_git, on_adopted, skip, text, write_script};
use crate::formats::work;
use crate::judge;

#[test]
fn a_repository_named_by_the_environment() {
    for_each_git(|git| {
        let nowhere = Repo::nowhere(git);
        let tree = nowhere.path().to_str().expect("a plain path");
        for dir in [format!("{}/far.git", nowhere.root().display()), "../near.git".to_owned()] {
            let repo = nowhere.with("GIT_DIR", &dir).with("GIT_WORK_TREE", tree);
            repo.run("init -q -b main");
            let repo = repo.adopt("");
            assert!(!repo.exists(".git"));
            work(&repo);
            for entry in std::fs::read_dir(repo.path()).expect("readable").flatten() {
                let removed = match entry.path() {
                    dir if dir.is_dir() => std::fs::remove_dir_all(dir),
                    file => std::fs::remove_file(file),
                };
                removed.expect("the working tree can be emptied");
            }
        }
    });
}

#[test]
fn a_worktree_of_a_bare_repository() {
    on_adopted(|repo| {
        repo.run("clone -q --bare . ../bare");
        repo.beside("bare").run("worktree add -q ../tree main");
        let tree = repo.beside("tree");
        tree.idhooks("install").ok().done();
        work(&tree);
    });
}

#[test]
fn another_clones_objects() {
    on_adopted(|repo| {
        repo.run("clone -q --shared . ../shared");
        let shared = repo.beside("shared");
        assert!(shared.exists(".git/objects/info/alternates"));
        shared.idhooks("install").ok().done();
        repo.run("gc -q");
        work(&shared);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn two_file_systems() {
    use std::{os::unix::fs::MetadataExt, path::Path};
    for_each_git(|git| {
        let repo = Repo::nowhere(git);
        let device = |dir: &Path| dir.metadata().ok().map(|facts| facts.dev());
        let places = ["/dev/shm", "/tmp", env!("CARGO_TARGET_TMPDIR")].map(Path::new);
        let mut others = places.into_iter().filter(|dir| device(dir) != device(repo.path()));
        let Some(other) = others.find_map(|dir| tempfile::tempdir_in(dir).ok()) else {
            skip("there is no second file system to write to");
            return;
        };
        let dir = other.path().join("far.git");
        let dir = dir.to_str().expect("a plain name");
        repo.run(["init", "-q", "-b", "main", "--separate-git-dir", dir]);
        let repo = repo.adopt("");
        work(&repo);
        assert!(repo.path().join(".git").is_file());
    });
}

#[test]
fn objects_named_by_the_environment() {
    on_adopted(|repo| {
        let own = repo.path().join(".git/objects");
        let far = repo.root().join("far");
        std::fs::create_dir(&far).expect("a directory can be made");
        let [own_dir, far_dir] = [&own, &far].map(|dir| dir.to_str().expect("a plain path"));
        let count = || walk(&own);
        let before = count();
        let away = repo
            .with("GIT_OBJECT_DIRECTORY", far_dir)
            .with("GIT_ALTERNATE_OBJECT_DIRECTORIES", own_dir);
        work(&away);
        crate::merges::on_branch(&away, "moving", |away| {
            away.run("mv docs handbook");
            away.commit("move the directory");
        });
        away.commit_file("docs/new.md", text("new in docs"));
        let id = away.id("docs/new.md");
        away.run("-c merge.directoryRenames=true merge -q --no-edit moving");
        assert_eq!(away.id("handbook/new.md"), id);
        judge::assert_good(&away);
        assert_eq!(count(), before, "something was written to the repository's own objects");
        // Back to one place, so that the repository is whole without the environment.
        repo.write(".git/objects/info/alternates", format!("{far_dir}\n"));
    });
}

/// Returns the number of files below a directory.
fn walk(dir: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(dir).expect("readable").flatten().map(|entry| entry.path());
    entries.map(|path| if path.is_dir() { walk(&path) } else { 1 }).sum()
}

#[test]
fn a_push_that_is_checked_before_it_is_taken_in() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("clone -q --bare . ../bare");
        let bare = repo.beside("bare");
        let idhooks = crate::common::quoted_binary();
        let check = format!("{idhooks} check --rev \"$new\" >&2 || exit 1");
        let hook = bare.path().join("hooks/pre-receive");
        let script = format!("#!/bin/sh\nwhile read old new ref; do {check}; done\n");
        write_script(&hook, &script);
        repo.run("remote add origin ../bare");
        repo.commit_file("docs/new.md", text("new"));
        repo.run("push -q origin main");
        assert_eq!(bare.rev("main"), repo.rev("HEAD"));
        repo.stage("docs/unseen.md", text("unseen"));
        repo.run("commit -q --no-verify -m unseen");
        repo.try_git("push -q origin main").refused().complains("docs/unseen.md").done();
        assert_eq!(bare.rev("main"), repo.rev("HEAD~1"));
    });
}

/// Clones without any blob that is not checked out, and takes the source away.
fn blobless(repo: &Repo) -> Repo {
    repo.run("config uploadpack.allowFilter true");
    let url = format!("file://{}", repo.path().display());
    repo.run(["clone", "-q", "--filter=blob:none", "--sparse", &url, "../part"]);
    let part = repo.beside("part");
    part.run("sparse-checkout set --cone src");
    part.idhooks("install").ok().done();
    part
}

/// Returns whether a blob is there without asking anybody.
fn is_there(repo: &Repo, name: &str) -> bool {
    let id = repo.rev(name);
    let local = repo.with("GIT_NO_LAZY_FETCH", "1");
    let packed = local.ask("cat-file --batch-all-objects --batch-check=%(objectname)");
    packed.lines().any(|line| line == id)
}

#[test]
fn an_exact_rename_needs_no_blob() {
    on_adopted(|repo| {
        let (guide, table) = (repo.id("docs/guide.md"), repo.id("data/table.csv"));
        let part = blobless(repo);
        part.run("cat-file -e HEAD:.idhooks/registry.json");
        part.run("remote set-url origin file:///nowhere");
        // Neither file is checked out, and nothing can be fetched.
        for (from, to) in [("docs/guide.md", "src/guide.md"), ("data/table.csv", "old/table.csv")] {
            assert!(!is_there(&part, &format!("HEAD:{from}")));
            let blob = part.rev(&format!("HEAD:{from}"));
            part.run(["update-index", "--force-remove", from]);
            part.run(["update-index", "--add", "--cacheinfo", &format!("100644,{blob},{to}")]);
            part.run(["update-index", "--skip-worktree", to]);
        }
        part.commit("move");
        assert!(!is_there(&part, "HEAD:src/guide.md"));
        assert_eq!(part.findings(""), [""; 0]);
        // The judge, though, wants to know how large each file is.
        part.run(["remote", "set-url", "origin", &format!("file://{}", repo.path().display())]);
        assert_eq!([part.id("src/guide.md"), part.id("old/table.csv")], [guide, table]);
        judge::assert_good(&part);
    });
}

#[test]
fn a_registry_that_was_never_fetched() {
    on_adopted(|repo| {
        let part = blobless(repo);
        repo.commit_file("docs/later.md", text("later"));
        part.run("pull -q --ff-only");
        assert!(!is_there(&part, "HEAD:.idhooks/registry.json"));
        let app = repo.id("src/app.py");
        part.mv("src/app.py", "src/main.py");
        part.stage("src/new.py", text("new"));
        // Where it cannot be fetched, nothing is committed and something is said.
        let url = part.ask("remote get-url origin");
        part.run("remote set-url origin file:///nowhere");
        part.try_git("commit -q -m work").refused().explains("blob").done();
        part.run(["remote", "set-url", "origin", &url]);
        part.commit("work");
        assert_eq!(part.id("src/main.py"), app);
        judge::assert_good(&part);
    });
}
