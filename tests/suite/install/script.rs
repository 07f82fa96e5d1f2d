//! `install.sh`, with programs in place of those that it calls.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use crate::common::skip;
use crate::install::fixture::{World, err, out, write};
use crate::reviewed::assert_text;

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh")
}

/// The plain tools that install.sh calls.
const TOOLS: [&str; 23] = [
    "sh", "dirname", "uname", "cut", "cat", "cmp", "mkdir", "chmod", "mktemp", "rm", "grep", "cp",
    "mv", "ln", "readlink", "rmdir", // the others for archives
    "tar", "gzip", "sort", "uniq", "tr", "dd", "od",
];

/// What the idhooks does that the fake cargo installs: it notes how it is called, and writes what
/// completions and pages begin with.
const IDHOOKS: &str = r##"
echo "idhooks $*" >>"$CALLS"
if [ "$1" = --version ]; then echo 'idhooks 1.0.0'; fi
if [ "$1" = completions ]; then echo "# Written by 'idhooks completions $2'."; fi
if [ "$2" = man ]; then
  for page in idhooks idhooks-check git-idhooks; do
    echo ".\\\" Written by 'idhooks man'." >"$4/$page.1"
  done
fi
"##;

static INSTALLED: LazyLock<Vec<u8>> = LazyLock::new(|| compiled(IDHOOKS));

/// Compiles a program that runs a script. idhooks itself is no script, and scripts belong to others.
pub(super) fn compiled(script: &str) -> Vec<u8> {
    let codes: String = script.bytes().map(|byte| format!("{byte},")).collect();
    let source = format!(
        "#include <unistd.h>\nstatic char script[] = {{{codes}0}};\n\
         int main(int count, char **words) {{\n  char *call[64] = {{\"sh\", \"-c\", script}};\n  \
         for (int at = 0; at < count && at < 60; at++) call[3 + at] = words[at];\n  \
         execv(\"/bin/sh\", call);\n  return 126;\n}}\n"
    );
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (from, to) = (dir.path().join("program.c"), dir.path().join("program"));
    fs::write(&from, source).expect("writable");
    // This suite was linked with it.
    let made = Command::new("cc").arg(from).arg("-o").arg(&to).status();
    assert!(made.expect("a C compiler").success());
    fs::read(to).expect("made")
}

/// How the program is called for what is installed beside it.
const EXTRAS: [&str; 4] = [
    "idhooks completions bash",
    "idhooks completions zsh",
    "idhooks completions fish",
    "idhooks -q man --output made/man1",
];

/// Returns the calls noted so far; a temporary directory in them is called "made".
fn calls(w: &World) -> Vec<String> {
    let plain = |call: String| match call.split_once("--output ") {
        Some((before, _)) => format!("{before}--output made/man1"),
        None => call,
    };
    w.calls().into_iter().map(plain).collect()
}

/// Returns calls with those for the extras after the second.
fn with_extras(calls: &[&str]) -> Vec<String> {
    let (first, rest) = calls.split_at(2);
    [first, &EXTRAS, rest].concat().into_iter().map(str::to_owned).collect()
}

/// Returns where a tool of the system is.
pub(crate) fn plain(tool: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|dir| dir.join(tool)).find(|file| file.is_file())
}

fn link(tool: &str, bin: &Path) {
    symlink(plain(tool).expect("a plain tool"), bin.join(tool)).expect("writable");
}

/// The shells that are installed, as they are called.
pub(crate) fn shells() -> Vec<Vec<PathBuf>> {
    let calls = [("dash", None), ("bash", None), ("busybox", Some("sh".into()))].into_iter();
    calls
        .filter_map(|(shell, applet)| Some([plain(shell)?].into_iter().chain(applet).collect()))
        .collect()
}

/// Runs install.sh with a `PATH` of its own, which holds plain tools and the named programs.
pub(crate) fn run(w: &World, programs: &[&str], args: &[&str]) -> Output {
    prepared(w, programs, &["/bin/sh".into()]).args(args).output().expect("sh runs")
}

/// Returns what [`run`] runs, in a shell.
pub(crate) fn prepared(w: &World, programs: &[&str], shell: &[PathBuf]) -> Command {
    let bin = w.path("bin");
    let _ = fs::remove_dir_all(&bin);
    fs::create_dir(&bin).expect("writable");
    for tool in TOOLS {
        link(tool, &bin);
    }
    let calls = w.path("calls").display().to_string();
    // The fake cargo installs a fake idhooks.
    write(&w.path("fake"), &INSTALLED, 0o755);
    let cargo = format!(
        "#!/bin/sh\necho \"cargo $*\" >>'{calls}'\n[ \"$1\" = install ] || exit 0\n\
         mkdir -p \"$6/bin\"\ncp '{}' \"$6/bin/idhooks\"\n",
        w.path("fake").display()
    );
    // Which of them does the sums differs from system to system.
    let sums = ["sha256sum", "shasum"].into_iter().find(|tool| plain(tool).is_some());
    link(sums.expect("a plain tool"), &bin);
    for program in programs {
        match *program {
            "curl" | "wget" | "unzip" => link(program, &bin),
            "git" => {
                let path = w.path_after("/nowhere");
                let git = format!("#!/bin/sh\nPATH='{path}' exec git \"$@\"\n");
                write(&bin.join("git"), git.as_bytes(), 0o755);
            }
            "cargo" => write(&bin.join("cargo"), cargo.as_bytes(), 0o755),
            "rustc" => {
                let rustc =
                    b"#!/bin/sh\necho 'rustc 1.95.0 (x)'\necho 'host: x86_64-unknown-linux-gnu'\n";
                write(&bin.join("rustc"), rustc, 0o755);
            }
            // Makes a program that runs.
            "cc" => {
                let cc = b"#!/bin/sh\nwhile [ $# -gt 1 ]; do\n  case $1 in -o) printf '#!/bin/sh\\n' >\"$2\"; chmod +x \"$2\" ;; esac\n  shift\ndone\n";
                write(&bin.join("cc"), cc, 0o755);
            }
            version => {
                let (name, version) = version.split_once(' ').expect("name and version");
                let text = format!("#!/bin/sh\necho '{name} {version} (x)'\n");
                write(&bin.join(name), text.as_bytes(), 0o755);
            }
        }
    }
    let mut command = w.command(&shell[0], "", &[]);
    fs::create_dir_all(w.path("temp")).expect("writable");
    command.args(&shell[1..]).arg(script()).env("PATH", &bin).env("TMPDIR", w.path("temp"));
    command.env("CALLS", calls);
    command
}

pub(crate) const ALL: [&str; 4] = ["git", "cargo", "rustc 1.95.0", "cc 12"];

#[test]
fn every_shell_can_read_it() {
    for shell in ["sh", "dash", "bash"] {
        match Command::new(shell).arg("-n").arg(script()).output() {
            Ok(output) => assert!(output.status.success(), "{shell}: {}", err(&output)),
            Err(error) => skip(&format!("{shell}: {error}")),
        }
    }
}

#[test]
fn explains_itself_and_refuses_what_it_does_not_know() {
    World::each(|w| {
        let output = run(w, &[], &["--help"]);
        assert_eq!((output.status.code(), err(&output).as_str()), (Some(0), ""));
        assert!(out(&output).starts_with("Build and install idhooks from this source tree,"));
        for (args, said) in [
            (&["--frob"][..], "unknown option '--frob'"),
            (&["a", "b"], "more than one repository"),
            (&["a", "--", "b"], "more than one repository"),
            (&[""], "the name of the repository is empty"),
            (&["--demo", "--uninstall"], "--demo and --uninstall exclude each other"),
        ] {
            let output = run(w, &[], args);
            assert_eq!(output.status.code(), Some(2));
            assert_eq!(err(&output), format!("error: {said}\nhint: ./install.sh --help\n"));
        }
        let output = run(w, &ALL, &["pro gram"]);
        assert_eq!(output.status.code(), Some(2));
        assert_text(
            "install-script-explains_itself_and_refuses_what_it_does_not_know",
            &err(&output),
        );
        assert!(w.calls().is_empty(), "before the build");
    });
}

#[test]
fn says_all_that_is_missing() {
    World::each(|w| {
        let output = run(w, &[], &[]);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""));
        let said = err(&output);
        let errors: Vec<_> = said.lines().filter(|l| l.starts_with("error: ")).collect();
        assert_eq!(
            errors,
            [
                "error: git is not on PATH",
                "error: cargo is not on PATH",
                "error: rustc is not on PATH",
                "error: the linker 'cc' does not run"
            ]
        );
        assert_eq!(said.lines().filter(|l| l.starts_with("hint: ")).count(), 4);
        let output = run(w, &["git version 2.30.9", "cargo", "rustc 1.94.1", "cc 12"], &[]);
        assert_eq!(output.status.code(), Some(2));
        let said = err(&output);
        assert!(said.starts_with("error: git 2.30.9 is too old, 2.31 is needed\n"), "{said}");
        assert_text("install-script-says_all_that_is_missing", &said);
        assert!(w.calls().is_empty());
    });
}

#[test]
fn the_c_library_goes_into_the_program_where_that_can_be_done() {
    World::each(|w| {
        let root = w.path("home/.cargo").display().to_string();
        let flags = concat!(env!("CARGO_MANIFEST_DIR"), "/.cargo/static.toml");
        let plain = format!("cargo install --path . --locked --root {root}");
        let linked = format!("{plain} --config {flags} --target x86_64-unknown-linux-gnu");
        for (cc, cargo) in [("cc", &linked), ("cc 12", &plain)] {
            let output = run(w, &["git", "cargo", "rustc", cc], &[]);
            assert_eq!(output.status.code(), Some(0), "{}", err(&output));
            assert_eq!(calls(w), with_extras(&[cargo, "idhooks --version"]));
        }
    });
}

#[test]
fn installs_and_goes_on() {
    World::each(|w| {
        let root = w.path("home/.cargo").display().to_string();
        let repo = w.path("repo").display().to_string();
        let cargo = format!("cargo install --path . --locked --root {root}");
        let output = run(w, &ALL, &[]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_text("install-script-installs_and_goes_on", &out(&output));
        assert_eq!(calls(w), with_extras(&[&cargo, "idhooks --version"]));

        let output = run(w, &ALL, &["repo", "--demo"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let [init, install] = ["init", "install"].map(|word| format!("idhooks -C {repo} {word}"));
        let expected = [&cargo, "idhooks --version", &init, &install, "idhooks demo"];
        assert_eq!(calls(w), with_extras(&expected));

        w.commit_registry("repo");
        let output = run(w, &ALL, &["--", "repo"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_eq!(calls(w).last(), Some(&install));
    });
}
