//! The program that hooks and merge drivers call: gone, replaced, in a cache, named.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::{copy_program, quoted_binary};
use crate::install::fixture::{World, err, out, write};

/// Installs the program under test as if it were really there: a link to it would show where it
/// really is.
pub(super) fn place(w: &World, path: &str) -> PathBuf {
    let path = w.path(path);
    copy_program(&path);
    path
}

/// Puts an idhooks on `PATH` that says it is this version, notes its calls, and else is the program
/// under test.
pub(super) fn on_path(w: &World, version: &str) {
    let script = format!(
        "#!/bin/sh\nif [ \"$1\" = --version ]; then echo 'idhooks {version}'; exit; fi\n\
         echo \"$1\" >>'{}'\nexec '{}' \"$@\"\n",
        w.path("calls").display(),
        env!("CARGO_BIN_EXE_idhooks")
    );
    fs::create_dir_all(w.path("on path")).expect("writable");
    write(&w.path("on path/idhooks"), script.as_bytes(), 0o755);
}

/// Runs a program in `repo` with that idhooks on `PATH`.
pub(super) fn run(w: &World, program: impl AsRef<Path>, args: &[&str]) -> Output {
    let mut command = w.command(program.as_ref(), "repo", args);
    let path = command.get_envs().find(|(name, _)| *name == "PATH");
    let path = path.and_then(|(_, value)| value).expect("it has one").to_owned();
    let dirs = std::iter::once(w.path("on path")).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(dirs).expect("it was one before"));
    command.output().expect("it runs")
}

pub(super) fn git(w: &World, args: &[&str]) -> (i32, String) {
    let output = run(w, "git", args);
    (output.status.code().unwrap_or(-1), err(&output) + &out(&output))
}

pub(super) fn commit(w: &World, names: &[&str]) -> (i32, String) {
    for name in names {
        fs::write(w.path("repo").join(name), format!("content of {name}\n")).expect("writable");
    }
    git(w, &["add", "-A"]);
    git(w, &["commit", "-q", "-m", names[0]])
}

/// As [`fork`], with the linked working tree `linked`; returns the program, which is in neither tree.
pub(super) fn fork_with_linked_tree(w: &World) -> PathBuf {
    let program = place(w, "program/idhooks");
    fork(w, &program);
    assert_eq!(git(w, &["worktree", "add", "-q", "../linked"]).0, 0);
    program
}

/// Adopts the repository, and makes two branches with a file each; `main` is checked out.
pub(super) fn fork(w: &World, program: &Path) {
    let adopt = run(w, program, &["-q", "init", "--scope", "260118"]);
    assert_eq!(adopt.status.code(), Some(0), "{}", err(&adopt));
    assert_eq!(commit(w, &["base"]).0, 0);
    git(w, &["checkout", "-q", "-b", "side"]);
    assert_eq!(commit(w, &["side-1", "side-2"]).0, 0);
    git(w, &["checkout", "-q", "main"]);
    assert_eq!(commit(w, &["main-1", "main-2"]).0, 0);
}

/// The reasons of hooks and drivers that found only an older idhooks.
fn older(w: &World, program: &Path) -> String {
    format!(
        "'{}' no longer exists, and '{}' is version 0.0.9, older than {}",
        program.display(),
        w.path("on path/idhooks").display(),
        env!("CARGO_PKG_VERSION")
    )
}

/// Installs with the program at `path`, deletes `gone`, which contains it, and tries an older and a
/// newer idhooks on `PATH`.
fn survives(w: &World, path: &str, gone: &str, how_to_install: &str) {
    let program = place(w, path);
    // An explicit program may be anywhere, also in a cache.
    let named = program.display().to_string();
    let installed = run(w, &program, &["-q", "install", "--program", &named]);
    assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
    assert!(!err(&installed).contains("warning:"), "{}", err(&installed));
    fork(w, &program);
    fs::remove_dir_all(w.path(gone)).expect("there");

    // An older one: both refuse, and say why.
    on_path(w, "0.0.9");
    let older = older(w, &program);
    let (code, said) = commit(w, &["refused"]);
    assert_eq!(code, 1, "{said}");
    let stopped = format!(
        "idhooks: commit stopped: {older}\nidhooks: to install it: {how_to_install}; then run: idhooks install\n\
         idhooks: to skip it:    IDHOOKS=0 git commit ...   (or git commit --no-verify)\n"
    );
    assert_eq!(said, stopped);
    git(w, &["rm", "-q", "-f", "refused"]);
    let (code, said) = git(w, &["merge", "-q", "--no-edit", "side"]);
    assert_eq!(code, 1, "{said}");
    let refused =
        format!("idhooks: {older}; to install it: {how_to_install}; then run: idhooks resolve\n");
    assert!(said.contains(&refused), "{said}");
    let left = fs::read_to_string(w.path("repo/.idhooks/registry.json")).expect("there");
    assert!(left.contains("\n<<<<<<< ours\n") && left.contains("\n>>>>>>> theirs\n"), "{left}");
    for name in ["main-1", "main-2", "side-1", "side-2"] {
        assert!(left.contains(name), "{name}: {left}");
    }
    assert_eq!(w.calls(), [""; 0], "it only said its version");
    git(w, &["merge", "--abort"]);

    // A newer one: both go on, and say so once a day.
    on_path(w, "99.0.0");
    let (code, said) = git(w, &["merge", "-q", "--no-edit", "side"]);
    assert_eq!(code, 0, "{said}");
    let fallback = format!("warning: idhooks: '{}' cannot be run; '", program.display());
    assert_eq!(said.matches(&fallback).count(), 1, "{said}");
    // In quotes, where a shell needs them.
    let mut ways = [env!("CARGO_BIN_EXE_idhooks").to_owned(), quoted_binary()].into_iter();
    let is_named =
        ways.any(|own| said.contains(&format!("hint: to use it from now on: {own} install\n")));
    assert!(is_named, "{said}");
    assert_eq!(w.calls()[0], "merge-driver");
    let (code, said) = commit(w, &["after"]);
    assert_eq!((code, said.matches("cannot be run").count()), (0, 0), "{said}");
    assert!(w.calls().contains(&"hook".to_owned()));
    let stamp = w.path("repo/.git/idhooks/fallback-reported");
    let text = fs::read_to_string(&stamp).expect("there");
    fs::write(&stamp, format!("2001-01-01{}", &text[10..])).expect("writable");
    let (code, said) = commit(w, &["the next day"]);
    assert_eq!((code, said.matches(&fallback).count()), (0, 1), "{said}");
    let checked = run(w, env!("CARGO_BIN_EXE_idhooks"), &["-q", "check", "--history"]);
    assert_eq!(checked.status.code(), Some(0), "{}{}", out(&checked), err(&checked));
    let tracked = git(w, &["status", "--porcelain"]).1;
    assert_eq!(tracked, "", "nothing is left in the working tree");
}

#[test]
fn a_virtual_environment_is_deleted() {
    World::each(|w| {
        let mut make = Command::new("python3");
        make.args(["-m", "venv", "--without-pip"]).arg(w.path("venv"));
        let Ok(made) = make.output() else { return };
        assert!(made.status.success(), "{}", err(&made));
        let pip = "pip install --upgrade idhooks, or uv pip install --upgrade idhooks";
        survives(w, "venv/bin/idhooks", "venv", pip);
    });
}

#[test]
fn a_cache_is_cleaned() {
    World::each_lasting(|w| {
        let path = "cache/uv/archive-v0/6ClFITbJUM-JXqzJ/bin/idhooks";
        survives(w, path, "cache/uv", "uv tool install --upgrade idhooks");
    });
}

#[test]
fn a_version_of_node_is_removed() {
    World::each(|w| {
        let node = ".nvm/versions/node/v20.11.0";
        let path =
            format!("{node}/lib/node_modules/idhooks/node_modules/@idhooks/linux-x64/idhooks");
        let npm = "npm install -D idhooks@latest and npx idhooks install, or npm install -g \
                   idhooks@latest";
        survives(w, &path, node, npm);
    });
}

#[test]
fn an_upgrade_behind_a_link_is_not_noticed() {
    World::each(|w| {
        place(w, "tools/1/idhooks");
        let link = w.path("bin/idhooks");
        fs::create_dir(w.path("bin")).expect("writable");
        std::os::unix::fs::symlink("../tools/1/idhooks", &link).expect("writable");
        let installed = w.command(&link, "repo", &["-q", "install"]).output().expect("it runs");
        assert_eq!(installed.status.code(), Some(0), "{}", err(&installed));
        assert!(!err(&installed).contains("warning:"), "{}", err(&installed));
        let hook = fs::read_to_string(w.path("repo/.git/hooks/pre-commit")).expect("there");
        assert!(hook.contains(&format!("idhooks_path='{}';", link.display())), "{hook}");
        fork(w, &link);

        on_path(w, "0.0.1");
        place(w, "tools/2/idhooks");
        fs::remove_dir_all(w.path("tools/1")).expect("there");
        fs::remove_file(&link).expect("there");
        std::os::unix::fs::symlink("../tools/2/idhooks", &link).expect("writable");
        assert_eq!(git(w, &["merge", "-q", "--no-edit", "side"]).0, 0);
        let (code, said) = commit(w, &["after"]);
        assert_eq!((code, said.matches("cannot be run").count()), (0, 0), "{said}");
        assert_eq!(w.calls(), [""; 0], "only the link is called");
    });
}

#[test]
fn a_program_that_cannot_start_is_replaced() {
    World::each(|w| {
        let program = place(w, "own/idhooks");
        assert_eq!(run(w, &program, &["-q", "install"]).status.code(), Some(0));
        fork(w, &program);
        on_path(w, "99.0.0");
        fs::remove_file(&program).expect("there");
        // It is executable, but its interpreter is missing.
        write(&program, b"#!/nowhere/python\n", 0o755);
        let (code, said) = git(w, &["merge", "-q", "--no-edit", "side"]);
        assert_eq!((code, w.calls()[0].as_str()), (0, "merge-driver"), "{said}");
        assert_eq!(commit(w, &["after"]).0, 0);
        assert!(w.calls().contains(&"hook".to_owned()));
    });
}

#[test]
fn a_program_in_a_cache_is_refused() {
    World::each_lasting(|w| {
        let before = w.snapshot("repo");
        for (path, cache, command) in [
            ("c/uv/archive-v0/6Cl/bin/idhooks", "uv", "uv tool install idhooks"),
            (
                "h/.npm/_npx/6b7f/node_modules/@idhooks/linux-x64/bin/idhooks",
                "npx",
                "npm install -D idhooks",
            ),
            ("h/.cache/pipx/c539b568024c72c/bin/idhooks", "pipx run", "pipx install idhooks"),
            (
                "h/.cache/pre-commit/repob_k3n8nd/py_env-python3.11/bin/idhooks",
                "pre-commit",
                "uv tool install idhooks, or pipx install idhooks",
            ),
            (
                "h/.cache/prek/hooks/python-lRDfKHTi/bin/idhooks",
                "prek",
                "uv tool install idhooks, or pipx install idhooks",
            ),
        ] {
            let program = place(w, path);
            let called = match cache {
                "npx" => "npx idhooks",
                "pnpm dlx" => "pnpm exec idhooks",
                "bun" => "bunx idhooks",
                "yarn dlx" => "yarn idhooks",
                _ => "idhooks",
            };
            for args in [&["install"][..], &["install", "--dry-run"]] {
                let output = run(w, &program, args);
                assert_eq!(
                    (output.status.code(), err(&output)),
                    (
                        Some(2),
                        format!(
                            "error: '{}' is in the cache of {cache}, which may be cleaned at any time\n\
                             hint: install idhooks: {command}; then run this command as '{called} …'\n\
                             hint: or name a program that stays: idhooks install --program <path>\n",
                            program.display()
                        )
                    )
                );
            }
            assert_eq!(w.snapshot("repo"), before, "{cache}");
        }
    });
    // A repository in a temporary directory is thrown away, too.
    World::each(|w| {
        let program = place(w, "c/uv/archive-v0/6Cl/bin/idhooks");
        let output = run(w, &program, &["install"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(!err(&output).contains("warning:"), "{}", err(&output));
    });
}

#[cfg(all(feature = "automation", feature = "report"))]
#[test]
fn a_timer_or_a_unit_calls_no_program_in_a_cache() {
    World::each_lasting(|w| {
        assert!(w.commit("repo", "a").status.success());
        let program = place(w, "c/uv/archive-v0/6Cl/bin/idhooks");
        let units = w.path("units").display().to_string();
        let refused = format!(
            "error: '{}' is in the cache of uv, which may be cleaned at any time\n",
            program.display()
        );
        for command in ["watch", "schedule"] {
            let install = |last: &[&str]| {
                let args = [command, "install", "--systemd", "--output", &units];
                let output = run(w, &program, &[&args, last].concat());
                (output.status.code(), err(&output))
            };
            let (code, error) = install(&[]);
            assert_eq!(code, Some(2), "{error}");
            assert!(error.starts_with(&refused), "{error}");
            assert!(!w.path("units").exists());
            let (code, error) = install(&["--program", "idhooks"]);
            assert_eq!(code, Some(0), "{error}");
            if command == "watch" {
                // Removing does not depend on where the program is.
                let (code, error) = install(&["--remove"]);
                assert_eq!(code, Some(0), "{error}");
            }
            fs::remove_dir_all(w.path("units")).expect("there");
        }
    });
}

#[test]
fn a_program_in_a_temporary_directory_is_a_warning() {
    World::each_lasting(|w| {
        let program = place(w, "tmp/target/idhooks");
        let output = run(w, &program, &["install"]);
        assert_eq!(output.status.code(), Some(0));
        let warning = format!(
            "warning: the hooks call '{}', which is in a temporary directory; without it, they look \
             for another idhooks\n\
             hint: install idhooks elsewhere, then run 'idhooks install' again, or name a program: \
             idhooks install --program <path>\n",
            program.display()
        );
        assert!(err(&output).contains(&warning), "{}", err(&output));

        run(w, &program, &["-q", "init", "--scope", "260118"]);
        // A repository in the same directory is thrown away, too.
        w.git("", &["init", "-q", "tmp/clone"]);
        let output = w.command(&program, "tmp/clone", &["install"]).output().expect("it runs");
        assert_eq!(output.status.code(), Some(0));
        assert!(!err(&output).contains("warning:"), "{}", err(&output));

        let units = w.path("units").display().to_string();
        for command in ["schedule", "watch"] {
            let install = [command, "install", "--systemd", "--output", &units];
            let warned = |program: &Path| {
                let output = run(w, program, &install);
                assert_eq!(output.status.code(), Some(0), "{}", err(&output));
                let warning = format!(
                    "warning: the unit calls '{}', which is in a temporary directory; without it, \
                     it cannot run\n\
                     hint: install idhooks elsewhere, or name a program: --program <path>\n",
                    program.display()
                );
                err(&output).contains(&warning)
            };
            assert!(warned(&program));
            assert!(!warned(&place(w, "program/idhooks")));
        }
    });
}

#[test]
fn a_program_in_a_linked_working_tree_is_a_warning() {
    World::each(|w| {
        let elsewhere = fork_with_linked_tree(w);
        let [inside, main] = ["linked/bin/idhooks", "repo/bin/idhooks"].map(|path| place(w, path));
        let link = w.path("on path/idhooks");
        fs::create_dir_all(w.path("on path")).expect("writable");
        symlink(&inside, &link).expect("writable");
        let linked = w.path("linked/link");
        symlink(&elsewhere, &linked).expect("writable");
        let warned = |program: &Path, dir: &str, args: &[&str]| {
            let output = w.command(program.as_ref(), dir, args).output().expect("it runs");
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
            let warning = format!(
                "warning: the hooks call '{}', which is in a linked working tree; without it, \
                 they look for another idhooks\nhint: install idhooks elsewhere, ",
                program.display()
            );
            err(&output).contains(&warning)
        };
        // The program, a link to it, and a link in the working tree.
        for program in [&inside, &link, &linked] {
            assert!(warned(program, "linked", &["install"]), "{}", program.display());
        }
        assert!(warned(&inside, "linked/bin", &["install", "--dry-run"]));
        assert!(!warned(&elsewhere, "linked", &["install"]));
        assert!(!warned(&main, "linked", &["install"]));
        assert!(!warned(&main, "repo", &["install"]));
        let named = inside.display().to_string();
        assert!(!warned(&elsewhere, "linked", &["install", "--program", &named]));

        // Timers belong to the clone, a watcher to its working tree.
        let units = w.path("units").display().to_string();
        for (command, program, is_warning) in [
            ("schedule", &inside, true),
            ("schedule", &main, false),
            ("watch", &inside, false),
            ("watch", &main, false),
        ] {
            let install = [command, "install", "--systemd", "--dry-run", "--output", &units];
            let output = w.command(program.as_ref(), "linked", &install).output().expect("it runs");
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
            let is_said = err(&output).contains("which is in a linked working tree");
            assert_eq!(is_said, is_warning, "{command} {}", err(&output));
        }
    });
}

#[test]
fn a_named_program_is_installed() {
    World::each(|w| {
        let before = w.snapshot("repo");
        for name in ["none", "on path", "."] {
            let output = run(w, w.program(), &["install", "--program", name]);
            assert_eq!(output.status.code(), Some(2), "{name}");
            let error = format!("error: '{name}' is not a program that can be run\n");
            assert!(err(&output).starts_with(&error), "{}", err(&output));
        }
        let output = run(w, w.program(), &["install", "--program", "/bin/true"]);
        assert_eq!(output.status.code(), Some(2));
        let error =
            "error: '/bin/true' is not idhooks: with '--version', it does not print 'idhooks";
        assert!(err(&output).starts_with(error), "{}", err(&output));
        assert_eq!(w.snapshot("repo"), before);
        // A relative path is one of the current directory.
        let named = place(w, "repo/it's/idhooks");
        assert_eq!(
            run(w, w.program(), &["install", "--program", "it's/idhooks"]).status.code(),
            Some(0)
        );
        let driver = w.git("repo", &["config", "merge.idhooks.driver"]);
        let written = named.display().to_string().replace('\'', r"'\''");
        assert!(driver.starts_with(&format!("idhooks_path='{written}'; ")), "{driver}");
    });
}

#[test]
fn a_command_of_an_earlier_version_still_merges() {
    World::each(|w| {
        let program = place(w, "own/idhooks");
        assert_eq!(run(w, &program, &["-q", "install"]).status.code(), Some(0));
        fork(w, &program);
        let old = format!(
            "'{}' merge-driver %O %A %B %L %P || {{ r=$?; case $r in 126|127) git merge-file \
             --marker-size=%L %A %O %B || exit 1;; *) exit 1;; esac; }}",
            program.display()
        );
        w.git("repo", &["config", "merge.idhooks.driver", &old]);
        let (code, said) = git(w, &["merge", "-q", "--no-edit", "side"]);
        assert_eq!(code, 0, "{said}");
        let checked = run(w, &program, &["-q", "check", "--history"]);
        assert_eq!(checked.status.code(), Some(0), "{}", out(&checked));
        let doctor = out(&run(w, &program, &["doctor"]));
        assert!(doctor.contains("merge-driver     is outdated, or was edited"), "{doctor}");
        let again = err(&run(w, &program, &["install"]));
        assert!(again.contains("merge driver: updated in the local configuration\n"), "{again}");
        let doctor = out(&run(w, &program, &["doctor"]));
        let own = format!("('{}', from an archive)", program.display());
        assert!(doctor.contains(&own), "{doctor}");
    });
}
