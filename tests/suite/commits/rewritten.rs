//! A file that was deleted, and another one that may be the same: which command keeps the identity.

use crate::common::{Repo, on_adopted, text};

/// Returns a text of which a third is that of a seed.
fn third(seed: &str, other: &str) -> String {
    let lines = |text: String, n: usize| -> String {
        text.lines().take(n).map(|line| format!("{line}\n")).collect()
    };
    lines(text(seed), 9) + &lines(text(other), 15)
}

/// Returns the lines about rewritten files that a commit prints.
fn printed(repo: &Repo) -> Vec<String> {
    let answer = repo.git("commit -q -m rewritten");
    answer.stderr().lines().filter(|line| line.contains("similar")).map(str::to_owned).collect()
}

#[test]
fn the_printed_command_keeps_the_identity() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        repo.run("rm -q docs/guide.md");
        repo.stage("docs/the manual.md", third("docs/guide.md", "manual"));
        let lines = printed(repo);
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line = &lines[0];
        assert!(line.starts_with("idhooks: 'docs/the manual.md' is 3"), "{line}");
        let (_, command) = line.split_once("keep its identity: ").expect("a command");
        assert_eq!(command, format!("idhooks assign {id} 'docs/the manual.md'"));
        assert_ne!(repo.id("docs/the manual.md"), id);
        // The command as it was printed.
        let program = crate::common::quoted_binary();
        repo.sh(&command.replacen("idhooks", &program, 1)).ok().done();
        repo.commit("the same file");
        assert_eq!(repo.id("docs/the manual.md"), id);
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn each_is_one_line_and_others_none() {
    on_adopted(|repo| {
        for (old, new) in [("docs/guide.md", "docs/a.md"), ("docs/intro.md", "docs/b.md")] {
            repo.run(["rm", "-q", old]);
            repo.stage(new, third(old, new));
        }
        // The same name in another directory.
        repo.run("rm -q src/app.py");
        repo.stage("lib/app.py", third("src/app.py", "app"));
        let lines = printed(repo);
        assert_eq!(lines.len(), 3, "{lines:?}");
        for (line, path) in lines.iter().zip(["docs/a.md", "docs/b.md", "lib/app.py"]) {
            assert!(line.starts_with(&format!("idhooks: '{path}' is 3")), "{line}");
            assert!(line.ends_with(path) && line.contains("idhooks assign "), "{line}");
        }
        // Other names in other directories, files that have nothing in common, and renames.
        repo.run("rm -q src/util.py notes.txt");
        repo.stage("lib/other.py", third("src/util.py", "other"));
        repo.stage("new.txt", text("new"));
        repo.mv("README.md", "START.md");
        assert_eq!(printed(repo), [""; 0]);
        // Over the limit, nothing is compared.
        repo.configure("[rename]\nlimit = 1\n");
        repo.run("rm -q docs/a.md docs/b.md");
        repo.stage("docs/c.md", third("docs/a.md", "c"));
        assert_eq!(printed(repo), [""; 0]);
    });
}

#[test]
fn a_commit_that_is_planned_from_everything_prints_it_too() {
    on_adopted(|repo| {
        repo.run("rm -q docs/guide.md");
        repo.stage("docs/b.md", third("docs/guide.md", "b"));
        // The staged registry is another one than that of HEAD.
        repo.stage("later.txt", text("later"));
        repo.idhooks("allocate later.txt").ok().done();
        let lines = printed(repo);
        assert!(lines.len() == 1 && lines[0].contains("docs/b.md"), "{lines:?}");
        let quiet = repo.idhooks("-q hook pre-commit").ok();
        assert_eq!(quiet.stderr(), "");
    });
}

#[test]
fn paths_are_as_typed_where_git_was_called() {
    on_adopted(|repo| {
        let ids = ["docs/guide.md", "src/app.py"].map(|path| repo.id(path));
        repo.run("rm -q docs/guide.md src/app.py");
        repo.stage("docs/d.md", third("docs/guide.md", "manual"));
        repo.stage("src/an app.py", third("src/app.py", "other"));
        let docs = repo.below("docs");
        let lines = printed(&docs);
        assert_eq!(lines.len(), 2, "each has its line: {lines:?}");
        assert!(lines[0].starts_with("idhooks: 'd.md' is ") && lines[0].contains("'guide.md'"));
        assert!(
            lines[1].contains("'../src/an app.py' is ") && lines[1].contains("'../src/app.py'")
        );
        let program = crate::common::quoted_binary();
        for line in &lines {
            let (_, command) = line.split_once("keep its identity: ").expect("a command");
            docs.sh(&command.replacen("idhooks", &program, 1)).ok().done();
        }
        repo.commit("the same files");
        assert_eq!(["docs/d.md", "src/an app.py"].map(|path| repo.id(path)), ids);
    });
}
