//! The shape of the project, as `docs/architecture.md` describes it.

mod shrinking;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::imports::{SourceFile, circular_uses};
use super::words::banned_in;

/// The rooms of each crate from the top down; a room uses only those after it. `git` and `store`
/// stand side by side, and so do `metrics` and `net`.
const CRATES: [(&str, &[&[&str]]); 4] = [
    (
        "src",
        &[
            &["main"],
            &["commands"],
            &["automation", "no_report", "no_watcher", "notices", "panic", "report", "tables"],
            &["error"],
            &["output"],
        ],
    ),
    ("crates/report/src", &[&["schedule"], &["reports"], &["metrics", "net"]]),
    (
        "crates/repo/src",
        &[
            &["transaction"],
            &["history"],
            &["derived"],
            &["state"],
            &["cache"],
            &["git", "store"],
            &["events", "system"],
            &["environment"],
        ],
    ),
    (
        "crates/core/src",
        &[&["plan"], &["check"], &["merge"], &["rename"], &["config"], &["embed"], &["registry"]],
    ),
];
/// The crates that are one room each, called as the crate.
const ONE_ROOM: [&str; 7] = [
    "crates/code/src",
    "crates/lsp/src",
    "crates/migration/src",
    "crates/ops/src",
    "crates/python/src",
    "crates/references/src",
    "crates/automation/src",
];

/// The Cargo features, each with a folder of its commands.
const FEATURES: [&str; 5] = ["automation", "code", "lsp", "migration", "report"];

/// The number of lines that no file exceeds.
const LONGEST_FILE: usize = 400;

fn sources() -> Vec<(PathBuf, String)> {
    let dirs = CRATES.iter().map(|(dir, _)| *dir).chain(ONE_ROOM);
    let files: Vec<_> = dirs.flat_map(sources_in).collect();
    assert!(files.len() > 50, "the sources were not found");
    files
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources_in(dir: &str) -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    let mut dirs = vec![root().join(dir)];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).expect("a readable directory") {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                dirs.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("a readable file");
                files.push((path, text));
            }
        }
    }
    files.sort();
    files
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).expect("a file of the project").display().to_string()
}

/// The room of a file in the sources of a crate.
fn room(path: &Path) -> String {
    let relative = relative(path);
    let (_, inside) = relative.split_once("src/").expect("a source");
    match ONE_ROOM.iter().find(|dir| relative.starts_with(**dir)) {
        Some(dir) => dir.trim_start_matches("crates/").trim_end_matches("/src").to_owned(),
        None => inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs").to_owned(),
    }
}

/// The code of a file: without its tests and without comments.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    let lines = body.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.map(|line| format!("{line}\n")).collect()
}

fn uses(code: &str) -> Vec<String> {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let after = code.split("crate::").skip(1);
    let names =
        after.map(|rest| rest.split_at(rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())));
    // An exported macro is named at the root of the crate, whatever room defines it.
    names.filter(|(_, rest)| !rest.starts_with('!')).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_crate_is_looked_at() {
    let crates = fs::read_dir(root().join("crates")).expect("a readable directory");
    let dirs = crates.map(|entry| format!("{}/src", relative(&entry.expect("an entry").path())));
    let known = |dir: &str| CRATES.iter().any(|(own, _)| *own == dir) || ONE_ROOM.contains(&dir);
    let unknown: Vec<String> = dirs.filter(|dir| !known(dir)).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn dependencies_point_downward_only() {
    let mut wrong = Vec::new();
    for (dir, rooms) in CRATES {
        let level = |room: &str| rooms.iter().position(|level| level.contains(&room));
        for (path, text) in sources_in(dir) {
            let own = room(&path);
            if own == "lib" {
                continue;
            }
            let own_level = level(&own).expect("a room of the map");
            for used in uses(&code(&text)) {
                let beside = own == "git" && used == "store";
                let below = level(&used).is_some_and(|used| used > own_level);
                if used != own && !below && !beside {
                    wrong.push(format!("{} uses {used}", relative(&path)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_cycles_between_files_of_a_room() {
    let mut wrong = Vec::new();
    for dir in CRATES.iter().map(|(dir, _)| *dir).chain(ONE_ROOM) {
        let mut files = sources_in(dir);
        files.retain(|(path, _)| {
            let is_root = path.ends_with("src/lib.rs") || path.ends_with("src/main.rs");
            !is_root && !path.ends_with("tests.rs")
        });
        let file = |(path, text): &(PathBuf, String)| {
            let inside = path.strip_prefix(root().join(dir)).expect("a source of the crate");
            SourceFile::new(&inside.to_string_lossy(), &code(text))
        };
        let files: Vec<SourceFile> = files.iter().map(file).collect();
        wrong.extend(circular_uses(&files).into_iter().map(|uses| format!("{dir}: {uses}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn only_in(words: &[&str], rooms: &[&str]) {
    let mut wrong = Vec::new();
    // A test module in a file of its own is free as one at the end of a file is.
    for (path, text) in
        sources().into_iter().filter(|(path, _)| !relative(path).ends_with("tests.rs"))
    {
        let found = words.iter().find(|word| code(&text).contains(**word));
        if let Some(word) = found.filter(|_| !rooms.contains(&room(&path).as_str())) {
            wrong.push(format!("{} has {word}", relative(&path)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn features_are_asked_for_in_few_files() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let path = relative(&path);
        let may = path.ends_with("src/lib.rs")
            || ["crates/ops/src/steps.rs", "src/commands/mod.rs"].contains(&&*path);
        if !may && code(&text).contains("feature = \"") {
            wrong.push(path);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn only_git_talks_to_git() {
    only_in(&["gix::"], &["git"]);
}

#[test]
fn only_net_talks_to_other_machines() {
    only_in(&["hyper::", "tokio::", "TcpListener", "TcpStream"], &["net"]);
}

#[test]
fn only_two_rooms_run_programs() {
    // `git` runs git, `system` whatever else the machine has; each in one file.
    let programs = ["process::Command", "Command::new", "process::{Command"];
    only_in(&programs, &["git", "system"]);
    // A browser for the user, of which nothing comes back.
    only_in(&["open::that"], &["commands"]);
}

#[test]
fn only_output_prints() {
    only_in(&["println!", "print!", "eprintln!", "io::stdout", "io::stderr"], &["output"]);
}

#[test]
fn pure_rooms_touch_no_files_and_no_environment() {
    // A reader or writer that is handed in is no file yet.
    let impure = ["std::fs", "File::open", "std::env::var", "io::stdin", "SystemTime", "tempfile"];
    let allowed = [
        "main",
        "commands",
        "tables",
        "notices",
        "output",
        "report",
        "schedule",
        "transaction",
        "history",
        "derived",
        "state",
        "cache",
        "git",
        "store",
        "system",
        "environment",
        "automation",
        "ops",
    ];
    only_in(&impure, &allowed);
}

#[test]
fn the_libraries_read_the_environment_once() {
    // `store` finds the running program by PATH, and has the test hooks of debug builds.
    let allowed = ["main", "commands", "notices", "report", "environment", "store"];
    only_in(&["env::var", "env::vars", "var_os("], &allowed);
}

/// The types that know most of an invocation, and the largest number of fields that each may have.
const LARGE_TYPES: [(&str, &str, usize); 2] = [
    ("crates/repo/src/git/repo.rs", "pub struct Repo {", 10),
    ("crates/automation/src/watcher.rs", "pub(crate) struct Watcher<'n> {", 15),
];
/// The number of methods of `Repo` that no file exceeds: each file has those of one subject.
const METHODS_OF_REPO: usize = 36;

#[test]
fn large_types_do_not_grow() {
    for (file, head, most) in LARGE_TYPES {
        let text = fs::read_to_string(root().join(file)).expect("a readable file");
        let body = text.split(head).nth(1).and_then(|rest| rest.split("\n}").next());
        let body = body.expect("the type");
        let is_field = |line: &&str| line.ends_with(',') && !line.trim_start().starts_with("//");
        let fields = body.lines().filter(is_field).count();
        assert!(fields <= most, "{file}: {head} has {fields} fields");
    }
    for (path, text) in sources_in("crates/repo/src/git") {
        let blocks = text.split("\nimpl Repo {\n").skip(1);
        let bodies = blocks.filter_map(|rest| rest.split("\n}\n").next());
        let methods: usize = bodies.map(|body| body.matches(" fn ").count()).sum();
        assert!(methods <= METHODS_OF_REPO, "{}: {methods} methods of Repo", relative(&path));
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_small() {
    let mut wrong = Vec::new();
    for (path, text) in sources().into_iter().chain(sources_in("benches")) {
        if !text.starts_with("//!") {
            wrong.push(format!("{} has no //! at its top", relative(&path)));
        }
        let length = text.lines().count();
        if length > LONGEST_FILE {
            wrong.push(format!("{} has {length} lines", relative(&path)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_maps_in_the_crate_roots_are_complete() {
    for (dir, rooms) in CRATES {
        let text = fs::read_to_string(root().join(dir).join("lib.rs")).expect("a readable file");
        for room in rooms.iter().flat_map(|rooms| rooms.iter()).filter(|room| **room != "main") {
            assert!(text.contains(&format!("pub mod {room};")), "{dir}: {room} is missing");
        }
    }
}

/// Types that are to be merged into others and keep their names until then.
const SAME_NAME: [&str; 0] = [];

/// The name of the type that a line of code defines.
fn defined_type(line: &str) -> Option<&str> {
    // The types of an implementation of a trait are named by the trait.
    let is_alias = line.trim_start().starts_with("type ") && line.starts_with(' ');
    let mut words = line.split_whitespace().skip_while(|word| word.starts_with("pub"));
    let is_definition = words
        .next()
        .is_some_and(|word| ["struct", "enum", "trait", "type", "union"].contains(&word));
    let name = words.next().filter(|_| is_definition && !is_alias)?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
    Some(&name[..end]).filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
}

#[test]
fn the_program_sees_a_repository_through_use_cases() {
    let sources = sources_in("src").into_iter();
    let direct = sources.filter(|(_, text)| code(text).contains("idhooks_repo::"));
    let direct: Vec<String> = direct.map(|(path, _)| relative(&path)).collect();
    assert!(direct.is_empty(), "use what idhooks_ops hands on: {direct:#?}");
}

#[test]
fn a_type_name_exists_once() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, text) in sources() {
        for name in text.lines().filter_map(defined_type) {
            places.entry(name.to_owned()).or_default().push(relative(&path));
        }
    }
    assert!(places.len() > 400, "types are not recognised");
    for name in SAME_NAME {
        assert!(places.get(name).is_some_and(|files| files.len() > 1), "{name} is unique now");
    }
    places.retain(|name, files| files.len() > 1 && !SAME_NAME.contains(&name.as_str()));
    assert!(places.is_empty(), "{places:#?}");
}

/// The text of the string literals of a code without comments, as it is printed.
fn literals(code: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find(['"', '\'']) {
        let is_text = rest[start..].starts_with('"');
        rest = &rest[start + 1..];
        if !is_text {
            // A quote as a character is no begin of a text; a lifetime has no end.
            let end = ["\"'", "\\\"'"].iter().find(|end| rest.starts_with(**end));
            rest = &rest[end.map_or(0, |end| end.len())..];
            continue;
        }
        let mut text = String::new();
        let mut signs = rest.char_indices();
        while let Some((at, sign)) = signs.next() {
            match sign {
                '"' => {
                    rest = &rest[at + 1..];
                    break;
                }
                '\\' => text.extend(signs.next().map(|_| ' ')),
                sign => text.push(sign),
            }
        }
        literals.push(text);
    }
    literals
}

#[test]
fn messages_have_no_banned_words() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if path.ends_with("tests.rs") || path.iter().any(|part| part == "tests") {
            continue;
        }
        for literal in literals(&code(&text)) {
            wrong.extend(
                banned_in(&literal).iter().map(|word| format!("{}: {word}", relative(&path))),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
