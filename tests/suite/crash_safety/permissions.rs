//! Who may read and write what idhooks keeps in the git directory.

use crate::common::{Repo, for_each_git, quoted_binary, sample_of, text};

/// Works in a repository with that umask, as a command and as a hook.
fn work(repo: &Repo, umask: &str, name: &str) {
    let program = quoted_binary();
    repo.stage(name, text(name));
    let lines = format!(
        "umask {umask}; {program} allocate {name}; git commit -q -m new; {program} check --history; \
         {program} coverage --history; {program} schedule run nightly; \
         {program} rename --to-id-prefix {name}; git commit -q -m renamed"
    );
    repo.sh(&lines).ok().done();
}

/// Returns the modes of files and of directories that occur in `.git/idhooks`.
fn modes(repo: &Repo) -> [Vec<String>; 2] {
    ["f", "d"].map(|kind| {
        let find =
            format!("find .git/idhooks .git/.idhooks-* -type {kind} -printf '%m\\n' | sort -u");
        let found = repo.sh(&format!("({find}) 2>/dev/null || true")).ok().stdout();
        found.lines().map(str::to_owned).collect()
    })
}

#[test]
fn files_in_the_git_directory_are_private_whatever_the_umask_is() {
    for_each_git(|git| {
        for umask in sample_of(&["000", "022", "077"]) {
            let repo = Repo::adopted(git);
            work(&repo, umask, "new.md");
            assert_eq!(modes(&repo), [["600"], ["700"]], "umask {umask}");
        }
    });
}

#[test]
fn a_shared_repository_is_shared_as_git_does_it() {
    for_each_git(|git| {
        let settings = [
            ("group", "660", "2770"),
            ("true", "660", "2770"),
            ("all", "664", "2775"),
            ("0640", "640", "2750"),
            ("umask", "600", "700"),
        ];
        for &(value, file, dir) in sample_of(&settings) {
            let repo = Repo::adopted(git);
            repo.run(["config", "core.sharedRepository", value]);
            work(&repo, "077", "new.md");
            assert_eq!(modes(&repo), [[file], [dir]], "{value}");
            repo.idhooks("doctor").ok().done();
        }
    });
}

#[test]
fn what_was_open_to_all_is_closed_when_it_is_written_and_by_doctor() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        work(&repo, "022", "new.md");
        repo.sh("chmod -R a+rwX .git/idhooks").ok().done();
        let said = || repo.idhooks("doctor").ok().stdout();
        assert!(
            said().contains("the permissions are not those of core.sharedRepository"),
            "{}",
            said()
        );
        repo.idhooks("doctor --fix --dry-run").ok().done();
        assert_ne!(modes(&repo), [["600"], ["700"]]);
        let fixed = repo.idhooks("doctor --fix").ok().stdout();
        assert!(fixed.contains("'.git/idhooks/given': permissions corrected"), "{fixed}");
        assert_eq!(modes(&repo), [["600"], ["700"]]);
        assert!(!said().contains("core.sharedRepository"), "{}", said());
        repo.sh("chmod -R a+rwX .git/idhooks").ok().done();
        work(&repo, "000", "newer.md");
        assert_eq!(modes(&repo), [["600"], ["700"]]);
    });
}

#[test]
fn only_its_owner_may_change_what_a_hook_runs() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.idhooks("uninstall").ok().done();
        repo.sh(&format!("umask 000; {} install", quoted_binary())).ok().done();
        let modes = repo.sh("cd .git/hooks; stat -c %a pre-commit post-merge").ok().stdout();
        assert_eq!(modes, "755\n755\n");
    });
}
