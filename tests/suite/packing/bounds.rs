//! Growth is bounded.

use super::{
    VERSIONS, assert_whole, bounded, commit_files, common_dir, is_loose, is_packing, loose, pack,
    pack_with, packs, until, versions,
};
use crate::common::{Repo, for_each_git};

#[test]
fn the_versions_of_earlier_commits_are_packed_when_they_exceed_the_bounds() {
    for_each_git(|git| {
        let repo = bounded(git);
        for round in 0..12 {
            commit_files(&repo, &format!("round{round}"), 1);
            // A commit that exceeds the bounds has started packing; the one after must not count.
            until(&repo, "few are loose", || loose(&repo).len() <= VERSIONS);
            // While a process packs, none is started. This one has nothing left to pack, but it may
            // not have ended yet, or not even begun.
            until(&repo, "no process packs", || !is_packing(&repo));
        }
        assert!(packs(&repo, "pack").len() >= 2, "git packs some at a time");
        // The version of the newest commit stays as it is.
        let newest = repo.rev("HEAD:.idhooks/registry.json");
        assert!(is_loose(&repo, &newest));
        assert!(versions(&repo).len() > 12);
        assert_whole(&repo);
    });
}

#[test]
fn a_list_that_is_lost_is_made_again_from_history() {
    for_each_git(|git| {
        let repo = bounded(git);
        repo.run("config idhooks.looseVersions 0");
        let list = common_dir(&repo).join("idhooks/loose-versions");
        std::fs::remove_file(&list).expect("there");
        commit_files(&repo, "unlisted", 6);
        assert!(!list.exists(), "nothing is listed, since nothing will be packed");
        repo.run(format!("config idhooks.looseVersions {VERSIONS}").as_str());
        let damages = [None, Some("neither a list nor anything else\n"), Some("")];
        for (round, damage) in damages.into_iter().enumerate() {
            repo.run("config maintenance.auto false");
            commit_files(&repo, &format!("more{round}"), 6);
            repo.run("config maintenance.auto true");
            match damage {
                None => _ = std::fs::remove_file(&list),
                Some(text) => std::fs::write(&list, text).expect("writable"),
            }
            commit_files(&repo, &format!("first{round}"), 1);
            until(&repo, "all are found and packed", || loose(&repo).len() <= 1);
        }
        assert_whole(&repo);
    });
}

#[test]
fn the_version_of_a_commit_that_was_not_made_is_no_exception() {
    for_each_git(|git| {
        let repo = bounded(git);
        repo.run("config maintenance.auto false");
        repo.write(".git/hooks/commit-msg", "#!/bin/sh\nexit 1\n");
        let hook = repo.path().join(".git/hooks/commit-msg");
        let refuse = |is_on: bool| {
            let mode = if is_on { 0o755 } else { 0o644 };
            let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(&hook, mode).expect("own file");
        };
        refuse(true);
        repo.stage("docs/aborted.md", "aborted\n");
        repo.try_git("commit -q -m aborted").refused().done();
        let aborted = repo.rev(":.idhooks/registry.json");
        refuse(false);
        repo.run("rm -q -f docs/aborted.md");
        repo.run("checkout -q HEAD -- .idhooks");
        commit_files(&repo, "kept", 6);
        assert!(is_loose(&repo, &aborted) && !versions(&repo).contains(&aborted));
        repo.run("config maintenance.auto true");
        pack(&repo);
        assert!(!is_loose(&repo, &aborted));
        repo.run(["cat-file", "-e", &aborted]);
        assert_whole(&repo);
        // git removes it at the same time as a loose one.
        repo.run("gc -q --prune=now");
        repo.try_git(["cat-file", "-e", &aborted]).refused().done();
        assert_whole(&repo);
    });
}

#[test]
fn what_the_running_commit_has_stored_stays_loose() {
    for_each_git(|git| {
        let repo = bounded(git);
        repo.run("config maintenance.auto false");
        commit_files(&repo, "new", 8);
        repo.run("config maintenance.auto true");
        let kept =
            [repo.rev("HEAD:.idhooks/registry.json"), repo.rev("HEAD~3:.idhooks/registry.json")];
        pack_with(&repo, &kept.join(" ")).ok().done();
        let mut expected = kept.to_vec();
        expected.sort();
        assert_eq!(loose(&repo), expected);
        // The list has them, so that they are packed another time.
        let list = std::fs::read_to_string(common_dir(&repo).join("idhooks/loose-versions"));
        let list = list.expect("there");
        assert!(kept.iter().all(|version| list.contains(version)), "{list}");
        assert_whole(&repo);
    });
}

#[test]
fn a_repository_with_long_ids() {
    for_each_git(|git| {
        let repo = super::bounds(Repo::empty_with(git, "--object-format=sha256")).adopt("");
        repo.run("config maintenance.auto false");
        commit_files(&repo, "new", 8);
        repo.run("config maintenance.auto true");
        pack(&repo);
        assert_eq!(loose(&repo), [""; 0]);
        assert_whole(&repo);
    });
}
