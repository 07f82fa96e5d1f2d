//! Only the program that `install.sh` installed is removed by `--uninstall`, or replaced.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::install::archive::{PROGRAM, assert_refused, pack, release};
use crate::install::fixture::{World, err, out, write};
use crate::install::script::{ALL, prepared, run, shells};

const BIN: &str = "home/.cargo/bin";
const ANOTHER: &[u8] = b"#!/bin/sh\necho 'another 1.0'\n";
/// The line with which cargo notes an installation.
const NOTED: &[u8] = b"[v1]\n\"idhooks 1.0.0 (path+file:///src)\" = [\"idhooks\"]\n";

/// How a program of a system with another processor begins.
fn of_another_system() -> Vec<u8> {
    let mut elf =
        b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xf3\x00".to_vec();
    elf.resize(4096, 0);
    elf
}

/// Uninstalls in every shell, with this in the directory for programs; returns the exit code and
/// the messages, which are equal in all shells.
fn uninstall(w: &World, put: &dyn Fn(&Path)) -> (Option<i32>, String) {
    let mut answers = Vec::new();
    for shell in shells() {
        let _ = fs::remove_dir_all(w.path("home"));
        fs::create_dir_all(w.path(BIN)).expect("writable");
        put(&w.path(BIN));
        let output = prepared(w, &["git", "cargo"], &shell).arg("--uninstall").output();
        let output = output.expect("the shell runs");
        answers.push((output.status.code(), out(&output) + &err(&output)));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.remove(0)
}

#[test]
fn a_program_of_another_name_stays() {
    World::each(|w| {
        let program = w.path(BIN).join("idhooks");
        let (code, said) = uninstall(w, &|bin| {
            write(&bin.join("idhooks"), ANOTHER, 0o755);
            // Whatever was there before, this is not idhooks.
            write(&bin.with_file_name(".crates.toml"), NOTED, 0o644);
        });
        let path = program.display();
        let warning = format!(
            "warning: '{path}' is left as it is: it is a script\n\
             hint: if you do not need it, remove it yourself: rm '{path}'\n"
        );
        assert_eq!((code, said), (Some(1), warning));
        assert_eq!(fs::read(&program).expect("there"), ANOTHER);
        assert_eq!(w.calls(), [""; 0], "cargo would remove it");

        // Nor is it run to uninstall hooks.
        write(&program, b"#!/bin/sh\necho \"$*\" >>\"$CALLS\"\n", 0o755);
        let output = run(w, &["git"], &["--uninstall", "repo"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(err(&output).starts_with("error: no idhooks in '"), "{}", err(&output));
        assert!(w.calls().iter().all(|call| call == "--version") && program.exists());
    });
}

#[test]
fn a_link_of_a_package_manager_stays() {
    World::each(|w| {
        let tools = w.path("tools");
        fs::create_dir(&tools).expect("writable");
        write(&tools.join("idhooks"), &PROGRAM, 0o755);
        let (code, said) = uninstall(w, &|bin| {
            for name in ["idhooks", "git-idhooks"] {
                symlink(tools.join("idhooks"), bin.join(name)).expect("writable");
            }
        });
        assert_eq!(code, Some(1), "{said}");
        let warning = format!("it is a link to '{}'\n", tools.join("idhooks").display());
        assert!(said.contains(&warning) && said.contains("hint: remove it with"), "{said}");
        for name in ["idhooks", "git-idhooks"] {
            assert!(w.path(BIN).join(name).is_symlink() && tools.join("idhooks").exists());
        }
        // A link that stays in the directory hides nothing.
        let (code, said) = uninstall(w, &|bin| {
            write(&bin.join("idhooks-1"), &PROGRAM, 0o755);
            symlink("idhooks-1", bin.join("idhooks")).expect("writable");
        });
        assert_eq!(code, Some(0), "{said}");
        assert!(
            !w.path(BIN).join("idhooks").is_symlink() && w.path(BIN).join("idhooks-1").exists()
        );
    });
}

#[test]
fn a_damaged_program_goes_if_it_was_installed() {
    World::each(|w| {
        let mut cut_off = vec![0; 100];
        let own = fs::File::open(env!("CARGO_BIN_EXE_idhooks"));
        own.and_then(|mut own| own.read_exact(&mut cut_off)).expect("readable");
        for content in [of_another_system(), cut_off, Vec::new()] {
            let put = |bin: &Path| write(&bin.join("idhooks"), &content, 0o755);
            let (code, said) = uninstall(w, &put);
            assert_eq!(code, Some(1), "{said}");
            assert!(w.path(BIN).join("idhooks").exists(), "no record of it");
            let (code, said) = uninstall(w, &|bin| {
                put(bin);
                write(&bin.with_file_name(".crates.toml"), NOTED, 0o644);
            });
            assert_eq!(code, Some(0), "{said}");
            assert!(!w.path(BIN).join("idhooks").exists());
            // A shell that runs it as a script writes where '>' says.
            let made = ["bin", "calls", "fake", "home", "pro gram", "repo", "temp"];
            let names = fs::read_dir(w.path("")).expect("readable").flatten();
            let names: Vec<_> = names.map(|entry| entry.file_name()).collect();
            let is_made = |name: &OsString| made.iter().any(|made| name == made);
            assert!(names.iter().all(is_made), "{names:?}");
        }
        // An archive leaves no list, but a link and pages.
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let output = run(w, &["git"], &["--archive", &archive, "--sha256", &sum]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let program = w.path(BIN).join("idhooks");
        write(&program, &of_another_system(), 0o755);
        let output = run(w, &["git"], &["--uninstall"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(!program.exists());
    });
}

#[test]
fn a_script_that_calls_idhooks_stays() {
    World::each(|w| {
        let tools = w.path("tools");
        fs::create_dir(&tools).expect("writable");
        write(&tools.join("idhooks"), &PROGRAM, 0o755);
        let wrapper = format!("#!/bin/sh\nexec '{}/idhooks' \"$@\"\n", tools.display());
        let (code, said) = uninstall(w, &|bin| {
            for name in ["idhooks", "git-idhooks"] {
                write(&bin.join(name), wrapper.as_bytes(), 0o755);
            }
            write(&bin.with_file_name(".crates.toml"), NOTED, 0o644);
        });
        assert!(code == Some(1) && said.contains("is left as it is: it is a script\n"), "{said}");
        for name in ["idhooks", "git-idhooks"] {
            assert_eq!(fs::read(w.path(BIN).join(name)).expect("there"), wrapper.as_bytes());
        }
    });
}

#[test]
fn a_program_of_a_python_package_stays() {
    World::each(|w| {
        let uninstall = |packages: &str, file: &str| {
            uninstall(w, &|bin| {
                write(&bin.join("idhooks"), &PROGRAM, 0o755);
                let info = bin.with_file_name(packages).join("idhooks-0.1.0.dist-info");
                fs::create_dir_all(&info).expect("writable");
                write(&info.join("RECORD"), format!("{file},sha256=x,1\n").as_bytes(), 0o644);
            })
        };
        let program = w.path(BIN).join("idhooks");
        for packages in ["lib/python3.12/site-packages", "lib64/python3/site-packages"] {
            let (code, said) = uninstall(packages, "../../../bin/idhooks");
            let expected = format!(
                "warning: '{}' is left as it is: it belongs to a Python package\n\
                 hint: remove it with: pip uninstall idhooks\n",
                program.display()
            );
            assert_eq!((code, said), (Some(1), expected));
            assert!(program.exists());
        }
        assert_eq!(uninstall("Lib/site-packages", "../../bin/idhooks").0, Some(1));
        // The package of another program, or of another place.
        let (code, said) = uninstall("lib/python3.12/site-packages", "../../../bin/idhooks2");
        assert!(code == Some(0) && !program.exists(), "{said}");
    });
}

#[test]
fn printed_commands_can_be_pasted() {
    World::each(|w| {
        let root = w.path("it's $HOME");
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        for shell in shells() {
            let run = |args: &[&str]| {
                let mut command = prepared(w, &["git"], &shell);
                let output = command.env("CARGO_INSTALL_ROOT", &root).args(args).output();
                output.expect("the shell runs")
            };
            let paste = |command: &str, dir: &str| {
                let mut sh = w.command("/bin/sh".as_ref(), dir, &["-c", command]);
                let output = sh.env("CALLS", w.path("calls")).output().expect("sh runs");
                assert!(output.status.success(), "{command}: {}", err(&output));
            };
            let output = run(&["--archive", &archive, "--sha256", &sum]);
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
            w.calls();
            paste(out(&output).lines().last().expect("what is next"), "repo");
            assert_eq!(w.calls(), ["idhooks init", "idhooks install"]);
            let warned = err(&run(&["--uninstall"]));
            let line = warned.lines().find_map(|line| line.strip_suffix(" -C <clone> uninstall"));
            let called = line.expect("a command").trim_start();
            assert_eq!(called, format!("'{}/bin/idhooks'", root.display()).replace("'s", "'\\''s"));

            let program = root.join("bin/idhooks");
            for is_directory in [false, true] {
                match is_directory {
                    false => write(&program, ANOTHER, 0o755),
                    true => fs::create_dir_all(program.join("x")).expect("writable"),
                }
                let output = run(&["--uninstall"]);
                let said = err(&output);
                assert_eq!(output.status.code(), Some(1), "{said}");
                let (_, command) = said.split_once("remove it yourself: ").expect("a hint");
                paste(command, "");
                assert!(!program.exists(), "{said}");
            }
        }
    });
}

#[test]
fn programs_of_others_are_not_replaced() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let (bin, tools) = (w.path("home/.cargo/bin"), w.path("tools"));
        fs::create_dir_all(&bin).expect("writable");
        fs::create_dir(&tools).expect("writable");
        write(&tools.join("idhooks"), &PROGRAM, 0o755);
        symlink(tools.join("idhooks"), bin.join("idhooks")).expect("writable");
        let said = format!("cannot be replaced: it is a link to '{}/idhooks'", tools.display());
        for shell in shells() {
            let with = |args: &[&str]| {
                let mut command = prepared(w, &ALL, &shell);
                command.args(args).output().expect("the shell runs")
            };
            assert_refused(w, &said, || with(&["--archive", &archive, "--sha256", &sum]));
            assert_refused(w, &said, || with(&[]));
            assert_eq!(w.calls(), [""; 0], "nothing is built");
        }
    });
}
