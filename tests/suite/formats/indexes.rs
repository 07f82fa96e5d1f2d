//! The index file after a commit: in every form it is what git alone would have left.

use std::os::unix::fs::PermissionsExt;

use crate::common::{Git, Repo, for_each_git, text, write_script};
use crate::judge;

/// What a commit leaves in an index file: version, extensions, entries, whether it is hashed.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    version: u8,
    extensions: String,
    entries: String,
    tree: String,
    is_hashed: bool,
}

impl Left {
    fn by(repo: &Repo, ids: usize) -> Left {
        let index = repo.ask("rev-parse --path-format=absolute --git-path index");
        let bytes = std::fs::read(index).expect("an index");
        let names = [b"TREE", b"REUC", b"UNTR", b"FSMN", b"IEOT", b"EOIE", b"link", b"sdir"];
        let has = |name: &[u8; 4]| bytes.windows(4).any(|window| window == name);
        let names = names.iter().filter(|name| has(name));
        let names: Vec<_> = names.map(|name| String::from_utf8_lossy(*name)).collect();
        let is_hashed = bytes[bytes.len() - ids..].iter().any(|byte| *byte != 0);
        Left {
            version: bytes[7],
            extensions: names.join(" "),
            entries: repo.ask("ls-files -s -t -v --sparse"),
            tree: repo.rev("HEAD^{tree}"),
            is_hashed,
        }
    }
}

/// Makes each form of commit, and says what each left.
fn commits(repo: &Repo) -> Vec<Left> {
    let repo = &repo
        .with("GIT_AUTHOR_DATE", "1800000000 +0000")
        .with("GIT_COMMITTER_DATE", "1800000000 +0000");
    let ids = repo.rev("HEAD").len() / 2;
    let mut left = Vec::new();
    let done = |left: &mut Vec<Left>| {
        judge::assert_good(repo);
        assert_eq!(repo.ask("diff-files --name-only"), "", "{}", repo.situation());
        left.push(Left::by(repo, ids));
    };
    repo.commit_file("src/plain.py", text("plain"));
    done(&mut left);
    repo.append("src/app.py", "more\n");
    repo.mv("src/util.py", "src/tools.py");
    repo.run("commit -q -a -m all");
    done(&mut left);
    repo.stage("src/amended.py", text("amended"));
    repo.run("commit -q --amend --no-edit");
    done(&mut left);
    repo.stage("src/partial.py", text("partial"));
    repo.stage("src/later.py", text("later"));
    repo.run("commit -q -m partial src/partial.py");
    judge::assert_all_consistent(repo);
    judge::assert_status(repo, "A  src/later.py\n");
    left.push(Left::by(repo, ids));
    repo.commit("the rest");
    done(&mut left);
    // Nothing of an index is verified before this.
    repo.run("fsck --no-dangling --no-progress");
    left
}

/// Makes them in a repository made with options and prepared by commands; and again where a hook
/// wants to know of every index that is written, so that git itself writes each.
fn compare(options: &str, form: &[&str]) {
    for_each_git(|git| {
        let [own, of_git] = [false, true].map(|is_told| {
            let repo = made(git, options, form);
            if is_told {
                write_hook(&repo, "hooks/post-index-change", "echo told >> ../told");
            }
            let left = commits(&repo);
            let told = repo.exists("../told");
            assert_eq!(told, is_told);
            left
        });
        assert_eq!(own, of_git, "{}", git.version);
    });
}

fn made(git: &Git, options: &str, form: &[&str]) -> Repo {
    let repo = match options {
        "" => Repo::adopted(git),
        options => Repo::empty_with(git, options).adopt(""),
    };
    write_hook(&repo, "fsmonitor", r"printf 'now\0/\0'");
    for command in form {
        repo.run(*command);
    }
    if form.iter().any(|command| command.starts_with("worktree")) {
        return repo.beside("linked");
    }
    repo
}

fn write_hook(repo: &Repo, name: &str, line: &str) {
    let dir = repo.ask("rev-parse --path-format=absolute --git-common-dir");
    let file = std::path::Path::new(&dir).join(name);
    write_script(&file, &format!("#!/bin/sh\n{line}\n"));
}

#[test]
fn version_2() {
    compare("", &["config index.version 2"]);
}

#[test]
fn version_3() {
    compare("", &["update-index --skip-worktree docs/guide.md"]);
}

#[test]
fn flags_are_not_taken_for_a_path() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("src/tiny.cfg", "1\n");
        repo.stage("src/other.ini", "1\n");
        repo.commit("two tiny files");
        // In the index, the flag is the bytes of '@' and zero.
        repo.run("update-index --skip-worktree src/other.ini");
        let tiny = repo.id("src/tiny.cfg");
        repo.mv("src/tiny.cfg", "@");
        repo.commit("move");
        assert_ne!(repo.id("@"), tiny);
        let repo = Repo::adopted(git);
        repo.run("update-index --skip-worktree docs/guide.md");
        repo.stage("@", repo.read("docs/guide.md"));
        repo.commit("a copy");
        let copy = repo.record(&repo.id("@"));
        assert_eq!(copy["metadata"]["copied_from"], repo.id("docs/guide.md"));
    });
}

#[test]
fn version_4() {
    compare("", &["config index.version 4", "update-index --index-version 4"]);
}

#[test]
fn split() {
    compare("", &["config core.splitIndex true", "update-index --split-index"]);
}

#[test]
fn untracked_cache() {
    compare("", &["config core.untrackedCache true", "update-index --force-untracked-cache"]);
}

#[test]
fn file_system_monitor() {
    compare("", &["config core.fsmonitor .git/fsmonitor", "update-index --fsmonitor"]);
}

#[test]
fn end_of_entries() {
    compare("", &["config index.threads 2"]);
}

#[test]
fn no_checksum() {
    compare("", &["config index.skipHash true"]);
}

#[test]
fn sparse() {
    compare("", &["sparse-checkout set --cone --sparse-index src .idhooks"]);
}

#[test]
fn sha256() {
    compare("--object-format=sha256", &[]);
}

#[test]
fn linked_worktree() {
    compare("", &["worktree add -q -b side ../linked"]);
}

#[test]
fn shared_repository() {
    for_each_git(|git| {
        let repo = Repo::empty_with(git, "--shared=group").adopt("");
        repo.commit_file("src/new.py", text("new"));
        let mode = std::fs::metadata(repo.path().join(".git/index")).expect("an index");
        assert_eq!(mode.permissions().mode() & 0o660, 0o660);
        judge::assert_good(&repo);
    });
}
