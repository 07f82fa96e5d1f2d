//! `lint --fix`: what the rules replace, and the way back.

use std::path::Path;
use std::{env, fs};

use super::{JOURNAL, refuses, run_with_journal};
use crate::common::{Repo, Snapshot, for_each_git, gits};
use crate::crash_safety::{Victim, kill_at, kill_points};

/// Returns a file of the fixtures that the engine is tested with, too.
fn fixture(path: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint-fix").join(path);
    fs::read(path).expect("a fixture")
}

fn names() -> Vec<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/lint-fix/before");
    let entries = fs::read_dir(dir).expect("fixtures");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    names.sort();
    names
}

/// Makes a repository with the files of the fixtures, which has never heard of idhooks.
fn with_code(repo: &Repo) {
    repo.write("idhooks.toml", fixture("idhooks.toml"));
    repo.write("app/__init__.py", "");
    for name in names() {
        repo.write(&name, fixture(&format!("before/{name}")));
    }
    repo.run("add .");
    repo.commit("code");
    // What is not committed is code like any other.
    repo.append("ws.py", "# mine\r\n");
}

fn is_fixed(repo: &Repo) {
    for name in names() {
        let mut expected = fixture(&format!("after/{name}"));
        if name == "ws.py" {
            expected.extend(b"# mine\r\n");
        }
        let found = repo.read(&name);
        assert_eq!(String::from_utf8_lossy(&found), String::from_utf8_lossy(&expected), "{name}");
    }
}

#[test]
fn code_is_replaced_and_comes_back() {
    for_each_git(|git| {
        let repo = &Repo::empty(git);
        with_code(repo);
        let before = Snapshot::of(repo);
        let dry = repo.idhooks("lint --fix").code(1);
        let diff = dry.stdout();
        before.assert_same(repo);
        for line in [
            "--- a/ws.py",
            "-    conn = f\"\"\"ws_{make().hex[:8]}\"\"\"",
            "+    conn = IdGenerator.generate_websocket_connection_id(user_id)",
            "+from app.ids import IdGenerator",
        ] {
            assert!(diff.lines().any(|shown| shown == line), "{line}\n{diff}");
        }
        let warned = dry.stderr();
        assert!(
            warned.contains("not replaced: ws.py:19: f\"ws_{make().hex[:8]}\": 'user_id'"),
            "{warned}"
        );
        let shown = repo.idhooks("lint --fix --execute").code(1).stdout();
        assert_eq!(shown, diff);
        is_fixed(repo);
        repo.idhooks("lint --fix --execute").code(1).done();
        is_fixed(repo);
        repo.idhooks("lint --rollback --dry-run").ok().done();
        is_fixed(repo);
        repo.append("auth.py", "x = 1\n");
        refuses(repo, "lint --rollback", "auth.py");
        let edited = repo.read("auth.py");
        repo.write("auth.py", &edited[..edited.len() - 6]);
        repo.idhooks("lint --rollback").ok().done();
        before.assert_same(repo);
        refuses(repo, "lint --rollback", "no run to undo");
    });
}

#[test]
fn only_what_is_named_is_changed() {
    let repo = Repo::empty(&gits()[0]);
    with_code(&repo);
    repo.idhooks("lint --fix --apply --path auth.py").ok().done();
    assert_eq!(repo.read("auth.py"), fixture("after/auth.py"));
    assert_eq!(repo.read("message_handler.py"), fixture("before/message_handler.py"));
    let report = repo.idhooks("lint --fix test_run.py --format json").code(1).json();
    assert_eq!(report["mode"], "dry-run");
    assert_eq!([&report["files"], &report["files_with_findings"]], [1, 1]);
    assert_eq!(report["changes"][0]["current"], "\"test-run\"");
    assert_eq!(report["changes"][0]["suggested"], "IdGenerator.generate_run_id(\"test_run\")");
    // A file that git does not track is changed, too; one that it ignores or that a program writes is not.
    repo.write(".gitignore", "ignored.py\n");
    for (name, head) in [("new.py", ""), ("ignored.py", ""), ("made.py", "# @generated\n")] {
        repo.write(name, format!("{head}run_id = 'test-run'\n"));
    }
    repo.append("idhooks.toml", "[[lint.replace]]\nfield = 'run_id'\nwith = 'f\"$value\"'\n");
    repo.idhooks("lint --fix --execute new.py made.py").ok().done();
    assert_eq!(repo.read("new.py"), b"run_id = f\"test-run\"\n");
    assert_eq!(repo.read("made.py"), b"# @generated\nrun_id = 'test-run'\n");
    assert_eq!(repo.read("ignored.py"), b"run_id = 'test-run'\n");
}

#[test]
fn an_import_that_another_file_uses_stays() {
    for_each_git(|git| {
        let repo = &Repo::empty(git);
        let rule = "[[lint.replace]]\nfind = 'str(uuid.uuid4())'\nwith = 'ids.make()'\nimport = 'import ids'\n";
        repo.write("idhooks.toml", rule);
        let code = "import uuid\n\n\ndef make():\n    return str(uuid.uuid4())\n";
        let uses = [
            ("named", "from app.named import make, uuid\n"),
            ("attribute", "from app import attribute as other\nprint(other.uuid)\n"),
            ("patched", "mock.patch('app.patched.uuid')\n"),
            ("alone", "from app.alone import make\n"),
        ];
        for (name, user) in uses {
            repo.write(format!("app/{name}.py"), code);
            repo.write(format!("tests/test_{name}.py"), user);
        }
        repo.write("app/__init__.py", code);
        repo.run("add .");
        // Others count, too, if only some files are to be changed.
        repo.idhooks("lint --fix --execute app").ok().done();
        for name in ["named", "attribute", "patched", "alone", "__init__"] {
            let text = String::from_utf8(repo.read(&format!("app/{name}.py"))).expect("text");
            assert_eq!(text.contains("import uuid\n"), name != "alone", "{name}: {text}");
            assert!(text.contains("return ids.make()"), "{name}: {text}");
        }
    });
}

#[test]
fn what_cannot_be_changed_is_refused() {
    let repo = Repo::empty(&gits()[0]);
    repo.write("a.py", "import uuid\nx = uuid.uuid4()\n");
    refuses(&repo, "lint --fix", "no rule [[lint.replace]]");
    repo.write("idhooks.toml", "[[lint.replace]]\nfind = 'uuid.uuid4('\nwith = 'f()'\n");
    refuses(&repo, "lint --fix", "idhooks.toml:2:8");
    repo.write("idhooks.toml", "[[lint.replace]]\nfind = 'uuid.uuid4()'\nwith = 'repr(1)'\n");
    refuses(&repo, "lint --fix --format sarif", "does not support this format");
    repo.idhooks("lint --fix --staged").code(2).complains("--staged").done();
    repo.idhooks("lint --execute").code(2).complains("--fix").done();
    repo.write("b.py", "import uuid\nx = uuid.uuid4()\nprint 'old'\n");
    let outcome = repo.idhooks("lint --fix --execute").ok();
    assert!(outcome.stderr().contains("'b.py' was not checked"), "{outcome}");
    assert_eq!(repo.read("a.py"), b"x = repr(1)\n");
    let outside = Repo::nowhere(&gits()[0]);
    outside.write("idhooks.toml", repo.read("idhooks.toml"));
    outside.write("a.py", "import uuid\nx = uuid.uuid4()\n");
    outside.idhooks("lint --fix").code(1).done();
    outside.idhooks("lint --fix --execute").code(2).explains("in no git repository").done();
}

#[test]
fn a_run_is_undone_by_its_own_command() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.configure("[[lint.replace]]\nfind = 'uuid.uuid4()'\nwith = 'repr(1)'\n");
        repo.commit_file("one.py", "import uuid\nx = uuid.uuid4()\n");
        repo.idhooks("lint --fix --execute one.py").ok().done();
        let linted = "the last run is 'idhooks lint --fix', not ";
        for command in ["inject", "rename", "fix", "import"] {
            let line = format!("{command} --rollback");
            let refused = repo
                .idhooks(&*line)
                .code(2)
                .complains("hint: to undo that one: idhooks lint --rollback");
            refused.complains(&format!("{linted}'{command}'")).done();
        }
        repo.run("add -A");
        repo.commit("linted");
        repo.idhooks("inject one.py").ok().done();
        for line in ["lint --rollback", "lint --rollback --dry-run"] {
            let refused = repo
                .idhooks(line)
                .code(2)
                .complains("hint: to undo that one: idhooks inject --rollback");
            refused.complains("the last run is 'idhooks inject', not 'lint'").done();
        }
        repo.idhooks("inject --rollback").ok().complains("undid 'idhooks inject'").done();
    });
}

#[test]
fn a_run_that_is_killed_anywhere_is_undone() {
    const LINE: &str = "lint --fix --execute";
    let start = Repo::empty(&gits()[0]);
    with_code(&start);
    let state = |repo: &Repo| Snapshot::of(repo).without_refs();
    let before = state(&start);
    let done = start.copy_as("undisturbed");
    let line = format!("idhooks {LINE}");
    let ended = run_with_journal(&done, &line, 8);
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    let after = state(&done);
    let mut undone = 0;
    kill_at(&kill_points(&ended, 8), &start, &line, Victim::Everything, |repo, _| {
        if repo.exists(JOURNAL) && state(repo) != after {
            undone += 1;
            refuses(repo, LINE, "was interrupted");
            let doctor = repo.idhooks("doctor").stdout();
            assert!(doctor.contains("'idhooks lint --fix' was interrupted"), "{doctor}");
            assert!(doctor.contains("idhooks lint --rollback"), "{doctor}");
            assert!(doctor.matches("unfinished file").count() <= 1, "{doctor}");
            repo.idhooks("lint --rollback").ok().done();
            let left = repo.sh("find . -name '.idhooks-*.tmp'").ok().stdout();
            assert_eq!(left, "", "{}", repo.situation());
        }
        if state(repo) != after {
            assert_eq!(state(repo), before, "{}", repo.situation());
            repo.idhooks(LINE).code(1).done();
        }
        assert_eq!(state(repo), after, "{}", repo.situation());
    });
    assert!(undone > 0);
}

/// Returns the text that an edit of a finding replaces.
fn replaced(text: &str, edit: &serde_json::Value) -> String {
    let number = |key: &str| edit[key].as_u64().expect("a number") as usize;
    let at = |line: usize, column: usize| -> usize {
        let before = text.split_inclusive('\n').take(line - 1).map(|line| line.chars().count());
        before.sum::<usize>() + column - 1
    };
    let start = at(number("line"), number("column"));
    let end = at(number("end_line"), number("end_column"));
    text.chars().skip(start).take(end - start).collect()
}

#[test]
fn findings_say_what_replaces_them() {
    for_each_git(|git| {
        let repo = &Repo::empty(git);
        with_code(repo);
        let changes = repo.idhooks("lint --fix --format json").code(1).json()["changes"].clone();
        let changes = changes.as_array().expect("changes");
        let found = |options: &str| {
            let json = repo.idhooks(format!("lint --format json {options}").as_str()).ok().json();
            json["findings"].as_array().expect("findings").clone()
        };
        let findings = found("");
        let (fixed, left): (Vec<_>, Vec<_>) =
            findings.iter().partition(|finding| !finding["fix"].is_null());
        assert!(fixed.len() > 10 && left.len() > 3, "{} and {}", fixed.len(), left.len());
        for finding in fixed {
            let (path, edit) =
                (finding["path"].as_str().expect("a path"), &finding["fix"]["edits"][0]);
            let text = String::from_utf8(repo.read(path)).expect("UTF-8");
            let text = text.trim_start_matches('\u{feff}');
            let [before, after] =
                [replaced(text, edit), edit["content"].as_str().expect("text").into()]
                    .map(|code: String| code.split_whitespace().collect::<Vec<_>>().join(" "));
            let is_it = |change: &&serde_json::Value| {
                let is = |key: &str, code: &str| {
                    let shown = change[key].as_str().expect("a text").trim_end_matches('…');
                    code.starts_with(shown)
                };
                change["path"] == path && is("current", &before) && is("suggested", &after)
            };
            assert!(changes.iter().any(|change| is_it(&change)), "{finding}\n{before}\n{after}");
        }
        // The content of a commit, and no rules.
        repo.write("ws.py", "");
        let of_ws = |all: &[serde_json::Value]| {
            let fixes = all.iter().filter(|one| one["path"] == "ws.py" && !one["fix"].is_null());
            fixes.count()
        };
        assert!(of_ws(&found("--rev HEAD")) > 0 && of_ws(&found("--staged")) > 0);
        assert_eq!(of_ws(&found("")), 0);
        repo.write("../none.toml", "");
        assert!(found("--config ../none.toml").iter().all(|finding| finding["fix"].is_null()));
        // The old names of options.
        let count = |options: &str| {
            let command = format!("lint --fix --format json {options}");
            repo.idhooks(command.as_str()).json()["files"].clone()
        };
        assert_eq!(count("--path . --extensions .py"), count(""));
        assert_eq!(count("--extensions pyi"), 0);
    });
}
