//! The help: the list in `idhooks --help`, and the form of every command's help.

use std::collections::BTreeSet;
use std::process::{Command, Output, Stdio};

/// The most lines, and the most columns, of the list of everyday commands, and how many these are.
const LONGEST: usize = 40;
const EVERYDAY: usize = 22;
const WIDEST: usize = 80;
/// Options that choose the output format.
const OUTPUT: [&str; 8] = ["csv", "json", "raw", "format", "print", "report", "output", "append"];
/// Options that control whether changes are made.
const SAFETY: [&str; 4] = ["keep-going", "execute", "dry-run", "force"];

fn idhooks(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_idhooks"));
    command.args(args).stdin(Stdio::null()).env_remove("COLUMNS").output().expect("idhooks runs")
}

fn help(words: &[&str]) -> String {
    let output = idhooks(&[words, &["--help"]].concat());
    assert!(output.status.success(), "{words:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn error(args: &[&str]) -> String {
    let output = idhooks(args);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// Returns the groups of `idhooks help --all`: each heading with its commands and what they do.
fn groups() -> Vec<(String, Vec<(String, String)>)> {
    groups_in(&all())
}

/// Returns what `idhooks help --all` prints.
fn all() -> String {
    String::from_utf8(idhooks(&["help", "--all"]).stdout).expect("UTF-8")
}

fn groups_in(help: &str) -> Vec<(String, Vec<(String, String)>)> {
    let lists = help.splitn(3, "\n\n").nth(2).expect("the groups").to_owned();
    let mut groups: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for line in lists.lines().take_while(|line| *line != "Options:") {
        match line.strip_prefix("  ") {
            None => groups.push((line.trim_end_matches(':').to_owned(), Vec::new())),
            Some(line) => {
                let (name, about) = line.split_once(' ').expect("a name and what it does");
                let (_, commands) = groups.last_mut().expect("a heading");
                commands.push((name.to_owned(), about.trim().to_owned()));
            }
        }
    }
    groups
}

/// Returns the commands below a command, as its help lists them.
fn below(help: &str) -> Vec<String> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = list.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// Calls `look` with the words and the help of every visible command.
pub(crate) fn each_command(look: &mut dyn FnMut(&[&str], &str)) {
    fn visit(words: &[&str], look: &mut dyn FnMut(&[&str], &str)) {
        let help = help(words);
        look(words, &help);
        for name in below(&help) {
            visit(&[words, &[&name]].concat(), look);
        }
    }
    let mut seen = 0;
    for (_, commands) in groups() {
        for (name, _) in commands {
            visit(&[&name], &mut |words, help| {
                seen += 1;
                look(words, help);
            });
        }
    }
    assert!(seen > 45, "the commands were not found: {seen}");
}

#[test]
fn every_command_is_in_exactly_one_group() {
    let groups = groups();
    assert!((6..=8).contains(&groups.len()), "{groups:?}");
    let all: Vec<&String> =
        groups.iter().flat_map(|(_, list)| list).map(|(name, _)| name).collect();
    let names: BTreeSet<String> = all.iter().map(|name| (*name).clone()).collect();
    assert_eq!(all.len(), names.len(), "a command is in two groups: {all:?}");
    for (name, about) in groups.iter().flat_map(|(_, list)| list) {
        assert!(help(&[name]).starts_with(about.as_str()), "{name}: {about}");
    }
}

#[test]
fn the_overview_fits_on_a_screen() {
    let overview = help(&[]);
    assert!(overview.lines().count() <= LONGEST, "{overview}");
    let commands = |help: &str| -> BTreeSet<(String, String)> {
        groups_in(help).into_iter().flat_map(|(_, commands)| commands).collect()
    };
    let (everyday, all) = (commands(&overview), all());
    assert_eq!(everyday.len(), EVERYDAY);
    assert!(everyday.is_subset(&commands(&all)), "{all}");
    assert_eq!(all, String::from_utf8(idhooks(&["help", "-a"]).stdout).expect("UTF-8"));
    let lines = overview.lines().chain(all.lines());
    let wide: Vec<&str> = lines.filter(|line| line.chars().count() > WIDEST).collect();
    assert_eq!(wide, [""; 0]);
    for option in ["-C <DIR>", "--color <WHEN>", "-q, --quiet", "-v, --verbose", "-h, ", "-V, "] {
        assert!(overview.contains(option), "{option}");
    }
}

#[test]
fn all_ways_to_request_help_are_the_same() {
    let bytes = |args: &[&str]| String::from_utf8(idhooks(args).stdout).expect("UTF-8");
    let (overview, check, init) = (help(&[]), help(&["check"]), help(&["ci", "init"]));
    for args in [&["-h"][..], &["help"], &["-C", "/", "--help"], &["-C", "/", "help"]] {
        assert_eq!(bytes(args), overview, "{args:?}");
    }
    for args in [&["help", "check"][..], &["-C", "/", "help", "check"], &["check", "-C/", "--help"]]
    {
        assert_eq!(bytes(args), check, "{args:?}");
    }
    assert_eq!(bytes(&["ci", "help", "init"]), init);
    assert_eq!(bytes(&["help", "ci", "init"]), init);
    let without = idhooks(&[]);
    assert_eq!(String::from_utf8(without.stderr).expect("UTF-8"), overview);
    assert_eq!(without.status.code(), Some(2));
    for args in [&["-V"][..], &["--version"]] {
        assert_eq!(bytes(args), format!("idhooks {}\n", env!("CARGO_PKG_VERSION")));
    }
}

#[test]
fn every_command_has_two_examples() {
    each_command(&mut |words, help| {
        let name = format!("idhooks {}", words.join(" "));
        let (_, examples) = help.split_once("\nExamples:\n").expect(&name);
        let examples = examples.split("\n\n").next().unwrap_or_default();
        let lines: Vec<&str> = examples.trim_end().lines().collect();
        let are_indented = lines.iter().all(|line| line.starts_with("  "));
        assert!(are_indented, "{name}: {examples}");
        let own = lines.iter().filter(|line| line.contains(&name)).count();
        assert!(own >= 2, "{name}: {examples}");
    });
}

#[test]
fn options_have_one_order() {
    each_command(&mut |words, long| {
        let args = [words, &["-h"]].concat();
        let short = String::from_utf8(idhooks(&args).stdout).expect("UTF-8");
        for help in [long, &short] {
            let lines = help.lines().filter_map(|line| line.strip_prefix("      --"));
            let names = lines.map(|line| line.split([' ', '=']).next().unwrap_or(line));
            let place = |names: &[&str], name| names.iter().position(|known| *known == name);
            let place = |name| match (place(&OUTPUT, name), place(&SAFETY, name)) {
                (Some(at), _) => (1, at),
                (None, Some(at)) => (2, at),
                (None, None) => (0, 0),
            };
            let places: Vec<_> = names.map(|name| (place(name), name)).collect();
            assert!(places.is_sorted_by_key(|(place, _)| place), "{words:?}: {places:?}");
            let global = "\nGlobal options: -C, --color, -q, -v, -h; see 'idhooks --help'\n";
            assert_eq!(help.matches(global).count(), 1, "{words:?}");
        }
    });
}

#[test]
fn global_options_work_before_and_after_every_command() {
    each_command(&mut |words, help| {
        let options = ["-C", "/", "--color", "never", "-q"];
        for args in [[&options, words].concat(), [words, &options].concat()] {
            let output = idhooks(&[&args[..], &["--help"]].concat());
            assert_eq!(output.stdout, help.as_bytes(), "{args:?}");
        }
    });
}

#[test]
fn misspelt_words_get_a_suggestion() {
    let cases: [(&[&str], &str); 11] = [
        (&["chekc"], "'check'"),
        (&["help", "recieve"], "'receive'"),
        (&["help", "ci", "intt"], "'init'"),
        (&["ci", "intt"], "'init'"),
        (&["check", "--formt", "json"], "'--format'"),
        (&["check", "--quite"], "'--quiet'"),
        (&["check", "--format", "jsn"], "'json'"),
        (&["check", "uniquenes"], "'uniqueness'"),
        (&["list", "--status", "activ"], "'active'"),
        (&["explain", "stalepath"], "'STALE_PATH'"),
        (&["ci", "--report", "sarf=x"], "'sarif'"),
    ];
    for (args, suggestion) in cases {
        let stderr = error(args);
        assert!(stderr.contains(suggestion), "{args:?}: {stderr}");
    }
}

#[test]
fn the_help_of_every_command_is_as_reviewed() {
    // To accept what has changed: INSTA_UPDATE=always cargo test --test suite views::help
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/help");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let expected = settings.bind(|| {
        insta::assert_snapshot!("idhooks", help(&[]));
        insta::assert_snapshot!("help-all", all());
        let mut names = BTreeSet::from(["idhooks.snap", "help-all.snap"].map(str::to_owned));
        each_command(&mut |words, help| {
            let name = words.join("-");
            insta::assert_snapshot!(name.as_str(), help);
            names.insert(format!("{name}.snap"));
        });
        names
    });
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/views/snapshots/help");
    let files = std::fs::read_dir(dir).expect("the snapshots");
    let files =
        files.map(|file| file.expect("readable").file_name().to_string_lossy().into_owned());
    let files: BTreeSet<String> = files.filter(|name| name.ends_with(".snap")).collect();
    assert_eq!(files, expected, "a snapshot is of no command");
}
