//! Hooks that were there before.

use std::fs;
use std::os::unix::fs::symlink;

use crate::install::fixture::{EVENTS, Snapshot, World, write};
use crate::reviewed::assert_text;

const HOOK: &str = "repo/.git/hooks/pre-commit";
const MOVED: &str = "repo/.git/hooks/pre-commit.before-idhooks";

/// Installs, uninstalls and asserts that nothing is different; returns what install said.
fn there_and_back(w: &World, between: impl Fn()) -> String {
    let watched = |w: &World| -> Snapshot {
        let all = w.snapshot("repo/.git").into_iter();
        all.filter(|(k, _)| ["hooks", "info", "config"].iter().any(|p| k.starts_with(p))).collect()
    };
    let before = watched(w);
    let said = w.install("repo");
    let installed = watched(w);
    let again = w.install("repo");
    assert_eq!(watched(w), installed, "a second run changes nothing");
    assert!(again.starts_with("pre-commit: already installed\n"), "{again}");
    let program = fs::read_link(w.program()).expect("a link");
    between();
    fs::remove_file(w.program()).expect("there");
    symlink(program, w.program()).expect("writable");
    w.uninstall("repo");
    assert_eq!(watched(w), before);
    said
}

#[test]
fn a_shell_hook_runs_first_whatever_ends_it() {
    World::each(|w| {
        for end in ["exit 0\n", "exec true\n", "true", "kill -0 $$\nexit"] {
            let text = format!("#!/bin/sh -eu\nx=1\necho \"mine $#\" >>'@CALLS@'\n{end}");
            w.hook(HOOK, text.as_bytes(), 0o754);
            let said = there_and_back(w, || {
                w.record_calls(0);
                let output = w.commit("repo", &format!("file {}", end.len()));
                assert!(output.status.success());
                assert_eq!(w.calls(), ["mine 0", "idhooks hook pre-commit"]);
            });
            let expected = "pre-commit: installed in the existing hook, which runs first\n";
            assert!(said.starts_with(expected), "{said}");
        }
    });
}

#[test]
fn a_bash_hook_keeps_its_shell_and_its_environment() {
    World::each(|w| {
        let text = b"#!/usr/bin/env bash\na=(one two)\n\
            echo \"${a[1]} $0 ${IDHOOKS_GUARD-none} ${idhooks_code-none}\" >>'@CALLS@'\n";
        w.hook(HOOK, text, 0o755);
        there_and_back(w, || {
            w.record_calls(0);
            assert!(w.commit("repo", "a").status.success());
            let calls = w.calls();
            assert_eq!(calls, ["two .git/hooks/pre-commit none none", "idhooks hook pre-commit"]);
        });
    });
}

#[test]
fn a_failing_hook_still_decides() {
    World::each(|w| {
        for event in EVENTS {
            let text = format!("#!/bin/sh\necho {event} >>'@CALLS@'\nexit 3\n");
            w.hook(&format!("repo/.git/hooks/{event}"), text.as_bytes(), 0o755);
        }
        there_and_back(w, || {
            w.record_calls(0);
            assert_eq!(w.commit("repo", "a").status.code(), Some(1));
            assert_eq!(w.calls(), ["pre-commit"], "idhooks does not run for a blocked commit");
            w.git("repo", &["commit", "-q", "--no-verify", "-m", "a"]);
            // The code of post-checkout makes checkout fail, as it did without idhooks.
            let output = w.try_git("repo", &["checkout", "-q", "-b", "side"]);
            assert_eq!(output.status.code(), Some(1));
            let calls = w.calls();
            assert_eq!(calls[0], "post-checkout");
            assert!(calls[1].starts_with("idhooks hook post-checkout "), "{calls:?}");
            w.git("repo", &["commit", "-q", "--no-verify", "--allow-empty", "-m", "b"]);
            assert_eq!(w.try_git("repo", &["checkout", "-q", "main"]).status.code(), Some(1));
            w.calls();
            assert_eq!(w.try_git("repo", &["merge", "-q", "side"]).status.code(), Some(0));
            assert_eq!(w.calls(), ["post-merge", "idhooks hook post-merge 0"]);
        });
    });
}

#[test]
fn other_hooks_are_moved_aside_and_run_first() {
    World::each(|w| {
        for text in [
            &b"#!/usr/bin/perl -w\nopen F, \">>@CALLS@\"; print F \"theirs\\n\";\n"[..],
            b"#!/bin/sh\necho theirs >>'@CALLS@'\nexit\n\0payload",
            b"echo theirs >>'@CALLS@'",
            b"#!/bin/sh\necho theirs >>'@CALLS@' # \xff\xfe\n",
        ] {
            let _ = fs::remove_file(w.path(HOOK));
            w.hook(HOOK, text, 0o755);
            let said = there_and_back(w, || {
                w.record_calls(0);
                let output = w.commit("repo", &format!("file {}", text.len()));
                assert!(output.status.success());
                assert_eq!(w.calls(), ["theirs", "idhooks hook pre-commit"]);
            });
            assert!(said.starts_with("pre-commit: installed"), "{said}");
        }
    });
}

#[test]
fn a_link_stays_a_link() {
    World::each(|w| {
        w.hook("repo/scripts/check", b"#!/bin/sh\necho theirs >>'@CALLS@'\n", 0o755);
        symlink("../../scripts/check", w.path(HOOK)).expect("writable");
        let said = there_and_back(w, || {
            w.record_calls(0);
            assert!(w.commit("repo", "a").status.success());
            assert_eq!(w.calls(), ["theirs", "idhooks hook pre-commit"]);
        });
        assert!(
            said.starts_with(
                "pre-commit: installed; the existing hook is now \
                 'pre-commit.before-idhooks' and runs first\n"
            ),
            "{said}"
        );
    });
}

#[test]
fn a_hook_that_git_cannot_start_still_stops_the_commit() {
    World::each(|w| {
        w.hook(HOOK, b"#!/bin/sh\r\nexit 0\r\n", 0o755);
        there_and_back(w, || {
            w.record_calls(0);
            assert_eq!(w.commit("repo", "a").status.code(), Some(1));
            assert!(w.calls().is_empty());
        });
    });
}

#[test]
fn a_hook_that_is_switched_off_stays_off() {
    World::each(|w| {
        w.hook(HOOK, b"#!/bin/sh\necho theirs >>'@CALLS@'\nexit 1\n", 0o644);
        let said = there_and_back(w, || {
            w.record_calls(0);
            assert!(w.commit("repo", "a").status.success());
            assert_eq!(w.calls(), ["idhooks hook pre-commit"]);
        });
        assert_text("install-existing-a_hook_that_is_switched_off_stays_off", &said);

        // Switched off after install: the same in the end.
        w.hook(HOOK, b"#!/bin/sh\necho theirs >>'@CALLS@'\nexit 1\n", 0o755);
        w.install("repo");
        let joined = fs::read(w.path(HOOK)).expect("there");
        write(&w.path(HOOK), &joined, 0o644);
        let said = w.install("repo");
        assert_text("install-existing-a_hook_that_is_switched_off_stays_off-2", &said);
        let moved = fs::read_to_string(w.path(MOVED)).expect("text");
        assert!(moved.starts_with("#!/bin/sh\necho theirs"), "{moved}");
        let program = fs::read_link(w.program()).expect("a link");
        w.record_calls(0);
        assert!(w.commit("repo", "b").status.success());
        assert_eq!(w.calls(), ["idhooks hook pre-commit"]);
        fs::remove_file(w.program()).expect("there");
        symlink(program, w.program()).expect("writable");
        w.uninstall("repo");
        assert_eq!(fs::read_to_string(w.path(HOOK)).expect("text"), moved);
        assert!(!w.path(MOVED).exists());
    });
}

#[test]
fn a_commit_within_a_hook_has_its_hooks_too() {
    World::each(|w| {
        assert!(w.commit("repo", "a").status.success());
        w.git("repo", &["worktree", "add", "-q", "../other", "-b", "other"]);
        let text = "#!/bin/sh\nif [ -z \"${NESTED:-}\" ]; then\n\
            (unset GIT_INDEX_FILE GIT_DIR; cd ../other &&\n\
            NESTED=1 git commit -q --allow-empty -m inner)\nfi\n\
            echo \"mine ${NESTED:-0}\" >>'@CALLS@'\n";
        w.hook(HOOK, text.as_bytes(), 0o755);
        w.install("repo");
        w.record_calls(0);
        assert!(w.commit("repo", "b").status.success());
        let ours = "idhooks hook pre-commit";
        assert_eq!(w.calls(), ["mine 1", ours, "mine 0", ours]);
    });
}

#[test]
fn managers_get_the_lines_to_add() {
    World::each(|w| {
        w.hook(HOOK, b"#!/bin/sh\nlefthook run pre-commit\n", 0o755);
        let said = w.install("repo");
        assert_text("install-existing-managers_get_the_lines_to_add", &said);
        assert!(!said.contains("hook post-merge"), "only the hooks it wrote: {said}");
        fs::write(w.path("repo/lefthook.yml"), "run: idhooks hook pre-commit\n").expect("writable");
        assert!(!w.install("repo").contains("hint: lefthook"), "it was told");

        w.git("repo", &["config", "core.hooksPath", ".husky/_"]);
        let said = w.install("repo");
        assert_text("install-existing-managers_get_the_lines_to_add-2", &said);
    });
}
