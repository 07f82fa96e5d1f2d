//! `tests/sealed`: what a test program sees of a machine whose user has set everything.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::{start, write_script};

const RUNNER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sealed");

/// A configuration that changes what git does, and at its end one that git refuses to read.
const GITCONFIG: &str = "\
[commit]\n\tgpgSign = true\n[core]\n\thooksPath = /nowhere\n\tautocrlf = true\n[init]\n\
\tdefaultBranch = trunk\n\ttemplateDir = /nowhere\n[diff]\n\texternal = false\n\
[protocol \"file\"]\n\tallow = never\n[user]\n\tuseConfigOnly = true\n[\n";

/// Shows what a test program sees, as lines `name=value`.
const LOOK: &str = "#!/bin/sh
env
cd \"$TMPDIR\"
echo \"umask=$(umask)\"
echo \"idhooks=$(command -v idhooks git-idhooks)\"
echo \"config=$(git config --list --show-origin 2>&1)\"
echo \"branch=$(git init -q \"$TMPDIR/new\" 2>&1 && git -C \"$TMPDIR/new\" symbolic-ref HEAD)\"
echo \"template=$(ls -R \"$TMPDIR/new/.git/info\" \"$TMPDIR/new/.git/hooks\" | grep -v :)\"
echo \"above=$(git -C \"$TMPDIR\" rev-parse 2>&1 | cut -c 1-27)\"
echo \"physical=$(cd \"$TMPDIR\" && pwd -P)\"
echo \"arguments=$*\"
exit 7
";

/// Runs a program in the way of a test on a hostile machine, and returns its exit code and the lines.
fn seen(machine: &Path, program: &Path, arguments: &[&str]) -> (i32, BTreeMap<String, String>) {
    let path = ["older", "equal", "newer", "home/.cargo/bin", "home/.local/bin"];
    let path = path.map(|place| machine.join(place)).into_iter();
    let rest = std::env::var_os("PATH").expect("the tests have one");
    let path = std::env::join_paths(path.chain(std::env::split_paths(&rest))).expect("a path");
    let mut command = Command::new("sh");
    command
        .args(["-c", "umask 077; exec \"$@\"", "sh", RUNNER])
        .arg(program)
        .args(arguments)
        .current_dir(machine);
    command.env("HOME", machine.join("home")).env("XDG_CONFIG_HOME", machine.join("home"));
    command.env("GIT_CONFIG_GLOBAL", machine.join("home/.gitconfig")).env("PATH", path);
    command.env("GIT_DIR", "/nowhere").env("IDHOOKS", "0").env("LC_ALL", "tr_TR.UTF-8");
    command.env("TZ", "Asia/Tokyo").env("CARGO_HOME", machine.join("home/.cargo"));
    command.env("IDHOOKS_TEST_SEEN", "as set").env("EDITOR", "a\nLINE=b");
    command.env("INSTA_FORCE_PASS", "1").env("PROPTEST_MAX_SHRINK_ITERS", "0");
    command.env("TMPDIR", machine.join("link")).stdout(Stdio::piped());
    let child = start(&mut command).expect("sh can be started");
    let output = child.wait_with_output().expect("it ends");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let lines = lines.lines().filter_map(|line| line.split_once('='));
    let lines = lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    (output.status.code().expect("an exit code"), lines)
}

/// Returns a machine on which everything is set, with a link into a repository where temporary files go.
fn hostile() -> TempDir {
    let machine = tempfile::tempdir().expect("a temporary directory");
    for (place, version) in [
        ("older", "0.0.1"),
        ("equal", env!("CARGO_PKG_VERSION")),
        ("newer", "99.0.0"),
        ("home/.cargo/bin", "99.0.0"),
        ("home/.local/bin", "99.0.0"),
    ] {
        let script = format!("#!/bin/sh\necho idhooks {version}\n");
        write_script(&machine.path().join(place).join("idhooks"), &script);
    }
    write_script(&machine.path().join("newer/other"), "#!/bin/sh\n");
    fs::write(machine.path().join("home/.gitconfig"), GITCONFIG).expect("writable");
    let repo = machine.path().join("repo");
    let made = Command::new("git").args(["init", "-q"]).arg(&repo).status();
    assert!(made.expect("git runs").success());
    fs::create_dir(repo.join("tmp")).expect("writable");
    symlink(repo.join("tmp"), machine.path().join("link")).expect("writable");
    machine
}

#[test]
fn a_test_sees_nothing_of_the_machine() {
    let machine = hostile();
    let machine = machine.path();
    let program = machine.join("deps/look");
    write_script(&program, LOOK);

    let (code, seen_by_test) = seen(machine, &program, &["--exact", "a b"]);
    assert_eq!(code, 7);
    for (name, value) in [
        ("umask", "0022"),
        ("idhooks", ""),
        ("config", ""),
        ("branch", "refs/heads/master"),
        ("template", ""),
        ("above", "fatal: not a git repository"),
        ("arguments", "--exact a b"),
        ("LC_ALL", "C"),
        ("TZ", "UTC"),
        ("IDHOOKS_TEST_SEEN", "as set"),
    ] {
        assert_eq!(seen_by_test.get(name).map(String::as_str), Some(value), "{name}");
    }
    assert_eq!(seen_by_test["TMPDIR"], seen_by_test["physical"]);
    for name in [
        "CARGO_HOME",
        "EDITOR",
        "GIT_CONFIG_GLOBAL",
        "GIT_DIR",
        "IDHOOKS",
        "INSTA_FORCE_PASS",
        "PROPTEST_MAX_SHRINK_ITERS",
        "XDG_CONFIG_HOME",
    ] {
        assert!(!seen_by_test.contains_key(name), "{name}");
    }
    let home = Path::new(&seen_by_test["HOME"]);
    assert!(home.ends_with("home") && !home.exists(), "{home:?}");
    let left = fs::read_dir(machine.join("link")).expect("there").count();
    assert_eq!(left, 0, "its directory is removed");

    // A benchmark sees the machine, and so does a program that is no test.
    let elsewhere = machine.join("look");
    write_script(&elsewhere, LOOK);
    for (program, arguments) in [(&program, &["--bench"][..]), (&elsewhere, &[])] {
        let (code, seen_by_other) = seen(machine, program, arguments);
        assert_eq!((code, seen_by_other["umask"].as_str()), (7, "0077"));
        assert_eq!(seen_by_other["HOME"], machine.join("home").to_string_lossy());
        assert!(seen_by_other["config"].contains("bad config line"), "{seen_by_other:?}");
    }
}

#[test]
fn slow_and_skipped_tests_are_listed() {
    let machine = tempfile::tempdir().expect("a temporary directory");
    let machine = machine.path();
    fs::create_dir_all(machine.join("tmp")).expect("writable");
    let program = machine.join("deps/record");
    write_script(
        &program,
        "#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9 10 11; do echo \"took $i.5 a::t$i\"; done >\"$IDHOOKS_TEST_RECORD\"\n\
         printf 'skipped %s node is not installed\\n' a::t1 a::t2 >>\"$IDHOOKS_TEST_RECORD\"\n",
    );
    let mut command = Command::new(RUNNER);
    command.arg(&program).env("TMPDIR", machine.join("tmp")).stdout(Stdio::piped());
    let child = start(&mut command).expect("sh can be started");
    let output = child.wait_with_output().expect("it ends");
    let slowest: String = (2..=11).rev().map(|n| format!("  {n}.5 a::t{n}\n")).collect();
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!(
            "\nslowest tests, in seconds:\n{slowest}\
             2 of these tests did not run, or only in part: node is not installed\n"
        )
    );
}
