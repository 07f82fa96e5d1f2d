//! What 'idhooks ci' says about the references of a pull request.

use serde_json::Value;

use crate::common::{Git, Repo, for_each_git, gits};

const UNKNOWN: &str = "idhooks:0199900001260118";

/// A repository on the branch 'feature', with references in README.md: to docs/limits.md with a
/// stamp, to src/app.py, and to nothing.
fn with_references(git: &Git, rules: &str) -> Repo {
    let repo = Repo::adopted(git);
    repo.run("branch -q -M main");
    repo.stage("docs/limits.md", "# Limits\n\n10\n");
    repo.configure(&format!("[references]\n{rules}"));
    let [limits, app] = ["docs/limits.md", "src/app.py"].map(|path| repo.id(path));
    repo.stage("README.md", format!("idhooks:{limits}\nidhooks:{app}\n{UNKNOWN}\n"));
    repo.idhooks("refs review README.md:1").ok().done();
    repo.run("commit -q --no-verify -m refer");
    repo.run("switch -q -c feature");
    repo
}

/// Checks a change; returns the findings about references, and what stderr says of the change.
fn ci(repo: &Repo, code: i32) -> (Vec<String>, Vec<String>) {
    let answer = repo.idhooks("ci --base main --format json").code(code);
    let place = |finding: &Value| {
        let text = |key: &str| finding[key].as_str().expect("text").to_owned();
        format!("{} {}:{} {}", text("code"), text("path"), finding["line"], text("severity"))
    };
    let json = answer.json();
    let findings = json["findings"].as_array().expect("findings").iter().map(place).collect();
    let said = answer.stderr();
    let said = said.lines().filter_map(|line| line.strip_prefix("warning: the change "));
    (findings, said.map(str::to_owned).collect())
}

#[test]
fn what_a_change_does_to_references_is_said() {
    for_each_git(|git| {
        let repo = with_references(git, "");
        let (unknown, app) = ("REFERENCE_UNKNOWN README.md:3 warning", repo.id("src/app.py"));
        // A change that has nothing to do with them.
        repo.commit_file("docs/other.md", "other\n");
        repo.run("mv docs/limits.md docs/new.md");
        repo.commit("moved");
        assert_eq!(ci(&repo, 0), (vec![unknown.to_owned()], vec![]));
        repo.run("mv README.md START.md");
        repo.append("docs/new.md", "20\n");
        repo.stage("notes.txt", format!("{UNKNOWN}\n"));
        repo.run("rm -q src/app.py");
        repo.run("commit -q -a -m all");
        // The base has moved on.
        repo.run("switch -q main");
        repo.commit_file("src/util.py", format!("# {UNKNOWN}\n"));
        repo.run("switch -q feature");
        let (findings, said) = ci(&repo, 0);
        assert_eq!(
            findings,
            [
                "REFERENCE_SUSPECT START.md:1 warning",
                "REFERENCE_DEPRECATED START.md:2 warning",
                "REFERENCE_UNKNOWN START.md:3 warning",
                "REFERENCE_UNKNOWN notes.txt:1 warning",
                "REFERENCE_UNKNOWN src/util.py:1 warning",
            ]
        );
        assert_eq!(
            said,
            [
                "adds references with 1 finding".to_owned(),
                format!(
                    "deprecates 'src/app.py' ({app}), to which 1 file still refers: START.md:2"
                ),
                "edits 'docs/new.md', which 1 file reviewed: START.md:1".to_owned(),
            ]
        );
        // A cold cache makes no difference, and neither does the index.
        repo.remove(".git/idhooks/cache/references");
        repo.stage("staged.md", format!("{UNKNOWN}\n"));
        assert_eq!(ci(&repo, 0), (findings, said));
        let answer = repo.idhooks("ci --base main --report markdown=../summary.md").ok();
        answer.complains("the change edits 'docs/new.md', which 1 file reviewed").done();
        let summary = String::from_utf8(repo.read("../summary.md")).expect("text");
        let line =
            "- <code>The change edits 'docs/new.md', which 1 file reviewed: START.md:1</code>";
        assert!(summary.contains(line), "{summary}");
        // Once it is reviewed in the change, nothing is left to say about it.
        repo.run("reset -q --hard");
        repo.idhooks("refs review START.md").ok().done();
        repo.commit("reviewed");
        let (findings, said) = ci(&repo, 0);
        assert!(!findings.iter().any(|one| one.contains("SUSPECT")), "{findings:?}");
        assert!(!said.iter().any(|line| line.contains("reviewed")), "{said:?}");
    });
}

#[test]
fn errors_fail_the_check_unless_a_baseline_has_them() {
    for_each_git(|git| {
        let repo = with_references(git, "unknown = \"error\"\nsuspect = \"error\"\n");
        let old = "REFERENCE_UNKNOWN README.md:3 error";
        assert_eq!(ci(&repo, 1).0, [old]);
        // Healing is no help, and is not suggested.
        let stderr = repo.idhooks("ci --base main --fix").code(1).stderr();
        assert!(!stderr.contains("heal"), "{stderr}");
        repo.idhooks("check --write-baseline ../known.json").ok().done();
        repo.stage("README.md", ["new line\n".as_bytes(), &repo.read("README.md")].concat());
        repo.commit("line");
        let known = "ci --base main --baseline ../known.json";
        repo.idhooks(known).ok().done();
        repo.append("docs/limits.md", "20\n");
        repo.run("commit -q -a -m edit");
        let stdout = repo.idhooks(known).code(1).stdout();
        assert!(stdout.contains("error[REFERENCE_SUSPECT]: README.md:2:1:"), "{stdout}");
    });
}

#[test]
fn a_committed_baseline_is_not_searched() {
    for_each_git(|git| {
        let repo = with_references(git, "unknown = \"error\"\n");
        let known = "check --baseline known.json --format json";
        repo.idhooks("-q check --write-baseline known.json").ok().done();
        let written = repo.read("known.json");
        repo.run("add known.json");
        repo.commit("baseline");
        assert_eq!(repo.idhooks(known).ok().json()["findings"], serde_json::json!([]));
        // Written again, it is the same.
        repo.idhooks("-q check --write-baseline known.json").ok().done();
        assert_eq!(repo.read("known.json"), written);
        repo.idhooks("ci --base main --baseline known.json").ok().done();
    });
}

#[test]
fn a_push_and_a_repository_without_the_table_are_checked() {
    for_each_git(|git| {
        let repo = with_references(git, "");
        repo.run("switch -q main");
        repo.append("docs/limits.md", "20\n");
        repo.run("commit -q -a -m edit");
        // A clone without a base: everything is there, and nothing is a change.
        let [before, after] = ["HEAD~1", "HEAD"].map(|rev| repo.rev(rev));
        let pushed = repo.with("GITLAB_CI", "true").with("CI_COMMIT_SHA", &after);
        let update = pushed.with("CI_COMMIT_BEFORE_SHA", &before);
        let answer = update.idhooks("ci").ok();
        answer.complains("edits 'docs/limits.md', which 1 file reviewed: README.md:1").done();
        let stderr = pushed.idhooks("ci").ok().stderr();
        assert!(!stderr.contains("the change"), "{stderr}");
        repo.configure("");
        let answer = repo.idhooks("ci --base HEAD~2").ok();
        assert!(!(answer.stdout() + &answer.stderr()).contains("idhooks:"));
    });
}

#[test]
fn text_between_conflict_markers_is_nobodys() {
    for_each_git(|git| {
        let repo = with_references(git, "suspect = \"error\"\n");
        let unknown = "REFERENCE_UNKNOWN README.md:3 warning";
        // The target of the stamped reference conflicts, and has a reference on one side.
        repo.run("switch -q main");
        repo.stage("docs/limits.md", "# Limits\n\n20\n");
        repo.commit("edit");
        repo.idhooks("refs review README.md:1").ok().done();
        repo.run("commit -q -a -m reviewed");
        repo.run("switch -q feature");
        repo.stage("docs/limits.md", format!("# Limits\n\n30 {UNKNOWN}\n"));
        repo.run("commit -q --no-verify -m edit");
        assert_eq!(ci(&repo, 0).0, [unknown]);
        let answer = repo.idhooks("ci --base main").ok();
        answer.complains("1 other file conflicts with 'main'; these were not checked").done();
    });
}

#[test]
fn nothing_is_fetched_for_references() {
    for_each_git(|git| {
        let repo = with_references(git, "");
        repo.run("config uploadpack.allowFilter true");
        repo.run("mv docs/limits.md docs/moved.md");
        repo.commit("move");
        let url = format!("file://{}", repo.path().display());
        repo.run([
            "clone",
            "-q",
            "--filter=blob:none",
            "-b",
            "feature",
            url.as_str(),
            "../partial",
        ]);
        let partial = repo.beside("partial");
        let base = partial.rev("origin/main:.idhooks/registry.json");
        let answer = partial.idhooks("ci --base origin/main").ok();
        let said = answer.stderr();
        let why = "warning: what the change does to references is not known, since this clone \
                   lacks the registry of its base; to fetch it: git fetch --refetch --no-filter\n";
        assert!(said.contains(why), "{said}");
        assert!(answer.stdout().contains("REFERENCE_UNKNOWN"), "{}", answer.stdout());
        let missing = partial.ask("rev-list --objects --all --missing=print");
        assert!(missing.contains(&format!("?{base}")), "{missing}");
        partial.run("fetch -q --refetch --no-filter");
        let said = partial.idhooks("ci --base origin/main").ok().stderr();
        assert!(!said.contains("not known"), "{said}");
    });
}

#[test]
fn what_only_the_base_has_is_reviewed_after_a_merge() {
    for_each_git(|git| {
        let repo = with_references(git, "");
        repo.commit_file("docs/other.md", "other\n");
        repo.run("switch -q main");
        repo.append("docs/limits.md", "20\n");
        repo.run("commit -q -a -m edit");
        repo.run("switch -q feature");
        let stdout = repo.idhooks("ci --base main").ok().stdout();
        let remedy = "help: the branch does not have this yet, so merge 'main' into it first; then \
                      see the change: idhooks refs suspect --from README.md; if the reference is \
                      still right: idhooks refs review README.md:1\n";
        assert!(stdout.contains(remedy), "{stdout}");
        // The remedy works.
        assert!(!repo.idhooks("refs suspect --from README.md").ok().stdout().contains("README"));
        repo.run("merge -q --no-edit main");
        let shown = repo.idhooks("refs suspect --from README.md").ok().stdout();
        assert!(shown.contains("README.md:1:1"), "{shown}");
        let stdout = repo.idhooks("ci --base main").ok().stdout();
        assert!(stdout.contains("help: see the change: idhooks refs suspect --from"), "{stdout}");
        repo.idhooks("refs review README.md:1").ok().done();
        repo.run("commit -q -a -m reviewed");
        let (findings, _) = ci(&repo, 0);
        assert!(!findings.iter().any(|one| one.contains("SUSPECT")), "{findings:?}");
    });
}

#[test]
fn commits_are_named_whatever_their_dates() {
    let git = gits().last().expect("a git");
    for date in ["2026-01-01T00:00:00Z", "2001-01-01T00:00:00Z"] {
        let repo = with_references(git, "");
        let dated = repo.with("GIT_AUTHOR_DATE", date).with("GIT_COMMITTER_DATE", date);
        dated.append("docs/limits.md", "20\n");
        dated.run("commit -q -a -m edit");
        let commit = repo.ask("rev-parse --short HEAD");
        repo.run("switch -q main");
        let dated = repo.with("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z");
        let dated = dated.with("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z");
        dated.commit_file("docs/other.md", "other\n");
        repo.run("switch -q feature");
        let stdout = repo.idhooks("ci --base main").ok().stdout();
        let change = format!("which has changed since it was read, in {}", commit.trim());
        assert!(stdout.contains(&change), "{date}: {stdout}");
    }
}

#[test]
fn the_command_that_lists_all_of_many_is_named() {
    let git = gits().last().expect("a git");
    let repo = with_references(git, "");
    let paths: Vec<String> = (0..22).map(|n| format!("many/{n}.md")).collect();
    repo.run("switch -q main");
    for path in &paths {
        repo.stage(path, format!("# {path}\n"));
    }
    repo.commit("many");
    let lines = paths.iter().map(|path| format!("idhooks:{}\n", repo.id(path)));
    repo.commit_file("notes.txt", lines.collect::<String>());
    repo.run("switch -q -C feature");
    repo.run("rm -q -r many");
    repo.commit("delete");
    let (findings, said) = ci(&repo, 0);
    let more = "retires or edits 2 more files to which others refer; all of them are in the \
                findings: idhooks ci --format json";
    assert_eq!(said.last().map(String::as_str), Some(more), "{said:?}");
    let listed = findings.iter().filter(|one| one.starts_with("REFERENCE_DEPRECATED notes.txt"));
    assert_eq!(listed.count(), 22, "{findings:?}");
}
