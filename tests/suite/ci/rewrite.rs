//! Identities that commits without hooks changed and confirmed: out of the circle, by the hint alone.

use serde_json::Value;

use crate::checks::assert_fits;
use crate::common::{Git, Repo, for_each_git, text};
use crate::judge;
use crate::reviewed::assert_text;

use super::receive::{for_each_hook, served};

const REGISTRY: &str = ".idhooks/registry.json";

/// Lets two files have each other's identity, in a commit that no hook sees.
fn swap(repo: &Repo, one: &str, other: &str) {
    let registry = String::from_utf8(repo.read(REGISTRY)).expect("text");
    let [one, other] = [one, other].map(|path| format!("\"file_path\":\"{path}\""));
    let swapped = registry.replace(&one, "?").replace(&other, &one).replace('?', &other);
    repo.write(REGISTRY, swapped);
    repo.run("commit -q --no-verify -am swap");
}

/// Commits without hooks.
fn unseen(repo: &Repo, path: &str) {
    repo.stage(path, text(path));
    repo.run(["commit", "-q", "--no-verify", "-m", path]);
}

/// Two identities swapped, and another commit on top that confirms it.
fn confirmed(repo: &Repo) {
    swap(repo, "README.md", "notes.txt");
    repo.append("docs/guide.md", "more\n");
    repo.run("commit -q --no-verify -am second");
}

/// Returns the words after 'idhooks' of the last hint that names a rewrite.
fn hinted(said: &str) -> String {
    let lines = said.lines().filter(|line| line.contains("hint: "));
    let mut command = lines.filter_map(|line| line.split_once("idhooks reconcile --rewrite "));
    let (_, rest) = command.next_back().unwrap_or_else(|| unreachable!("no hint in {said}"));
    format!("reconcile --rewrite {}", rest.split_whitespace().next().expect("a range"))
}

fn people(repo: &Repo, range: &str) -> String {
    repo.git(["log", "--format=%an %ae %ad %cn %cd %B", range]).stdout()
}

fn objects(repo: &Repo) -> String {
    repo.sh("git count-objects -v | grep -v size; git for-each-ref; git reflog; git ls-files -s")
        .ok()
        .stdout()
}

#[test]
fn the_hint_of_a_refused_push_gets_it_through() {
    for_each_hook(|server, clone| {
        let ids = ["README.md", "notes.txt"].map(|path| clone.id(path));
        confirmed(clone);
        // With hooks again, and with something new.
        clone.commit_file("docs/new.md", text("new"));
        clone.commit_file("docs/last.md", text("last"));
        let new = clone.id("docs/new.md");
        let (old, before) = (clone.rev("HEAD"), people(clone, "origin/main..HEAD"));
        let said =
            clone.try_git("push -q origin main").code(1).complains("IDENTITY_CHANGED").stderr();
        let command = hinted(&said);
        assert!(!said.contains("reconcile && git commit"), "{said}");

        clone.idhooks(&*command).ok().done();
        judge::assert_good(clone);
        assert_eq!(["README.md", "notes.txt"].map(|path| clone.id(path)), ids);
        assert_eq!(clone.id("docs/new.md"), new);
        assert_eq!(people(clone, "origin/main..HEAD"), before);
        clone.run(["diff", "--quiet", &old, "HEAD", "--", ":!.idhooks"]);
        clone.run("push -q origin main");
        assert_eq!(server.rev("main"), clone.rev("HEAD"));
        // The commits from before are kept, and the way back is plain.
        let kept = clone.ask("for-each-ref --format=%(objectname) refs/idhooks/rewrites");
        assert_eq!(kept, old);
        clone.idhooks("check --history").ok().done();
        clone.idhooks("check --history=--all").ok().done();
        clone.idhooks(&*command).ok().complains("nothing to rewrite").done();
    });
}

#[test]
fn everyone_gives_the_same_advice() {
    for_each_git(|git| {
        let (_, clone) = served(git, "pre-receive");
        confirmed(&clone);
        let command = hinted(&clone.try_git("push -q origin main").code(1).stderr());
        assert_eq!(hinted(&clone.idhooks("reconcile").ok().stderr()), command);
        assert_eq!(hinted(&clone.idhooks("reconcile --dry-run").ok().stderr()), command);
        for fix in ["", "--fix"] {
            let head = clone.rev("HEAD");
            let answer = clone.idhooks(format!("ci --base origin/main {fix}").as_str()).code(1);
            assert_eq!(hinted(&answer.stderr()), command);
            assert!(!answer.stdout().contains("with idhooks restores"), "{answer}");
            assert_eq!(clone.rev("HEAD"), head);
        }
        let history = clone.idhooks("check --history").code(1).stdout();
        assert_text("ci-rewrite-everyone_gives_the_same_advice", &history);
        // One commit alone is healed by the next, and that is what is said.
        clone.run("reset -q --hard HEAD~1");
        let said = clone.try_git("push -q origin main").code(1).stderr();
        assert_text("ci-rewrite-everyone_gives_the_same_advice-2", &said);
        clone.idhooks("ci --base origin/main").code(1).complains("idhooks ci --fix").done();
        clone.idhooks("reconcile").ok().done();
        clone.commit("heal");
        clone.run("push -q origin main");
    });
}

#[test]
fn a_dry_run_shows_it_and_leaves_nothing() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag base");
        confirmed(&repo);
        // What status refreshes, it refreshes before.
        repo.run("status -s");
        let before = objects(&repo);
        let shown = repo.idhooks("reconcile --rewrite base..HEAD --dry-run").ok();
        assert_eq!(shown.stdout().matches("would be rewritten: ").count(), 2, "{shown}");
        assert_text("ci-rewrite-a_dry_run_shows_it_and_leaves_nothing", &shown.stdout());
        let report =
            repo.idhooks("reconcile --rewrite base..HEAD --dry-run --format json").ok().json();
        assert_eq!((&report["written"], &report["backup"]), (&Value::Bool(false), &Value::Null));
        assert_eq!(objects(&repo), before);
        let old = repo.rev("HEAD");
        let report = repo.idhooks("reconcile --rewrite base..HEAD --format json").ok().json();
        assert_fits(&repo, "reconcile", &report);
        let pairs = report["rewritten"].as_array().expect("a list");
        assert_eq!((pairs.len(), &pairs[1]["old_commit"]), (2, &Value::from(old.clone())));
        assert_eq!(pairs[1]["commit"], Value::from(repo.rev("HEAD")));
        assert_eq!(repo.rev(report["backup"].as_str().expect("a ref")), old);
        judge::assert_good(&repo);
        let again = repo.idhooks("reconcile --rewrite base..HEAD --format json").ok().json();
        assert_eq!(again["rewritten"], serde_json::json!([]));
        // The audit has it, and the chain of it holds.
        repo.idhooks("audit verify").ok().done();
        // And back.
        let backup = report["backup"].as_str().expect("a ref");
        repo.run(["reset", "-q", "--keep", backup]);
        assert_eq!(repo.rev("HEAD"), old);
        judge::assert_clean(&repo);
    });
}

#[test]
fn what_others_may_have_stays() {
    for_each_git(|git| {
        let (server, clone) = served(git, "pre-receive");
        clone.run("switch -q -c topic");
        confirmed(&clone);
        let (head, range) = (clone.rev("HEAD"), "reconcile --rewrite origin/main..HEAD");
        let refused = |name: &str| {
            let answer = clone.idhooks(range).code(2).explains(&format!("'{name}'"));
            assert_eq!(clone.rev("HEAD"), head);
            answer.stderr()
        };
        clone.run("branch other");
        refused("other");
        clone.run("branch -q -D other");
        clone.run("tag v1 HEAD~1");
        refused("v1");
        clone.run("tag -d v1");
        clone.run("push -q origin topic");
        let said = refused("origin/topic");
        // It leads there too from where nothing looks wrong.
        assert!(hinted(&clone.idhooks("reconcile").ok().stderr()).ends_with("^..HEAD"));
        // The other way, which is named there, gives new commits; hooks see to their registries.
        let (_, rest) = said.split_once("git rebase ").expect("another way");
        let words = rest.split(" makes").next().expect("its words");
        clone.run(format!("rebase -q {words}").as_str());
        judge::assert_good(&clone);
        clone.run("push -q --force-with-lease origin topic");
        clone.run("push -q origin topic:main");
        assert_eq!(server.rev("main"), clone.rev("HEAD"));
    });
}

#[test]
fn what_comes_after_a_published_commit_heals_it() {
    for_each_git(|git| {
        let (server, clone) = served(git, "pre-receive");
        clone.run("switch -q -c topic");
        let id = clone.id("README.md");
        swap(&clone, "README.md", "notes.txt");
        clone.run("push -q origin topic");
        unseen(&clone, "late.md");
        let said = clone.idhooks("reconcile --rewrite origin/main..HEAD").code(2).stderr();
        clone.idhooks(&*hinted(&said)).ok().done();
        assert_eq!(clone.id("README.md"), id);
        judge::assert_clean(&clone);
        clone.run("push -q origin topic:main");
        assert_eq!(server.rev("main"), clone.rev("HEAD"));
    });
}

#[test]
fn merges_within_the_range_are_made_again() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = ["README.md", "notes.txt", "docs/guide.md"].map(|path| repo.id(path));
        repo.run("switch -q -c side");
        confirmed(&repo);
        repo.commit_file("docs/side.md", text("side"));
        repo.run("switch -q main");
        repo.commit_file("docs/main.md", text("main"));
        let theirs = repo.rev("HEAD");
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.commit("move");
        repo.run("merge -q --no-ff -m join side");
        repo.run("branch -q -D side");
        repo.commit_file("docs/after.md", text("after"));
        let graph = |repo: &Repo| repo.git("log --graph --topo-order --format=%s HEAD").stdout();
        let (before, new) = (graph(&repo), repo.id("docs/side.md"));
        repo.idhooks("reconcile --rewrite HEAD").ok().done();
        judge::assert_good(&repo);
        assert_eq!(graph(&repo), before);
        assert_eq!(["README.md", "notes.txt", "docs/manual.md"].map(|path| repo.id(path)), ids);
        assert_eq!(repo.id("docs/side.md"), new);
        // What was consistent, and follows nothing else, is the same commit as before.
        repo.run(["merge-base", "--is-ancestor", &theirs, "HEAD"]);
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn notes_and_signatures_follow() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag base");
        repo.run("config notes.rewriteRef refs/notes/*");
        swap(&repo, "README.md", "notes.txt");
        repo.run("notes add -m remembered");
        let key = repo.root().join("key");
        let key = key.to_str().expect("a plain name");
        repo.sh_as("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", key]).ok().done();
        repo.run("config gpg.format ssh");
        repo.run(["config", "user.signingkey", key]);
        repo.append("docs/guide.md", "more\n");
        repo.run("commit -q -S --no-verify -am signed");
        repo.idhooks("reconcile --rewrite base..HEAD").ok().done();
        assert_eq!(repo.ask("notes show HEAD~1"), "remembered");
        assert!(repo.git("cat-file commit HEAD").stdout().contains("gpgsig "));
        assert!(!repo.git("cat-file commit HEAD~1").stdout().contains("gpgsig "));
        judge::assert_good(&repo);
        // Without the key nothing moves.
        repo.run("reset -q --hard base");
        confirmed(&repo);
        repo.run("commit -q -S --no-verify --amend --no-edit");
        repo.run("config user.signingkey /nowhere");
        let head = repo.rev("HEAD");
        repo.idhooks("reconcile --rewrite base..HEAD").code(2).explains("cannot sign").done();
        assert_eq!(repo.rev("HEAD"), head);
        judge::assert_clean(&repo);
    });
}

#[test]
fn it_is_refused_where_it_cannot_be_done() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag base");
        confirmed(&repo);
        let head = repo.rev("HEAD");
        let refused = |range: &str, why: &str| {
            repo.idhooks(["reconcile", "--rewrite", range]).code(2).explains(why).done();
            assert_eq!(repo.rev("HEAD"), head);
        };
        refused("base..HEAD~1", "does not end at HEAD");
        refused("HEAD..HEAD", "does not end at HEAD");
        refused("base..nowhere", "cannot find the commits of 'base..nowhere'");
        repo.idhooks(["reconcile", "--rewrite=--all"]).code(2).explains("names no commits").done();
        repo.append("docs/guide.md", "more\n");
        refused("base..HEAD", "docs/guide.md");
        repo.run("add .");
        refused("base..HEAD", "docs/guide.md");
        repo.run("reset -q --hard");
        repo.git("bisect start").done();
        refused("base..HEAD", "a bisect is in progress");
        repo.git("bisect reset").done();
        // A hook of the user that forbids moving the branch: nothing moves.
        repo.write(
            ".git/hooks/reference-transaction",
            "#!/bin/sh\n[ \"$1\" != prepared ] || ! grep -q refs/heads/main\n",
        );
        repo.sh("chmod +x .git/hooks/reference-transaction").ok().done();
        repo.idhooks("reconcile --rewrite base..HEAD").code(2).done();
        repo.remove(".git/hooks/reference-transaction");
        assert_eq!(repo.rev("HEAD"), head);
        assert_eq!(repo.ask("for-each-ref refs/idhooks/rewrites"), "");
        judge::assert_clean(&repo);
        repo.run("switch -q --detach");
        let answer = repo.idhooks("reconcile --rewrite base..HEAD").code(2).explains("'main'");
        answer.complains("git switch").done();
        repo.run("switch -q main");
        let elsewhere = Repo::empty(git);
        elsewhere.idhooks("reconcile --rewrite HEAD").code(2).explains("no commit yet").done();
        elsewhere.stage("a.md", text("a"));
        elsewhere.run("commit -q -m first");
        elsewhere.idhooks("reconcile --rewrite HEAD").code(2).explains("HEAD has no").done();
    });
}

#[test]
fn what_else_went_wrong_is_healed_along() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let base = repo.rev("HEAD");
        let [readme, notes, table] =
            ["README.md", "notes.txt", "data/table.csv"].map(|p| repo.id(p));
        swap(&repo, "README.md", "notes.txt");
        unseen(&repo, "late.md");
        repo.mv("notes.txt", "memo.txt");
        repo.run("commit -q --no-verify -m move");
        repo.write(REGISTRY, "<<<<<<< ours\n");
        repo.run("commit -q --no-verify -am broken");
        repo.run("rm -q data/table.csv");
        repo.run("commit -q --no-verify -m gone");
        repo.idhooks(["reconcile", "--rewrite", &format!("{base}..HEAD")]).ok().done();
        judge::assert_good(&repo);
        assert_eq!([repo.id("README.md"), repo.id("memo.txt")], [readme, notes]);
        assert_eq!(repo.record(&table)["status"], "deprecated");
        assert_eq!(repo.id_in("HEAD", "late.md"), repo.id_in("HEAD~3", "late.md"));
        repo.idhooks("check --history").ok().done();
    });
}

/// A version of git says whether the branch of a linked working tree is another one.
fn linked(git: &Git) -> (Repo, Repo) {
    let repo = Repo::adopted(git);
    repo.run("worktree add -q ../linked -b linked");
    let linked = repo.beside("linked");
    (repo, linked)
}

#[test]
fn a_linked_working_tree_rewrites_its_own_branch() {
    for_each_git(|git| {
        let (repo, linked) = linked(git);
        let main = repo.rev("HEAD");
        let id = linked.id("README.md");
        confirmed(&linked);
        linked.idhooks("reconcile --rewrite main..HEAD").ok().done();
        assert_eq!((linked.id("README.md"), repo.rev("main")), (id, main));
        judge::assert_good(&linked);
        judge::assert_clean(&repo);
    });
}

#[test]
fn an_identity_that_goes_with_the_old_commits_is_named() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag base");
        let id = repo.id("README.md");
        confirmed(&repo);
        repo.idhooks("supersede README.md --with-new").ok().done();
        repo.commit("another identity");
        let new = repo.id("README.md");
        assert_ne!(new, id);
        let said = repo.idhooks("reconcile --rewrite base..HEAD").ok().complains(&new).stderr();
        assert_text("ci-rewrite-an_identity_that_goes_with_the_old_commits_is_named", &said);
        assert_eq!(repo.id("README.md"), id);
        judge::assert_good(&repo);
    });
}

/// A head that a further commit corrects is no reason to rewrite anything.
#[test]
fn a_rewrite_is_not_advised_against_what_it_does_not_heal() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("branch base");
        let head = format!("---\ndoc_id: \"{}\"\n---\n{}", repo.id("docs/guide.md"), text("copy"));
        repo.stage("docs/copy.md", head);
        repo.run("commit -q --no-verify -m copy");
        repo.run("commit -q --allow-empty -m heal");
        let answer = repo.idhooks("ci --base base").code(1);
        let said = answer.stdout() + &answer.stderr();
        assert!(!said.contains("--rewrite"), "{said}");
        repo.idhooks("inject --replace -- docs/copy.md").ok().done();
        repo.run("commit -q -a -m corrected");
        repo.idhooks("ci --base base").ok().done();
    });
}
