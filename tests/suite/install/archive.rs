//! `install.sh --archive`: a program of a release, checked before anything is written.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use crate::common::FileServer;
use crate::crash_safety::limits::Disk;
use crate::install::fixture::{World, err, out, write};
use crate::install::script::{compiled, run};
use crate::reviewed::assert_text;

/// The folder in an archive.
const FOLDER: &str = "idhooks-1.0.0-x86_64-unknown-linux-gnu";
/// The program in it: it says what it is, and notes how it is called.
pub(super) static PROGRAM: LazyLock<Vec<u8>> = LazyLock::new(|| {
    compiled("echo \"idhooks $*\" >>\"${CALLS:-/dev/null}\"\necho 'idhooks 1.0.0'\n")
});

/// One entry of an archive.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: u8,
    pub(super) link: &'static str,
    pub(super) content: Vec<u8>,
}

pub(super) fn entry(name: &str, content: &[u8]) -> Entry {
    Entry { name: name.to_owned(), kind: b'0', link: "", content: content.to_owned() }
}

pub(super) fn inside(name: &str, content: &[u8]) -> Entry {
    entry(&format!("{FOLDER}/{name}"), content)
}

/// What a release has.
pub(super) fn release() -> Vec<Entry> {
    let folder = Entry { kind: b'5', ..inside("", b"") };
    let mut all = vec![folder, inside("idhooks", &PROGRAM), inside("README.md", b"")];
    for shell in ["bash", "zsh", "fish"] {
        let text = format!("# Written by 'idhooks completions {shell}'.\n");
        all.push(inside(&format!("completions/{shell}"), text.as_bytes()));
    }
    for page in ["idhooks.1", "git-idhooks.1"] {
        all.push(inside(&format!("man/man1/{page}"), b".\\\" Written by 'idhooks man'.\n"));
    }
    all
}

/// Returns the bytes of a tar archive.
fn tar(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for one in entries {
        let mut header = [0; 512];
        let mut put =
            |at: usize, text: &str| header[at..][..text.len()].copy_from_slice(text.as_bytes());
        put(0, &one.name);
        put(100, "0000755\0");
        put(108, "0000000\0");
        put(116, "0000000\0");
        put(124, &format!("{:011o}\0", one.content.len()));
        put(136, "00000000000\0");
        put(148, "        ");
        put(157, one.link);
        put(257, "ustar\x0000");
        header[156] = one.kind;
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes.extend(header);
        bytes.extend(&one.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

/// Returns what a program makes of its input.
fn piped(program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().expect("a plain tool");
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads");
    output.stdout
}

/// Returns the SHA-256 of bytes.
fn sum(bytes: &[u8]) -> String {
    let printed = piped("openssl", &["dgst", "-sha256", "-r"], bytes);
    String::from_utf8(printed).expect("a sum")[..64].to_owned()
}

/// Writes an archive; returns its path and its sum.
pub(super) fn pack(w: &World, name: &str, entries: &[Entry]) -> (String, String) {
    keep(w, name, &piped("gzip", &["-nc"], &tar(entries)))
}

pub(super) fn keep(w: &World, name: &str, bytes: &[u8]) -> (String, String) {
    fs::create_dir_all(w.path("served")).expect("writable");
    let file = w.path("served").join(name);
    fs::write(&file, bytes).expect("writable");
    (file.display().to_string(), sum(bytes))
}

pub(super) fn install(w: &World, tools: &[&str], archive: &str, sum: &str) -> Output {
    run(w, &[&["git"], tools].concat(), &["--archive", archive, "--sha256", sum])
}

/// Asserts that an installation is refused with a sentence and a hint, and that nothing was written.
pub(super) fn assert_refused(w: &World, said: &str, attempt: impl Fn() -> Output) {
    fs::create_dir_all(w.path("temp")).expect("writable");
    let before = w.snapshot("home");
    let temporary = w.snapshot("temp");
    let output = attempt();
    let lines = err(&output);
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{said}: {lines:?}");
    assert_eq!(lines.len(), 2, "{said}: {lines:?}");
    assert!(lines[0].starts_with("error: ") && lines[0].contains(said), "{said}: {lines:?}");
    assert!(lines[1].starts_with("hint: "), "{lines:?}");
    assert!(w.snapshot("home") == before, "{said}: something was written");
    assert!(w.snapshot("temp") == temporary, "{said}: something is left");
}

#[test]
fn a_release_is_installed_without_rust_and_uninstalled() {
    World::each(|w| {
        let before = w.snapshot("home");
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        for sum in [&sum, &sum.to_uppercase()] {
            let output = install(w, &[], &archive, sum);
            assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
            assert_text("install-archive-a_release_is_installed_without_rust", &out(&output));
        }
        assert_eq!(fs::read(w.path("home/.cargo/bin/idhooks")).expect("there"), *PROGRAM);
        for (file, content) in [
            (".cargo/share/man/man1/git-idhooks.1", ".\\\" Written by 'idhooks man'.\n"),
            (
                ".local/share/zsh/site-functions/_idhooks",
                "# Written by 'idhooks completions zsh'.\n",
            ),
        ] {
            assert_eq!(fs::read_to_string(w.path("home").join(file)).expect(file), content);
        }
        let link = fs::read_link(w.path("home/.cargo/bin/git-idhooks")).expect("a link");
        assert_eq!(link.to_str(), Some("idhooks"));
        let output = run(w, &["git"], &["--uninstall"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let mut after = w.snapshot("home");
        for dir in [".cargo", ".cargo/bin", ".local", ".local/share"] {
            after.remove(dir);
        }
        assert!(after == before, "{:?}", after.keys());
    });
}

#[test]
fn a_repository_is_set_up_with_it() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let args = ["--sha256", &sum, "--demo", "repo", "--archive", &archive];
        let output = run(w, &["git"], &args);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let repo = w.path("repo").display().to_string();
        let [init, install] = ["init", "install"].map(|word| format!("idhooks -C {repo} {word}"));
        let calls = w.calls();
        assert!(calls.ends_with(&[init, install, "idhooks demo".to_owned()]), "{calls:?}");
        assert_refused(w, "is not in the working tree of a git repository", || {
            run(w, &["git"], &["--archive", &archive, "--sha256", &sum, "home"])
        });
    });
}

#[test]
fn it_comes_from_a_server_as_well() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let cut = &fs::read(&archive).expect("written")[..200];
        keep(w, "cut.tar.gz", cut);
        let Some(server) = FileServer::new(&w.path("served")) else { return };
        let url = format!("{}/idhooks.tar.gz", server.address);
        for tool in ["curl", "wget"] {
            let output = install(w, &[tool], &url, &sum);
            assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""), "{tool}");
            let other = |name: &str| format!("{}/{name}", server.address);
            let wrong = sum.chars().rev().collect::<String>();
            assert_refused(w, "has another SHA-256: ", || install(w, &[tool], &url, &wrong));
            let cut = other("cut.tar.gz");
            assert_refused(w, "has another SHA-256: ", || install(w, &[tool], &cut, &sum));
            let missing = other("missing.tar.gz");
            assert_refused(w, "cannot download ", || install(w, &[tool], &missing, &sum));
        }
        assert_refused(w, "neither curl nor wget is on PATH", || install(w, &[], &url, &sum));
        drop(server);
        assert_refused(w, "cannot download ", || install(w, &["curl"], &url, &sum));
    });
}

#[test]
fn what_is_no_release_is_refused_and_the_old_program_still_runs() {
    World::each(|w| {
        let (archive, good) = pack(w, "idhooks.tar.gz", &release());
        assert_eq!(install(w, &[], &archive, &good).status.code(), Some(0));
        let with = |more: &[Entry]| [&release()[..], more].concat();
        let without = |name: &str| {
            release().into_iter().filter(|one| !one.name.ends_with(name)).collect::<Vec<_>>()
        };
        let instead = |bytes: &[u8]| [without("/idhooks"), vec![inside("idhooks", bytes)]].concat();
        let link = |kind, link| Entry { kind, link, ..inside("more", b"") };
        let elf = |machine: u8| {
            let mut bytes = vec![0; 64];
            bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
            bytes[18] = machine;
            bytes
        };
        let foreign = if cfg!(target_arch = "x86_64") { 0xb7 } else { 0x3e };
        for (said, entries) in [
            ("outside of its folder: '../evil'", with(&[entry("../evil", b"")])),
            ("outside of its folder: ", with(&[inside("../../evil", b"")])),
            ("outside of its folder: '/tmp/evil'", with(&[entry("/tmp/evil", b"")])),
            ("an unusual name: 'a b'", with(&[entry("a b", b"")])),
            ("neither a file nor a directory", with(&[link(b'2', "/etc/passwd")])),
            ("neither a file nor a directory", with(&[link(b'1', "README.md")])),
            ("neither a file nor a directory", with(&[link(b'6', "")])),
            ("has 2 programs with the name 'idhooks'", with(&[inside("bin/idhooks", b"")])),
            ("has two entries with one name", with(&[inside("README.md", b"")])),
            ("has no program 'idhooks'", without("/idhooks")),
            ("is not for this system", instead(&elf(foreign))),
            ("is not for this system", instead(b"MZ\0\0")),
            ("is not for this system", instead(b"plain text\n")),
            ("does not run on this system", instead(b"#!/bin/sh\necho another 1.0\n")),
            ("does not run on this system", instead(b"#!/bin/sh\nexit 126\n")),
        ] {
            let (archive, sum) = pack(w, "bad.tar.gz", &entries);
            assert_refused(w, said, || install(w, &[], &archive, &sum));
        }
        let whole = fs::read(&archive).expect("written");
        for bytes in [&whole[..whole.len() / 2], &whole[..20], b"", b"<html>404</html>"] {
            let (archive, sum) = keep(w, "bad.tar.gz", bytes);
            assert_refused(w, "it is cut short or not an archive", || {
                install(w, &[], &archive, &sum)
            });
        }
        assert_refused(w, "'nowhere' is not a file", || install(w, &[], "nowhere", &good));
        let program = w.path("home/.cargo/bin/idhooks");
        let output = w.command(&program, "", &["--version"]).output().expect("it runs");
        assert_eq!(out(&output), "idhooks 1.0.0\n");
    });
}

#[test]
fn a_missing_or_malformed_sum_is_refused() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        let cut = &sum[..63];
        let other = format!("{cut}g");
        for (said, args) in [
            ("--archive needs --sha256", &["--archive", &archive][..]),
            ("--sha256 needs --archive", &["--sha256", &sum]),
            ("--archive has no value", &["--archive"]),
            ("--sha256 has no value", &["--archive", &archive, "--sha256", ""]),
            ("it does not have 64 digits", &["--archive", &archive, "--sha256", cut]),
            ("other digits than hexadecimal", &["--archive", &archive, "--sha256", &other]),
            ("neither http:// nor https://", &["--archive", "ftp://x/y", "--sha256", &sum]),
            ("exclude each other", &["--archive", &archive, "--sha256", &sum, "--uninstall"]),
        ] {
            assert_refused(w, said, || run(w, &["git"], args));
        }
    });
}

#[test]
fn a_place_that_cannot_be_written_stays_as_it_was() {
    World::each(|w| {
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        fs::create_dir_all(w.path("home/.cargo")).expect("writable");
        // A file in the place of the directory: root cannot write there either.
        write(&w.path("home/.cargo/bin"), b"", 0o644);
        assert_refused(w, "cannot write to '", || install(w, &[], &archive, &sum));
        fs::remove_file(w.path("home/.cargo/bin")).expect("there");
        fs::create_dir(w.path("home/.cargo/bin")).expect("writable");
        write(&w.path("home/.cargo/bin/idhooks"), b"#!/bin/sh\necho mine\n", 0o755);
        assert_refused(w, "cannot be replaced: it is a script", || install(w, &[], &archive, &sum));
    });
}

#[test]
fn a_full_or_read_only_disk_keeps_the_old_program() {
    World::each(|w| {
        let Some(disk) = Disk::new(&w.path("home/.cargo")) else { return };
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        assert_eq!(install(w, &[], &archive, &sum).status.code(), Some(0));
        let long = [&PROGRAM[..], &b"# another version\n".repeat(2000)].concat();
        let entries: Vec<_> = release()
            .into_iter()
            .map(|one| if one.name.ends_with("/idhooks") { inside("idhooks", &long) } else { one })
            .collect();
        let (archive, sum) = pack(w, "long.tar.gz", &entries);
        for pages in [0, 1, 4] {
            disk.fill(pages * 4096);
            assert_refused(w, "No space left on device", || install(w, &[], &archive, &sum));
            disk.empty();
        }
        let program = w.path("home/.cargo/bin/idhooks");
        assert_eq!(fs::read(&program).expect("there"), *PROGRAM);
        assert_eq!(install(w, &[], &archive, &sum).status.code(), Some(0));
        assert_eq!(fs::read(&program).expect("there"), long);

        let mut mount = Command::new("mount");
        mount.args(["-o", "remount,ro"]).arg(w.path("home/.cargo"));
        assert!(mount.status().expect("as before").success());
        let (archive, sum) = pack(w, "idhooks.tar.gz", &release());
        assert_refused(w, "Read-only file system", || install(w, &[], &archive, &sum));
        let output = w.command(&program, "", &["--version"]).output().expect("it runs");
        assert_eq!(out(&output), "idhooks 1.0.0\n");
    });
}

#[test]
fn a_full_temporary_directory_is_called_one() {
    World::each(|w| {
        let Some(disk) = Disk::new(&w.path("temp")) else { return };
        let long = b"# as long as a program\n".repeat(20_000);
        let more = inside("CHANGELOG.md", &long);
        let (archive, sum) = pack(w, "idhooks.tar.gz", &[&release()[..], &[more]].concat());
        for pages in [0, 1, 2, 3, 5, 10] {
            disk.fill(pages * 4096);
            assert_refused(w, "", || install(w, &[], &archive, &sum));
            disk.empty();
        }
        assert_eq!(install(w, &[], &archive, &sum).status.code(), Some(0));
    });
}

#[test]
fn a_zip_is_an_archive_too() {
    World::each(|w| {
        let make = "import sys, zipfile\n\
            z = zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED)\n\
            for name in sys.argv[3:]:\n    i = zipfile.ZipInfo(name)\n    \
            i.external_attr = (0o120777 if name.endswith('more') else 0o100755) << 16\n    \
            z.writestr(i, open(sys.argv[2], 'rb').read())\nz.close()\n";
        write(&w.path("program"), &PROGRAM, 0o755);
        let zip = |names: &[&str]| {
            let file = w.path("idhooks.zip").display().to_string();
            let names: Vec<_> = names.iter().map(|name| format!("{FOLDER}/{name}")).collect();
            let mut python = Command::new("python3");
            let made = python.args(["-c", make, &file]).arg(w.path("program")).args(names).status();
            let made = made.is_ok_and(|status| status.success());
            made.then(|| keep(w, "idhooks.zip", &fs::read(file).expect("written")))
        };
        let Some((archive, sum)) = zip(&["README.md", "idhooks"]) else { return };
        assert_refused(w, "is a zip file, and unzip is not on PATH", || {
            install(w, &[], &archive, &sum)
        });
        if !["/bin/unzip", "/usr/bin/unzip"].iter().any(|file| Path::new(file).exists()) {
            return;
        }
        for (said, names) in [
            ("neither a file nor a directory", &["idhooks", "more"][..]),
            ("outside of its folder", &["idhooks", "../../evil"]),
            ("has 2 programs", &["idhooks", "idhooks.exe"]),
        ] {
            let (archive, sum) = zip(names).expect("as before");
            assert_refused(w, said, || install(w, &["unzip"], &archive, &sum));
        }
        let (archive, sum) = zip(&["README.md", "idhooks"]).expect("as before");
        let output = install(w, &["unzip"], &archive, &sum);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        // It has no completions and no pages, which is said.
        assert!(err(&output).contains("no completions for bash"), "{}", err(&output));
    });
}
