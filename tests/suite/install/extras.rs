//! What install.sh puts beside the program, and what `--uninstall` takes away.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use crate::common::skip;
use crate::install::fixture::{World, err, out, write};
use crate::install::script::{ALL, run};
use crate::reviewed::assert_text;

/// Where the extras are below the home directory.
const EXTRAS: [&str; 7] = [
    ".local/share/bash-completion/completions/idhooks",
    ".local/share/bash-completion/completions/git-idhooks",
    ".local/share/zsh/site-functions/_idhooks",
    ".local/share/fish/vendor_completions.d/idhooks.fish",
    ".cargo/share/man/man1/idhooks.1",
    ".cargo/share/man/man1/idhooks-check.1",
    ".cargo/share/man/man1/git-idhooks.1",
];

fn install(w: &World) -> String {
    let output = run(w, &ALL, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    w.calls();
    err(&output)
}

fn uninstall(w: &World, args: &[&str]) -> (String, String) {
    let output = run(w, &["git", "cargo"], &[&["--uninstall"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    (out(&output), err(&output))
}

#[test]
fn what_is_installed_is_uninstalled_and_nothing_else() {
    World::each(|w| {
        fs::create_dir_all(w.path("home/.local/share/zsh")).expect("writable");
        write(&w.path("home/.local/share/zsh/history"), b"mine", 0o644);
        let before = w.snapshot("home");
        for _ in 0..2 {
            assert_eq!(install(w), "");
        }
        for extra in EXTRAS {
            let text = fs::read_to_string(w.path("home").join(extra)).expect(extra);
            assert!(text.contains("Written by 'idhooks "), "{extra}: {text}");
        }
        let link = fs::read_link(w.path("home/.cargo/bin/git-idhooks")).expect("a link");
        assert_eq!(link.to_str(), Some("idhooks"));
        let (said, warned) = uninstall(w, &[]);
        assert!(said.starts_with("uninstalled idhooks from "), "{said}");
        assert!(warned.starts_with("warning: clones with idhooks installed need the program."));
        for part in ["-C <clone> uninstall", "schedule remove", "find ~ ", "IDHOOKS=0 git commit"] {
            assert!(warned.contains(part), "{part}: {warned}");
        }
        let root = w.path("home/.cargo").display().to_string();
        let removed = format!("cargo uninstall --root {root} idhooks");
        assert_eq!(w.calls(), ["idhooks --version".to_owned(), removed]);
        let mut after = w.snapshot("home");
        for dir in [".cargo", ".cargo/bin"] {
            assert!(after.remove(dir).is_some());
        }
        assert_eq!(after, before);
        // Again there is nothing to warn of.
        let (said, warned) = uninstall(w, &[]);
        assert!(said.starts_with("no idhooks in ") && warned.is_empty(), "{said}{warned}");
    });
}

#[test]
fn the_hooks_of_a_clone_are_uninstalled_first() {
    World::each(|w| {
        install(w);
        let repo = w.path("repo").display().to_string();
        uninstall(w, &["repo"]);
        assert!(w.calls().contains(&format!("idhooks -C {repo} uninstall")));
        let output = run(w, &["git"], &["--uninstall", "repo"]);
        assert_eq!(output.status.code(), Some(2));
        assert_text("install-extras-the_hooks_of_a_clone_are_uninstalled_first", &err(&output));
    });
}

#[test]
fn files_of_others_stay() {
    World::each(|w| {
        let mine = b"# mine\n";
        let others = [0, 2, 3, 4].map(|n| w.path("home").join(EXTRAS[n]));
        for file in &others {
            fs::create_dir_all(file.parent().expect("a directory")).expect("writable");
            write(file, mine, 0o644);
        }
        // A link could lead anywhere.
        let target = w.path("elsewhere");
        write(&target, b"Written by 'idhooks completions bash'.\n", 0o644);
        let link = w.path("home").join(EXTRAS[1]);
        symlink(&target, &link).expect("writable");
        fs::create_dir_all(w.path("home/.cargo/bin")).expect("writable");
        let command = w.path("home/.cargo/bin/git-idhooks");
        write(&command, b"#!/bin/sh\necho another\n", 0o755);

        let warned = install(w);
        for file in others.iter().chain([&link, &command]) {
            let said = format!("warning: '{}' is left as it is", file.display());
            assert!(warned.contains(&said), "{said}: {warned}");
        }
        uninstall(w, &[]);
        for file in &others {
            assert_eq!(fs::read(file).expect("there"), mine);
        }
        assert!(link.is_symlink() && target.exists() && command.exists());
        assert!(!w.path("home").join(EXTRAS[5]).exists(), "ours is gone");
    });
}

#[test]
fn what_cannot_be_written_is_a_warning() {
    World::each(|w| {
        // Files in the place of directories: root cannot write there either.
        for place in [".local/share/fish", ".cargo/share/man"] {
            let place = w.path("home").join(place);
            fs::create_dir_all(place.parent().expect("a directory")).expect("writable");
            write(&place, b"", 0o644);
        }
        let warned = install(w);
        let home = w.path("home").display().to_string();
        let lines: Vec<_> = warned.lines().collect();
        assert_eq!(lines.len(), 2, "{warned}");
        assert!(lines[0].contains("idhooks.fish': no completions for fish"), "{warned}");
        let expected =
            format!("warning: cannot write to '{home}/.cargo/share/man/man1': no manual pages");
        assert_eq!(lines[1], expected);
        assert!(w.path("home").join(EXTRAS[0]).exists() && w.path("home").join(EXTRAS[2]).exists());
    });
}

#[test]
fn everything_is_below_a_root_that_was_named() {
    World::each(|w| {
        let root = w.path("named root").display().to_string();
        run(w, &ALL, &[]);
        let all = |args: &[&str]| {
            let mut command = w.command("/bin/sh".as_ref(), "", &[]);
            command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh")).args(args);
            command.env("PATH", w.path("bin")).env("CARGO_INSTALL_ROOT", &root);
            command.output().expect("sh runs")
        };
        fs::remove_dir_all(w.path("home")).expect("there");
        fs::create_dir(w.path("home")).expect("writable");
        let output = all(&[]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_text("install-extras-everything_is_below_a_root_that_was_named", &out(&output));
        assert!(w.snapshot("home").is_empty());
        for file in ["share/zsh/site-functions/_idhooks", "share/man/man1/git-idhooks.1"] {
            assert!(w.path("named root").join(file).exists(), "{file}");
        }
        assert_eq!(all(&["--uninstall"]).status.code(), Some(0));
        let left: Vec<_> = w.snapshot("named root").into_keys().collect();
        assert_eq!(left, ["bin"]);
    });
}

/// The real program, put where install.sh would put it; the page has all commands.
#[cfg(feature = "default")]
#[test]
fn man_and_git_find_the_page() {
    World::each(|w| {
        let bin = w.path("pro gram");
        symlink("idhooks", bin.join("git-idhooks")).expect("writable");
        let man = w.path("share/man/man1");
        let output = w.idhooks("", &["man", "--output", "share/man/man1"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let page = fs::read_to_string(man.join("git-idhooks.1")).expect("written");
        assert_text("install-extras-man_and_git_find_the_page", &page);
        // What git looks for is the page of this name, in a program of the user's choice.
        let viewer = w.path("viewer");
        write(&viewer, b"#!/bin/sh\necho \"page $*\"\n", 0o755);
        let path = w.path_after(&bin.display().to_string());
        let help: [&str; 6] =
            ["-c", "man.viewer=own", "-c", "man.own.cmd=\"$VIEWER\"", "help", "idhooks"];
        let mut command = w.command("git".as_ref(), "repo", &help);
        let output = command.env("PATH", path).env("VIEWER", &viewer).output().expect("git runs");
        assert_text("install-extras-man_and_git_find_the_page-2", &out(&output));
    });
}

#[test]
fn pages_are_written_for_man() {
    World::each(|w| {
        let page = w.idhooks("", &["man"]);
        write(&w.path("idhooks.1"), &page.stdout, 0o644);
        // If groff is installed, it understands every request.
        let Ok(output) = Command::new("groff")
            .args(["-man", "-Tutf8", "-ww", "-z"])
            .arg(w.path("idhooks.1"))
            .output()
        else {
            skip("groff is not installed");
            return;
        };
        assert_eq!(err(&output), "");
    });
}
