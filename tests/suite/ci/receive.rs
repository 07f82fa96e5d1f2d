//! Pushes to a server that has 'idhooks receive' as a hook.

use crate::common::{Git, Repo, binary, for_each_git, sample_of, text};

/// A server with the hook, and a clone of somebody with idhooks installed.
pub(super) fn served(git: &Git, hook: &str) -> (Repo, Repo) {
    let origin = Repo::adopted(git);
    origin.run("branch -q -M main");
    origin.run("clone -q --bare . ../server.git");
    let server = origin.beside("server.git");
    install_hook(&server, hook);
    origin.run("clone -q ../server.git ../clone");
    let clone = origin.beside("clone");
    clone.idhooks("install").ok().done();
    (server, clone)
}

/// Makes 'idhooks receive' a hook of a server.
pub(super) fn install_hook(server: &Repo, hook: &str) {
    let program = binary().into_string().expect("a plain name");
    let arguments = if hook == "update" { " \"$@\"" } else { "" };
    server.write(
        format!("hooks/{hook}"),
        format!("#!/bin/sh\nexec '{program}' receive{arguments}\n"),
    );
    server.sh(&format!("chmod +x hooks/{hook}")).ok().done();
}

/// Runs the scenario with one of the hooks, and with both in the long form.
#[track_caller]
pub(super) fn for_each_hook(scenario: impl Fn(&Repo, &Repo)) {
    for_each_git(|git| {
        for hook in sample_of(&["pre-receive", "update"]) {
            let (server, clone) = served(git, hook);
            scenario(&server, &clone);
        }
    });
}

#[test]
fn a_true_push_is_taken_and_an_untrue_one_is_not() {
    for_each_hook(|server, clone| {
        clone.commit_file("docs/new.md", text("new"));
        clone.mv("notes.txt", "memo.txt");
        clone.commit("move");
        clone.run("push -q origin main");
        let head = clone.rev("HEAD");
        clone.stage("unseen.md", text("unseen"));
        clone.run("commit -q --no-verify -m unseen");
        let told = clone.try_git("push -q origin main").code(1);
        let told = told.complains("MISSING_ID").complains("push to 'main' refused");
        told.complains("idhooks reconcile").done();
        assert_eq!(server.rev("main"), head);
        server.idhooks("audit verify").ok().done();
        let events = server.idhooks("audit tail").ok().stdout();
        assert!(events.contains(" blocked command=\"receive\" exit=1"), "{events}");
        assert!(events.contains("unseen.md") && events.lines().count() == 1, "{events}");
        // Healed, it is taken with the commit that was not true.
        clone.idhooks("reconcile").ok().done();
        clone.commit("heal");
        clone.run("push -q origin main");
        assert_eq!(server.rev("main"), clone.rev("HEAD"));
    });
}

#[test]
fn an_identity_given_twice_or_anew_stays_outside() {
    for_each_hook(|server, clone| {
        let head = server.rev("main");
        let registry = String::from_utf8(clone.registry("HEAD")).expect("text");
        let [one, other] = [clone.id("README.md"), clone.id("notes.txt")];
        let line = |id: &str| registry.lines().find(|line| line.contains(id)).expect("a record");
        let edits = [
            ("DUPLICATE_ID", registry.replace(&one, &other)),
            ("RECORD_LOST", registry.replace(&format!("{}\n", line(&other)), "")),
            ("REGISTRY_CORRUPT", "{}".to_owned()),
        ];
        for (code, text) in edits {
            clone.write(".idhooks/registry.json", text);
            clone.run("commit -q --no-verify -am edited");
            clone.try_git("push -q origin main").code(1).complains(code).done();
            assert_eq!(server.rev("main"), head, "{code}");
            clone.run("reset -q --hard origin/main");
        }
    });
}

#[test]
fn history_that_is_replaced_must_not_lose_identities() {
    for_each_hook(|server, clone| {
        clone.commit_file("docs/new.md", text("new"));
        clone.run("push -q origin main");
        let head = server.rev("main");
        clone.run("reset -q --hard HEAD~1");
        clone.commit_file("docs/other.md", text("other"));
        clone.try_git("push -q -f origin main").code(1).complains("RECORD_LOST").done();
        assert_eq!(server.rev("main"), head);
    });
}

#[test]
fn other_branches_tags_and_deletions_are_free() {
    for_each_hook(|server, clone| {
        clone.run("switch -q -c topic");
        clone.stage("unseen.md", text("unseen"));
        clone.run("commit -q --no-verify -m unseen");
        clone.run("tag mark");
        clone.run("push -q origin topic mark");
        clone.run("push -q origin :topic");
        server.run(["config", "idhooks.protect", "main release/*"]);
        clone.run("push -q origin topic");
        clone.try_git("push -q origin topic:release/1.0").code(1).complains("MISSING_ID").done();
        clone.run("push -q origin main:release/1.0");
        server.run(["config", "idhooks.protect", "release/["]);
        clone.try_git("push -q origin topic:release/2").code(1).complains("not a pattern").done();
    });
}

#[test]
fn who_has_not_adopted_pushes_as_ever() {
    for_each_git(|git| {
        let (server, clone) = served(git, "pre-receive");
        clone.run("switch -q --orphan fresh");
        clone.write("a.md", text("a"));
        clone.run("add .");
        clone.run("commit -q --no-verify -m fresh");
        server.run(["config", "idhooks.protect", "*"]);
        clone.run("push -q origin fresh");
        server.idhooks("receive refs/heads/main").refused().done();
        server
            .idhooks("receive refs/heads/main nope nope")
            .refused()
            .complains("not a commit")
            .done();
    });
}

#[test]
fn what_is_not_pushed_is_not_read() {
    for_each_git(|git| {
        let (server, clone) = served(git, "pre-receive");
        clone.stage("unseen.md", text("unseen"));
        clone.run("commit -q --no-verify -m unseen");
        clone.idhooks("reconcile").ok().done();
        clone.commit("heal");
        clone.run("push -q origin main");
        clone.commit_file("docs/new.md", text("new"));
        clone.run("push -q origin main");
        assert_eq!(server.rev("main"), clone.rev("HEAD"));
    });
}

#[test]
fn the_registry_cannot_be_given_up() {
    for_each_hook(|server, clone| {
        let head = server.rev("main");
        clone.run("switch -q --orphan bare");
        clone.write("README.md", text("README"));
        clone.run("add README.md");
        clone.run("commit -q --no-verify -m fresh");
        let told = clone.try_git("push -q -f origin bare:main").code(1);
        told.complains("with it every identity").complains("without --force").done();
        clone.run("switch -q main");
        clone.run("rm -q .idhooks/registry.json idhooks.toml");
        clone.run("commit -q --no-verify -m away");
        clone.try_git("push -q origin main").code(1).complains("with it every identity").done();
        assert_eq!(server.rev("main"), head);
    });
}

#[test]
fn each_value_of_the_setting_counts() {
    for_each_hook(|server, clone| {
        server.run(["config", "--add", "idhooks.protect", "main, other"]);
        server.run(["config", "--add", "idhooks.protect", "release/*"]);
        clone.stage("unseen.md", text("unseen"));
        clone.run("commit -q --no-verify -m unseen");
        for branch in ["main", "other", "release/1"] {
            clone
                .try_git(["push", "-q", "origin", &format!("HEAD:refs/heads/{branch}")])
                .code(1)
                .done();
        }
        clone.run("push -q origin HEAD:refs/heads/free");
    });
}

#[test]
fn a_registry_that_a_commit_lost_comes_back_with_the_next_one() {
    for_each_hook(|_, clone| {
        clone.run("rm -q .idhooks/registry.json");
        clone.run("commit -q --no-verify -m lost");
        let says_how = |answer: &str| {
            assert!(answer.contains("idhooks reconcile"), "{answer}");
            assert!(!answer.contains("git restore"), "{answer}");
        };
        says_how(&clone.try_git("push -q origin main").code(1).stderr());
        let checked = clone.idhooks("ci --base origin/main --head HEAD").code(1);
        says_how(&(checked.stdout() + &checked.stderr()));
        clone.stage("README.md", text("edited"));
        clone.commit("edited");
        clone.run("push -q origin main");
    });
}

#[test]
fn a_registry_that_became_a_link_is_put_back_with_the_command_of_the_message() {
    for_each_hook(|_, clone| {
        let registry = ".idhooks/registry.json";
        clone.run(["mv", registry, "moved.json"]);
        clone.sh(&format!("mkdir -p .idhooks && ln -s ../moved.json {registry}")).ok().done();
        clone.run("add -A");
        clone.run("commit -q --no-verify -m link");
        let command = "git restore --source=";
        let says_how = |answer: String| {
            assert!(answer.contains(command) && !answer.contains("reconcile"), "{answer}");
            answer
        };
        let refused = says_how(clone.try_git("push -q origin main").code(1).stderr());
        let checked = clone.idhooks("ci --base origin/main --head HEAD").code(1);
        says_how(checked.stdout() + &checked.stderr());
        let rest = refused.split_once(command).expect("the command").1;
        let rest = rest.lines().next().unwrap_or_default();
        clone.sh(&format!("{command}{rest}")).ok().done();
        clone.commit("restored");
        clone.run("push -q origin main");
    });
}
