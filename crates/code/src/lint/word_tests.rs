//! Cases about words: formats that fit any, addresses that contain identifiers, names of a configuration.

use idhooks_core::config::Config;
use idhooks_core::registry::RepoPath;

use super::{LintSelection, Linter};
use crate::formats::Formats;

const FORMATS: &str = "
[formats.run_id]
template = 'run_{thread}_{hex8}'
[formats.thread_id]
template = '{thread}'
[formats.old_ws]
template = 'ws_{hex8}'
legacy = true
";

/// Describes the findings in a file, each as `CODE kind line: message`.
fn lint(config: &str, path: &str, text: &str) -> Vec<String> {
    let config = Config::parse(config).expect("valid");
    let formats = Formats::compile(&config).expect("valid");
    let selection = LintSelection::default();
    let linter = Linter::new(config.lint(), formats, &selection).expect("valid");
    let report = linter.examine(text.as_bytes(), path.ends_with(".py"));
    let found = linter.findings(&RepoPath::new(path.as_bytes()).expect("a path"), report);
    let describe = |finding: idhooks_core::check::Finding| {
        let place = finding.place.as_ref().expect("a place");
        let class = finding.code_class().expect("a class");
        format!("{} {} {}: {}", finding.code, class.kind, place.line, finding.message)
    };
    found.into_iter().map(describe).collect()
}

#[test]
fn a_format_that_fits_any_word_hides_nothing() {
    let text =
        "run_id = 'job-1'\nthread_id = 't-1'\nx = 'ws_0011aabb'\nrun_id = 'run_a_01234567'\n";
    let expected = [
        "HARDCODED_ID assignment 1: run_id is 'job-1', which has only a format that fits any word",
        "HARDCODED_ID assignment 2: thread_id is 't-1', which has only a format that fits any word",
        "ID_FORMAT literal 3: 'ws_0011aabb' has the legacy format 'old_ws'",
    ];
    assert_eq!(lint(FORMATS, "a.py", text), expected);
    let only = "[formats.thread_id]\ntemplate = '{thread}'\n";
    assert_eq!(lint(only, "a.py", text), [""; 0], "no format says how an identifier looks");
}

#[test]
fn addresses_are_no_identifiers() {
    let text = "session_id = 'bob@example.com'\nrequest_id = 'bob@host'\n";
    let expected = ["HARDCODED_ID assignment 2: request_id is 'bob@host', which no format has"];
    assert_eq!(lint(FORMATS, "a.py", text), expected);
    let values = "a: ws_0011aabb@example.com\nb: x@ws_0011aabb ws_0011aabb\n";
    let found = lint(FORMATS, "a.yaml", values);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|found| found.starts_with("ID_FORMAT value 2: ")), "{found:?}");
}

#[test]
fn every_function_that_makes_uuids_is_found() {
    for version in [1, 3, 4, 5, 6, 7, 8] {
        let text =
            format!("from uuid import *\nimport uuid as u\nuuid{version}()\nu.uuid{version}()\n");
        let found = lint("", "a.py", &text);
        let expected =
            |line| format!("RAW_UUID direct_uuid {line}: uuid.uuid{version} makes a raw UUID");
        assert_eq!(found, [expected(3), expected(4)]);
    }
    let text = "import uuid\nx = f'run_{uuid.uuid7()}'\nuuid.uuid2()\nuuid.uuid9()\n";
    let found = lint("", "a.py", text);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("ID_FSTRING fstring 2: "), "{found:?}");
}

#[test]
fn placeholders_and_parameters_are_those_of_the_configuration() {
    let text = "run_id = 'test-run'\njob = 'job-12'\ndef execute(run_id, trace): ...\n";
    let own = "[lint]\nselect = ['HARDCODED_ID', 'UNVALIDATED_CONTEXT']\n\
        context_parameters = ['trace']\nplaceholders = { job = ['job-#'] }\n";
    let expected = [
        "HARDCODED_ID assignment 2: job is 'job-12', which no format has",
        "UNVALIDATED_CONTEXT parameter 3: 'execute' never validates its parameter trace",
    ];
    assert_eq!(lint(own, "a.py", text), expected);
    let default = "[lint]\nselect = ['HARDCODED_ID', 'UNVALIDATED_CONTEXT']\n";
    let expected = [
        "HARDCODED_ID assignment 1: run_id is 'test-run', which no format has",
        "UNVALIDATED_CONTEXT parameter 3: 'execute' never validates its parameter run_id",
    ];
    assert_eq!(lint(default, "a.py", text), expected);
}
