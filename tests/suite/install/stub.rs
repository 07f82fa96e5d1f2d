//! The hooks themselves: the program gone, switched off, elsewhere.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::skip;
use crate::install::fixture::{EVENTS, World, err, write};
use crate::reviewed::assert_text;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// How to install the program under test, which cargo has compiled.
const CARGO: &str = "cargo install --locked idhooks, or ./install.sh in its source tree";

#[test]
fn every_shell_can_read_them() {
    World::each(|w| {
        w.install("repo");
        let driver = w.git("repo", &["config", "merge.idhooks.driver"]);
        write(&w.path("driver"), driver.as_bytes(), 0o644);
        let hooks = EVENTS.map(|event| w.path("repo/.git/hooks").join(event));
        for file in hooks.iter().chain([&w.path("driver")]) {
            for shell in ["sh", "dash", "bash"] {
                match Command::new(shell).arg("-n").arg(file).output() {
                    Ok(output) => assert_eq!(err(&output), "", "{shell}: {}", file.display()),
                    Err(error) => skip(&format!("{shell}: {error}")),
                }
            }
        }
    });
}

#[test]
fn without_the_program_a_commit_stops_only_where_there_is_a_registry() {
    World::each(|w| {
        w.install("repo");
        fs::remove_file(w.program()).expect("there");
        let output = w.commit("repo", "a");
        assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
        let output = w.try_git("repo", &["checkout", "-q", "-b", "side"]);
        assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));

        // In the index only, then in HEAD only, then in both.
        fs::create_dir(w.path("repo/.idhooks")).expect("writable");
        fs::write(w.path("repo/.idhooks/registry.json"), "{}\n").expect("writable");
        let output = w.commit("repo", "b");
        let program = w.program().display().to_string();
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(
            err(&output),
            format!(
                "idhooks: commit stopped: '{program}' no longer exists, and no other idhooks \
                was found\n\
                 idhooks: to install it: {CARGO}; then run: idhooks install\n\
                 idhooks: to skip it:    IDHOOKS=0 git commit ...   (or git commit \
                 --no-verify)\n"
            )
        );
        w.git("repo", &["commit", "-q", "--no-verify", "-m", "b"]);
        w.git("repo", &["rm", "-q", "--cached", ".idhooks/registry.json"]);
        assert_eq!(w.try_git("repo", &["commit", "-q", "-m", "c"]).status.code(), Some(1));
        w.git("repo", &["reset", "-q", "--hard"]);
        assert_eq!(w.commit("repo", "c").status.code(), Some(1));

        // A partial commit has an index of its own; hooks elsewhere than at the top.
        let mut command = w.command(Path::new("git"), "repo", &["commit", "-q", "-m", "c", "c"]);
        assert_eq!(command.env("IDHOOKS", "0").output().expect("runs").status.code(), Some(0));
        let skipped = |event: &str| {
            format!(
                "idhooks: {event} skipped: '{program}' no longer exists, and no other idhooks was \
                 found; to install it: {CARGO}; then run: idhooks install\n"
            )
        };
        let output = w.try_git("repo", &["checkout", "-q", "--detach"]);
        assert_eq!((output.status.code(), err(&output)), (Some(0), skipped("post-checkout")));
        w.git("repo", &["checkout", "-q", "main"]);
        let output = w.try_git("repo", &["merge", "-q", "side"]);
        assert_eq!((output.status.code(), err(&output)), (Some(0), skipped("post-merge")));
    });
}

#[test]
fn switched_off_only_ours_is_skipped() {
    World::each(|w| {
        let hook = "repo/.git/hooks/pre-commit";
        w.hook(hook, b"#!/bin/sh\necho mine >>'@CALLS@'\nexit ${MINE:-0}\n", 0o755);
        w.install("repo");
        w.record_calls(1);
        let commit = ["commit", "-q", "--allow-empty", "-m", "a"];
        let run = |off: &str, mine: &str| {
            let mut command = w.command(Path::new("git"), "repo", &commit);
            command.env("IDHOOKS", off).env("MINE", mine).output().expect("runs").status.code()
        };
        assert_eq!(run("1", "0"), Some(1));
        assert_eq!(w.calls(), ["mine", "idhooks hook pre-commit"]);
        assert_eq!(run("0", "0"), Some(0));
        assert_eq!(w.calls(), ["mine"]);
        assert_eq!(run("0", "5"), Some(1));
        assert_eq!(w.calls(), ["mine"]);
        let mut checkout = w.command(Path::new("git"), "repo", &["checkout", "-q", "--detach"]);
        assert!(checkout.env("IDHOOKS", "0").output().expect("runs").status.success());
        assert!(w.calls().is_empty());
    });
}

#[test]
fn the_program_is_found_on_path_and_nowhere_else() {
    World::each(|w| {
        w.install("repo");
        w.commit_registry("repo");
        fs::remove_file(w.program()).expect("there");
        for place in ["on path", "root/bin", "cargo/bin", "home/.cargo/bin", "home/.local/bin"] {
            let script = format!(
                "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'idhooks {VERSION}'; else \
                     echo '{place}' \"$@\" >>'{}'; fi\n",
                w.path("calls").display()
            );
            fs::create_dir_all(w.path(place)).expect("writable");
            write(&w.path(place).join("idhooks"), script.as_bytes(), 0o755);
        }
        let commit = || {
            let mut command =
                w.command(Path::new("git"), "repo", &["commit", "-q", "--allow-empty", "-m", "a"]);
            command.env("CARGO_INSTALL_ROOT", w.path("root")).env("CARGO_HOME", w.path("cargo"));
            command
        };
        assert_eq!(commit().output().expect("runs").status.code(), Some(1));
        assert_eq!(w.calls(), [""; 0]);
        let path = w.path_after(&w.path("on path").display().to_string());
        assert!(commit().env("PATH", path).output().expect("runs").status.success());
        assert_eq!(w.calls(), ["on path hook pre-commit"]);
    });
}

#[test]
fn a_stub_set_aside_by_another_program_still_finds_the_first_hook() {
    World::each(|w| {
        w.hook("repo/.git/hooks/pre-commit", b"echo first >>'@CALLS@'", 0o755);
        w.install("repo");
        let dir = w.path("repo/.git/hooks");
        fs::rename(dir.join("pre-commit"), dir.join("pre-commit.legacy")).expect("there");
        w.hook("repo/.git/hooks/pre-commit", b"#!/bin/sh\n\"$0.legacy\" \"$@\"\n", 0o755);
        w.record_calls(0);
        assert!(w.commit("repo", "a").status.success());
        assert_eq!(w.calls(), ["first", "idhooks hook pre-commit"]);
        fs::remove_file(w.program()).expect("there");
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_idhooks"), w.program()).expect("writable");
        let said = w.uninstall("repo");
        assert!(said.starts_with("pre-commit: removed; "), "{said}");
        assert_text(
            "install-stub-a_stub_set_aside_by_another_program_still_finds_the_first_hook",
            &said,
        );
        assert!(w.commit("repo", "b").status.success());
        assert_eq!(w.calls(), ["first"], "where the other program looks for it");
        assert!(!dir.join("pre-commit.before-idhooks").exists());
    });
}

#[test]
fn a_program_that_is_too_old_says_how_to_update_it() {
    World::each(|w| {
        w.install("repo");
        let adopt = w.idhooks("repo", &["-q", "init", "--scope", "260118"]);
        assert_eq!(adopt.status.code(), Some(0), "{}", err(&adopt));
        let rules = "requires = \">=99.0\"\nscope = \"260118\"\n";
        fs::write(w.path("repo/idhooks.toml"), rules).expect("writable");
        let output = w.commit("repo", "a");
        assert_eq!(output.status.code(), Some(1));
        let sentence = format!(
            "error: idhooks.toml:1:12: this file needs idhooks >=99.0, but '{}' is version {}; to \
             update it: {CARGO}\n",
            w.program().display(),
            VERSION
        );
        assert!(err(&output).starts_with(&sentence), "{}", err(&output));
    });
}
