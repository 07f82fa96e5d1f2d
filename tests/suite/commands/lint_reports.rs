//! `lint`: the numbers of its reports add up, and no report says less than was found.

use serde_json::{Value, json};

use crate::checks::{fits, own_schema};
use crate::common::{Repo, gits};

/// One call, a reference and a name that is looked up at run time.
const MIXED: &str = "import uuid\nx = uuid.uuid4()\ny = uuid.uuid4\nz = getattr(uuid, 'uuid4')\n";

/// A repository with this code that has never heard of idhooks.
fn with_code(rules: &str) -> Repo {
    let repo = Repo::empty(&gits()[0]);
    repo.write("idhooks.toml", rules);
    repo.write("a.py", MIXED);
    repo.write("b.py", "import uuid\ny = uuid.uuid4\n");
    repo.write("c.py", "x = 1\n");
    repo
}

fn report(repo: &Repo, options: &str, code: i32) -> Value {
    let line = format!("lint {options} --format json");
    let report = repo.idhooks(&*line).code(code).json();
    fits(&own_schema(repo, "lint"), &report);
    report
}

#[test]
fn every_report_without_findings_says_how_many_it_leaves_out() {
    for (errors, level) in [("", "warning"), ("[lint]\nerrors = ['RAW_UUID']\n", "error")] {
        let repo = with_code(errors);
        let code = i32::from(level == "error");
        let note = format!(
            "not listed (--no-findings): 1 finding: 1 {level}; not counted: 2 references, 1 dynamic name"
        );
        let shown = |format: &str| {
            let line = format!("lint --no-findings --format {format}");
            repo.idhooks(&*line).code(code).stdout()
        };
        for format in ["markdown", "sarif", "junit", "github", "gitlab"] {
            let shown = shown(format).to_lowercase();
            assert!(shown.contains(&note), "{format}: {shown}");
            assert!(!shown.contains("fine") && !shown.contains("no findings"), "{format}: {shown}");
        }
        let sarif: Value = serde_json::from_str(&shown("sarif")).expect("JSON");
        let run = &sarif["runs"][0];
        assert_eq!(run.get("results"), None, "an empty list would say that there are none");
        let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
        assert_eq!(notification["level"], level);
        let gitlab: Value = serde_json::from_str(&shown("gitlab")).expect("JSON");
        assert_eq!(gitlab.as_array().map(Vec::len), Some(1));
        assert_eq!(gitlab[0]["severity"], if code == 1 { "major" } else { "minor" });
        assert!(shown("github").starts_with(&format!("::{level} title=idhooks lint::")));
        let junit = shown("junit");
        let totals =
            format!("tests=\"1\" failures=\"{code}\" errors=\"0\" skipped=\"{}\"", 1 - code);
        assert!(junit.contains(&totals), "{junit}");
        let verdict = if code == 1 { "do not merge" } else { "findings not listed" };
        assert!(shown("markdown").contains(&format!("### Identities: {verdict}\n")));
        repo.idhooks("lint --no-findings --format jsonl")
            .code(2)
            .explains("lists only findings")
            .done();
    }
    let repo = Repo::empty(&gits()[0]);
    let shown = repo.idhooks("lint --no-findings --format markdown").ok().stdout();
    assert!(shown.contains("### Identities: fine\n\nNo findings.\n"), "{shown}");
}

#[test]
fn the_parts_add_up_to_the_total() {
    let repo = with_code("");
    let totals = report(&repo, "", 0);
    let expected = json!({
        "files": 3, "files_with_findings": 1, "not_checked": 0, "findings": 1, "references": 2, "dynamic": 1,
        "accepted": 0, "score": 66.7,
    });
    assert_eq!(totals["totals"], expected);
    assert_eq!(totals["by"]["kind"], json!({"direct_uuid": 1}));
    assert_eq!(totals["by"]["service"], json!({"other": 1}));
    assert_eq!(totals["findings"].as_array().map(Vec::len), Some(4));
    let line = "3 files, 1 with findings; score 66.7; 1 finding: 1 warning; \
                not counted: 2 references, 1 dynamic name";
    repo.idhooks("lint").ok().complains(line).done();
    let gate = repo.idhooks("lint --max kind:reference=1").code(1);
    gate.complains("the kind 'reference' has 2 findings, more than 1 (--max)").done();
}

#[test]
fn a_file_that_cannot_be_checked_neither_raises_the_score_nor_meets_a_limit() {
    let repo = with_code("[[lint.priority]]\nname = 'critical'\npath = ['a.py']\n");
    // Of the weight 10, the file with a finding has 8.
    let gate = repo.idhooks("lint --min-score 50").code(1);
    gate.complains("the score is 20.0, less than 50 (--min-score)").done();
    repo.write("a.py", format!("{MIXED}def (\n"));
    let totals = report(&repo, "", 0)["totals"].clone();
    let expected = json!({
        "files": 2, "files_with_findings": 0, "not_checked": 1, "findings": 0, "references": 1,
        "dynamic": 0, "accepted": 0, "score": 100,
    });
    assert_eq!(totals, expected);
    let classes = report(&repo, "", 0)["scores"]["priority"].clone();
    assert_eq!([&classes["critical"]["files"], &classes["low"]["files"]], [0, 2]);
    let line = "2 files, 0 with findings, 1 not checked; score 100.0;";
    repo.idhooks("lint").ok().complains(line).done();
    repo.idhooks("lint --min-score 20 --max low=0").ok().done();
    let gates = [
        (
            "--min-score 50",
            "the score may be as low as 20.0, less than 50: 1 file was not checked (--min-score)",
        ),
        (
            "--max critical=5",
            "the priority 'critical' may have more findings than 5: 1 file was not checked (--max)",
        ),
        (
            "--max kind:direct_uuid=1",
            "the kind 'direct_uuid' may have more findings than 1: 1 file was not checked (--max)",
        ),
    ];
    for (options, unmet) in gates {
        repo.idhooks(&*format!("lint {options}")).code(1).complains(unmet).done();
    }
    repo.run("add .");
    repo.run("commit -q -m all");
    let day = repo.idhooks("lint --history --format json").ok().json();
    fits(&own_schema(&repo, "lint-history"), &day);
    assert_eq!([&day["points"][0]["files"], &day["points"][0]["not_checked"]], [2, 1]);
}

#[test]
fn a_baseline_does_not_raise_the_score() {
    let repo = with_code("");
    let score = |options: &str, code: i32| report(&repo, options, code)["totals"].clone();
    let before = score("", 0);
    assert_eq!(score("--write-baseline lint.json", 0)["score"], before["score"]);
    let accepted = score("--baseline lint.json", 0);
    assert_eq!((&accepted["findings"], &accepted["accepted"]), (&json!(0), &json!(1)));
    for number in ["files", "files_with_findings", "score"] {
        assert_eq!(accepted[number], before[number], "{number}");
    }
    let gate = repo.idhooks("lint --baseline lint.json --strict --max low=0").ok();
    gate.complains("3 files, 1 with findings; score 66.7; no new findings; the baseline hides 1 finding, 2 references, 1 dynamic name\n")
        .done();
    let gate = repo.idhooks("lint --baseline lint.json --min-score 70").code(1);
    gate.complains("the score is 66.7, less than 70 (--min-score)").done();
}

#[test]
fn a_report_that_leaves_something_out_is_not_fine() {
    let repo = with_code("");
    let shown = |options: &str| repo.idhooks(&*format!("lint {options}")).ok();
    let warned = "### Identities: warnings\n\n\
                  1 finding: 1 warning; not counted: 2 references, 1 dynamic name.\n";
    assert!(shown("--format markdown").stdout().contains(warned));
    let lines = shown("--count lines --format markdown").stdout();
    assert!(lines.contains("### Identities: warnings\n"), "{lines}");
    let written = shown("--write-baseline lint.json")
        .complains("wrote 1 finding, 2 references, 1 dynamic name to 'lint.json'");
    written.done();
    let hidden = "the baseline hides 1 finding, 2 references, 1 dynamic name";
    let known = "1 known finding, 2 references, 1 dynamic name in 'lint.json' not shown\n";
    shown("--baseline lint.json").complains(hidden).complains(known).done();
    for options in ["--baseline lint.json", "--baseline lint.json --no-findings"] {
        let markdown = shown(&format!("{options} --format markdown")).stdout();
        let expected = format!("### Identities: no new findings\n\nNo new findings; {hidden}.\n");
        assert!(markdown.ends_with(&expected), "{markdown}");
        for (format, level) in [
            ("junit", "<skipped"),
            ("sarif", "\"note\""),
            ("github", "::notice"),
            ("gitlab", "\"info\""),
        ] {
            let text = shown(&format!("{options} --format {format}")).stdout();
            assert!(text.contains(hidden) && text.contains(level), "{format}: {text}");
            assert!(!text.contains("no findings"), "{format}: {text}");
        }
    }
    repo.write("c.py", "import uuid\nuuid.uuid4()\ndef (\n");
    let markdown = shown("--baseline lint.json --format markdown").stdout();
    let expected = format!(
        "### Identities: not everything was checked\n\nNo new findings; {hidden}; 1 file was not checked.\n"
    );
    assert!(markdown.ends_with(&expected), "{markdown}");
    let junit = shown("c.py --format junit").stdout();
    assert!(junit.contains("1 file was not checked") && !junit.contains("no findings"), "{junit}");
}

#[test]
fn a_run_of_fix_ends_with_a_sum() {
    let rule = "[[lint.replace]]\nfind = 'uuid.uuid4()'\nwith = 'new_id(user)'\n";
    let repo = with_code(rule);
    repo.write("d.py", "import uuid\nnew_id = len\ndef f(user):\n  return uuid.uuid4()\n");
    let sum = "4 files: would replace 1 place in 1 file; to do so: --execute\n\
               places: found 5 = would replace 1 + refused 1 + no rule 3 (dynamic 1, reference 2)\n";
    repo.idhooks("lint --fix").code(1).complains(sum).done();
    let report = repo.idhooks("lint --fix --format json").code(1).json();
    fits(&own_schema(&repo, "lint-fix"), &report);
    let expected = json!({
        "found": 5, "replaced": 1, "refused": 1, "no_rule": {"dynamic": 1, "reference": 2},
    });
    assert_eq!(report["totals"], expected);
    assert_eq!([&report["files"], &report["files_with_findings"]], [4, 3]);
    let done = repo.idhooks("lint --fix --execute").code(1);
    done.complains("places: found 5 = replaced 1 + refused 1 + no rule 3 (dynamic 1, reference 2)")
        .done();
    let sum = "4 files: would replace nothing\n\
               places: found 4 = would replace 0 + refused 1 + no rule 3 (dynamic 1, reference 2)\n";
    repo.idhooks("lint --fix").code(1).complains(sum).done();
}

#[test]
fn places_in_a_file_that_python_would_refuse_are_listed_and_fail_the_dry_run() {
    let repo = Repo::empty(&gits()[0]);
    let rule = "[[lint.replace]]\nfind = 'uuid.uuid4().int'\nwith = '5'\n";
    repo.write("idhooks.toml", rule);
    repo.write("a.py", "import uuid\nx = uuid.uuid4().int.bit_length()\ny = uuid.uuid4().int\n");
    let before = repo.read("a.py");
    for line in ["lint --fix", "lint --fix --execute"] {
        let run = repo.idhooks(line).code(1);
        let shown = run.stderr();
        assert!(!shown.contains("was not checked"), "{shown}");
        for place in [
            "not replaced: a.py:2: x = uuid.uuid4().int.bit_length(): after the changes",
            "not replaced: a.py:3: y = uuid.uuid4().int: after the changes",
        ] {
            assert!(shown.contains(place), "{shown}");
        }
        assert!(shown.contains("0 + refused 2 + no rule 0"), "{shown}");
    }
    assert_eq!(repo.read("a.py"), before);
    let report = repo.idhooks("lint --fix --format json").code(1).json();
    fits(&own_schema(&repo, "lint-fix"), &report);
    assert_eq!(report["refused"].as_array().map(Vec::len), Some(2));
    assert_eq!((&report["refused"][1]["line"], &report["skipped"]), (&json!(3), &json!([])));
}

#[test]
fn a_place_with_two_findings_is_one_in_the_sum() {
    let repo = Repo::empty(&gits()[0]);
    let rule = "[[lint.replace]]\nfind = 'f\"ws_{uuid.uuid4().hex}\"'\nwith = 'len(\"\")'\n";
    repo.write("idhooks.toml", format!("[lint]\nprefixes = ['ws_']\n{rule}"));
    repo.write("a.py", "import uuid\nkey = f\"ws_{uuid.uuid4().hex}\"\n");
    repo.idhooks("lint").ok().complains("2 findings: 2 warnings").done();
    let sum = "1 file: would replace 1 place in 1 file; to do so: --execute\n\
               places: found 1 = would replace 1 + refused 0 + no rule 0\n";
    repo.idhooks("lint --fix").code(1).complains(sum).done();
    let sum = "1 file: replaced 1 place in 1 file; undo: idhooks lint --rollback\n\
               places: found 1 = replaced 1 + refused 0 + no rule 0\n";
    repo.idhooks("lint --fix --execute").ok().complains(sum).done();
    let undo = repo.idhooks("lint --rollback --dry-run").ok();
    undo.complains("would undo 'idhooks lint --fix': 1 file to restore\n").done();
    let undone = repo.idhooks("lint --rollback").ok();
    undone.complains("undid 'idhooks lint --fix': 1 file restored\n").done();
}

#[test]
fn notebooks_are_listed_as_skipped() {
    let repo = with_code("");
    let notebook = "{\"cells\": [{\"source\": [\"import uuid\\n\", \"uuid.uuid4()\"]}]}";
    repo.write("work/n.ipynb", notebook);
    repo.write("node_modules/n.ipynb", notebook);
    let skipped = json!([{"path": "work/n.ipynb", "reason": "notebooks are not read"}]);
    let found = report(&repo, "", 0);
    assert_eq!((&found["skipped"], &found["totals"]["files"]), (&skipped, &json!(3)));
    let warning = "'work/n.ipynb' was not checked: notebooks are not read";
    repo.idhooks("lint work").ok().complains(warning).done();
    assert_eq!(report(&repo, "c.py", 0)["skipped"], json!([]));
    repo.run("add work");
    assert_eq!(report(&repo, "--staged", 0)["skipped"], skipped);
    repo.write("idhooks.toml", "[lint]\nexclude = ['*.ipynb']\n");
    assert_eq!(report(&repo, "work", 0)["skipped"], json!([]));
}
