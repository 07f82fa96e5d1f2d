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
