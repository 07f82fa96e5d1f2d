//! What `status` and the post-checkout hook learn of an installation.

use std::fs;

use idhooks_repo::git::{DriverState, Git, HookState, inspect};

use crate::install::fixture::{World, write};

/// The problems of the clone, seen by the git on `PATH` with the clone's configuration only.
fn problems(w: &World) -> Vec<String> {
    inspect(&git(w)).expect("a clone").problems()
}

fn git(w: &World) -> Git {
    Git::new(w.path("repo")).env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null")
}

#[test]
fn tells_what_is_missing() {
    World::each(|w| {
        assert_eq!(
            problems(w),
            [
                "hook pre-commit is not installed",
                "hook post-merge is not installed",
                "hook post-checkout is not installed",
                "hook post-rewrite is not installed",
                "merge driver is not configured",
                "info/attributes does not name the merge driver",
            ]
        );
        w.install("repo");
        assert!(problems(w).is_empty());
        w.commit_registry("repo");
        assert_eq!(problems(w), [".gitattributes does not name the merge driver"]);

        let hooks = w.path("repo/.git/hooks");
        fs::write(hooks.join("post-merge"), "#!/bin/sh\n").expect("writable");
        let stub = fs::read(hooks.join("pre-commit")).expect("there");
        write(&hooks.join("pre-commit"), &stub, 0o644);
        fs::remove_file(w.program()).expect("there");
        w.git("repo", &["rm", "-q", "-r", "--cached", ".idhooks"]);
        fs::remove_dir_all(w.path("repo/.idhooks")).expect("there");
        assert_eq!(
            problems(w)[..2],
            ["hook pre-commit is outdated", "hook post-merge does not run idhooks"]
        );
        let state = inspect(&git(w)).expect("a clone");
        assert_eq!(state.driver, DriverState::NoProgram(w.program()));
        assert!(state.registry.head && !state.registry.index && !state.registry.worktree);
    });
}

#[test]
fn believes_a_manager_that_was_told() {
    World::each(|w| {
        w.install("repo");
        w.hook("repo/.git/hooks/pre-commit", b"#!/bin/sh\nlefthook run pre-commit\n", 0o755);
        assert_eq!(problems(w), ["hook pre-commit does not run idhooks"]);
        fs::write(w.path("repo/lefthook.yml"), "run: idhooks hook pre-commit {0}\n")
            .expect("writable");
        assert_eq!(inspect(&git(w)).expect("a clone").hooks[0], ("pre-commit", HookState::Managed));
        assert!(problems(w).is_empty());
    });
}
