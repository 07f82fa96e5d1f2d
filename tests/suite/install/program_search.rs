//! Which idhooks hooks and merge drivers run if the installed one cannot be run.

use std::fs;
use std::path::Path;

use crate::install::fixture::{World, err, write};
use crate::install::program::{commit, fork, git, on_path, place, run};

/// Installs a program of its own in `repo`, adopts it, and returns the program.
fn installed(w: &World) -> std::path::PathBuf {
    let program = place(w, "own/idhooks");
    assert_eq!(run(w, &program, &["-q", "install"]).status.code(), Some(0));
    fork(w, &program);
    program
}

/// Replaces the installed program.
fn replace(program: &Path, text: &str) {
    fs::remove_file(program).expect("there");
    write(program, text.as_bytes(), 0o755);
}

#[test]
fn versions_are_compared_as_numbers() {
    World::each(|w| {
        fs::remove_file(installed(w)).expect("there");
        let own = env!("CARGO_PKG_VERSION");
        let mut parts = own.split('.').map(|part| part.parse::<u32>().expect("a number"));
        let [major, minor, patch] = [(); 3].map(|()| parts.next().expect("three of them"));
        let newer = [
            own.to_owned(),
            format!("{own}-rc.1"),
            format!("{major}.{minor}.{}", patch + 10),
            format!("{major}.{}.0", minor + 10),
            format!("{}.0.0", major + 10),
        ];
        for version in newer {
            on_path(w, &version);
            assert_eq!(commit(w, &[version.as_str()]).0, 0, "{version}");
        }
        for version in ["0.0.99", "x", "", "99", "99.0.0.0", "-1.0.0"] {
            on_path(w, version);
            assert_eq!(commit(w, &["refused"]).0, 1, "{version}");
        }
    });
}

#[test]
fn a_directory_of_the_repository_is_not_searched() {
    World::each(|w| {
        fs::remove_file(installed(w)).expect("there");
        on_path(w, "99.0.0");
        fs::rename(w.path("on path/idhooks"), w.path("repo/idhooks")).expect("writable");
        let mut command =
            w.command(Path::new("git"), "repo", &["commit", "--allow-empty", "-m", "a"]);
        command.env("PATH", w.path_after(".:"));
        assert_eq!(command.output().expect("git runs").status.code(), Some(1));
        assert_eq!(w.calls(), [""; 0]);
    });
}

#[test]
fn every_directory_on_path_is_searched() {
    World::each(|w| {
        fs::remove_file(installed(w)).expect("there");
        on_path(w, "99.0.0");
        let own = w.path("on path").display().to_string();
        for dir in ["older", "unnamed", "empty"] {
            fs::create_dir(w.path(dir)).expect("writable");
        }
        write(&w.path("older/idhooks"), b"#!/bin/sh\necho idhooks 0.0.9\n", 0o755);
        write(&w.path("unnamed/idhooks"), b"#!/bin/sh\ncat\n", 0o755);
        write(&w.path("empty/idhooks"), b"", 0o755);
        // A committed file of this name does not end the search.
        fs::write(w.path("repo/idhooks"), "#!/bin/sh\nexit 1\n").expect("writable");
        let others = ["older", "unnamed", "empty"].map(|dir| w.path(dir).display().to_string());
        let path = w.path_after(&format!(".::/nowhere:{}:{own}/", others.join(":")));
        let mut command =
            w.command(Path::new("git"), "repo", &["commit", "-q", "--allow-empty", "-m", "a"]);
        let output = command.env("PATH", path).output().expect("git runs");
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(w.calls().contains(&"hook".to_owned()));
    });
}

#[test]
fn a_candidate_that_does_not_end_is_passed_over() {
    World::each(|w| {
        fs::remove_file(installed(w)).expect("there");
        on_path(w, "99.0.0");
        fs::create_dir(w.path("hung")).expect("writable");
        // A child keeps the pipe to the hook open. It ends with the test.
        fs::create_dir(w.path("up")).expect("writable");
        let dir = w.path(".").display().to_string();
        let hung = format!(
            "#!/bin/sh\ntrap '' TERM\ncd '{dir}'\n(while [ -e up ]; do /bin/sleep 0.1; done) &\n\
             : >started.$PPID\nwait\n: >over\n"
        );
        write(&w.path("hung/idhooks"), hung.as_bytes(), 0o755);
        // The limit is over once the candidate that is waited for hangs.
        let sleep = format!(
            "#!/bin/sh\ncd '{dir}'\nshell=$(ps -o ppid= -p $PPID)\n\
             until [ -e started.${{shell##* }} ]; do /bin/sleep 0.01; [ -e up ] || exit; done\n"
        );
        write(&w.path("hung/sleep"), sleep.as_bytes(), 0o755);
        let own = w.path("on path").display().to_string();
        let path = w.path_after(&format!("{}:{own}", w.path("hung").display()));
        for args in [
            &["commit", "-q", "--allow-empty", "-m", "a"][..],
            &["merge", "-q", "--no-edit", "side"],
        ] {
            let mut command = w.command(Path::new("git"), "repo", args);
            let output = command.env("PATH", &path).output().expect("git runs");
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
            assert!(!w.path("over").exists());
            let mut is_started = false;
            for entry in fs::read_dir(w.path(".")).expect("there").flatten() {
                if entry.file_name().to_string_lossy().starts_with("started.") {
                    fs::remove_file(entry.path()).expect("there");
                    is_started = true;
                }
            }
            assert!(is_started);
        }
        assert!(w.calls().contains(&"merge-driver".to_owned()));
        fs::remove_dir(w.path("up")).expect("there");
    });
}

#[test]
fn a_program_that_a_signal_ends_is_named() {
    World::each(|w| {
        let program = installed(w);
        let before = git(w, &["rev-parse", "HEAD"]);
        for (signal, code) in [("SEGV", 139), ("KILL", 137), ("ABRT", 134)] {
            replace(&program, &format!("#!/bin/sh\nkill -{signal} $$\n"));
            let (ended, said) = commit(w, &["refused"]);
            assert_eq!(ended, 1, "{said}");
            let sentence = format!(
                "idhooks: commit stopped: '{}' ended with exit code {code}\n\
                 idhooks: if it does so again, install it again: ",
                program.display()
            );
            assert!(said.contains(&sentence) && said.contains("IDHOOKS=0 git commit"), "{said}");
        }
        // Whoever interrupts a commit knows why it stopped.
        replace(&program, "#!/bin/sh\nkill -INT $$\n");
        assert!(!commit(w, &["refused"]).1.contains("ended with exit code"));
        assert_eq!(git(w, &["rev-parse", "HEAD"]), before);
    });
}

#[test]
fn another_program_of_this_name_is_not_run() {
    World::each(|w| {
        let program = installed(w);
        fs::remove_file(&program).expect("there");
        let other = w.path("on path/idhooks");
        fs::create_dir_all(w.path("on path")).expect("writable");
        let huge = "echo idhooks 99999999999999999999.0.0";
        for says in ["echo 3.1.4", "echo idhooks, the other one", "exit 3", ":", huge] {
            let calls = w.path("calls");
            let script = format!(
                "#!/bin/sh\nif [ \"$1\" = --version ]; then {says}; exit; fi\necho ran >>'{}'\n",
                calls.display()
            );
            write(&other, script.as_bytes(), 0o755);
            let why = format!(
                "'{}' no longer exists, and '{}' does not say which version of idhooks it is",
                program.display(),
                other.display()
            );
            let (code, said) = commit(w, &["refused"]);
            assert_eq!(code, 1, "{said}");
            assert!(said.starts_with(&format!("idhooks: commit stopped: {why}\n")), "{said}");
            git(w, &["rm", "-q", "-f", "refused"]);
            let (code, said) = git(w, &["merge", "-q", "--no-edit", "side"]);
            assert_eq!(code, 1, "{said}");
            assert!(said.contains(&format!("idhooks: {why}; to install it: ")), "{said}");
            let left = fs::read_to_string(w.path("repo/.idhooks/registry.json")).expect("there");
            assert!(left.contains("main-1") && left.contains("side-1"), "{left}");
            assert!(left.contains("\n<<<<<<< ours\n"), "{left}");
            assert_eq!(w.calls(), [""; 0], "{says}");
            git(w, &["merge", "--abort"]);
        }
    });
}

#[test]
fn a_launcher_whose_program_is_missing_is_replaced() {
    World::each(|w| {
        let program = installed(w);
        on_path(w, "99.0.0");
        let interpreters = ["#!/usr/bin/env no-such-interpreter\n", "#!/bin/sh\nexit 127\n", ""];
        for (n, text) in interpreters.into_iter().enumerate() {
            replace(&program, text);
            let (code, said) = commit(w, &[&format!("file-{n}")]);
            assert_eq!(code, 0, "{said}");
            assert!(w.calls().contains(&"hook".to_owned()), "{text}");
            let (code, said) = git(w, &["merge", "-q", "--no-edit", "side"]);
            assert_eq!((code, w.calls()[0].as_str()), (0, "merge-driver"), "{said}");
            // Switching branches does not repeat the warning.
            let (_, said) = git(w, &["checkout", "-q", "side"]);
            assert!(!said.contains("idhooks"), "{said}");
            git(w, &["checkout", "-q", "main"]);
            git(w, &["reset", "-q", "--hard", "HEAD~1"]);
        }
        // The one that replaces it has the same fault.
        replace(&program, "");
        write(
            &w.path("on path/idhooks"),
            b"#!/bin/sh\n[ \"$1\" = --version ] && echo idhooks 99.0.0 && exit\nexit 127\n",
            0o755,
        );
        let why = format!("'{}' cannot be run", w.path("on path/idhooks").display());
        let (code, said) = commit(w, &["refused"]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&format!("idhooks: commit stopped: {why}\n")), "{said}");
        git(w, &["rm", "-q", "-f", "refused"]);
        let (code, said) = git(w, &["merge", "-q", "--no-edit", "side"]);
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(&format!("idhooks: {why}; to install it: ")), "{said}");
    });
}

#[test]
fn an_older_program_does_not_take_over_unnoticed() {
    World::each(|w| {
        let program = place(w, "own/idhooks");
        // A newer program that is called by its path.
        on_path(w, "99.0.0");
        let newer = w.path("on path/idhooks").display().to_string();
        let named = run(w, &program, &["-q", "install", "--program", &newer]);
        assert_eq!(named.status.code(), Some(0), "{}", err(&named));
        assert!(!err(&named).contains("warning:"), "{}", err(&named));
        fork(w, &program);
        // What a user has named stays, and a part that is missing calls it, too.
        let driver = git(w, &["config", "merge.idhooks.driver"]).1;
        assert!(driver.contains("; idhooks_version=99.0.0; "), "{driver}");
        fs::remove_file(w.path("repo/.git/hooks/post-merge")).expect("there");
        let fixed = run(w, &program, &["doctor", "--fix"]);
        assert_eq!(fixed.status.code(), Some(0), "{}", err(&fixed));
        assert_eq!(git(w, &["config", "merge.idhooks.driver"]).1, driver);
        let hook = fs::read_to_string(w.path("repo/.git/hooks/post-merge")).expect("there");
        assert!(
            hook.contains(&format!("idhooks_path='{newer}'; idhooks_version=99.0.0; ")),
            "{hook}"
        );

        let own = env!("CARGO_PKG_VERSION");
        let older = run(w, &program, &["install"]);
        assert_eq!(older.status.code(), Some(0));
        let warning = format!(
            "warning: the hooks called '{newer}' (version 99.0.0) before; '{}' is older (version {own})\n",
            program.display()
        );
        assert!(err(&older).contains(&warning), "{}", err(&older));
        let again = run(w, &program, &["install"]);
        assert!(!err(&again).contains("warning: the hooks called"), "{}", err(&again));

        // A program that the rules do not accept stops before it changes anything.
        let rules = "requires = \">=98.0\"\nscope = \"260118\"\n";
        fs::write(w.path("repo/idhooks.toml"), rules).expect("writable");
        let before = w.snapshot("repo/.git");
        let refused = run(w, &program, &["install"]);
        assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
        let sentence = format!(
            "error: idhooks.toml:1:12: this file needs idhooks >=98.0, but '{}' is version {own}; to \
             update it: ",
            program.display()
        );
        assert!(err(&refused).starts_with(&sentence), "{}", err(&refused));
        assert_eq!(w.snapshot("repo/.git"), before);
    });
}
