//! The version of git, and the environment.

use super::assert_says;
use crate::common::{Repo, for_each_git};

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
fn paths_that_are_one_file_elsewhere() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for path in ["caf\u{e9}.md", "cafe\u{301}.md"] {
            repo.stage(path, path);
        }
        repo.commit("composed and decomposed");
        let form = "and in the Unicode form of letters: on macOS they are one file";
        assert_says(&repo, "case", "note", form, "git mv -- ");
        // This system would keep both, whatever it thinks of case.
        repo.run("config core.ignorecase true");
        let level = if cfg!(target_os = "macos") { "warning" } else { "note" };
        assert_says(&repo, "case", level, form, "git mv -- ");
        // A remark is not repaired by a commit.
        let output = repo.idhooks("doctor");
        assert!(output.stdout().contains("1 finding: 1 remark"), "{output}");
        assert!(!output.stdout().contains("the next commit"), "{output}");

        repo.run("config core.ignorecase false");
        for path in ["a.md", "A.md", "b.md", "B.md"] {
            repo.stage(path, path);
        }
        repo.commit("upper and lower case");
        let more = "2 more pairs of such paths: idhooks check";
        assert_says(&repo, "case", "note", more, "git mv -- ");
        repo.run("config core.ignorecase true");
        let case = "differ in case only: on macOS and Windows they are one file; \
                    only one of them can exist here; 2 more pairs of such paths: idhooks check";
        assert_says(&repo, "case", "warning", case, "git mv -- ");
    });
}
