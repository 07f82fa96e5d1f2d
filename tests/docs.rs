//! README and docs say what the program says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use idhooks_core::check::{Code, Family};
use idhooks_core::config::{Config, DeclaredKey, ValueShape};
use serde_json::Value;

use crate::common::sealed;

mod architecture;
#[path = "common/imports.rs"]
mod imports;
#[path = "common/words.rs"]
mod words;

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
    let mut command = sealed(env!("CARGO_BIN_EXE_idhooks"), &root(), &root());
    let output = command.args(args).stdin(Stdio::null()).output().expect("idhooks runs");
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

/// The longest README that people read in one sitting.
const README_LINES: usize = 200;

#[test]
fn the_readme_is_short() {
    let lines = readme().lines().count();
    assert!(lines <= README_LINES, "README.md has {lines} lines; move details to docs/");
}

/// A headed group of commands: each with its description.
type Group = (String, Vec<(String, String)>);

/// Returns the commands that a help text lists, in its groups. Those below a command are in one
/// group, "Commands".
fn command_groups(help: &str) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut is_list = false;
    for line in help.lines() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        if let Some(heading) = line.strip_suffix(':').filter(|_| indent == 0) {
            is_list = !["Arguments", "Options", "Global options", "Examples"].contains(&heading);
            if is_list {
                groups.push((heading.to_owned(), Vec::new()));
            }
        } else if indent == 0 {
            is_list = false;
        } else if let Some((_, commands)) = groups.last_mut().filter(|_| is_list) {
            match (indent, text.split_once("  ")) {
                (2, Some((name, about))) => {
                    commands.push((name.to_owned(), about.trim().to_owned()));
                }
                _ => {
                    // A description of several lines.
                    if let Some((_, about)) = commands.last_mut() {
                        *about += &format!(" {text}");
                    }
                }
            }
        }
    }
    for (_, commands) in &mut groups {
        commands.retain(|(name, _)| name != "help");
    }
    groups.retain(|(_, commands)| !commands.is_empty());
    groups
}

/// Returns the names of commands by group.
fn names(groups: &[Group]) -> Vec<(String, Vec<String>)> {
    let names = |commands: &[(String, String)]| commands.iter().map(|(n, _)| n.clone()).collect();
    groups.iter().map(|(group, commands)| (group.clone(), names(commands))).collect()
}

#[test]
fn the_command_table_is_that_of_the_help() {
    let groups = command_groups(&idhooks(&["help", "--all"]));
    assert!(groups.len() > 1, "{groups:?}");
    let mut table = "| group | commands |\n|---|---|\n".to_owned();
    for (group, commands) in groups {
        let names: Vec<String> = commands.iter().map(|(name, _)| code(name)).collect();
        table += &row(&[&group, &names.join(", ")]);
    }
    let (text, file) = (readme(), root().join("README.md"));
    let there = section(&text, "## Commands");
    let end = there.rfind("|\n").expect("a table") + 2;
    let there = &there[there.find('|').expect("a table")..end];
    if there != table && std::env::var_os("IDHOOKS_BLESS").is_some() {
        return fs::write(&file, text.replacen(there, &table, 1)).expect("writable");
    }
    assert_eq!(there, table, "README.md is out of date: IDHOOKS_BLESS=1 writes it");
}

#[test]
fn the_families_in_the_help_are_those_of_the_codes() {
    let help = idhooks(&["check", "--help"]);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for family in Family::ALL {
        let codes: Vec<&str> =
            Code::ALL.iter().filter(|c| c.family() == family).map(|c| c.as_str()).collect();
        let line = format!(" {} {} ", family.as_str(), codes.join(", "));
        // The other families are those of 'idhooks lint'.
        assert_eq!(help.contains(&line), Family::OF_CHECK.contains(&family), "{line}");
        for code in codes {
            assert!(idhooks(&["explain", code]).contains(&format!("{}: ", family.as_str())));
        }
        let page = read(&root().join("docs/checking.md"));
        assert!(section(&page, "## Findings").contains(&code(family.as_str())));
    }
}

#[test]
fn every_code_has_its_trouble() {
    let file = root().join("docs/troubleshooting.md");
    let mut text = read(&file);
    let mut before = "\n## Messages\n".to_owned();
    for row in Code::ALL.iter().rev().map(|code| code.row()) {
        let heading = format!("\n### {}\n", row.name);
        if !text.contains(&heading) && std::env::var_os("IDHOOKS_BLESS").is_some() {
            let (meaning, why, remedy) = (row.meaning, row.why, row.remedy);
            let at = text.find(&before).expect("the next section");
            text.insert_str(at, &format!("{heading}\nIt means: {meaning}. {why}\n\n{remedy}\n"));
            fs::write(&file, &text).expect("writable");
        }
        assert!(text.contains(&heading), "no section {heading:?}; IDHOOKS_BLESS=1 writes it");
        before = heading;
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
    let program = read(&root().join("crates/report/src/metrics/measure.rs"));
    let program = program.split("mod tests").next().expect("code");
    let known = figures(program);
    let docs = root().join("docs");
    let table = section(&read(&docs.join("monitoring.md")), "## Metrics");
    let told: BTreeSet<_> = rows(&table).iter().flat_map(|row| figures(&row[0])).collect();
    assert_eq!(told, known);
    // The series of a histogram have names of their own.
    let of_series = |name: String| {
        let histogram = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        histogram.filter(|histogram| known.contains(*histogram)).unwrap_or(&name).to_owned()
    };
    let used = ["alerts.yml", "grafana.json"].map(|name| {
        let used: BTreeSet<_> =
            figures(&read(&docs.join(name))).into_iter().map(of_series).collect();
        assert!(used.len() > 5 && used.is_subset(&known), "{name}: {:?}", used.difference(&known));
        used
    });
    // The dashboard shows every metric; the schema version is a label of 'identity_registry_info'.
    let hidden: Vec<_> = known.difference(&used[1]).collect();
    assert_eq!(hidden, ["identity_registry_schema_version"]);
    let grafana: Value = serde_json::from_str(&read(&docs.join("grafana.json"))).expect("JSON");
    let panels = grafana["panels"].as_array().expect("panels");
    let ids: BTreeSet<_> = panels.iter().filter_map(|panel| panel["id"].as_u64()).collect();
    assert!(panels.len() > 20 && ids.len() == panels.len(), "each panel has an id of its own");
}

/// Collects the rows of the keys of `idhooks.toml`, as `table.key`.
fn key_rows(keys: &[DeclaredKey], prefix: &str, rows: &mut String) {
    for key in keys {
        let name = format!("{prefix}{}", key.name);
        let (has_row, own) = match (key.shape)() {
            ValueShape::Table(own) => (false, own),
            ValueShape::Rules(own, _) => (true, own),
            ValueShape::Json(_) | ValueShape::Named(_) => (true, Vec::new()),
        };
        if has_row {
            let default = serde_json::from_str::<Value>(key.default);
            let default = default.map_or(key.default.to_owned(), |value| code(&value.to_string()));
            let doc = key.doc.trim().trim_end_matches('.');
            // A row begins in lower case, except with a name such as TYPE.
            let (mark, words) = doc.split_at(usize::from(doc.starts_with('[')));
            let is_name = words.chars().nth(1).is_some_and(char::is_uppercase);
            let first = if is_name { words[..1].to_owned() } else { words[..1].to_lowercase() };
            rows.push_str(&format!("| `{name}` | {default} | {mark}{first}{} |\n", &words[1..]));
        }
        key_rows(&own, &format!("{name}."), rows);
    }
}

#[test]
fn the_configuration_table_is_that_of_the_declaration() {
    let mut expected = String::from("| key | default | meaning |\n|---|---|---|\n");
    key_rows(&Config::keys(), "", &mut expected);
    let file = root().join("docs/configuration.md");
    let page = read(&file);
    let section = section(&page, "## Keys");
    let table: String = section
        .lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| format!("{line}\n"))
        .collect();
    if table != expected && std::env::var_os("IDHOOKS_BLESS").is_some() {
        fs::write(&file, page.replacen(&table, &expected, 1)).expect("written");
    }
    assert_eq!(table, expected, "docs/configuration.md is out of date: IDHOOKS_BLESS=1 writes it");
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

/// The table of contents of the book.
const SUMMARY: &str = "SUMMARY.md";

/// The Markdown files of a directory of the repository.
fn pages(dir: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(root().join(dir)).expect("a directory");
    let files = files.map(|entry| entry.expect("readable").path());
    files.filter(|path| path.extension().is_some_and(|e| e == "md")).collect()
}

/// The documents that people write.
fn written_documents() -> Vec<PathBuf> {
    let mut files = pages("docs");
    files.retain(|path| !path.ends_with(REFERENCE));
    files.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    files
}

fn documents() -> Vec<PathBuf> {
    let generated = [pages("docs/reference"), vec![root().join("docs").join(REFERENCE)]];
    [written_documents(), generated.concat()].concat()
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
                let outside: Vec<&str> = text.split("```").step_by(2).collect();
                let mut headings = outside.iter().flat_map(|part| part.lines());
                let found = headings.any(|line| line.starts_with('#') && anchor(line) == fragment);
                assert!(found, "{}: link to '{link}': no such heading", document.display());
            }
        }
    }
    assert!(seen > 20, "links are not recognised");
}

#[test]
fn every_page_is_in_the_book_once() {
    let mut pages = Vec::new();
    for page in documents() {
        let name = page.strip_prefix(root().join("docs")).ok().and_then(Path::to_str);
        pages.extend(name.filter(|name| *name != SUMMARY).map(str::to_owned));
    }
    pages.sort();
    let mut listed = links(&read(&root().join("docs").join(SUMMARY)));
    listed.sort();
    assert_eq!(listed, pages, "docs/{SUMMARY} against the pages of docs");
    let from_readme = links(&readme());
    for document in [&format!("docs/{SUMMARY}"), "CHANGELOG.md"] {
        assert!(from_readme.iter().any(|link| link == document), "no link to {document}");
    }
}

#[test]
fn the_book_is_built_with_one_version_of_mdbook() {
    let workflow = read(&root().join(".github/workflows/book.yml"));
    let version = workflow.split("MDBOOK_VERSION: ").nth(1).and_then(|rest| rest.lines().next());
    let install = format!("cargo install mdbook --version {} ", version.expect("a version"));
    let script = read(&root().join(".ci/book"));
    assert_eq!(script.matches(&install).count(), script.matches("cargo install mdbook").count());
    assert!(workflow.contains(".ci/book --required"));
    assert!(read(&root().join(".ci/run")).lines().any(|line| line == ".ci/book"));
}

#[test]
fn workflows_name_actions_by_their_commits() {
    let mut seen = 0;
    for name in ["book.yml", "ci.yml", "release.yml"] {
        let workflow = read(&root().join(".github/workflows").join(name));
        assert!(
            workflow.contains("\npermissions: {}\n"),
            "{name}: each job states its permissions"
        );
        for line in workflow.lines().filter(|line| line.trim_start().starts_with("uses: ")) {
            let (_, version) = line.split_once('@').expect("a version");
            let (commit, version) = version.split_once(" # v").expect("its name as a comment");
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(is_commit && version.split('.').count() == 3, "{name}: {line}");
            seen += 1;
        }
    }
    assert!(seen > 10, "actions are not recognised");
}

/// All files of some places of the repository.
fn files_below(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() && !path.ends_with("node_modules") {
            let entries = fs::read_dir(path).expect("a directory");
            let entries: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
            files.extend(files_below(&entries));
        } else {
            files.push(path.clone());
        }
    }
    files
}

/// Whether a command ends before it has read all of its input.
fn ends_early(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let has_option = |letters: [char; 2]| {
        let mut options = words[1..].iter().take_while(|word| word.starts_with('-'));
        options.any(|word| !word.starts_with("--") && word.contains(letters))
    };
    match words.first() {
        Some(&"head" | &"read") => true,
        Some(&"grep") => has_option(['q', 'm']),
        Some(&"sed") => command.match_indices('q').any(|(at, _)| {
            let is_command = |sign: char| " '\"/;{$".contains(sign) || sign.is_ascii_digit();
            command[..at].ends_with(is_command)
                && (command.len() == at + 1
                    || command[at + 1..].starts_with([' ', '\'', '"', ';', '}']))
        }),
        Some(&"awk") => command.contains("exit"),
        _ => false,
    }
}

/// Returns the pipes of a script into a command that ends early. The writer may then be ended by SIGPIPE, which fails
/// the whole pipe under `pipefail`, sometimes. `head -n 1 < <(writer)` does not have this fault.
fn racing_pipes(script: &str) -> Vec<String> {
    let lines = script.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let joined = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ").replace("|\n", "| ");
    let races = |line: &&str| {
        let alone = line.replace("||", "&&");
        alone.split('|').skip(1).any(|command| ends_early(command.trim_start_matches('&')))
    };
    joined.lines().filter(races).map(str::to_owned).collect()
}

#[test]
fn no_script_with_pipefail_pipes_into_what_ends_early() {
    let racing = [
        "a | head -n 1",
        "a |\n  grep -qx b",
        "a \\\n| sed 1q",
        "x=$(a | sed -n '/b/{p;q;}')",
        "a | sed /b/q",
        "a | grep -E -m 1 b || c",
        "a | awk 'NR == 2 { exit }'",
    ];
    for pipe in racing {
        assert_eq!(racing_pipes(pipe).len(), 1, "{pipe}");
    }
    let whole = "a || head -n 1\n# a | head\ngrep -q b < <(a)\na | sed 's/q/p/' | grep b -q.txt";
    assert_eq!(racing_pipes(whole), [""; 0]);

    let mut found = Vec::new();
    let mut seen = 0;
    let places =
        [".ci", ".github", "action.yml", "packaging", "fixtures", "tests/ui", "install.sh"];
    let places = [&places[..], &["crates/ops/src/ci/templates", "crates/repo/hooks"]].concat();
    for file in files_below(&places.iter().map(|place| root().join(place)).collect::<Vec<_>>()) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let is_yaml = file.extension().is_some_and(|end| end == "yml");
        // The shell of a workflow is `bash -o pipefail`.
        if is_yaml
            || (text.starts_with("#!") || file.ends_with("try.sh")) && text.contains("pipefail")
        {
            seen += 1;
            found.extend(racing_pipes(&text));
        }
    }
    assert!(seen > 20, "scripts are not recognised: {seen}");
    // This one looks at how the program itself ends.
    assert_eq!(found, ["\"$program\" scan | head -1"]);
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
    let mut shell = sealed("sh", temp.path(), temp.path());
    shell.args(["-euc", &script]).stdin(Stdio::null());
    shell.env("PATH", format!("{}:{path}", bin.display()));
    for who in ["AUTHOR", "COMMITTER"] {
        shell.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@example.com");
    }
    let output = shell.output().expect("sh runs");
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout);
    said.split(MARK).map(|said| said.trim().to_owned()).take(steps.len()).collect()
}

/// Asserts that the examples of a document are real; with IDHOOKS_BLESS, writes what they really say.
fn assert_real(path: &Path) {
    let document = read(path);
    let steps = steps(&document);
    assert!(steps.len() > 5, "{steps:?}");
    let said = run(&steps);
    if std::env::var_os("IDHOOKS_BLESS").is_some() {
        let (mut done, mut rest) = (String::new(), &*document);
        for ((command, expected), said) in steps.iter().zip(&said) {
            let lines = |output: &str| match output {
                "" => format!("$ {command}\n"),
                output => format!("$ {command}\n{output}\n"),
            };
            let (before, after) = rest.split_once(&lines(expected)).expect("the step");
            done = done + before + &lines(said);
            rest = after;
        }
        return fs::write(path, done + rest).expect("writable");
    }
    for ((command, expected), said) in steps.iter().zip(said) {
        assert_eq!(said, *expected, "$ {command}");
    }
}

#[test]
fn the_example_is_real() {
    assert_real(&root().join("README.md"));
}

#[test]
fn the_examples_of_other_documents_are_real() {
    let documents = written_documents().into_iter().filter(|path| !path.ends_with("README.md"));
    let documents = documents.filter(|path| read(path).contains(EXAMPLE));
    assert!(documents.map(|path| assert_real(&path)).count() > 1);
}

/// Returns the sections of a command and of those below it.
fn reference_of(words: &[&str]) -> String {
    let help = idhooks(&[words, &["--help"]].concat());
    let level = if words.len() == 1 { "#" } else { "##" };
    let mut text =
        format!("{level} idhooks {}\n\n```text\n{}\n```\n\n", words.join(" "), help.trim_end());
    for name in subcommands(words, &help) {
        text += &reference_of(&[words, &[name.as_str()]].concat());
    }
    text
}

/// Returns the names of the commands below a command.
fn subcommands(words: &[&str], help: &str) -> Vec<String> {
    let all = idhooks(&["help", "--all"]);
    let mut groups = names(&command_groups(if words.is_empty() { &all } else { help }));
    // Other commands list what is no command under other headings.
    groups.retain(|(group, _)| words.is_empty() || group == "Commands");
    groups.into_iter().flat_map(|(_, names)| names).collect()
}

/// Returns a row of a table.
fn row(cells: &[&str]) -> String {
    // Outside of backticks '<' begins a tag of HTML.
    format!("| {} |\n", cells.join(" | ").replace('<', "\\<"))
}

/// The page of the book that lists commands and findings. Each command has its own page in
/// `docs/reference`, and all findings are explained in `docs/reference/findings.md`.
const REFERENCE: &str = "reference.md";

const REFERENCE_HEAD: &str = "# Commands and findings

This page and those of the commands are generated from `idhooks help` and `idhooks explain`. To update them, run
`IDHOOKS_BLESS=1 cargo test --locked --test suite docs::reference`.

";

const EXIT_CODES: &str = "## Exit codes

| code | meaning |
|---|---|
| 0 | success |
| 1 | findings, or a blocked commit |
| 2 | wrong usage, configuration or environment |
| 3 | an internal error of idhooks |

";

/// Returns the page that lists commands and findings.
fn reference_index(groups: &[Group]) -> String {
    let mut text = format!("{REFERENCE_HEAD}## Commands\n\n");
    for (group, commands) in groups {
        text += &format!("### {group}\n\n| command | description |\n|---|---|\n");
        for (name, about) in commands {
            text += &row(&[&format!("[`{name}`](reference/{name}.md)"), about]);
        }
        text.push('\n');
    }
    text += "Every command has `--help` with examples. Commands that change something have `--dry-run`; for\n\
         `scan --allocate-ids` that is a `scan` without the option.\n\n";
    text += &format!("## Global options\n\n```text\n{}\n```\n\n", idhooks(&["--help"]).trim_end());
    text += EXIT_CODES;
    text += "## Findings\n\n| code | severity | meaning |\n|---|---|---|\n";
    for finding in Code::ALL {
        let name = finding.as_str();
        let link = format!("[`{name}`](reference/findings.md#{})", anchor(name));
        let severity = format!("{:?}", finding.severity()).to_lowercase();
        text += &row(&[&link, &severity, finding.row().meaning]);
    }
    text
}

/// Returns the page that explains all findings.
fn findings_page() -> String {
    let mut text = "# Findings\n\n".to_owned();
    for code in Code::ALL {
        let explanation = idhooks(&["explain", code.as_str()]);
        text += &format!("## {}\n\n```text\n{}\n```\n\n", code.as_str(), explanation.trim_end());
    }
    text
}

/// Asserts that a generated file is up to date; with IDHOOKS_BLESS, writes it.
fn assert_generated(file: &Path, text: &str) {
    if std::env::var_os("IDHOOKS_BLESS").is_some() {
        fs::write(file, text).expect("writable");
    }
    let there = fs::read_to_string(file).unwrap_or_default();
    let differs = text.lines().zip(there.lines()).find(|(now, there)| now != there);
    let advice = format!("{} is out of date: IDHOOKS_BLESS=1 writes it", file.display());
    assert_eq!((differs, text.len()), (None, there.len()), "{advice}");
}

#[test]
fn the_reference_is_that_of_the_help_and_of_the_codes() {
    let (docs, groups) = (root().join("docs"), command_groups(&idhooks(&["help", "--all"])));
    let mut expected = vec![(REFERENCE.to_owned(), reference_index(&groups))];
    for (name, _) in groups.iter().flat_map(|(_, commands)| commands) {
        expected.push((format!("reference/{name}.md"), reference_of(&[name])));
    }
    expected.push(("reference/findings.md".to_owned(), findings_page()));
    let mut contents = format!("- [Commands and findings]({REFERENCE})\n");
    for (file, text) in &expected {
        assert_generated(&docs.join(file), &format!("{}\n", text.trim_end()));
        if let Some(title) = text.strip_prefix("# ").filter(|_| file != REFERENCE) {
            contents += &format!("  - [{}]({file})\n", title.lines().next().expect("a title"));
        }
    }
    for page in pages("docs/reference") {
        let is_known = expected.iter().any(|(file, _)| page.ends_with(file));
        if !is_known && std::env::var_os("IDHOOKS_BLESS").is_some() {
            fs::remove_file(page).expect("removed");
        } else {
            assert!(is_known, "{}: no such command; IDHOOKS_BLESS=1 removes it", page.display());
        }
    }
    let (before, rest) = read(&docs.join(SUMMARY))
        .split_once("- [Commands and findings]")
        .map(|(before, rest)| (before.to_owned(), rest.to_owned()))
        .expect("the reference is in the book");
    let after = rest.split_once("\n- ").expect("a page after the reference").1;
    assert_generated(&docs.join(SUMMARY), &format!("{before}{contents}- {after}"));
}

#[test]
fn the_two_commands_stand_alone_on_their_lines() {
    let readme = readme();
    for command in ["./install.sh --demo", "cargo test --locked"] {
        assert!(readme.lines().any(|line| line == command), "{command}");
        assert!(read(&root().join(".ci/run")).contains(command), "{command}");
    }
}

/// Returns the text of a document without code: blocks, and what is in backticks.
fn prose(document: &str) -> String {
    let outside = document.split("```").step_by(2).collect::<Vec<_>>().join("\n\n");
    let paragraphs = outside.split("\n\n").map(|paragraph| {
        let text: Vec<&str> = paragraph.split('`').step_by(2).collect();
        text.join(" ` ")
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn the_documents_have_no_banned_words() {
    assert_eq!(words::banned_in("It works as\never, by now; we recommend it.").len(), 2);
    let mut wrong = Vec::new();
    for document in written_documents() {
        let found = words::banned_in(&prose(&read(&document)));
        wrong.extend(found.iter().map(|found| format!("{}: {found}", document.display())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Returns the help of a command and of those below it, each with the words that print it.
fn all_help(words: &[&str]) -> Vec<(String, String)> {
    let args = [words, &["--help"]].concat();
    let help = idhooks(&args);
    let mut all: Vec<(String, String)> = subcommands(words, &help)
        .iter()
        .flat_map(|name| all_help(&[words, &[name.as_str()]].concat()))
        .collect();
    all.push((format!("idhooks {}", args.join(" ")), help));
    all
}

#[test]
fn help_and_explanations_have_no_banned_words() {
    let mut texts = all_help(&[]);
    for hidden in ["hook", "merge-driver"] {
        texts.extend(all_help(&[hidden]));
    }
    for code in Code::ALL.iter().map(|code| code.as_str()) {
        texts.push((format!("idhooks explain {code}"), idhooks(&["explain", code])));
    }
    assert!(texts.len() > 80, "commands are not recognised: {}", texts.len());
    let mut wrong = Vec::new();
    for (command, text) in texts {
        wrong.extend(words::banned_in(&text).iter().map(|found| format!("{command}: {found}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_output_in_documents_has_no_banned_words() {
    let mut wrong = Vec::new();
    for document in written_documents() {
        let text = read(&document);
        for block in text.split("```").skip(1).step_by(2) {
            let found = words::banned_in(block);
            wrong.extend(found.iter().map(|found| format!("{}: {found}", document.display())));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
