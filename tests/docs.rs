//! README and docs say what the program says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use idhooks::check::{Code, Family};
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a readable file")
}

fn readme() -> String {
    read(&root().join("README.md"))
}

fn idhooks(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_idhooks"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .expect("idhooks runs");
    assert!(output.status.success(), "idhooks {args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The lines below a heading, up to the next heading of this level or above.
fn section(text: &str, heading: &str) -> String {
    let mut lines = text.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "no heading '{heading}'");
    let body = lines.take_while(|line| !line.starts_with("# ") && !line.starts_with("## "));
    body.map(|line| format!("{line}\n")).collect()
}

/// The rows of the first table of a text, heads left out; one cell each, as written.
fn rows(text: &str) -> Vec<Vec<String>> {
    let table = text.lines().skip_while(|line| !line.starts_with('|'));
    let table = table.take_while(|line| line.starts_with('|')).skip(2);
    let cells = |line: &str| {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    table.map(cells).collect()
}

fn code(cell: &str) -> String {
    format!("`{cell}`")
}

#[test]
fn the_command_table_is_that_of_the_help() {
    let help = idhooks(&["--help"]);
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let expected: Vec<Vec<String>> = list
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.trim().split_once(' '))
        .filter(|(name, _)| *name != "help")
        .map(|(name, about)| vec![code(name), about.trim().to_owned()])
        .collect();
    assert!(!expected.is_empty(), "{help}");
    assert_eq!(rows(&section(&readme(), "## Commands")), expected);
}

#[test]
fn the_findings_table_is_that_of_explain() {
    let expected: Vec<Vec<String>> = Code::ALL
        .iter()
        .map(|c| {
            let severity = format!("{:?}", c.severity()).to_lowercase();
            vec![code(c.as_str()), severity, c.explanation().meaning.to_owned()]
        })
        .collect();
    assert_eq!(rows(&section(&readme(), "## Findings")), expected);
}

#[test]
fn the_families_in_the_help_are_those_of_the_codes() {
    let help = idhooks(&["check", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for family in Family::ALL {
        let codes: Vec<&str> =
            Code::ALL.iter().filter(|c| c.family() == family).map(|c| c.as_str()).collect();
        let line = format!(" {} {} ", family.as_str(), codes.join(", "));
        assert!(help.contains(&line), "{line}");
        for code in codes {
            assert!(idhooks(&["explain", code]).contains(&format!("{}: ", family.as_str())));
        }
        assert!(section(&readme(), "## Findings").contains(&code(family.as_str())));
    }
}

#[test]
fn every_code_has_its_trouble() {
    let text = read(&root().join("docs/troubleshooting.md"));
    for code in idhooks(&["explain"]).lines().filter_map(|line| line.split(' ').next()) {
        let heading = format!("### {code}");
        assert!(text.lines().any(|line| line == heading), "no section '{heading}'");
    }
}

/// The names of figures in a text.
fn figures(text: &str) -> BTreeSet<String> {
    let is_sign = |sign: char| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == '_';
    let words = text.split(|sign: char| !is_sign(sign));
    words.filter(|word| word.starts_with("identity_")).map(str::to_owned).collect()
}

#[test]
fn what_is_said_of_figures_is_of_those_that_there_are() {
    let program = read(&root().join("src/metrics/measure.rs"));
    let program = program.split("mod tests").next().expect("code");
    let known = figures(program);
    let docs = root().join("docs");
    let table = section(&read(&docs.join("monitoring.md")), "## Metrics");
    let told: BTreeSet<_> = rows(&table).iter().flat_map(|row| figures(&row[0])).collect();
    assert_eq!(told, known);
    for name in ["alerts.yml", "grafana.json"] {
        let used = figures(&read(&docs.join(name)));
        assert!(used.len() > 5 && used.is_subset(&known), "{name}: {:?}", used.difference(&known));
    }
    let grafana: Value = serde_json::from_str(&read(&docs.join("grafana.json"))).expect("JSON");
    let panels = grafana["panels"].as_array().expect("panels");
    let ids: BTreeSet<_> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert!(panels.len() > 20 && ids.len() == panels.len(), "each panel has an id of its own");
}

/// Collects the keys of a schema, as `table.key`, with their defaults.
fn keys(schema: &Value, prefix: &str, found: &mut BTreeMap<String, Option<Value>>) {
    for (name, value) in schema["properties"].as_object().expect("an object") {
        let key = format!("{prefix}{name}");
        if value["properties"].is_object() {
            keys(value, &format!("{key}."), found);
            continue;
        }
        if value["items"]["properties"].is_object() {
            keys(&value["items"], &format!("{key}."), found);
        }
        found.insert(key, value.get("default").cloned());
    }
}

#[test]
fn the_configuration_table_names_every_key_and_default() {
    let schema = serde_json::from_str(&idhooks(&["schema", "config"])).expect("JSON");
    let mut expected = BTreeMap::new();
    keys(&schema, "", &mut expected);
    let rows = rows(&section(&readme(), "## Configuration"));
    let table: BTreeMap<String, String> =
        rows.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    let names: Vec<String> = expected.keys().map(|key| code(key)).collect();
    let mut told: Vec<&String> = table.keys().collect();
    told.sort_by_key(|key| key.trim_matches('`'));
    assert_eq!(told, names.iter().collect::<Vec<_>>());
    for (key, default) in expected {
        if let Some(default) = default {
            assert_eq!(table[&code(&key)], code(&default.to_string()), "{key}");
        }
    }
}

/// The targets of a document's links, outside of code blocks.
fn links(text: &str) -> Vec<String> {
    let outside = text.split("```").step_by(2);
    let after = outside.flat_map(|part| part.split("](").skip(1).map(str::to_owned));
    after.filter_map(|rest| rest.split_once(')').map(|(link, _)| link.to_owned())).collect()
}

/// The anchor that forges give a heading.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

fn documents() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).expect("docs");
    let mut files: Vec<PathBuf> = docs.map(|entry| entry.expect("readable").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "md"));
    files.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    files
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut seen = 0;
    for document in documents() {
        let text = read(&document);
        for link in links(&text).iter().filter(|link| !link.contains("://")) {
            seen += 1;
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let dir = document.parent().expect("a file in a directory");
            let target = if path.is_empty() { document.clone() } else { dir.join(path) };
            assert!(target.exists(), "{}: link to '{link}'", document.display());
            if !fragment.is_empty() {
                let text = read(&target);
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                let found = headings.any(|line| anchor(line) == fragment);
                assert!(found, "{}: link to '{link}': no such heading", document.display());
            }
        }
    }
    assert!(seen > 20, "links are not recognised");
}

#[test]
fn every_document_can_be_reached_from_the_readme() {
    let reached = links(&readme());
    for document in documents() {
        let name = document.strip_prefix(root()).expect("below").to_string_lossy().into_owned();
        assert!(name == "README.md" || reached.contains(&name), "no link to {name}");
    }
}

/// What stands before the blocks of a document that are run, one after the other in one shell.
const EXAMPLE: &str = "<!-- example: ";
/// What separates the output of two steps.
const MARK: &str = "-- next --";

/// The commands of a document's examples, with the output that it shows of each.
fn steps(document: &str) -> Vec<(String, String)> {
    let mut steps = Vec::new();
    for block in document.split(EXAMPLE).skip(1) {
        let block = block.split("```console\n").nth(1).expect("a block");
        let block = block.split("```").next().expect("its end");
        steps.extend(block.split("$ ").skip(1).map(|step| {
            let (command, output) = step.split_once('\n').expect("a line");
            (command.to_owned(), output.trim_end().to_owned())
        }));
    }
    steps
}

/// Runs the steps in one shell, and returns what each really says.
fn run(steps: &[(String, String)]) -> Vec<String> {
    let script: String = steps
        .iter()
        .map(|(command, _)| format!("{{ {command}\n}} 2>&1; echo '{MARK}'\n"))
        .collect();
    let temp = tempfile::tempdir().expect("a temporary directory");
    let bin = Path::new(env!("CARGO_BIN_EXE_idhooks")).parent().expect("a directory");
    let path = std::env::var("PATH").expect("PATH");
    let mut shell = Command::new("sh");
    shell.args(["-euc", &script]).current_dir(temp.path()).stdin(Stdio::null()).env_clear();
    shell.env("PATH", format!("{}:{path}", bin.display())).env("HOME", temp.path());
    shell.env("LC_ALL", "C").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        shell.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.com");
    }
    let output = shell.output().expect("sh runs");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    said.split(MARK).map(|said| said.trim().to_owned()).take(steps.len()).collect()
}

fn assert_real(document: &str) {
    let steps = steps(document);
    assert!(steps.len() > 5, "{steps:?}");
    for ((command, expected), said) in steps.iter().zip(run(&steps)) {
        assert_eq!(said, *expected, "$ {command}");
    }
}

#[test]
fn the_example_is_real() {
    assert_real(&readme());
}

#[test]
fn the_examples_of_other_documents_are_real() {
    let documents = documents().into_iter().filter(|path| !path.ends_with("README.md"));
    let texts = documents.map(|path| read(&path)).filter(|text| text.contains(EXAMPLE));
    assert!(texts.map(|text| assert_real(&text)).count() > 1);
}

/// Options that every command has.
const GLOBAL: [&str; 6] = ["-C ", "--color ", "-q, ", "-v, ", "-h, ", "-V, "];

/// Returns a help text without the options that every command has.
fn own_help(help: &str) -> String {
    let mut is_global = false;
    let mut own = String::new();
    for line in help.lines() {
        let text = line.trim_start();
        let is_option = text.starts_with('-') && line.len() - text.len() <= 6 && line != text;
        if is_option || (!line.is_empty() && line == text) {
            is_global = is_option && GLOBAL.iter().any(|global| text.starts_with(global));
        }
        if !is_global {
            own += line.trim_end();
            own.push('\n');
        }
    }
    own.trim_end().trim_end_matches("Options:").trim_end().to_owned()
}

/// Returns the sections of a command and of those below it.
fn reference_of(words: &[&str]) -> String {
    let help = idhooks(&[words, &["--help"]].concat());
    let title = ["idhooks"].iter().chain(words).copied().collect::<Vec<_>>().join(" ");
    let mut text = String::new();
    let shown = if words.is_empty() { help.trim_end().to_owned() } else { own_help(&help) };
    text += &format!("## {title}\n\n```text\n{shown}\n```\n\n");
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    for line in list.take_while(|line| !line.is_empty()) {
        let name = line.split_whitespace().next().filter(|_| line.starts_with("  "));
        if let Some(name) = name.filter(|name| *name != "help" && !line.starts_with("   ")) {
            text += &reference_of(&[words, &[name]].concat());
        }
    }
    text
}

#[test]
fn the_reference_is_that_of_the_help_and_of_the_codes() {
    let mut text = "# Reference\n\nEvery command and every code, as `idhooks help` and `idhooks \
         explain` tell them. What every\ncommand can be told stands at the first only. \
         `IDHOOKS_BLESS=1 cargo test --test docs` writes this\nfile anew.\n\n"
        .to_owned();
    text += &reference_of(&[]);
    text += "## Codes\n\n";
    for code in Code::ALL {
        let told = idhooks(&["explain", code.as_str()]);
        text += &format!("### {}\n\n```text\n{}\n```\n\n", code.as_str(), told.trim_end());
    }
    let (text, file) = (format!("{}\n", text.trim_end()), root().join("docs/reference.md"));
    if std::env::var_os("IDHOOKS_BLESS").is_some() {
        fs::write(&file, &text).expect("writable");
    }
    let there = read(&file);
    let differs = text.lines().zip(there.lines()).find(|(now, there)| now != there);
    assert_eq!(differs, None, "docs/reference.md is out of date: IDHOOKS_BLESS=1 writes it");
    assert_eq!(text.len(), there.len());
}

#[test]
fn the_two_commands_stand_alone_on_their_lines() {
    let readme = readme();
    for command in ["./install.sh --demo", "cargo test --locked"] {
        assert!(readme.lines().any(|line| line == command), "{command}");
        assert!(read(&root().join(".ci/run")).contains(command), "{command}");
    }
}
