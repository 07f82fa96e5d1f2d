//! What the next commit does by itself is a note of whoever looks at the index, and nothing else.

use serde_json::Value;

use super::{FORMATS, assert_form};
use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::reviewed::assert_text;

/// Returns code, path and severity of each finding of the index.
fn found(repo: &Repo) -> Vec<[String; 3]> {
    let report = repo.idhooks("check --format json").json();
    let all = report["findings"].as_array().expect("findings are a list").iter();
    let word = |finding: &Value, name: &str| finding[name].as_str().unwrap_or("-").to_owned();
    all.map(|f| ["code", "path", "severity"].map(|name| word(f, name))).collect()
}

/// Asserts that nothing fails that looks at the index.
fn assert_fine(repo: &Repo) {
    for line in ["check", "check --strict", "check --staged", "check --min-coverage 100%", "drift"]
    {
        repo.idhooks(line).ok().done();
    }
    let status = repo.idhooks("status --format json").ok().json();
    assert_eq!((&status["index"]["error"], &status["index"]["warning"]), (&0.into(), &0.into()));
    let doctor = repo.idhooks("doctor --format json").json();
    let lines = doctor["lines"].as_array().expect("lines").iter();
    let mut registry = lines.filter(|line| line["check"] == "registry");
    assert!(registry.all(|line| line["level"] != "warning"), "{doctor:#}");
}

#[test]
fn what_is_staged_is_a_note_whether_hooks_are_there_or_not() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("new.md", text("new"));
        repo.mv("notes.txt", "memo.txt");
        repo.run("rm -q data/table.csv");
        let expected = [
            ["STALE_PATH", "data/table.csv", "info"],
            ["MISSING_ID", "memo.txt", "info"],
            ["MISSING_ID", "new.md", "info"],
            ["STALE_PATH", "notes.txt", "info"],
        ];
        assert_eq!(found(&repo), expected);
        assert_fine(&repo);
        for format in FORMATS {
            let report = repo.idhooks(format!("check --format {format}").as_str()).ok().bytes();
            assert_form(&repo, format, &report, expected.len());
        }
        repo.idhooks("uninstall").ok().done();
        assert_eq!(found(&repo), expected);
        assert_fine(&repo);
        // What is committed so is wrong there, and in the index that is as the commit.
        repo.run("commit -q --no-verify -m unseen");
        let committed = expected.map(|[code, path, _]| [code, path, "error"]);
        assert_eq!(found(&repo), committed);
        for line in ["check", "check --rev HEAD", "drift", "drift --rev HEAD"] {
            repo.idhooks(line).code(1).done();
        }
        repo.idhooks("check --rev HEAD --min-coverage 100%").code(1).complains("71.4 %").done();
        repo.idhooks("ci --base HEAD~1 --head HEAD").code(1).done();
    });
}

#[test]
fn the_next_commit_does_what_the_note_says() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.stage("new.md", text("new"));
        repo.mv("notes.txt", "memo.txt");
        repo.run("rm -q data/table.csv");
        let said = repo.idhooks("check").ok().stdout();
        assert_text("checks-pending-the_next_commit_does_what_the_note_says", &said);
        repo.commit("as it was said");
        assert_eq!(repo.id("memo.txt"), id);
        assert_eq!(repo.findings("--strict"), [""; 0]);
        // A file that comes back.
        repo.stage("data/table.csv", text("data/table.csv"));
        let said = repo.idhooks("check --strict").ok().stdout();
        assert_text("checks-pending-the_next_commit_does_what_the_note_says-2", &said);
    });
}

#[test]
fn before_the_first_commit_and_after_an_aborted_one() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("first.md", text("first"));
        repo.init_and_install("");
        repo.stage("second.md", text("second"));
        assert_eq!(found(&repo), [["MISSING_ID", "second.md", "info"]]);
        repo.commit("adopt");
        repo.stage("third.md", text("third"));
        repo.with("GIT_EDITOR", "false").try_git("commit -q").refused().done();
        assert_eq!(found(&repo), [[""; 3]; 0]);
        // The hook gave it an identity that no commit has.
        repo.run("rm -q --cached third.md");
        assert_eq!(found(&repo), [["STALE_PATH", "third.md", "info"]]);
        let said = repo.idhooks("check").ok().stdout();
        assert_text("checks-pending-before_the_first_commit_and_after_an_aborted_one", &said);
    });
}

#[test]
fn where_identities_are_given_on_purpose_a_new_file_is_an_error() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[allocation]\non_new = \"require\"\n");
        repo.stage("new.md", text("new"));
        repo.mv("notes.txt", "memo.txt");
        assert_eq!(
            found(&repo),
            [
                ["MISSING_ID", "memo.txt", "info"],
                ["MISSING_ID", "new.md", "error"],
                ["STALE_PATH", "notes.txt", "info"],
            ]
        );
        let said = repo.idhooks("check").code(1).stdout();
        assert_text(
            "checks-pending-where_identities_are_given_on_purpose_a_new_file_is_an_error",
            &said,
        );
        repo.idhooks("allocate new.md").ok().done();
        repo.idhooks("check --strict").ok().done();
    });
}

#[test]
fn a_commit_that_would_be_stopped_does_nothing_by_itself() {
    on_adopted(|repo| {
        let registry = String::from_utf8(repo.registry("HEAD")).expect("text");
        let [app, util] = [repo.id("src/app.py"), repo.id("src/util.py")];
        repo.stage(".idhooks/registry.json", registry.replace(&app, &util));
        repo.stage("new.md", text("new"));
        assert!(found(repo).contains(&["MISSING_ID", "new.md", "error"].map(str::to_owned)));
        repo.run("reset -q --hard");
        // Nobody renamed anything: somebody wrote another path.
        repo.stage(".idhooks/registry.json", registry.replace("\"notes.txt\"", "\"memo.txt\""));
        let edited = [["STALE_PATH", "memo.txt", "error"], ["MISSING_ID", "notes.txt", "error"]];
        assert_eq!(found(repo), edited);
        repo.run("reset -q --hard");
        // The counter and those it goes on in are full.
        let reserved = format!("{{\"reserved\":{:?}}}", (1..=99_999).collect::<Vec<_>>());
        let full = (980..=998).map(|ns| format!("\"{ns}_20_260118\":{{\"floor\":99999}}"));
        let full = full.chain([format!("\"999_20_260118\":{reserved}")]);
        let full = format!("\"counters\":{{{}}}", full.collect::<Vec<_>>().join(","));
        repo.stage(".idhooks/registry.json", registry.replacen("\"counters\":{}", &full, 1));
        repo.stage("src/new.py", text("new"));
        repo.mv("src/app.py", "src/main.py");
        let all = found(repo);
        assert!(all.contains(&["MISSING_ID", "src/new.py", "error"].map(str::to_owned)), "{all:?}");
        assert!(all.contains(&["MISSING_ID", "src/main.py", "info"].map(str::to_owned)), "{all:?}");
        repo.run("reset -q --hard");
    });
}

#[test]
fn files_that_carry_identities() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[[embed]]\npath = [\"src/**\"]\n");
        repo.idhooks("inject --all").ok().done();
        repo.commit("carry");
        repo.mv("src/app.py", "src/main.py");
        repo.stage("src/copy.py", repo.read("src/util.py"));
        let expected = [
            ["STALE_PATH", "src/app.py", "info"],
            ["DUPLICATE_IN_FS", "src/copy.py", "info"],
            ["MISSING_ID", "src/copy.py", "info"],
            ["MISSING_ID", "src/main.py", "info"],
        ];
        assert_eq!(found(&repo), expected);
        assert_fine(&repo);
        repo.run("commit -q --no-verify -m unseen");
        // The one that moved carries what it keeps.
        assert_eq!(found(&repo), expected.map(|[code, path, _]| [code, path, "error"]));
        assert_eq!(repo.findings("--rev HEAD").len(), expected.len());
        repo.run("reset -q --soft HEAD~1");
        repo.commit("seen");
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn notes_are_in_no_baseline() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        super::commit_unseen(&repo, "unseen.md");
        repo.stage("new.md", text("new"));
        repo.idhooks("check --write-baseline known.json").ok().complains("wrote 1 finding").done();
        let known = String::from_utf8(repo.read("known.json")).expect("text");
        assert!(known.contains("unseen.md") && !known.contains("new.md"), "{known}");
        let answer = repo.idhooks("check --strict --baseline known.json").ok();
        assert!(answer.stdout().starts_with("info[MISSING_ID]: 'new.md'"), "{answer}");
    });
}

#[test]
fn a_merge_under_way() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("checkout -q -b side");
        super::commit_unseen(&repo, "unseen.md");
        repo.run("checkout -q main");
        repo.commit_file("other.md", text("other"));
        repo.run("merge -q --no-commit --no-ff side");
        repo.run("rm -q -f notes.txt");
        let staged = [["STALE_PATH", "notes.txt", "info"], ["MISSING_ID", "unseen.md", "info"]];
        assert_eq!(found(&repo), staged);
        repo.commit("merge");
        assert_eq!(repo.findings("--strict"), [""; 0]);
    });
}
