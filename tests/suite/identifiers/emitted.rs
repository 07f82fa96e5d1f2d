//! Files that `idhooks ids` writes, beside other tools: their regexes in other languages, the linter, classes
//! that use a module.

use idhooks_code::Formats;
use idhooks_core::config::Config;
use serde_json::{Value, json};

use super::{FORMATS, with_formats};
use crate::common::{Repo, has};

/// Reads lists of regexes and texts, and prints which regex finds which text.
const PYTHON: &str = "import json, re, sys, warnings\n\
    warnings.simplefilter('error')\n\
    regexes, texts = json.load(sys.stdin)\n\
    print(json.dumps([[bool(re.search(r, t)) for t in texts] for r in regexes]))\n";
const NODE: &str = "const [regexes, texts] = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n\
    const flags = ['', 'u', 'v'].map((flag) =>\n\
      regexes.map((r) => texts.map((t) => new RegExp(r, flag).test(t))));\n\
    flags.forEach((found) => console.log(JSON.stringify(found)));\n";

#[test]
fn python_and_ecmascript_read_the_regexes_of_a_specification_alike() {
    let odd = "[formats.signs]\ntemplate = \"a&~-/@{rest}\"\nparts = { rest = '[!-~]{3}' }\n\
        [formats.classes]\ntemplate = \"c{rest}\"\nparts = { rest = '[-&~^\\]\\[(){}/|.$*+?\\\\!#]+' }\n";
    let text = format!("{FORMATS}\n{odd}");
    let config = Config::parse(&text).expect("valid");
    let formats = Formats::compile(&config).expect("valid");
    let mut texts = vec!["a&~-/@[-]".to_owned(), "c&&~~--[[".to_owned(), "c\\".to_owned()];
    let valid =
        ["run_a_01234567", "evt_017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "'''_a~&/$^012345678901"];
    for text in valid.into_iter().chain(["01ARYZ6S41TSV4RRFFQ69G5FAV", "x", "\u{661}"]) {
        texts.extend([
            text.to_owned(),
            format!("{text}\n"),
            format!(" {text}"),
            format!("{text}\u{2028}"),
        ]);
    }
    let fits = |name: &str, text: &str| formats.get(name).expect("declared").read(text).is_some();
    with_formats(|repo| {
        repo.write("f.toml", &*text);
        let spec = repo.idhooks("ids spec --config f.toml").ok().stdout();
        let (mut names, mut regexes) = (Vec::new(), Vec::new());
        for line in spec.lines() {
            if let Some(name) = line.strip_prefix("### ") {
                names.push(name.to_owned());
            } else if let Some(regex) = line.strip_prefix("- Regex: ") {
                regexes.push(regex.trim_matches(|c| c == '`').trim().to_owned());
            }
        }
        names.truncate(regexes.len());
        assert_eq!(names.len(), formats.all.len());
        let expected: Vec<Vec<bool>> =
            names.iter().map(|name| texts.iter().map(|text| fits(name, text)).collect()).collect();
        let input = json!([regexes, texts]).to_string();
        if has("python3") {
            let found =
                repo.program_with("python3", ["-c", PYTHON], input.as_bytes()).ok().stdout();
            assert_eq!(json!(expected), serde_json::from_str::<Value>(&found).expect("JSON"));
        }
        if has("node") {
            let found = repo.program_with("node", ["-e", NODE], input.as_bytes()).ok().stdout();
            assert_eq!(found.lines().count(), 3);
            for (line, flag) in found.lines().zip(["none", "u", "v"]) {
                let found: Value = serde_json::from_str(line).expect("JSON");
                assert_eq!(json!(expected), found, "flag {flag}");
            }
        }
    });
}

#[test]
fn the_linter_leaves_emitted_files_alone() {
    with_formats(|repo| {
        repo.write("idhooks.toml", format!("{FORMATS}\n[lint]\npath = [\"*.py\", \"*.ts\"]\n"));
        let files = [
            ("emit --lang python", "ids.py"),
            ("emit --lang ts", "ids.ts"),
            ("emit --suite pytest", "test_ids.py"),
            ("fixtures --lang python", "fixtures.py"),
            ("fixtures --lang pytest", "conftest.py"),
            ("fixtures --lang ts", "fixtures.ts"),
        ];
        for (command, file) in files {
            repo.idhooks(&*format!("ids {command} --out {file}")).ok().done();
            let findings = "import uuid\nx = uuid.uuid4()\nold = 'ws_0123abcd'\nrun_id = 'x'\n";
            repo.append(file, findings);
        }
        let report = repo.idhooks("lint --strict --format json").ok().json();
        assert_eq!(
            (&report["totals"]["files"], &report["totals"]["findings"]),
            (&json!(6), &json!(0))
        );
        repo.write("own.py", "import uuid\nx = uuid.uuid4()\n");
        repo.idhooks("lint --strict").code(1).done();
    });
}

/// A class with the properties of a module, used as those that existed before were.
const CONTEXT: &str = "
import ids

class Context(ids.ContextProperties):
    def __init__(self, run_id=None, thread_id=None):
        self.run_id = run_id
        self.thread_id = thread_id

run = ids.generate_run_id('t1')
print(Context(run).thread_id, Context(run, 't1').thread_id, Context(None, 't2').thread_id)
try:
    Context(run, 't2')
except ValueError as error:
    print(str(error).replace(run, 'RUN'))
context = Context('test-run', 't3')
print(context.thread_id, context.has_valid_run_id)
context.run_id = run
print(context.thread_id)
context.thread_id = None
print(context.thread_id)
";

#[test]
fn the_context_has_a_setter_that_refuses_what_does_not_follow() {
    with_formats(|repo: &Repo| {
        if !has("python3") {
            return;
        }
        repo.idhooks("ids emit --lang python --out ids.py --config f.toml").ok().done();
        let printed = repo.program_with("python3", ["-B", "-c", CONTEXT], b"").ok().stdout();
        let expected = "t1 t1 t2\n\
            Inconsistent ID pair: run_id='RUN' does not match thread_id='t2'\n\
            t3 False\nt1\nt1\n";
        assert_eq!(printed, expected);
    });
}
