//! Commits that are planned from their changed paths, and what the git directory remembers between them.

use std::fs;
use std::path::{Path, PathBuf};

use super::{COMPARE, LEGACY, REGISTRY, assert_in_step, enable};
use crate::common::{Repo, for_each_git, on_adopted, sample_of, text};
use crate::judge;

/// Runs the scenario on an adopted repository, of which some commits need not be consistent.
#[track_caller]
fn on_any(scenario: impl Fn(&Repo)) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        scenario(&repo);
        judge::assert_status(&repo, "");
    });
}

/// Asserts that a clone, which remembers nothing, has no findings, and returns it.
fn assert_clean_elsewhere(repo: &Repo, name: &str) -> Repo {
    repo.run(["clone", "-q", ".", &format!("../{name}")]);
    let clone = repo.beside(name);
    assert_eq!(clone.findings(""), Vec::<String>::new(), "{name}");
    clone
}

/// Asserts that a clone finds both files of HEAD in step, byte for byte.
fn assert_in_step_elsewhere(repo: &Repo, name: &str) {
    assert_in_step(repo, "HEAD");
    let clone = assert_clean_elsewhere(repo, name);
    clone.idhooks(COMPARE).ok().done();
}

/// Returns the files in which idhooks remembers what it has found out.
fn caches(repo: &Repo) -> Vec<PathBuf> {
    let dir = repo.path().join(".git/idhooks/cache");
    let entries = fs::read_dir(dir).expect("a cache").map(|entry| entry.expect("readable").path());
    let mut files: Vec<PathBuf> = entries.collect();
    files.sort();
    files
}

fn copy_caches(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("caches") {
        let entry = entry.expect("readable");
        fs::copy(entry.path(), to.join(entry.file_name())).expect("writable");
    }
}

#[test]
fn whatever_is_remembered_the_legacy_file_is_right() {
    on_adopted(|repo| {
        enable(repo, "");
        let other = repo.clone_as("other");
        other.init_and_install("");
        other.stage("docs/elsewhere.md", text("elsewhere"));
        other.commit("elsewhere");
        let memory = repo.path().join(".git/idhooks/cache");
        let stale = repo.path().join("../stale");
        fs::create_dir(&stale).expect("writable");
        copy_caches(&memory, &stale);
        let steps: [(&str, &dyn Fn()); 5] = [
            ("stale", &|| copy_caches(&stale, &memory)),
            ("foreign", &|| copy_caches(&other.path().join(".git/idhooks/cache"), &memory)),
            ("cut", &|| {
                for file in caches(repo) {
                    let bytes = fs::read(&file).expect("readable");
                    fs::write(&file, &bytes[..bytes.len() / 2]).expect("writable");
                }
            }),
            ("damaged", &|| {
                for file in caches(repo) {
                    let mut bytes = fs::read(&file).expect("readable");
                    bytes.iter_mut().skip(40).step_by(7).for_each(|byte| *byte ^= 1);
                    fs::write(&file, bytes).expect("writable");
                }
            }),
            ("deleted", &|| fs::remove_dir_all(&memory).expect("removable")),
        ];
        for (name, step) in sample_of(&steps) {
            repo.stage(format!("docs/{name}.md"), text(name));
            repo.commit(name);
            step();
            repo.stage(format!("docs/{name}-2.md"), text(&format!("{name} 2")));
            repo.run(["mv", &format!("docs/{name}.md"), &format!("docs/{name}-1.md")]);
            repo.commit(name);
            assert_in_step_elsewhere(repo, &format!("after-{name}"));
        }
    });
}

#[test]
fn commits_of_every_shape_have_both_files() {
    on_any(|repo| {
        let formats = [
            ("classic", "ids.json"),
            ("csv", "ids.csv"),
            ("jsonl", "ids.jsonl"),
            ("ids-map", "ids"),
        ];
        for (format, name) in sample_of(&formats) {
            enable(repo, &format!("format = \"{format}\"\nlegacy = \"old/{name}\"\n"));
            let file = |n: u8| format!("docs/{format}-{n}.md");
            let clean = |shape: &str| {
                assert_clean_elsewhere(repo, &format!("{format}-{shape}"));
                judge::assert_status(repo, "");
            };
            repo.stage(file(1), text(&file(1)));
            repo.stage(file(2), text(&file(2)));
            repo.commit("added");
            clean("added");
            repo.mv(&file(1), &file(3));
            repo.run(["rm", "-q", &file(2)]);
            repo.commit("renamed and deleted");
            clean("renamed");
            repo.stage(file(4), text(&file(4)));
            repo.run("commit -q --amend --no-edit");
            clean("amended");
            repo.write(file(5), text(&file(5)));
            repo.run(["add", &file(5)]);
            repo.run(["commit", "-q", "-m", "partial", &file(5)]);
            clean("partial");
            repo.append(&file(5), "more\n");
            repo.run("commit -q -a -m edited");
            clean("edited");
            repo.stage(file(2), text(&file(2)));
            repo.commit("revived");
            clean("revived");
            repo.run(["rm", "-q", "--cached", &format!("old/{name}")]);
            repo.remove(&format!("old/{name}"));
            repo.run("commit -q --no-verify -m without");
        }
        enable(repo, "");
    });
}

#[test]
fn writing_that_was_switched_off_is_made_up_for() {
    on_any(|repo| {
        enable(repo, "");
        repo.stage("docs/off.md", text("off"));
        repo.with("IDHOOKS_DUAL_WRITE", "0").commit("off");
        assert_eq!(repo.ask("diff --name-only HEAD~ -- registry"), "");
        let findings = repo.findings("--rev HEAD");
        assert!(findings.iter().any(|found| found.contains("LEGACY_MISMATCH")), "{findings:?}");
        repo.stage("docs/on.md", text("on"));
        repo.commit("on");
        assert_in_step_elsewhere(repo, "on");
        let message = "off on purpose, and on again";
        repo.run(["commit", "-q", "--allow-empty", "-m", message]);
    });
}

#[test]
fn rules_that_were_committed_without_the_hook_count_from_the_next_commit_on() {
    on_any(|repo| {
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.stage("idhooks.toml", rules + "\n[dual_write]\nenabled = true\n");
        repo.run("commit -q --no-verify -m rules");
        let findings = repo.findings("--rev HEAD");
        assert!(findings.iter().any(|found| found.contains("LEGACY_MISSING")), "{findings:?}");
        repo.stage("docs/next.md", text("next"));
        repo.commit("next");
        assert_in_step_elsewhere(repo, "next");
    });
}

#[test]
fn what_is_not_plain_is_still_right() {
    on_any(|repo| {
        enable(repo, "");
        // Without the line of the attributes, which the next commit adds.
        let attributes = String::from_utf8(repo.read(".gitattributes")).expect("text");
        let rest = attributes.lines().filter(|line| !line.contains("idhooks-legacy"));
        repo.stage(".gitattributes", rest.map(|line| format!("{line}\n")).collect::<String>());
        repo.run("commit -q --no-verify -m attributes");
        repo.stage("docs/attributes.md", text("attributes"));
        repo.commit("attributes again");
        assert!(repo.ask(["check-attr", "merge", LEGACY]).ends_with("idhooks-legacy"));
        // With a working file that has other edits, or that does not exist.
        let whole = repo.read(LEGACY);
        repo.append(LEGACY, " ");
        repo.stage("docs/edited.md", text("edited"));
        repo.try_git("commit -m edited").ok().complains("was left as it is").done();
        assert_eq!(repo.read(LEGACY).len(), whole.len() + 1);
        repo.remove(LEGACY);
        repo.stage("docs/removed.md", text("removed"));
        repo.commit("removed");
        assert!(!repo.exists(LEGACY));
        repo.run(["checkout", "-q", "--", LEGACY]);
        assert_in_step_elsewhere(repo, "not-plain");
        assert_eq!(repo.registry("HEAD"), repo.read(REGISTRY));
    });
}

#[test]
fn what_a_killed_commit_left_in_the_working_tree_is_replaced() {
    on_any(|repo| {
        enable(repo, "");
        repo.stage("docs/killed.md", text("killed"));
        repo.commit("killed");
        let left = [REGISTRY, LEGACY].map(|path| (path, repo.read(path)));
        repo.run("reset -q --hard HEAD~");
        for (path, bytes) in left {
            repo.write(path, bytes);
        }
        repo.stage("docs/other.md", text("other"));
        repo.commit("other");
        judge::assert_status(repo, "");
        assert_in_step_elsewhere(repo, "after");
    });
}
