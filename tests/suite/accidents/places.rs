//! The same day's work in unusual places: named by the environment, over a bare repository, with
//! another clone's objects, on two file systems, without the blobs.

use crate::common::{Repo, for_each_git, on_adopted, text};
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
#[expect(clippy::print_stderr, reason = "says what was not tested")]
fn two_file_systems() {
    for_each_git(|git| {
        let Ok(memory) = tempfile::tempdir_in("/dev/shm") else {
            eprintln!("there is no other file system");
            return;
        };
        let dir = memory.path().join("far.git");
        let repo = Repo::empty_with(git, &format!("--separate-git-dir {}", dir.display()));
        let repo = repo.adopt("");
        work(&repo);
        assert!(repo.path().join(".git").is_file());
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
