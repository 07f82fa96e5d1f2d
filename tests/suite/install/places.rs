//! Where git looks for hooks.

use std::fs;

use crate::install::fixture::{EVENTS, World};
use crate::reviewed::assert_text;

/// Asserts that commits in `dir` run idhooks.
fn runs_in(w: &World, dir: &str) {
    w.record_calls(0);
    assert!(w.commit(dir, "file").status.success());
    assert_eq!(w.calls(), ["idhooks hook pre-commit"]);
    fs::remove_file(w.program()).expect("there");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_idhooks"), w.program()).expect("writable");
}

#[test]
fn a_directory_in_the_working_tree() {
    World::each(|w| {
        w.git("repo", &["config", "core.hooksPath", "tools/hooks"]);
        fs::create_dir(w.path("repo/sub")).expect("writable");
        let before = w.snapshot("repo");
        let said = w.install("repo/sub");
        assert_text("install-places-a_directory_in_the_working_tree", &said);
        assert!(w.path("repo/tools/hooks/pre-commit").is_file());
        assert_eq!(
            w.snapshot("repo/.git/hooks").keys().filter(|k| EVENTS.contains(&k.as_str())).count(),
            0
        );
        w.uninstall("repo");
        assert_eq!(w.snapshot("repo"), before, "both directories are gone");
        w.install("repo");
        runs_in(w, "repo");
    });
}

#[test]
fn a_directory_that_others_share() {
    World::each(|w| {
        let shared = w.path("home/shared hooks").display().to_string();
        w.git("repo", &["config", "core.hooksPath", &shared]);
        let said = w.install("repo");
        assert_text("install-places-a_directory_that_others_share", &said);
        runs_in(w, "repo");
        w.uninstall("repo");
        assert!(!w.path("home/shared hooks").exists());
    });
}

#[test]
fn a_linked_working_tree() {
    World::each(|w| {
        assert!(w.commit("repo", "a").status.success());
        w.git("repo", &["worktree", "add", "-q", "../other"]);
        let before = w.snapshot("repo/.git");
        let said = w.install("other");
        assert!(!said.contains("warning"), "{said}");
        assert!(w.path("repo/.git/hooks/pre-commit").is_file());
        assert!(w.path("repo/.git/info/attributes").is_file());
        assert!(w.install("repo").starts_with("pre-commit: already installed\n"));
        w.uninstall("other");
        assert_eq!(w.snapshot("repo/.git"), before);
        w.install("repo");
        runs_in(w, "repo");
        runs_in(w, "other");
        // A relative core.hooksPath means another directory in each working tree.
        w.git("repo", &["config", "core.hooksPath", "hooks"]);
        w.install("other");
        assert!(w.path("other/hooks/pre-commit").is_file());
        assert!(!w.path("repo/hooks").exists());
        runs_in(w, "other");
    });
}

#[test]
fn a_submodule() {
    World::each(|w| {
        assert!(w.commit("repo", "a").status.success());
        w.git("", &["init", "-q", "super"]);
        let add =
            ["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../repo", "sub"];
        w.git("super", &add);
        w.install("super/sub");
        assert!(w.path("super/.git/modules/sub/hooks/pre-commit").is_file());
        assert!(!w.path("super/.git/hooks/pre-commit").exists());
        runs_in(w, "super/sub");
    });
}

#[test]
fn an_unborn_head_and_odd_names() {
    World::each(|w| {
        w.git("", &["init", "-q", "-b", "main", "o'dd $name é"]);
        w.install("o'dd $name é");
        runs_in(w, "o'dd $name é");
    });
}

#[test]
fn a_link_to_attributes_is_written_through() {
    World::each(|w| {
        fs::write(w.path("home/attributes"), "* text=auto\n").expect("writable");
        std::os::unix::fs::symlink(w.path("home/attributes"), w.path("repo/.git/info/attributes"))
            .expect("writable");
        let before = (w.snapshot("repo"), w.snapshot("home"));
        w.install("repo");
        assert!(w.path("repo/.git/info/attributes").is_symlink());
        w.uninstall("repo");
        assert_eq!((w.snapshot("repo"), w.snapshot("home")), before);
    });
}

#[test]
fn a_hooks_directory_that_is_a_link() {
    World::each(|w| {
        fs::remove_dir_all(w.path("repo/.git/hooks")).expect("there");
        fs::create_dir(w.path("hooks")).expect("writable");
        std::os::unix::fs::symlink("../../hooks", w.path("repo/.git/hooks")).expect("writable");
        let said = w.install("repo");
        assert_text("install-places-a_hooks_directory_that_is_a_link", &said);
        runs_in(w, "repo");
        w.uninstall("repo");
        assert_eq!(w.snapshot("hooks").len(), 0);
    });
}
