//! Where install cannot do its work it changes nothing.

use std::fs;

use crate::install::fixture::{World, err, out};

/// Asserts that a command ends with 2, says this, and changes nothing below `watched`.
fn refused(w: &World, args: &[&str], watched: &str, said: &str) {
    let before = w.snapshot(watched);
    let output = w.idhooks("", args);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert_eq!(out(&output), "");
    assert!(err(&output).starts_with(said), "{}", err(&output));
    assert_eq!(w.snapshot(watched), before);
}

#[test]
fn no_clone() {
    World::each(|w| {
        fs::create_dir(w.path("plain")).expect("writable");
        w.git("", &["init", "-q", "--bare", "bare.git"]);
        for command in ["install", "uninstall"] {
            refused(
                w,
                &["-C", "plain", command],
                "plain",
                &format!(
                    "error: '{}' is not in a git repository\nhint: ",
                    w.path("plain").display()
                ),
            );
            refused(w, &["-C", "gone", command], "plain", "error: no directory 'gone'\nhint: ");
            refused(
                w,
                &["-C", "bare.git", command],
                "bare.git",
                "error: this repository is bare: nothing is committed in it\nhint: ",
            );
            refused(
                w,
                &["-C", "repo/.git", command],
                "repo",
                "error: you are inside a git directory, not in a working tree\nhint: ",
            );
        }
    });
}

#[test]
fn a_place_that_cannot_be_written() {
    World::each(|w| {
        w.hook("repo/.git/hooks/pre-commit", b"#!/bin/sh\nexit 0\n", 0o755);
        w.hook("repo/.git/hooks/post-merge", b"binary\0", 0o755);
        if cfg!(target_os = "linux") {
            // Where not even root makes a directory. The configuration was written by then.
            w.git("repo", &["config", "core.hooksPath", "/proc/none/hooks"]);
            let said = "error: cannot install; nothing was changed\ncause: cannot create '/proc/";
            refused(w, &["-C", "repo", "install"], "repo", said);
            w.git("repo", &["config", "--unset", "core.hooksPath"]);
        }
        fs::write(w.path("repo/.git/config.lock"), "").expect("writable");
        let said = "error: cannot write the local configuration; nothing was changed\n";
        refused(w, &["-C", "repo", "install"], "repo", said);
        let locked = err(&w.idhooks("", &["-C", "repo", "install"]));
        assert!(
            locked.contains("hint: wait for the other git process; if none is running,"),
            "{locked}"
        );
        assert!(locked.lines().all(|line| line.chars().count() < 400), "{locked}");
        fs::remove_file(w.path("repo/.git/config.lock")).expect("there");
        w.install("repo");
        fs::write(w.path("repo/.git/config.lock"), "").expect("writable");
        refused(w, &["-C", "repo", "uninstall"], "repo", said);
    });
}

#[test]
fn hooks_that_are_off() {
    World::each(|w| {
        w.git("repo", &["config", "core.hooksPath", "/dev/null"]);
        let said = "error: '/dev/null' is not a directory: hooks are off\n";
        refused(w, &["-C", "repo", "install"], "repo", said);
    });
}

#[test]
fn a_name_that_is_taken() {
    World::each(|w| {
        w.hook("repo/.git/hooks/post-merge", b"binary\0", 0o755);
        w.hook("repo/.git/hooks/post-merge.before-idhooks", b"older", 0o755);
        let said = "error: cannot install in '.git/hooks/post-merge'\ncause: cannot move the existing hook aside: ";
        refused(w, &["-C", "repo", "install"], "repo", said);
    });
}

#[test]
fn torn_blocks() {
    World::each(|w| {
        w.hook("repo/.git/hooks/post-merge", b"#!/bin/sh\n# >>> idhooks v1 >>>\nx\n", 0o755);
        let cause = "cause: its idhooks block is damaged: remove it by hand\n";
        let said = format!("error: cannot install in '.git/hooks/post-merge'\n{cause}");
        refused(w, &["-C", "repo", "install"], "repo", &said);
        let said = format!("error: cannot uninstall from '.git/hooks/post-merge'\n{cause}");
        refused(w, &["-C", "repo", "uninstall"], "repo", &said);
    });
}
