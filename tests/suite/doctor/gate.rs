//! What doctor says of the hooks of a server.

use super::{Said, said};
use crate::common::{Git, Repo, for_each_git, quoted_binary, sample_of, text};

/// Adopts a repository; returns it and a server with its branch.
fn served(git: &Git) -> (Repo, Repo) {
    let repo = Repo::adopted(git);
    repo.run("branch -q -M main");
    repo.run("clone -q --bare . ../server");
    let server = repo.beside("server");
    (repo, server)
}

/// Writes a hook of a server; `idhooks` in it is the program of the test.
fn write_hook(server: &Repo, hook: &str, script: &str) {
    let program = quoted_binary();
    let file = server.path().join("hooks").join(hook);
    // Quotes that a script has itself are those of the program.
    let script = script.replace("'idhooks'", "idhooks").replace("idhooks", &program);
    crate::common::write_script(&file, &script);
}

/// Asserts that doctor has exactly one line about a hook.
fn assert_gate(server: &Repo, level: &str, words: &str, help: &str) {
    let lines = said(server, "gate");
    let fits = |line: &Said| line.0 == level && line.1.contains(words) && line.2.contains(help);
    assert!(lines.len() == 1 && lines.iter().all(fits), "{level} {words:?} {help:?}: {lines:#?}");
}

/// Scripts after the line of the shell, and whether the server refuses an inconsistent push.
const PROTECTING: [&str; 9] = [
    "exec idhooks receive",
    "# checks identities\nidhooks receive # it\n",
    "umask 022\nexport A='b c'\nidhooks -q receive 2>&1\nexit $?",
    "idhooks receive || exit 1\ntrue",
    "set -eu\nidhooks receive\ntrue",
    "exec \\\n  idhooks receive\nexit 0",
    "exec idhooks receive --protect main --protect='release/*'",
    "test -d . || exit 1\nexec 'idhooks' receive >&2; exit 0",
    "idhooks receive && true",
];
const LOSING: [&str; 6] = [
    "idhooks receive || true",
    "idhooks receive; exit 0",
    "idhooks receive\necho done",
    "idhooks receive | cat",
    "idhooks receive & ",
    "idhooks receive || exit 0",
];
const UNCLEAR: [&str; 7] = [
    "echo 'idhooks receive checks this'",
    "if false; then idhooks receive; fi",
    "exit 0\nexec idhooks receive",
    "true || exec idhooks receive",
    "cat <<EOF\nidhooks receive\nEOF",
    "f() {\nidhooks receive\n}",
    "idhooks receive --help",
];

#[test]
fn a_hook_that_protects_and_one_that_does_not() {
    for_each_git(|git| {
        let (repo, server) = served(git);
        assert!(said(&server, "gate").is_empty());
        repo.stage("unseen.md", text("unseen"));
        repo.run("commit -q --no-verify -m unseen");
        let before = repo.rev("HEAD~1");
        let is_refused = || {
            let is_accepted = repo.try_git("push -q ../server main").succeeded();
            if is_accepted {
                server.run(["update-ref", "refs/heads/main", &before]);
            }
            !is_accepted
        };
        for script in sample_of(&PROTECTING) {
            write_hook(&server, "pre-receive", &format!("#!/bin/sh\n{script}\n"));
            assert_gate(&server, "ok", "the hook 'pre-receive' protects 'main'", "");
            assert!(is_refused(), "{script}");
        }
        for script in sample_of(&LOSING) {
            write_hook(&server, "pre-receive", &format!("#!/bin/sh\n{script}\n"));
            assert_gate(&server, "warning", "loses the result", "exec idhooks receive");
            assert!(!is_refused(), "{script}");
        }
        for script in sample_of(&UNCLEAR) {
            write_hook(&server, "pre-receive", &format!("#!/bin/sh\n{script}\n"));
            assert_gate(&server, "warning", "cannot tell whether", "exec idhooks receive");
            assert!(!is_refused(), "{script}");
        }
        write_hook(&server, "pre-receive", "#!/bin/sh\n# exec idhooks receive\n");
        assert_gate(&server, "warning", "only in a comment", "exec idhooks receive");
        write_hook(&server, "pre-receive", "#!/bin/sh\nexec idhooks receive\n");
        server.sh("chmod -x hooks/pre-receive").ok().done();
        assert_gate(&server, "warning", "is not executable", "chmod +x ");
        assert!(!is_refused());
    });
}

#[test]
fn a_hook_is_where_git_runs_it() {
    for_each_git(|git| {
        let (_, server) = served(git);
        write_hook(&server, "pre-receive", "#!/bin/sh\nexec idhooks receive\n");
        server.run("config core.hooksPath other");
        assert!(said(&server, "gate").is_empty());
        server.sh("mv hooks other").ok().done();
        assert_gate(&server, "ok", "protects 'main'", "");
    });
}

#[test]
fn the_option_counts_instead_of_the_setting() {
    for_each_git(|git| {
        let (_, server) = served(git);
        server.run("config idhooks.protect main");
        for option in ["--protect mian", "--protect=mian", "--protect 'mian'"] {
            let script = format!("#!/bin/sh\nexec idhooks receive {option}\n");
            write_hook(&server, "pre-receive", &script);
            assert_gate(&server, "warning", "no branch matches --protect 'mian'", "--protect=main");
        }
        write_hook(&server, "pre-receive", "#!/bin/sh\nexec idhooks receive --protect \"$ALL\"\n");
        assert_gate(&server, "warning", "cannot tell whether", "");
    });
}

#[test]
fn the_hook_update_passes_its_arguments() {
    for_each_git(|git| {
        let (repo, server) = served(git);
        for arguments in ["\"$@\"", "\"$1\" \"$2\" \"$3\""] {
            write_hook(
                &server,
                "update",
                &format!("#!/bin/sh\nexec idhooks receive {arguments}\n"),
            );
            assert_gate(&server, "ok", "the hook 'update' protects 'main'", "");
        }
        write_hook(&server, "update", "#!/bin/sh\nexec idhooks receive\n");
        assert_gate(&server, "warning", "does not pass its arguments", "receive \"$@\"");
        repo.commit_file("new.md", text("new"));
        let refused = repo.try_git("push -q ../server main").code(1);
        refused.complains("no ref was passed").complains("receive \"$@\"").done();
    });
}

#[test]
fn a_hook_after_the_push_refuses_nothing() {
    for_each_git(|git| {
        let (_, server) = served(git);
        write_hook(&server, "post-receive", "#!/bin/sh\nexec idhooks receive\n");
        assert_gate(&server, "warning", "'post-receive' cannot refuse a push", "'pre-receive'");
    });
}

#[test]
fn a_bare_repository_is_healed_by_a_push() {
    for_each_git(|git| {
        let (repo, server) = served(git);
        repo.stage("unseen.md", text("unseen"));
        repo.run("commit -q --no-verify -m unseen");
        repo.run("push -q ../server main");
        for check in ["registry", "HEAD"] {
            let lines = said(&server, check);
            let line = lines.iter().find(|line| line.0 == "warning").expect("a warning");
            assert!(line.1.contains("push a commit that heals it"), "{line:?}");
            assert_eq!(line.2, "idhooks check --rev HEAD");
        }
        server.idhooks("check --rev HEAD").code(1).done();
    });
}
