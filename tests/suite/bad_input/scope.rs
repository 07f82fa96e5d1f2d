//! The scope replaced in the registry, in `idhooks.toml`, or in both, as a global `sed` does.

use crate::common::{Output, Repo, for_each_git, on_adopted};
use crate::judge;

const FILES: [&str; 2] = [".idhooks/registry.json", "idhooks.toml"];

/// Replaces the scope in files and adds them to the index.
fn replace_scope(repo: &Repo, files: &[&str]) {
    for file in files {
        let text = String::from_utf8(repo.read(file)).expect("the files are text");
        repo.stage(file, text.replace("260118", "260119"));
    }
}

/// Adds rules that name the scope, with a comment that must survive the repair.
fn name_scope(repo: &Repo) {
    repo.configure("# a rule of ours\n");
}

/// Checks that an answer names exactly the files that changed.
fn assert_names(answer: &Output<'_>, files: &[&str]) {
    let text = answer.stdout() + &answer.stderr();
    let message = text.lines().find(|line| line.contains("earlier commits have scope"));
    let message = message.expect("an answer about the scope");
    for file in FILES {
        assert_eq!(message.contains(&format!("'{file}'")), files.contains(&file), "{message}");
    }
    assert!(!text.contains("restores 0"), "{text}");
}

/// Does what the remedy says.
fn repair(repo: &Repo, files: &[&str]) {
    if files.contains(&FILES[1]) {
        let text = String::from_utf8(repo.read(FILES[1])).expect("the rules are text");
        repo.stage(FILES[1], text.replace("260119", "260118"));
    }
    if files.contains(&FILES[0]) {
        repo.run(["restore", "--source=HEAD", "--staged", "--worktree", FILES[0]]);
    }
}

#[test]
fn one_answer_names_what_changed_and_works() {
    for files in [&FILES[..], &FILES[..1], &FILES[1..]] {
        on_adopted(|repo| {
            name_scope(repo);
            let before = repo.id("notes.txt");
            replace_scope(repo, files);
            repo.append("notes.txt", "more\n");
            repo.run("add notes.txt");
            for command in ["check", "doctor"] {
                assert_names(&repo.idhooks(command).refused(), files);
            }
            let refused = repo.try_git("commit -q -m replaced").refused();
            assert_names(&refused, files);
            repair(repo, files);
            repo.commit("repaired");
            assert_eq!(repo.id("notes.txt"), before);
            assert!(repo.read("idhooks.toml").ends_with(b"# a rule of ours\n"));
        });
    }
}

#[test]
fn a_commit_that_replaced_it_is_healed_once_the_rules_are_right() {
    for files in [&FILES[..], &FILES[..1], &FILES[1..]] {
        for_each_git(|git| {
            let repo = &Repo::adopted(git);
            name_scope(repo);
            let before = repo.id("notes.txt");
            replace_scope(repo, files);
            repo.run("commit -q --no-verify -m replaced");
            assert_names(&repo.idhooks("check --rev HEAD").refused(), files);
            if files.contains(&FILES[1]) {
                assert_names(&repo.idhooks("reconcile --commit").refused(), files);
            }
            repo.append("notes.txt", "more\n");
            repo.run("add notes.txt");
            let rules: Vec<&str> = files.iter().copied().filter(|file| *file == FILES[1]).collect();
            if !rules.is_empty() {
                let history = repo.idhooks("check --history").refused().stdout();
                let help = "set scope = \"260118\" in idhooks.toml";
                assert!(files.len() > 1 || history.contains(help), "{history}");
                let status = repo.idhooks("status").stdout();
                assert!(status.contains("HEAD        its registry is inconsistent"), "{status}");
                assert_names(&repo.idhooks("check").refused(), &rules);
                assert_names(&repo.idhooks("doctor").refused(), &rules);
                assert_names(&repo.idhooks("reconcile").refused(), &rules);
                assert_names(&repo.try_git("commit -q -m next").refused(), &rules);
                repair(repo, &rules);
            }
            repo.commit("next");
            assert_eq!(repo.id("notes.txt"), before);
            repo.idhooks("check --rev HEAD").ok().done();
            judge::assert_clean(repo);
        });
    }
}

#[test]
fn rules_without_a_scope_keep_the_one_of_the_adoption() {
    let read = |repo: &Repo| String::from_utf8(repo.read("idhooks.toml")).expect("the rules");
    let rules = "# ours\n[types]\nmd = \"01\" # notes\n";
    for_each_git(|git| {
        // In the working tree only: the line of the scope is all that is new.
        let repo = Repo::empty(git);
        repo.stage("notes.md", "notes\n");
        repo.write("idhooks.toml", rules);
        let shown = repo.idhooks("init --scope 250102 --dry-run").ok().stdout();
        assert!(shown.contains("would add the scope to idhooks.toml, which had none"), "{shown}");
        assert_eq!(read(&repo), rules);
        repo.idhooks("init --scope 250102").ok().done();
        assert_eq!(read(&repo), format!("scope = \"250102\"\n{rules}"));
        assert_eq!(repo.ask("show :idhooks.toml"), read(&repo).trim_end());
        // An adoption from the same file has the same scope.
        repo.run("rm -q -f .idhooks/registry.json");
        repo.idhooks("init").ok().done();
        assert!(repo.ask("show :.idhooks/registry.json").contains("\"scope\":\"250102\""));
        repo.run("rm -q -f .idhooks/registry.json");
        repo.idhooks("init --scope 250103")
            .code(2)
            .explains("sets scope 250102, not 250103")
            .done();
        // Staged with a comment in its place, and with an edit that is not staged.
        let repo = Repo::empty(git);
        repo.stage("notes.md", "notes\n");
        repo.stage("idhooks.toml", format!("# scope = \"1\"\n{rules}"));
        repo.append("idhooks.toml", "[rename]\nlimit = 7\n");
        repo.idhooks("init --scope 250102").ok().done();
        let staged = format!("scope = \"250102\"\n{rules}");
        assert_eq!(format!("{}\n", repo.ask("show :idhooks.toml")), staged);
        assert_eq!(read(&repo), format!("{staged}[rename]\nlimit = 7\n"));
    });
}
