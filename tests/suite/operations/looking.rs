//! Operations that only look: they change nothing, and idhooks has nothing to say.

use super::{fork, heal, on_adopted, on_adopted_but};
use crate::common::{Snapshot, text};

#[test]
fn a_bisection() {
    on_adopted(|repo| {
        repo.run("tag good");
        for number in 0..5 {
            repo.commit_file(&format!("docs/{number}.md"), text(&number.to_string()));
        }
        let before = Snapshot::of(repo);
        let answer = repo.git("bisect start HEAD good");
        assert!(!answer.stderr().contains("idhooks"), "{answer}");
        let answer = repo.git(["bisect", "run", "test", "!", "-e", "docs/2.md"]);
        assert!(answer.stdout().contains("write docs/2.md"), "{answer}");
        assert!(!answer.stderr().contains("idhooks"), "{answer}");
        repo.run("bisect reset");
        before.assert_same(repo);
    });
}

#[test]
fn switching_to_and_fro() {
    on_adopted(|repo| {
        fork(repo);
        let before = Snapshot::of(repo);
        for command in ["switch side", "checkout --detach HEAD~2", "switch -", "switch main"] {
            let answer = repo.git(command);
            assert!(!answer.stderr().contains("idhooks"), "{answer}");
            assert_eq!(repo.ask("status --porcelain"), "", "{command}");
        }
        before.assert_same(repo);
    });
}

#[test]
fn an_untrue_commit_is_named_once() {
    on_adopted_but(|repo| {
        repo.stage("new.md", text("new"));
        repo.run("commit -q --no-verify -m unseen");
        repo.run("switch -q --detach HEAD~1");
        let line = "idhooks: the registry in HEAD is inconsistent";
        repo.git("switch -q main").complains(line).done();
        repo.run("switch -q --detach HEAD~1");
        let answer = repo.git("switch -q main");
        assert_eq!(answer.stderr(), "");
        heal(repo)
    });
}

#[test]
fn tags_notes_and_archives() {
    on_adopted(|repo| {
        fork(repo);
        let before = repo.rev("HEAD");
        repo.run("notes add -m note HEAD");
        repo.run("tag -a -m tagged tagged");
        repo.run("gc -q");
        repo.git("archive --format=tar -o ../all.tar HEAD").done();
        repo.run("bundle create -q ../all.bundle --all");
        repo.run("reflog expire --expire=now --all");
        assert_eq!(repo.rev("HEAD"), before);
    });
}
