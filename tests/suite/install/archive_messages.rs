//! What `install.sh --archive` refuses or leaves out, and why: each message names the true cause.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::common::FileServer;
use crate::crash_safety::limits::Disk;
use crate::install::archive::{Entry, assert_refused, entry, inside, install, keep, pack, release};
use crate::install::fixture::{World, err, out, write};
use crate::install::script::{plain, prepared, run, shells};

fn sh() -> [PathBuf; 1] {
    ["/bin/sh".into()]
}

fn without(part: &str) -> Vec<Entry> {
    release().into_iter().filter(|one| !one.name.contains(part)).collect()
}

/// Installs with a program of the test in the place of a tool of the system, or without it.
fn install_with(
    w: &World,
    tools: &[&str],
    tool: &str,
    text: Option<&str>,
    args: [&str; 2],
) -> Output {
    let mut command = prepared(w, &[&["git"], tools].concat(), &sh());
    fs::remove_file(w.path("bin").join(tool)).expect("a link");
    if let Some(text) = text {
        write(&w.path("bin").join(tool), text.as_bytes(), 0o755);
    }
    command.args(["--archive", args[0], "--sha256", args[1]]).output().expect("sh runs")
}

#[test]
fn what_it_is_unpacked_with_is_looked_for_before_the_download() {
    World::each(|w| {
        let (_, sum) = pack(w, "idhooks.tar.gz", &release());
        // Nothing listens there.
        let args = ["http://127.0.0.1:1/idhooks.tar.gz", &sum];
        assert_refused(w, "and tar is not on PATH", || {
            install_with(w, &["curl"], "tar", None, args)
        });
        assert_refused(w, "and unzip is not on PATH", || {
            install(w, &["curl"], "http://127.0.0.1:1/idhooks.zip", &sum)
        });
        for (version, said) in [("tar (GNU tar) 1.34", "gzip is not"), ("bsdtar 3.6.2", "download")]
        {
            let tar = format!("#!/bin/sh\necho '{version}'\n");
            write(&w.path("tar"), tar.as_bytes(), 0o755);
            assert_refused(w, said, || {
                let mut command = prepared(w, &["git", "curl"], &sh());
                for tool in ["gzip", "tar"] {
                    fs::remove_file(w.path("bin").join(tool)).expect("a link");
                }
                symlink(w.path("tar"), w.path("bin/tar")).expect("writable");
                command.args(["--archive", args[0], "--sha256", args[1]]).output().expect("sh runs")
            });
        }
        // The name does not say what this is.
        let (archive, sum) = keep(w, "idhooks", b"PK\x03\x04");
        assert_refused(w, "is a zip file, and unzip is not on PATH", || {
            install(w, &[], &archive, &sum)
        });
    });
}

#[test]
fn a_refused_archive_leaves_no_directory_whatever_the_slashes() {
    World::each(|w| {
        let entries =
            [without("/idhooks"), vec![inside("idhooks", b"#!/bin/sh\nexit 3\n")]].concat();
        let (archive, sum) = pack(w, "bad.tar.gz", &entries);
        let home = w.path("home").display().to_string();
        let roots = ["opt/idhooks", "opt/idhooks/", "opt//idhooks//", "./opt/./idhooks/."];
        let attempt = |root: &str, shell: &[_], archive: &str, sum: &str| {
            let mut command = prepared(w, &["git"], shell);
            command.env("CARGO_INSTALL_ROOT", format!("{home}/{root}"));
            command.args(["--archive", archive, "--sha256", sum]).output().expect("the shell runs")
        };
        for shell in shells() {
            for root in roots {
                assert_refused(w, "does not run on this system", || {
                    attempt(root, &shell, &archive, &sum)
                });
            }
        }
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        for root in roots {
            let output = attempt(root, &sh(), &archive, &sum);
            let said = format!("installed: idhooks 1.0.0 in '{home}/opt/idhooks/bin'\n");
            assert!(out(&output).starts_with(&said), "{root}: {}{}", out(&output), err(&output));
        }
    });
}

#[test]
fn only_what_idhooks_wrote_is_put_beside_the_program() {
    World::each(|w| {
        let foreign = [inside("completions/bash", b"mine\n"), inside("man/man1/ls.1", b"mine\n")];
        let entries = [&without("completions/bash")[..], &foreign].concat();
        let (archive, sum) = pack(w, "foreign.tar.gz", &entries);
        let output = install(w, &[], &archive, &sum);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let said = "warning: the completions for bash are left out: idhooks did not write them\n";
        assert_eq!(err(&output), said);
        assert!(!w.path("home/.local/share/bash-completion").exists());
        assert!(!w.path("home/.cargo/share/man/man1/ls.1").exists());
        for entries in [without("man1"), [&without("man1")[..], &foreign[1..]].concat()] {
            fs::remove_dir_all(w.path("home")).expect("there");
            fs::create_dir(w.path("home")).expect("writable");
            let (archive, sum) = pack(w, "bare.tar.gz", &entries);
            let output = install(w, &[], &archive, &sum);
            assert_eq!(output.status.code(), Some(0));
            assert_eq!(err(&output), "warning: no manual pages came with the program\n");
            assert!(!out(&output).contains("manual pages"), "{}", out(&output));
            assert!(!w.path("home/.cargo/share").exists());
        }
    });
}

#[test]
fn pages_that_are_written_in_part_are_called_so() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let cp =
            "#!/bin/sh\ncase $2 in */man1/idhooks.1.new-*) exit 1 ;; esac\nexec /bin/cp \"$@\"\n";
        let output = install_with(w, &[], "cp", Some(cp), [&archive, &sum]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let man = w.path("home/.cargo/share/man/man1");
        let said = format!(
            "warning: cannot write to '{}': some of the manual pages are missing\n",
            man.display()
        );
        assert_eq!(err(&output), said);
        assert!(man.join("git-idhooks.1").exists() && !man.join("idhooks.1").exists());
    });
}

#[test]
fn a_zip_with_a_link_is_refused_whatever_system_it_names() {
    World::each(|w| {
        let make = "import sys, zipfile\n\
            z = zipfile.ZipFile(sys.argv[1], 'w')\n\
            for name, mode in ('idhooks', 0o100755), ('completions/bash', 0o120777):\n    \
            i = zipfile.ZipInfo('idhooks-1.0.0/' + name)\n    \
            i.create_system = int(sys.argv[2])\n    i.external_attr = mode << 16\n    \
            z.writestr(i, sys.argv[3])\nz.close()\n";
        let file = w.path("idhooks.zip").display().to_string();
        if plain("unzip").is_none() {
            return;
        }
        // Unix, VMS (which unzip lists without the kinds), Atari, BeOS, AtheOS.
        for system in ["3", "2", "5", "16", "30"] {
            let mut python = Command::new("python3");
            python.args(["-c", make, &file, system]).arg(w.path("secret"));
            if !python.status().is_ok_and(|status| status.success()) {
                return;
            }
            let (archive, sum) = keep(w, "idhooks.zip", &fs::read(&file).expect("written"));
            assert_refused(w, "neither a file nor a directory", || {
                install(w, &["unzip"], &archive, &sum)
            });
        }
        let mut bytes = fs::read(&file).expect("written");
        let content = bytes.windows(4).position(|four| four == b"/sec").expect("stored");
        bytes[content] = b'x';
        let (archive, sum) = keep(w, "idhooks.zip", &bytes);
        assert_refused(w, "it is cut short or not an archive", || {
            install(w, &["unzip"], &archive, &sum)
        });
    });
}

#[test]
fn every_tar_refuses_names_outside_of_the_folder() {
    World::each(|w| {
        let folder = release()[0].name.clone();
        for tar in ["tar", "bsdtar", "busybox"] {
            let Some(real) = plain(tar) else { continue };
            let attempt = |archive: &str, sum: &str| {
                let mut command = prepared(w, &["git"], &sh());
                fs::remove_file(w.path("bin/tar")).expect("a link");
                symlink(&real, w.path("bin/tar")).expect("writable");
                command.args(["--archive", archive, "--sha256", sum]).output().expect("sh runs")
            };
            for name in ["/tmp/evil", "../evil", &format!("{folder}../../evil")] {
                let entries = [&release()[..], &[entry(name, b"")]].concat();
                let (archive, sum) = pack(w, "evil.tar.gz", &entries);
                assert_refused(w, "has an entry outside of its folder", || attempt(&archive, &sum));
            }
            let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
            let output = attempt(&archive, &sum);
            assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""), "{tar}");
            let output = run(w, &["git"], &["--uninstall"]);
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        }
    });
}

#[test]
fn a_place_that_is_not_known_is_asked_for() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        for shell in shells() {
            for args in [&["--archive", &archive, "--sha256", &sum][..], &["--uninstall"]] {
                assert_refused(w, "HOME is not set", || {
                    let mut command = prepared(w, &["git"], &shell);
                    command.env_remove("HOME").args(args).output().expect("the shell runs")
                });
            }
        }
    });
}

#[test]
fn a_place_where_nothing_runs_is_named() {
    World::each(|w| {
        let Some(_disk) = Disk::new(&w.path("home/.cargo")) else { return };
        let mut mount = Command::new("mount");
        mount.args(["-o", "remount,noexec"]).arg(w.path("home/.cargo"));
        assert!(mount.status().expect("as before").success());
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        for shell in shells() {
            let said = "this system lets no program run in '";
            assert_refused(w, said, || {
                let mut command = prepared(w, &["git"], &shell);
                command.args(["--archive", &archive, "--sha256", &sum]).output().expect("it runs")
            });
        }
    });
}

#[test]
fn what_cannot_be_read_or_unpacked_is_not_for_want_of_room() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let hint = |said: &str, attempt: &dyn Fn() -> Output| {
            assert_refused(w, said, attempt);
            err(&attempt()).lines().nth(1).expect("a hint").to_owned()
        };
        // A file that not even root can read from the beginning.
        let unreadable = "/proc/self/mem";
        if Path::new(unreadable).exists() {
            let said = "cannot read '/proc/self/mem': ";
            let hint = hint(said, &|| install(w, &[], unreadable, &sum));
            assert!(!hint.contains("room"), "{hint}");
        }
        for (reason, room) in [("No space left on device", true), ("Invalid cross-device", false)] {
            let tar = format!(
                "#!/bin/sh\ncase $1 in -x*) echo \"tar: idhooks: {reason}\" >&2; exit 2 ;; esac\n\
                 exec /bin/tar \"$@\"\n"
            );
            let hint = hint(reason, &|| install_with(w, &[], "tar", Some(&tar), [&archive, &sum]));
            assert_eq!(hint.contains("room"), room, "{hint}");
        }
    });
}

#[test]
fn options_and_addresses_have_more_than_one_spelling() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let equals = [format!("--archive={archive}"), format!("--sha256={sum}")];
        let output = run(w, &["git"], &[&equals[0], &equals[1]]);
        assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
        for option in ["--archive", "--sha256"] {
            let said = format!("error: {option} has no value\n");
            assert_refused(w, said.trim_end(), || run(w, &["git"], &[&format!("{option}=")]));
        }
        let Some(server) = FileServer::new(&w.path("served")) else { return };
        let url = format!("{}/idhooks.tar.gz", server.address).replacen("http", "HTTP", 1);
        for tool in ["curl", "wget"] {
            let output = install(w, &[tool], &url, &sum);
            assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""), "{tool}");
        }
        let Some(busybox) = plain("busybox") else { return };
        let mut command = prepared(w, &["git"], &sh());
        symlink(busybox, w.path("bin/wget")).expect("writable");
        let output = command.args(["--archive", &url, "--sha256", &sum]).output().expect("sh runs");
        assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""), "busybox");
    });
}
