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
    let message = text.lines().find(|line| line.contains("the commits before have scope"));
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
