//! Rules that the code does not keep everywhere yet. The places that break one are listed in
//! `left/<rule>.txt`; the lists only become shorter. A place that is not listed is an error, and so is
//! a listed one that keeps the rule now: `IDHOOKS_BLESS=1 cargo test --test suite docs::architecture` removes it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{FEATURES, code, relative, root, sources, sources_in};
use crate::docs::imports::{SourceFile, uses_between};

/// Compares the places that break a rule with the list of those that may.
fn assert_only_left(rule: &str, found: &BTreeSet<String>) {
    let file = root().join(format!("tests/architecture/left/{rule}.txt"));
    let text = fs::read_to_string(&file).unwrap_or_default();
    let listed: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let new: Vec<&String> = found.difference(&listed).collect();
    assert!(new.is_empty() || !file.exists(), "{rule}: {new:#?}");
    if std::env::var_os("IDHOOKS_BLESS").is_some() {
        let lines: String = found.iter().map(|place| format!("{place}\n")).collect();
        fs::write(&file, lines).expect("a writable file");
        return;
    }
    let gone: Vec<&String> = listed.difference(found).collect();
    assert!(gone.is_empty(), "{rule}: to be removed from {}: {gone:#?}", file.display());
}

fn is_test(path: &Path) -> bool {
    path.ends_with("tests.rs")
        || path.iter().any(|part| part == "tests")
        || path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_tests"))
}

/// The functions of a code: their names, and what follows up to the body.
fn signatures(code: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for start in code.match_indices("fn ").map(|(at, word)| at + word.len()) {
        let is_word = code[..start - "fn ".len()].ends_with([' ', '\n', '(']);
        let rest = &code[start..];
        let name = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let end = rest.find(['{', ';']).unwrap_or(rest.len());
        if is_word && name > 0 && name < end {
            found.push((&rest[..name], &rest[name..end]));
        }
    }
    found
}

/// The functions whose signature, with what it returns apart, breaks a rule.
fn functions_that(breaks: impl Fn(&str, &str) -> bool) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (path, text) in sources().into_iter().filter(|(path, _)| !is_test(path)) {
        let code = code(&text);
        for (name, signature) in signatures(&code) {
            let (takes, returns) = signature.rsplit_once("->").unwrap_or((signature, ""));
            if breaks(takes, returns) {
                found.insert(format!("{}: {name}", relative(&path)));
            }
        }
    }
    found
}

#[test]
fn no_error_is_a_text() {
    // The command line shows what a parser of values returns.
    let mut parsers: BTreeSet<String> = ["from_str".to_owned()].into();
    for (_, text) in sources() {
        let named = text.split("value_parser = ").skip(1);
        let name = |rest: &str| {
            rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(str::to_owned)
        };
        parsers.extend(named.filter_map(name).filter(|name| !name.is_empty()));
    }
    let is_text = |returns: &str| {
        let squeezed: String = returns.split_whitespace().collect();
        squeezed.split("Result<").skip(1).any(|rest| {
            let mut depth = 0;
            let end = rest.find(|c| {
                depth += i32::from(c == '<') - i32::from(c == '>');
                depth < 0
            });
            rest[..end.unwrap_or(0)].ends_with(",String")
        })
    };
    let mut found = functions_that(|_, returns| is_text(returns));
    found.retain(|place| place.rsplit(' ').next().is_none_or(|name| !parsers.contains(name)));
    assert_only_left("text_errors", &found);
}

#[test]
fn no_result_is_in_a_result() {
    let is_nested = |returns: &str| {
        let mut parts = returns.split("Result<").skip(1);
        parts.next().is_some_and(|first| !first.contains('>')) && parts.next().is_some()
    };
    assert_only_left("nested_results", &functions_that(|_, returns| is_nested(returns)));
}

#[test]
fn no_tuple_packs_parameters() {
    let packs = |takes: &str| takes.contains("): (") || takes.contains("): &(");
    assert_only_left("packed_parameters", &functions_that(|takes, _| packs(takes)));
}

/// The code of the files of the commands, by their paths inside the sources of the program.
fn commands() -> Vec<(String, String)> {
    let files = sources_in("src/commands").into_iter().filter(|(path, _)| !is_test(path));
    let inside = |path: &Path| relative(path).trim_start_matches("src/").to_owned();
    files.map(|(path, text)| (inside(&path), code(&text))).collect()
}

/// The names of the commands that `idhooks --help` lists.
fn command_names() -> Vec<String> {
    let (_, text) = sources_in("src/commands")
        .into_iter()
        .find(|(path, _)| path.ends_with("src/commands/mod.rs"))
        .expect("the list of commands");
    let (_, groups) = text.split_once("\ncommands! {\n").expect("the groups");
    let (groups, _) = groups.split_once("\n}\n").expect("their end");
    let lines = groups.lines().map(str::trim).filter(|line| line.ends_with(','));
    let names = lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned));
    let names: Vec<String> = names.collect();
    assert!(names.len() > 30, "{names:?}");
    names
}

#[test]
fn a_file_of_a_command_has_its_arguments() {
    // The folder of a feature has a list of its commands, and the texts of its errors and reports.
    let is_of_feature = |path: &str| {
        let inside = path.trim_start_matches("commands/").split_once('/');
        inside.is_some_and(|(folder, rest)| {
            let is_text = ["mod.rs", "errors.rs"].contains(&rest) || rest.starts_with("report/");
            FEATURES.contains(&folder) && is_text
        })
    };
    let files = commands().into_iter().filter(|(_, code)| !code.contains("clap"));
    let files = files.filter(|(path, _)| !is_of_feature(path));
    assert_only_left("commands_without_arguments", &files.map(|(path, _)| path).collect());
}

#[test]
fn commands_do_not_call_commands() {
    let files: Vec<SourceFile> =
        commands().iter().map(|(path, code)| SourceFile::new(path, code)).collect();
    let names = command_names();
    let command = |module: &str| {
        let mut parts = module.strip_prefix("commands::")?.split("::");
        let first = parts.next()?;
        let name = if FEATURES.contains(&first) { parts.next()? } else { first };
        names.iter().find(|known| *known == name)
    };
    let arrows = uses_between(&files).into_iter().filter_map(|(user, used)| {
        let (user, used) = (command(user)?, command(used)?);
        (user != used).then(|| format!("{user} calls {used}"))
    });
    assert_only_left("commands_that_call_commands", &arrows.collect());
}

#[test]
fn idhooks_does_not_start_itself() {
    // Where the own path is asked for and a program is started.
    let own = ["program_path()", "current_exe()"];
    let starts = ["run_unless(", "start_background(", "DemoSandbox::new("];
    let files = sources().into_iter().filter(|(path, text)| {
        let code = code(text);
        let has = |words: &[&str]| words.iter().any(|word| code.contains(word));
        !is_test(path) && has(&own) && has(&starts)
    });
    assert_only_left("starts_of_itself", &files.map(|(path, _)| relative(&path)).collect());
}
