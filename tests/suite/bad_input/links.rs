//! Symbolic links where idhooks writes: nothing goes through one that lies in the repository.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use crate::common::{Output, Repo, Snapshot, for_each_git, text};
use crate::judge;

const REGISTRY: &str = ".idhooks/registry.json";

/// Makes a directory beside the repository, in which nothing may be written.
pub(super) fn elsewhere(repo: &Repo) -> PathBuf {
    let dir = repo.root().join("elsewhere");
    std::fs::create_dir(&dir).expect("a directory can be made");
    dir
}

/// Returns everything in a directory with its content.
fn contents(repo: &Repo) -> String {
    repo.sh("cd ../elsewhere; find . -type f -exec cksum {} + | sort; find . | sort").ok().stdout()
}

/// Puts what is at a path elsewhere, and a link to it in its place.
fn replace_by_link(repo: &Repo, path: &str) {
    let far = elsewhere(repo).join("far");
    std::fs::rename(repo.path().join(path), &far).expect("movable");
    symlink(&far, repo.path().join(path)).expect("a link can be made");
}

/// Asserts that a command names the link, and has changed nothing on either side of it.
pub(super) fn refuses(repo: &Repo, link: &str, run: impl Fn(&Repo) -> Output<'_>) {
    let (before, there) = (Snapshot::of(repo).without_refs(), contents(repo));
    let head = repo.rev("HEAD");
    let answer = run(repo).refused().explains(link);
    assert!(answer.stderr().contains("symbolic link"), "{answer}");
    assert_eq!(contents(repo), there, "written through the link\n{answer}");
    assert_eq!(repo.rev("HEAD"), head);
    let now = Snapshot::of(repo).without_refs();
    assert_eq!(now, before, "{answer}");
}

/// Does what the hint for a link says.
fn follow_hint(repo: &Repo, answer: &Output<'_>, command: &str) {
    let stderr = answer.stderr();
    let hint = stderr.lines().find_map(|line| line.split_once(command));
    let (_, rest) = hint.expect("the hint has the command");
    repo.sh(&format!("{command}{rest}")).ok().done();
}

#[test]
fn a_commit_where_the_registry_is_behind_a_link() {
    for_each_git(|git| {
        for path in [".idhooks", REGISTRY] {
            let repo = Repo::adopted(git);
            repo.stage("new.md", text("new"));
            replace_by_link(&repo, path);
            let link = repo.path().join(path);
            let link = link.to_str().expect("a plain path");
            refuses(&repo, link, |repo| repo.try_git("commit -q -m new"));
            repo.idhooks("hook pre-commit").code(2).explains(link).done();
            let answer = repo.try_git("commit -q -m new");
            follow_hint(&repo, &answer, "rm ");
            repo.run(["restore", path]);
            repo.commit("new");
            judge::assert_good(&repo);
        }
    });
}

#[test]
fn a_clone_of_a_commit_that_has_a_link_there() {
    for_each_git(|git| {
        for path in [".idhooks", REGISTRY] {
            let repo = Repo::adopted(git);
            replace_by_link(&repo, path);
            repo.run("add -A");
            repo.run("commit -q --no-verify -m link");
            repo.run("clone -q . ../clone");
            let clone = repo.beside("clone");
            clone.idhooks("install").ok().done();
            clone.stage("new.md", text("new"));
            refuses(&clone, path, |clone| clone.try_git("commit -q -m new"));
            clone.idhooks("hook pre-commit").code(2).explains(path).done();
            for line in ["check", "check --rev HEAD", "doctor"] {
                let answer = clone.idhooks(line).code(1);
                let said = answer.stdout() + &answer.stderr();
                assert!(said.contains(&format!("'{path}' is a symbolic link")), "{answer}");
            }
            for line in ["allocate new.md", "reserve --ns 100 --type 01", "init", "reconcile"] {
                let (before, there) = (Snapshot::of(&clone), contents(&clone));
                let answer = clone.idhooks(line);
                assert!(line == "init" || answer.exit() == Some(2), "{answer}");
                before.assert_same(&clone);
                assert_eq!(contents(&clone), there, "{line}");
            }
            // Each message has the same command, and following it is enough.
            let source = &repo.rev("HEAD~1")[..10];
            let restore = format!("git restore --source={source} --staged --worktree {REGISTRY}");
            let says_how = |line: &str| {
                let answer = clone.idhooks(line);
                let text = answer.stdout() + &answer.stderr();
                assert!(text.contains(&restore), "{line}: {restore}: {text}");
            };
            let lines = ["check", "check --rev HEAD", "doctor", "reconcile", "hook pre-commit"];
            lines.into_iter().for_each(says_how);
            // Without the link, it is a registry that an earlier commit removed.
            let copy = clone.copy_as("unlinked");
            copy.run(["rm", "-q", "-f", path]);
            copy.idhooks("-q reconcile").ok().done();
            copy.commit("written again");
            assert_eq!(copy.findings(""), [""; 0]);
            std::fs::remove_dir_all(copy.path()).expect("can be removed");
            clone.sh(&restore).ok().done();
            clone.stage("new.md", text("new"));
            clone.commit("new");
            assert_eq!(clone.findings(""), [""; 0]);
        }
    });
}

#[test]
fn a_commit_that_would_write_into_files_behind_a_link() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.append("idhooks.toml", "\n[[embed]]\npath = [\"docs/**\"]\n");
        repo.run("add idhooks.toml");
        repo.commit("rules");
        repo.stage("docs/new.md", text("new"));
        replace_by_link(&repo, "docs");
        refuses(&repo, "/docs'", |repo| repo.try_git("commit -q -m new"));
        for line in [
            "inject docs/guide.md",
            "inject --all",
            "rename --to-id-prefix docs/guide.md",
            "mv docs/guide.md guide.md",
            "mv notes.txt docs/notes.txt",
        ] {
            refuses(&repo, "/docs'", |repo| repo.idhooks(line).code(2));
        }
        let answer = repo.try_git("commit -q -m new");
        follow_hint(&repo, &answer, "rm ");
        repo.run("restore docs");
        repo.commit("new");
        judge::assert_good(&repo);
    });
}

#[test]
fn links_in_the_git_directory() {
    for_each_git(|git| {
        for path in [".git/idhooks", ".git/idhooks/given", ".git/idhooks/writer.lock"] {
            let repo = Repo::adopted(git);
            repo.idhooks("reserve --ns 100 --type 01").ok().done();
            repo.commit("reserve");
            repo.stage("new.md", text("new"));
            replace_by_link(&repo, path);
            let link = format!("/{path}'");
            refuses(&repo, &link, |repo| repo.try_git("commit -q -m new"));
            for line in ["allocate new.md", "status", "doctor"] {
                refuses(&repo, &link, |repo| repo.idhooks(line).code(2));
            }
            let answer = repo.try_git("commit -q -m new");
            follow_hint(&repo, &answer, "rm ");
            repo.commit("new");
            judge::assert_good(&repo);
        }
        // Where hooks are is for their owner to say.
        let repo = Repo::adopted(git);
        replace_by_link(&repo, ".git/hooks");
        repo.idhooks("install").ok().done();
        repo.commit_file("new.md", text("new"));
        judge::assert_good(&repo);
    });
}
