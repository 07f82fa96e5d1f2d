//! Identities that files carry before the repository is adopted.

use crate::common::{Repo, SCOPE, for_each_git, text};
use crate::judge;

const IN_NAME: &str = "docs/0110000001250101_price.md";

fn numbered(repo: &Repo) {
    repo.stage(IN_NAME, text("price"));
    repo.stage("docs/terms.md", format!("<!-- doc_id: 0110000002250101 -->\n{}", text("terms")));
    repo.stage("notes.txt", text("notes"));
}

/// Returns the commands of the help that keep identities, with this program for idhooks.
fn script(repo: &Repo) -> String {
    let help = repo.idhooks("init --help").ok().stdout();
    let after = help.split_once("To keep theirs").expect("it says how").1;
    let program = crate::common::binary();
    let program = program.to_str().expect("a plain path");
    // What follows three blanks is a remark.
    let command = |line: &str| line.trim().split("   ").next().unwrap_or_default().to_owned();
    let lines = after.lines().filter(|line| line.starts_with("  ")).map(command);
    let line = |line: String| match line.strip_prefix("idhooks ") {
        Some(rest) => format!("{program} {rest}\n"),
        None => format!("{line}\n"),
    };
    lines.map(line).collect()
}

#[test]
fn adoption_reports_them_and_the_help_says_how_to_keep_them() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        numbered(&repo);
        repo.commit("as it was");
        let shown = repo.idhooks(format!("init --scope {SCOPE} --dry-run").as_str()).ok().stdout();
        let note = format!("note: 2 files already carry an identity, such as '{IN_NAME}', ");
        assert!(shown.contains(&note) && shown.contains("idhooks init --help\n"), "{shown}");
        assert!(shown.contains("identities are unique within a scope;"), "{shown}");
        let done = repo.idhooks(format!("init --scope {SCOPE}").as_str()).ok().stdout();
        assert!(done.contains(&note), "{done}");
        // The commands of the help, as they are.
        repo.sh(&script(&repo)).ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        assert_eq!(repo.id(IN_NAME), "0110000001250101");
        assert_eq!(repo.id("docs/terms.md"), "0110000002250101");
        assert!(repo.id("notes.txt").ends_with("250101"));
        assert_eq!(repo.findings("--all-heads"), [""; 0]);
        judge::assert_all_consistent(&repo);
    });
}

#[test]
fn what_is_not_read_or_has_its_own_is_not_reported() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        numbered(&repo);
        repo.write("idhooks.toml", "track.exclude = [\"docs/**\"]\n");
        let done = repo.idhooks("init").ok().stdout();
        assert!(!done.contains("note: "), "{done}");
        // Of very many files some are read.
        let repo = Repo::empty(git);
        for n in 0..600 {
            repo.write(format!("src/{n}.py"), format!("# doc_id: 20999{n:05}250101\n"));
        }
        repo.run("add src");
        let done = repo.idhooks("init --scope 250102").ok().stdout();
        assert!(done.contains("note: at least 1") && done.contains("such as 'src/"), "{done}");
        // What an adoption gave is its own.
        let repo = Repo::empty(git);
        repo.stage("a.py", text("a"));
        repo.stage("idhooks.toml", "[[embed]]\npath = \"*.py\"\n");
        repo.init_and_install("");
        repo.idhooks("inject a.py").ok().done();
        repo.run("rm -q -f .idhooks/registry.json");
        let again = repo.idhooks(format!("init --scope {SCOPE}").as_str()).ok().stdout();
        assert!(!again.contains("note: "), "{again}");
    });
}
