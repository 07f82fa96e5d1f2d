//! The help: the list in `idhooks --help`, and the form of every command's help. The whole text of each is in
//! `docs/reference`.

use std::collections::BTreeSet;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// The most lines, and the most columns, of the list of everyday commands, and how many these are.
const LONGEST: usize = 40;
const EVERYDAY: usize = 22;
const WIDEST: usize = 80;
/// Options that choose the output format.
const OUTPUT: [&str; 8] = ["csv", "json", "raw", "format", "print", "report", "output", "append"];
/// Options that control whether changes are made.
const SAFETY: [&str; 4] = ["keep-going", "execute", "dry-run", "force"];
const GLOBAL: &str = "\nGlobal options: -C, --color, -q, -v, -h; see 'idhooks --help'\n";

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

/// The help of a command.
pub(crate) struct CommandHelp {
    /// The words of the command.
    pub(crate) words: Vec<String>,
    /// What the command prints with `--help`.
    help: String,
}

impl CommandHelp {
    /// Returns the line that calls the command.
    pub(crate) fn line(&self) -> String {
        format!("idhooks {}", self.words.join(" "))
    }
}

/// The help of every visible command, and of those below it.
pub(crate) static COMMANDS: LazyLock<Vec<CommandHelp>> = LazyLock::new(|| {
    let mut commands = Vec::new();
    for (name, _) in groups().into_iter().flat_map(|(_, list)| list) {
        collect(&[name], &mut commands);
    }
    assert!(commands.len() > 100, "the commands were not found: {}", commands.len());
    commands
});

fn collect(words: &[String], commands: &mut Vec<CommandHelp>) {
    let args: Vec<&str> = words.iter().map(String::as_str).collect();
    let help = help(&args);
    let below = below(&help);
    commands.push(CommandHelp { words: words.to_vec(), help });
    for name in below {
        collect(&[words, &[name]].concat(), commands);
    }
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
        let command = COMMANDS.iter().find(|command| command.words == [name.as_str()]);
        assert!(command.expect(name).help.starts_with(about.as_str()), "{name}: {about}");
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
    let around_lists = |help: &str| {
        let (before, lists) = help.split_once("\nStart:\n").expect("the first list");
        let (_, after) = lists.split_once("\nOptions:\n").expect("an end of the lists");
        [before, after].map(str::to_owned)
    };
    assert_eq!(around_lists(&overview), around_lists(&all));
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
    for command in COMMANDS.iter() {
        let name = command.line();
        let (_, examples) = command.help.split_once("\nExamples:\n").expect(&name);
        let examples = examples.split("\n\n").next().unwrap_or_default();
        let lines: Vec<&str> = examples.trim_end().lines().collect();
        let are_indented = lines.iter().all(|line| line.starts_with("  "));
        assert!(are_indented, "{name}: {examples}");
        let own = lines.iter().filter(|line| line.contains(&name)).count();
        assert!(own >= 2, "{name}: {examples}");
    }
}

/// Returns the long options that have no short one, as a help lists them.
fn options(help: &str) -> Vec<&str> {
    let lines = help.lines().filter_map(|line| line.strip_prefix("      --"));
    lines.map(|line| line.split([' ', '=']).next().unwrap_or(line)).collect()
}

#[test]
fn options_have_one_order() {
    for command in COMMANDS.iter() {
        let place = |names: &[&str], name| names.iter().position(|known| *known == name);
        let place = |name| match (place(&OUTPUT, name), place(&SAFETY, name)) {
            (Some(at), _) => (1, at),
            (None, Some(at)) => (2, at),
            (None, None) => (0, 0),
        };
        let options = options(&command.help);
        let places: Vec<_> = options.into_iter().map(|name| (place(name), name)).collect();
        let name = command.line();
        assert!(places.is_sorted_by_key(|(place, _)| place), "{name}: {places:?}");
        assert_eq!(command.help.matches(GLOBAL).count(), 1, "{name}");
    }
}

#[test]
fn the_short_help_has_the_options_of_the_long_one_in_their_order() {
    for name in ["check", "ci", "lint"] {
        let short = String::from_utf8(idhooks(&[name, "-h"]).stdout).expect("UTF-8");
        assert_eq!(options(&short), options(&help(&[name])));
        assert_eq!(short.matches(GLOBAL).count(), 1, "{name}");
    }
}

#[test]
fn global_options_work_before_and_after_every_command() {
    let options = ["-C", "/", "--color", "never", "-q"];
    for command in COMMANDS.iter() {
        let words: Vec<&str> = command.words.iter().map(String::as_str).collect();
        let output = idhooks(&[&words[..], &options, &["--help"]].concat());
        assert_eq!(output.stdout, command.help.as_bytes(), "{words:?}");
    }
    assert_eq!(
        idhooks(&[&options[..], &["check", "--help"]].concat()).stdout,
        help(&["check"]).as_bytes()
    );
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
