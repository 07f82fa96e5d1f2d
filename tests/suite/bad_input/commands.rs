//! Commands that refuse, or put right, what somebody left behind.

use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};
use crate::judge;
use crate::reviewed::assert_text;

const REGISTRY: &str = ".idhooks/registry.json";

/// Asserts that `init` names the thing and changes nothing.
fn refuses(repo: &Repo, options: &str, thing: &str) {
    let before = Snapshot::of(repo);
    repo.idhooks(format!("init {options}").as_str()).code(2).explains(thing).done();
    before.assert_same(repo);
}

#[test]
fn init_where_its_files_are_something_else() {
    for_each_git(|git| {
        for path in ["idhooks.toml", ".gitattributes", ".idhooks"] {
            let link = || {
                let repo = Repo::empty(git);
                repo.stage("a.md", text("a"));
                let elsewhere = if path == ".idhooks" { "." } else { "a.md" };
                std::os::unix::fs::symlink(elsewhere, repo.path().join(path)).expect("writable");
                repo
            };
            refuses(&link(), "", path);
            let staged = link();
            staged.run(["add", "--", path]);
            staged.remove(path);
            refuses(&staged, "", path);
        }
        for path in ["idhooks.toml", ".gitattributes"] {
            let repo = Repo::empty(git);
            repo.stage(format!("{path}/file"), text("a"));
            std::fs::remove_dir_all(repo.path().join(path)).expect("there");
            refuses(&repo, "", path);
        }
    });
}

#[test]
fn init_that_contradicts_the_rules() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.write("idhooks.toml", "[allocation]\nstrategy = \"sequential\"\n");
        refuses(&repo, "--strategy scattered", "sequential, not scattered");
        let answer = repo.idhooks("init --strategy sequential --scope 260118").ok();
        assert_text("bad_input-commands-init_that_contradicts_the_rules", &answer.stdout());
        repo.run("reset -q");
        std::fs::remove_dir_all(repo.path().join(".idhooks")).expect("there");
        let answer = repo.idhooks("init --dry-run").ok();
        assert_text("bad_input-commands-init_that_contradicts_the_rules-2", &answer.stdout());
        let answer = repo.idhooks("init -q").ok();
        assert_eq!((answer.stdout(), answer.stderr()), (String::new(), String::new()));
        judge::assert_status(
            &repo,
            "A  .gitattributes\nA  .idhooks/registry.json\nA  idhooks.toml\n",
        );
    });
}

#[test]
fn markers_that_were_staged() {
    on_adopted(|repo| {
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        repo.run("checkout -q main");
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-commit side");
        let merged = repo.registry("");
        repo.stage(REGISTRY, "<<<<<<< ours\n=======\n>>>>>>> theirs\n");
        repo.try_git("commit -q -m torn").refused().complains("idhooks resolve").done();
        let before = Snapshot::of(repo);
        let answer = repo.idhooks("resolve --dry-run").ok();
        assert_text("bad_input-commands-markers_that_were_staged", &answer.stdout());
        before.assert_same(repo);
        repo.idhooks("resolve").ok().complains("rebuilt from HEAD").done();
        assert_eq!(repo.registry(""), merged);
        assert_eq!(repo.read(REGISTRY), merged);
        repo.idhooks("resolve").ok().complains("nothing to do").done();
        repo.commit("merge");
    });
}

#[test]
fn a_registry_that_is_skipped_stays_so() {
    on_adopted(|repo| {
        let registry = repo.registry("HEAD");
        repo.stage(REGISTRY, "torn");
        repo.run(["update-index", "--skip-worktree", REGISTRY]);
        repo.remove(REGISTRY);
        repo.idhooks("resolve").ok().done();
        assert_eq!(repo.registry(""), registry);
        assert!(repo.ask(["ls-files", "-t", REGISTRY]).starts_with("S "));
        assert!(!repo.exists(REGISTRY));
    });
}

/// Leaves the registry unmerged, as where no driver is installed.
fn unmerged(repo: &Repo) {
    repo.run("checkout -q -b side");
    repo.commit_file("side.md", text("side"));
    repo.run("checkout -q main");
    repo.commit_file("main.md", text("main"));
    repo.try_git("merge -q -s resolve side").refused().done();
}

#[test]
fn resolving_is_all_or_nothing() {
    on_adopted(|repo| {
        unmerged(repo);
        repo.remove(REGISTRY);
        repo.write(format!("{REGISTRY}/file"), "in the way\n");
        let before = Snapshot::of(repo);
        repo.idhooks("resolve").code(2).explains(REGISTRY).done();
        before.assert_same(repo);
        std::fs::remove_dir_all(repo.path().join(REGISTRY)).expect("there");
        repo.write(REGISTRY, "markers\n");
        repo.write(".git/index.lock", "");
        let before = Snapshot::of(repo);
        repo.idhooks("resolve").code(2).explains("index.lock").done();
        before.assert_same(repo);
        repo.remove(".git/index.lock");
        let answer = repo.idhooks("resolve --dry-run").ok();
        assert_text("bad_input-commands-resolving_is_all_or_nothing", &answer.stdout());
        before.assert_same(repo);
        repo.idhooks("resolve").ok().done();
        repo.commit("merge");
    });
}

#[test]
fn allocating_what_cannot_be() {
    on_adopted(|repo| {
        repo.stage("new/a.md", text("new"));
        for dir in ["new", ".", "new/"] {
            let before = Snapshot::of(repo);
            repo.idhooks(["allocate", dir]).code(2).explains("is a directory; name files").done();
            before.assert_same(repo);
        }
        std::fs::remove_file(repo.path().join(".git/idhooks/given")).expect("there");
        repo.write(".git/idhooks/given/in-the-way", "");
        repo.idhooks("allocate -- new/a.md").ok().complains("warning: ").done();
        std::fs::remove_dir_all(repo.path().join(".git/idhooks/given")).expect("there");
        repo.commit("new");
        unmerged(repo);
        repo.idhooks("allocate main.md").code(2).explains("is unmerged").done();
        repo.idhooks("resolve").ok().done();
        repo.commit("merge");
    });
}
