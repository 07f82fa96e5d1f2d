//! Which pushes 'idhooks receive' checks: new branches, symbolic refs, deletions, and gates that
//! protect nothing.

use super::receive::{for_each_hook, served};
use crate::common::{Git, Repo, for_each_git, sample_of, text};

/// Commits a file without hooks, on a branch of its own.
fn unseen(clone: &Repo, branch: &str) {
    clone.run(["switch", "-q", "-c", branch]);
    clone.stage("unseen.md", text("unseen"));
    clone.run("commit -q --no-verify -m unseen");
}

#[test]
fn a_new_branch_is_checked_as_far_as_no_protected_one_has_it() {
    for_each_hook(|server, clone| {
        server.run(["config", "idhooks.protect", "main release/*"]);
        unseen(clone, "topic");
        let push = |refs: &str| clone.try_git(&*format!("push -q origin {refs}"));
        // A tag or another branch with the commits confirms nothing, neither before nor in one push.
        clone.run("tag mark");
        push("mark topic:release/1").code(1).complains("MISSING_ID").done();
        push("mark topic").ok().done();
        push("topic:release/1").code(1).complains("unseen.md").done();
        assert_eq!(server.ask("for-each-ref refs/heads/release"), "");
        push("main:release/2").ok().done();
        // The next commit heals it, and no commit after that is to blame.
        clone.idhooks("reconcile").ok().done();
        clone.commit("heal");
        push("topic:release/1").ok().done();
    });
}

#[test]
fn a_new_branch_without_a_common_commit_names_no_other_files() {
    for_each_hook(|server, clone| {
        server.run(["config", "idhooks.protect", "main release/*"]);
        let registry = String::from_utf8(clone.registry("main")).expect("text");
        let root = |registry: &str, branch: &str| {
            clone.write(".idhooks/registry.json", registry);
            clone.run("add -A");
            let tree = clone.ask("write-tree");
            let commit = clone.ask(["commit-tree", "-m", "root", &tree]);
            clone.run("reset -q --hard");
            let push = ["push", "-q", "origin", &format!("{commit}:refs/heads/release/{branch}")];
            clone.try_git(push)
        };
        root(&registry, "same").ok().done();
        let field = |path: &str| format!("\"file_path\":\"{path}\"");
        let aside = registry.replace(&field("README.md"), "aside");
        let aside = aside.replace(&field("notes.txt"), &field("README.md"));
        let refused = root(&aside.replace("aside", &field("notes.txt")), "exchanged").code(1);
        refused.complains("IDENTITY_CHANGED").complains("shares no commit").done();
        assert_eq!(
            server.ask("for-each-ref --format=%(refname) refs/heads/release"),
            "refs/heads/release/same"
        );
    });
}

#[test]
fn a_new_branch_may_be_older_than_the_adoption_but_not_drop_it() {
    for_each_git(|git| {
        for hook in ["pre-receive", "update"] {
            let origin = Repo::empty(git);
            origin.commit_file("a.md", text("a"));
            origin.run("tag before");
            origin.init_and_install("");
            origin.commit("adopt");
            origin.run("clone -q --bare . ../server.git");
            let server = origin.beside("server.git");
            super::receive::install_hook(&server, hook);
            server.run(["config", "idhooks.protect", "main release/*"]);
            origin.run("push -q ../server.git before:refs/heads/release/0");
            origin.run("switch -q -c old before");
            origin.stage("b.md", text("b"));
            origin.run("commit -q --no-verify -m fix");
            origin.run("push -q ../server.git old:refs/heads/release/0.1");
            origin.run("switch -q main");
            origin.run("rm -q .idhooks/registry.json idhooks.toml");
            origin.run("commit -q --no-verify -m away");
            let refused = origin.try_git("push -q ../server.git main:refs/heads/release/1");
            refused.code(1).complains("with it every identity").done();
        }
    });
}

#[test]
fn a_symbolic_ref_is_checked_as_its_target() {
    for_each_hook(|server, clone| {
        let head = server.rev("main");
        unseen(clone, "topic");
        let refused = || {
            for branch in ["master", "main"] {
                let refs = format!("topic:refs/heads/{branch}");
                let refused = clone.try_git(["push", "-q", "origin", &refs]).code(1);
                refused.complains("MISSING_ID").done();
                let refs = format!(":refs/heads/{branch}");
                let refused = clone.try_git(["push", "-q", "origin", &refs]).code(1);
                refused.complains("deletion of").done();
                assert_eq!(server.rev("refs/heads/main"), head, "{branch}");
            }
        };
        // git asks for another setting where HEAD names the branch.
        server.run("config receive.denyDeleteCurrent ignore");
        server.run("symbolic-ref refs/heads/master refs/heads/main");
        refused();
        server.run(["config", "idhooks.protect", "main"]);
        refused();
        // The same the other way round: a protected name leads to another branch.
        server.run(["config", "idhooks.protect", "master"]);
        refused();
        server.run(["config", "idhooks.protect", "mas*"]);
        refused();
        server.run("config --unset idhooks.protect");
        server.run("symbolic-ref HEAD refs/heads/master");
        refused();
        // A tag of the same name changes nothing.
        clone.run("push -q origin HEAD:refs/tags/main");
        refused();
        // A protected name may lead to a branch that does not exist yet.
        server.run("symbolic-ref refs/heads/stable refs/heads/next");
        server.run(["config", "idhooks.protect", "stable"]);
        clone.try_git("push -q origin topic:next").code(1).complains("MISSING_ID").done();
        clone.try_git("push -q origin topic:stable").code(1).complains("MISSING_ID").done();
        clone.run("push -q origin topic:other");
    });
}

#[test]
fn a_protected_branch_is_not_deleted() {
    for_each_hook(|server, clone| {
        server.run(["config", "idhooks.protect", "main release/*"]);
        clone.run("push -q origin main:release/1 main:topic");
        let refused = clone.try_git("push -q origin :release/1").code(1);
        refused
            .complains("deletion of 'release/1' refused")
            .complains("idhooks.allowDelete")
            .done();
        assert_eq!(server.rev("release/1"), server.rev("main"));
        let events = server.idhooks("audit tail").ok().stdout();
        assert!(events.contains(" blocked command=\"receive\" exit=1"), "{events}");
        clone.run("push -q origin :topic");
        // Without a registry nothing is lost.
        clone.run("switch -q --orphan fresh");
        clone.stage("a.md", text("a"));
        clone.run("commit -q --no-verify -m fresh");
        clone.run("push -q origin fresh:release/2");
        clone.run("push -q origin :release/2");
        server.run("config idhooks.allowDelete true");
        clone.run("push -q origin :release/1");
        assert!(!server.try_git("rev-parse --verify -q release/1").succeeded());
    });
}

#[test]
fn a_gate_that_protects_nothing_says_so() {
    for_each_hook(|server, clone| {
        let gap = |words: &str, hint: bool| {
            clone.run("commit -q --allow-empty -m more");
            let told = clone.try_git("push -q origin main").ok().stderr();
            assert_eq!(told.contains("no branch is protected"), hint, "{told}");
            assert!(told.contains(words), "{words}: {told}");
            let events = server.idhooks("audit tail").ok().stdout();
            assert_eq!(events.contains("no branch is protected"), hint, "{events}");
            let doctor = server.idhooks("doctor").ok().stdout();
            assert_eq!(doctor.contains("protects no branch"), hint, "{doctor}");
            assert!(doctor.contains(words) && doctor.contains("gate"), "{words}: {doctor}");
            server.sh("rm -rf idhooks").ok().done();
        };
        gap("", false);
        server.run(["config", "idhooks.protect", "mian relaese/*"]);
        gap("no branch matches idhooks.protect 'mian relaese/*'", true);
        server.run(["config", "idhooks.protect", " , "]);
        gap("idhooks.protect is empty", true);
        server.run("config --unset idhooks.protect");
        server.run("symbolic-ref HEAD refs/heads/master");
        gap("HEAD names the branch 'master', which does not exist", true);
        let head = server.rev("main");
        server.write("HEAD", format!("{head}\n"));
        gap("HEAD names no branch", true);
        server.run(["config", "idhooks.protect", "main relaese/*"]);
        gap("", false);
        // A repository without a registry has nothing to protect.
        server.run(["config", "idhooks.protect", "mian"]);
        clone.run("switch -q --orphan fresh");
        clone.stage("a.md", text("a"));
        clone.run("commit -q --no-verify -m fresh");
        let told = clone.git("push -q origin fresh").stderr();
        assert!(!told.contains("protected"), "{told}");
    });
    // The branch that is pushed first may be the one that is protected.
    for_each_git(|git| {
        let (server, clone) = served(git, "pre-receive");
        server.run("symbolic-ref HEAD refs/heads/trunk");
        let told = clone.git("push -q origin main:trunk").stderr();
        assert!(!told.contains("protected"), "{told}");
    });
}

/// Makes a server without commits, with this command in its hook, and a clone that pushes to it.
fn empty_server(git: &Git, command: &str) -> (Repo, Repo) {
    let clone = Repo::adopted(git);
    clone.run("init -q --bare ../fresh.git");
    let server = clone.beside("fresh.git");
    super::receive::install_hook(&server, "pre-receive");
    let hook = String::from_utf8(server.read("hooks/pre-receive")).expect("text");
    server.write("hooks/pre-receive", hook.replace("receive\n", &format!("{command}\n")));
    clone.run("remote add origin ../fresh.git");
    (server, clone)
}

/// Returns what the hint of a push of the adoption to a branch says to do on the server.
fn hint_of_push(clone: &Repo, branch: &str) -> String {
    let pushed = clone.try_git(["push", "-q", "origin", &format!("main:refs/heads/{branch}")]);
    let text = pushed.ok().stderr();
    let hint = text.lines().find_map(|line| line.split_once("on the server: "));
    assert!(hint.is_some(), "a hint: {text}");
    hint.map(|(_, rest)| rest.trim().to_owned()).unwrap_or_default()
}

#[test]
fn the_hint_of_a_gap_protects_the_branch_and_no_other_less() {
    for_each_git(|git| {
        let settings: [&[&str]; 4] = [&[], &["main release/*"], &["mian", "relaese/*"], &[" , "]];
        let names = ["topic", "fix{1}", "x,y", "a{b", "re]al", "refs/odd"];
        let cases: Vec<_> = names.iter().zip(settings.iter().cycle()).collect();
        for &(branch, values) in sample_of(&cases) {
            let (server, clone) = empty_server(git, "receive");
            server.run("symbolic-ref HEAD refs/heads/trunk");
            values.iter().for_each(|value| {
                server.run(["config", "--add", "idhooks.protect", value]);
            });
            let command = hint_of_push(&clone, branch);
            server.sh(&command).ok().done();
            unseen(&clone, "unseen");
            let refused = |branch: &str| {
                let push = ["push", "-q", "origin", &format!("unseen:refs/heads/{branch}")];
                clone.try_git(push).code(1).complains("MISSING_ID").done();
            };
            refused(branch);
            match *values {
                [] => refused("trunk"),
                ["main release/*"] => ["main", "release/1"].into_iter().for_each(refused),
                _ => {}
            }
            clone.run(["push", "-q", "origin", "unseen:refs/heads/free"]);
        }
    });
}

#[test]
fn the_hint_of_a_gap_names_the_option_of_the_hook() {
    for_each_git(|git| {
        let (server, clone) = empty_server(git, "receive --protect mian");
        let hint = hint_of_push(&clone, "fix{1},2");
        let option = hint.split_once("in the hook, add to 'idhooks receive': ");
        assert!(option.is_some(), "an option: {hint}");
        let option = option.map(|(_, rest)| rest).unwrap_or_default();
        let hook = String::from_utf8(server.read("hooks/pre-receive")).expect("text");
        server.write("hooks/pre-receive", hook.replace("mian", &format!("mian {option}")));
        unseen(&clone, "unseen");
        let push = ["push", "-q", "origin", "unseen:refs/heads/fix{1},2"];
        clone.try_git(push).code(1).complains("MISSING_ID").done();
        clone.run(["push", "-q", "origin", "unseen:refs/heads/free"]);
    });
}
