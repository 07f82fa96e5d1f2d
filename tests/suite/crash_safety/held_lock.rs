//! The lock of the index, held for a moment by another program, as by the 'git status' of an editor.

use std::os::unix::fs::PermissionsExt;

use crate::common::{Repo, on_adopted, text};

/// Writes a script that can be run.
fn write_script(repo: &Repo, path: &str, lines: &str) {
    repo.write(path, format!("#!/bin/sh\n{lines}"));
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(repo.path().join(path), mode).expect("a script can be executable");
}

#[test]
fn the_hook_waits_for_it() {
    on_adopted(|repo| {
        // With this hook, git writes the index, not idhooks itself.
        write_script(repo, ".git/hooks/post-index-change", "");
        // The programs of hooks are searched here first. The lock is there once, and free afterwards.
        let git = repo.sh("command -v git").ok().stdout();
        let git = git.trim();
        let once = format!(
            "case \"$*\" in *update-index*) if [ ! -e .git/met ]; then\n\
             : >.git/met; : >.git/index.lock\n{git} \"$@\"\n\
             code=$?; rm -f .git/index.lock; exit $code; fi;; esac\nexec {git} \"$@\"\n"
        );
        write_script(repo, ".git/busy/git", &once);
        repo.stage("new.md", text("new"));
        let busy = repo.path().join(".git/busy");
        let busy = repo.with("GIT_EXEC_PATH", busy.to_str().expect("a plain name"));
        busy.commit("new");
        assert!(repo.exists(".git/met"));
        assert!(!repo.exists(".git/index.lock"));
        repo.id("new.md");
    });
}
