//! Configuration, environment, leftovers.

use super::{assert_says, said};
use crate::common::{Repo, for_each_git, text};

#[test]
fn an_old_git_is_an_error() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.write("../bin/git", "#!/bin/sh\ncase $* in version) echo git version $OLD ;; *--path-format*) if [ $OLD != 2.29.0 ]; then PATH=${PATH#*:} exec git \"$@\"; fi; echo no such option ;; *) PATH=${PATH#*:} exec git \"$@\" ;; esac\n");
        repo.sh("chmod +x ../bin/git").ok().done();
        let search = git.search_path().into_string().expect("plain");
        let path = format!("{}:{search}", repo.root().join("bin").display());
        let old = repo.with("PATH", &path);
        let with = |version: &str| old.with("OLD", version);
        assert_says(&with("2.30.9"), "git", "error", "2.30.9 is older than 2.31", "install git");
        assert_says(&with("2.31.0"), "git", "ok", "2.31.0", "");
        assert_says(&with("unheard-of"), "git", "warning", "cannot tell", "command -v git");
        with("2.30.9").idhooks("doctor").code(1).done();
        // Here it answers nothing that can be understood, as such a git does.
        with("2.29.0").idhooks("doctor").code(2).explains("2.29.0 is older than 2.31").done();
        with("2.29.0").idhooks("install").code(2).explains("2.29.0 is older than 2.31").done();
    });
}

#[test]
fn line_ends_and_renames() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        assert_says(&repo, "line-ends", "ok", "leaves them alone", "");
        repo.run("config core.autocrlf true");
        assert_says(&repo, "line-ends", "ok", "but not the registry's", "");
        repo.write(".git/info/attributes", ".idhooks/registry.json -eol !text merge=idhooks\n");
        assert_says(&repo, "line-ends", "warning", "including the registry's", "git add");
        let filtered = ".idhooks/registry.json merge=idhooks eol=lf filter=lfs\n";
        repo.write(".git/info/attributes", filtered);
        assert_says(&repo, "line-ends", "error", "'filter=lfs'", "git add");
        repo.write(".git/info/attributes", ".idhooks/registry.json -eol !text merge=idhooks\n");

        assert_says(&repo, "renames", "ok", "follows them", "");
        repo.run("config merge.directoryRenames true");
        assert_says(&repo, "renames", "ok", "new files into renamed directories", "");
        repo.run("config merge.directoryRenames false");
        repo.run("config diff.renames false");
        assert_says(
            &repo,
            "renames",
            "note",
            "does not follow renames",
            "git config merge.renames true",
        );
        repo.run("config diff.renames copies");
        assert_says(&repo, "renames", "ok", "follows them", "");
        repo.run("config merge.renames false");
        let help = said(&repo, "renames")[0].2.clone();
        repo.sh(&help).ok().done();
        assert_says(&repo, "renames", "ok", "follows them", "");
    });
}

#[test]
fn paths_that_differ_in_case_only() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        assert_says(&repo, "case", "ok", "matters here", "");
        repo.commit_file("notes.TXT", text("upper"));
        assert_says(&repo, "case", "note", "'notes.TXT' and 'notes.txt'", "git mv");
        repo.run("config core.ignorecase true");
        assert_says(&repo, "case", "warning", "only one of them", "git mv -- notes.txt");
        repo.run("rm -q notes.TXT");
        assert_says(&repo, "case", "ok", "is ignored here", "");
    });
}

#[test]
fn the_environment() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        assert_says(&repo, "environment", "ok", "nothing in it", "");
        let off = repo.with("IDHOOKS", "0");
        assert_says(&off, "environment", "warning", "IDHOOKS=0", "unset IDHOOKS");
        let dir = repo.path().join(".git");
        let named = repo.with("GIT_DIR", dir.to_str().expect("a plain name"));
        assert_says(&named, "environment", "note", "GIT_DIR", "unset ");
    });
}

#[test]
fn the_setting_of_the_audit_log() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let line = || {
            let report = repo.idhooks("doctor --format json").ok().json();
            let lines = report["lines"].as_array().expect("lines").clone();
            lines.into_iter().find(|line| line["check"] == "audit")
        };
        for value in ["", "on", "Required", "hooks", "required,hooks", "hooks required", "no"] {
            repo.run(["config", "idhooks.audit", value]);
            assert_eq!(line(), None, "{value}");
        }
        for (value, unknown) in [("requird", "'requird'"), ("off,hooks", "'off'")] {
            repo.run(["config", "idhooks.audit", value]);
            assert_says(&repo, "audit", "warning", unknown, "required, hooks");
        }
    });
}

#[test]
fn leftovers() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        assert_says(&repo, "leftovers", "ok", "none", "");
        for path in [".git/index.lock", ".git/refs/heads/a.lock", ".git/next-index-4194304.lock"] {
            repo.write(path, "");
        }
        repo.write("Cargo.lock", "nobody's lock\n");
        repo.write(".idhooks/.idhooks-a1.tmp", "");
        assert_says(&repo, "leftovers", "note", "'.git/index.lock' is held by a running git", "");
        assert_says(&repo, "leftovers", "note", "'.idhooks/.idhooks-a1.tmp' is being written", "");
        assert_says(&repo, "leftovers", "warning", "next-index-4194304.lock", "rm ");
        repo.sh(
            "touch -d '1 hour ago' .git/index.lock .git/refs/heads/a.lock .idhooks/.idhooks-a1.tmp",
        )
        .ok()
        .done();
        assert_says(&repo, "leftovers", "warning", "'.git/index.lock'", "if no git is running");
        assert_says(&repo, "leftovers", "warning", "refs/heads/a.lock", "rm ");
        assert_says(&repo, "leftovers", "warning", "unfinished file", "idhooks doctor --fix");
        repo.write(".git/hooks/pre-commit.idhooks-4294967295.tmp", "theirs");
        let what = "is 'pre-commit' from before idhooks was interrupted";
        assert_says(&repo, "leftovers", "warning", what, "mv ");
        assert!(!said(&repo, "leftovers").iter().any(|line| line.1.contains("Cargo")));
    });
}
