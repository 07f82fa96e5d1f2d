//! When git is not asked to pack.

use super::{
    assert_whole, bounded, commit_files, common_dir, due, is_packing, loose, pack, pack_with,
    packs, until,
};
use crate::common::{Repo, for_each_git};

/// Asserts that nothing is packed.
fn assert_skipped(repo: &Repo, why: &str) {
    assert_skipped_with(repo, &[], why);
}

/// Asserts that nothing is packed by a process with these variables.
fn assert_skipped_with(repo: &Repo, variables: &[(&str, &str)], why: &str) {
    let before = loose(repo);
    assert!(before.len() >= 8, "{why}");
    let with = variables.iter().fold(repo.clone(), |repo, (name, value)| repo.with(name, value));
    with.idhooks(["hook", "pack-registry", common_dir(repo).to_str().expect("plain")]).ok().done();
    assert_eq!(loose(repo), before, "{why}");
    assert!(packs(repo, "pack").is_empty(), "{why}");
}

#[test]
fn settings_of_git_and_of_idhooks_turn_it_off() {
    for_each_git(|git| {
        let repo = due(bounded(git));
        for (off, on) in [
            ("maintenance.auto false", "maintenance.auto true"),
            ("gc.auto 0", "gc.auto 1000000"),
            ("gc.auto -1", "gc.auto 1000000"),
            ("idhooks.looseBytes 0", "idhooks.looseBytes 1k"),
            ("idhooks.looseVersions 0", "idhooks.looseVersions 4"),
            ("idhooks.looseBytes 1g", "idhooks.looseBytes 1k"),
            ("idhooks.looseVersions 100", "idhooks.looseVersions 4"),
        ] {
            repo.run(format!("config {off}").as_str());
            assert_skipped(&repo, off);
            repo.run(format!("config {on}").as_str());
        }
        pack(&repo);
        assert_eq!(loose(&repo), [""; 0]);
        assert_whole(&repo);
    });
}

#[test]
fn git_at_work_is_not_joined() {
    for_each_git(|git| {
        let repo = due(bounded(git));
        let host = repo.sh("uname -n").ok().stdout();
        let (own, host) = (std::process::id(), host.trim_end());
        let gc = common_dir(&repo).join("gc.pid");
        let maintenance = common_dir(&repo).join("objects/maintenance.lock");
        for (file, text) in [
            (&gc, format!("{own} {host}")),
            (&gc, format!("{} elsewhere", i32::MAX)),
            (&maintenance, String::new()),
        ] {
            std::fs::write(file, &text).expect("writable");
            assert_skipped(&repo, &text);
            std::fs::remove_file(file).expect("there");
        }
        // A lock that a killed git has left stops it no more than git itself.
        std::fs::write(&gc, format!("{} {host}", i32::MAX)).expect("writable");
        pack(&repo);
        assert_eq!(loose(&repo), [""; 0]);
        std::fs::remove_file(&gc).expect("there");
        assert_whole(&repo);
    });
}

#[test]
fn the_commit_after_git_was_at_work_tries_again() {
    for_each_git(|git| {
        let repo = bounded(git);
        let maintenance = common_dir(&repo).join("objects/maintenance.lock");
        std::fs::write(&maintenance, "").expect("writable");
        commit_files(&repo, "meanwhile", 6);
        until(&repo, "no process packs", || !is_packing(&repo));
        assert_eq!(packs(&repo, "pack").len(), 0);
        assert!(loose(&repo).len() > 6);
        std::fs::remove_file(&maintenance).expect("there");
        commit_files(&repo, "afterwards", 1);
        until(&repo, "all but the last are packed", || loose(&repo).len() == 1);
        assert_whole(&repo);
    });
}

#[test]
fn redirected_objects_are_left_alone() {
    for_each_git(|git| {
        let repo = due(bounded(git));
        let aside = repo.root().join("aside");
        std::fs::create_dir(&aside).expect("writable");
        let aside = aside.to_str().expect("plain");
        for name in ["GIT_OBJECT_DIRECTORY", "GIT_QUARANTINE_PATH"] {
            assert_skipped_with(&repo, &[(name, aside)], name);
        }
        let list = common_dir(&repo).join("idhooks/loose-versions");
        let before = std::fs::read(&list).expect("there");
        let objects = common_dir(&repo).join("objects");
        let redirected = repo
            .with("GIT_OBJECT_DIRECTORY", aside)
            .with("GIT_ALTERNATE_OBJECT_DIRECTORIES", objects.to_str().expect("plain"));
        redirected.stage("docs/elsewhere.md", "elsewhere\n");
        redirected.commit("elsewhere");
        assert_eq!(std::fs::read(&list).expect("there"), before, "nothing is listed");
        assert!(packs(&repo, "pack").is_empty());
    });
}

#[test]
fn a_failure_is_kept_reported_and_tried_again_when_as_many_have_been_added() {
    for_each_git(|git| {
        let repo = bounded(git);
        commit_files(&repo, "damaged", 1);
        let damaged = repo.rev("HEAD:.idhooks/registry.json");
        let (fan, rest) = damaged.split_at(2);
        let object = common_dir(&repo).join("objects").join(fan).join(rest);
        let whole = std::fs::read(&object).expect("readable");
        commit_files(&repo, "read", 2);
        let replace = |bytes: &[u8]| {
            std::fs::remove_file(&object).expect("own file");
            std::fs::write(&object, bytes).expect("writable");
        };
        replace(&whole[..whole.len() / 2]);
        commit_files(&repo, "new", 15);
        let note = common_dir(&repo).join("idhooks/schedule/packing");
        until(&repo, "the failure is recorded", || note.exists());
        // The commits after a failure do not try again before there are as many more.
        let list = std::fs::read_to_string(common_dir(&repo).join("idhooks/loose-versions"));
        let list = list.expect("there");
        let words: Vec<&str> = list.lines().last().expect("a line").split(' ').collect();
        let [.., versions, _, tried, "."] = words[..] else { unreachable!("{list}") };
        let [versions, tried] = [versions, tried].map(|n| n.parse::<usize>().expect("a number"));
        assert_eq!(tried, (versions - 1) / super::VERSIONS, "{list}");
        assert!(loose(&repo).len() >= 18, "nothing is lost");
        let report = repo.idhooks("doctor").stdout();
        assert!(report.contains("packing"), "{report}");
        replace(&whole);
        pack(&repo);
        assert_eq!(loose(&repo), [""; 0]);
        assert!(!repo.idhooks("doctor").stdout().contains("packing"));
        assert_whole(&repo);
    });
}

#[test]
fn a_directory_that_is_no_repository_is_refused() {
    for_each_git(|git| {
        let repo = bounded(git);
        let outside = repo.beside("nowhere");
        std::fs::create_dir(outside.path()).expect("writable");
        let line = format!("hook pack-registry {}", outside.path().display());
        repo.idhooks(line.as_str()).code(2).done();
        pack_with(&repo, "no-blob").code(2).done();
    });
}
