//! Which program a repair leaves in hooks and merge drivers, and in which form its path is written.

use std::fs;
use std::path::Path;

use super::program::{fork, fork_with_linked_tree, git, on_path, place, run};
use crate::install::fixture::{World, err, out, write};

/// What may be missing or old in the configuration of the merge drivers.
const DAMAGES: [&[&[&str]]; 4] = [
    &[&["config", "--unset", "merge.idhooks-legacy.driver"]],
    &[&["config", "merge.idhooks.driver", "'/old/idhooks' merge-driver %O %A %B %L %P"]],
    &[&["config", "--remove-section", "merge.idhooks"]],
    &[
        &["config", "--remove-section", "merge.idhooks"],
        &["config", "--remove-section", "merge.idhooks-legacy"],
    ],
];

fn damage(w: &World, lines: &[&[&str]]) {
    for line in lines {
        assert_eq!(git(w, line).0, 0, "{line:?}");
    }
}

/// Returns what `install` writes.
fn installed_files(w: &World) -> Vec<String> {
    let hooks = ["pre-commit", "post-merge"].map(|hook| format!("hooks/{hook}"));
    let files = hooks.into_iter().chain(["config", "info/attributes"].map(str::to_owned));
    files
        .map(|file| fs::read_to_string(w.path("repo/.git").join(file)).unwrap_or_default())
        .collect()
}

fn assert_called(w: &World, program: &Path) {
    let named = format!("idhooks_path='{}'; ", program.display());
    for driver in ["merge.idhooks.driver", "merge.idhooks-legacy.driver"] {
        let line = git(w, &["config", driver]).1;
        assert!(line.contains(&named), "{line}");
    }
    for hook in ["pre-commit", "post-merge"] {
        let hook = fs::read_to_string(w.path("repo/.git/hooks").join(hook)).expect("there");
        assert!(hook.contains(&named), "{hook}");
    }
}

#[test]
fn a_repair_keeps_the_program_that_was_chosen() {
    World::each(|w| {
        let [chosen, other] = ["chosen/idhooks", "other/idhooks"].map(|path| place(w, path));
        fork(w, &other);
        let installed = run(w, &other, &["install", "--program", "../chosen/idhooks"]);
        assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
        for lines in DAMAGES {
            damage(w, lines);
            let fixed = run(w, &other, &["doctor", "--fix"]);
            assert_eq!(fixed.status.code(), Some(0), "{lines:?}: {}", err(&fixed));
            assert_called(w, &chosen);
        }
    });
}

#[test]
fn a_repair_replaces_a_program_that_is_no_idhooks() {
    World::each(|w| {
        let [chosen, other] = ["chosen/idhooks", "other/idhooks"].map(|path| place(w, path));
        fork(w, &other);
        let unfit: [fn(&Path); 3] = [
            |chosen| fs::remove_file(chosen).expect("there"),
            |chosen| write(chosen, b"#!/bin/sh\necho hello\n", 0o755),
            |chosen| write(chosen, b"#!/bin/sh\necho idhooks 0.1.0\n", 0o644),
        ];
        for unfit in unfit {
            place(w, "chosen/idhooks");
            let installed = run(w, &other, &["install", "--program", "../chosen/idhooks"]);
            assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
            unfit(&chosen);
            let found = run(w, &other, &["doctor"]);
            assert_eq!(found.status.code(), Some(1), "{}", out(&found));
            fs::remove_file(w.path("repo/.git/hooks/pre-commit")).expect("there");
            let fixed = run(w, &other, &["doctor", "--fix"]);
            assert_eq!(fixed.status.code(), Some(0), "{}", err(&fixed));
            assert_called(w, &other);
            fs::remove_file(&chosen).ok();
        }
    });
}

#[test]
fn hooks_of_a_newer_program_are_left_to_it_whatever_the_driver_calls() {
    World::each(|w| {
        let program = place(w, "program/idhooks");
        fork(w, &program);
        assert_eq!(run(w, &program, &["install"]).status.code(), Some(0));
        let keys = ["merge.idhooks.driver", "merge.idhooks-legacy.driver"];
        let drivers = keys.map(|key| git(w, &["config", key]).1);
        on_path(w, "99.0.0");
        let newer = w.path("on path/idhooks").display().to_string();
        let installed = run(w, &program, &["install", "--program", &newer]);
        assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
        for (key, driver) in keys.iter().zip(&drivers) {
            assert_eq!(git(w, &["config", key, driver.trim_end()]).0, 0);
        }
        let found = run(w, &program, &["doctor"]);
        let line = format!("the hooks call '{newer}', version 99.0.0");
        assert!(out(&found).contains(&line), "{}", out(&found));
        // Nothing is wrong with that.
        let before = installed_files(w);
        let fixed = run(w, &program, &["doctor", "--fix"]);
        assert_eq!((fixed.status.code(), installed_files(w)), (Some(0), before), "{}", err(&fixed));
        assert!(!err(&fixed).contains("error: "), "{}", err(&fixed));
        fs::remove_file(w.path("repo/.git/hooks/post-rewrite")).expect("there");
        for is_gone in [false, true] {
            if is_gone {
                fs::remove_file(&newer).expect("there");
            }
            let before = installed_files(w);
            let refused = run(w, &program, &["doctor", "--fix"]);
            let said = err(&refused);
            let hint = match is_gone {
                false => format!("hint: run that one: '{newer}' doctor --fix\n"),
                true => "hint: install idhooks 99.0.0 or later, then run it\n".to_owned(),
            };
            assert!(said.contains(&hint), "{said}");
            assert_eq!(refused.status.code(), Some(1), "{said}");
            assert_eq!(installed_files(w), before);
        }
        let older = run(w, &program, &["install"]);
        let warning = format!("warning: the hooks called '{newer}' (version 99.0.0) before; ");
        assert!(err(&older).contains(&warning), "{}", err(&older));
        assert_called(w, &program);
    });
}

#[test]
fn a_program_that_was_replaced_by_an_older_one_repairs_what_it_finds() {
    World::each(|w| {
        let program = place(w, "program/idhooks");
        fork(w, &program);
        on_path(w, "99.0.0");
        let newer = w.path("on path/idhooks");
        let installed = run(w, &program, &["install", "--program", newer.to_str().expect("plain")]);
        assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
        on_path(w, env!("CARGO_PKG_VERSION"));
        damage(w, DAMAGES[0]);
        let fixed = run(w, &newer, &["doctor", "--fix"]);
        assert_eq!(fixed.status.code(), Some(0), "{}", err(&fixed));
        assert_called(w, &newer);
        let driver = git(w, &["config", "merge.idhooks.driver"]).1;
        let version = concat!("; idhooks_version=", env!("CARGO_PKG_VERSION"), "; ");
        assert!(driver.contains(version), "{driver}");
    });
}

#[test]
fn what_a_newer_program_installed_is_left_to_it() {
    World::each(|w| {
        let program = place(w, "program/idhooks");
        fork(w, &program);
        on_path(w, "99.0.0");
        let newer = w.path("on path/idhooks").display().to_string();
        let installed = run(w, &program, &["install", "--program", &newer]);
        assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
        for lines in DAMAGES {
            let installed = run(w, &program, &["install", "--program", &newer]);
            assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
            damage(w, lines);
            let before = installed_files(w);
            let refused = run(w, &program, &["doctor", "--fix"]);
            let said = err(&refused);
            let own = env!("CARGO_PKG_VERSION");
            for text in [
                format!(
                    "error: the hooks call '{newer}' (version 99.0.0), which is newer than this idhooks ({own})\n"
                ),
                format!("hint: run that one: '{newer}' doctor --fix\n"),
                "hint: to let the hooks call this one instead: idhooks install\n".to_owned(),
            ] {
                assert!(said.contains(&text), "{lines:?}: {said}");
            }
            assert_eq!(refused.status.code(), Some(1), "{lines:?}: {said}");
            assert_eq!(installed_files(w), before, "{lines:?}");
        }
    });
}

#[test]
fn a_named_program_that_the_rules_refuse_is_not_installed() {
    World::each(|w| {
        let program = place(w, "program/idhooks");
        fork(w, &program);
        on_path(w, "98.5.0");
        let newer = w.path("on path/idhooks").display().to_string();
        for (required, named, is_accepted) in [
            ("98.5", newer.as_str(), true),
            ("98.5.1", newer.as_str(), false),
            ("98.5", program.to_str().expect("plain"), false),
        ] {
            let rules = format!("requires = \">={required}\"\nscope = \"260118\"\n");
            fs::write(w.path("repo/idhooks.toml"), rules).expect("writable");
            let before = installed_files(w);
            let output = run(w, &program, &["install", "--program", named]);
            let said = err(&output);
            if is_accepted {
                assert_eq!(output.status.code(), Some(0), "{said}");
                continue;
            }
            assert_eq!(output.status.code(), Some(2), "{said}");
            let sentence =
                format!("idhooks.toml needs idhooks >={required}, but '{named}' is version ");
            assert!(said.starts_with(&format!("error: {sentence}")), "{said}");
            assert_eq!(installed_files(w), before);
        }
    });
}

#[test]
fn a_path_does_not_lead_through_a_linked_worktree() {
    World::each(|w| {
        let program = fork_with_linked_tree(w);
        for args in [&["install", "--program", "../program/idhooks"][..], &["install"]] {
            git(w, &["config", "--remove-section", "merge.idhooks"]);
            let mut command = w.command("../program/idhooks".as_ref(), "linked", args);
            let output = command.output().expect("it runs");
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
            assert_called(w, &program);
        }
        // Found through a directory on PATH that contains `..`.
        git(w, &["config", "--remove-section", "merge.idhooks"]);
        let mut command = w.command("idhooks".as_ref(), "linked", &["install"]);
        let path = command.get_envs().find(|(name, _)| *name == "PATH").and_then(|(_, path)| path);
        let path = path.expect("it has one").to_owned();
        let first = w.path("linked/../program");
        let dirs = std::iter::once(first).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(dirs).expect("it was one before"));
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_called(w, &program);
    });
}
