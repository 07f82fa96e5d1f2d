//! The process that packs: on its own, killed, on a full disk.

use super::{assert_whole, bounded, commit_files, common_dir, due, loose, pack, pack_with, packs};
use crate::common::{Repo, for_each_git, gits, write_script};
use crate::crash_safety::limits::Disk;
use crate::crash_safety::{Stops, Victim, kill_at, kill_points};
use crate::judge;

#[cfg(target_os = "linux")]
#[test]
fn a_commit_does_not_wait_for_it() {
    for_each_git(|git| {
        let repo = due(bounded(git));
        repo.stage("docs/last.md", "last\n");
        // The reader of standard error waits until every process that has it open has ended.
        let mut stops = Stops::start(&repo, "commit -q -m last");
        let first = stops.next().expect("the hook stops");
        stops.go_on();
        let mut packing = None;
        while let Some(stop) = stops.next() {
            match stop.process == first.process {
                true => stops.go_on(),
                // It waits while the commit ends.
                false => packing = Some(stop),
            }
        }
        let packing = packing.unwrap_or_else(|| stops.next_left_behind());
        assert_eq!(repo.ask("log -1 --format=%s"), "last");
        let read = |file: &str| {
            let bytes =
                std::fs::read(format!("/proc/{}/{file}", packing.process)).expect("it runs");
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let stat = read("stat");
        let words: Vec<&str> = stat.rsplit(") ").next().expect("words").split(' ').collect();
        let number = packing.process.to_string();
        assert_eq!(words[2..4], [&number, &number], "group and session: {stat}");
        let environment = read("environ");
        let of_git = environment.split('\0').filter(|variable| variable.starts_with("GIT_"));
        assert_eq!(of_git.collect::<Vec<_>>(), [""; 0]);
        for descriptor in 0..3 {
            let file = format!("/proc/{number}/fd/{descriptor}");
            let file = std::fs::read_link(file).expect("it is open");
            assert_eq!(file.to_str(), Some("/dev/null"));
        }
        // Another one leaves it alone.
        let before = loose(&repo);
        pack(&repo);
        assert_eq!(loose(&repo), before);
        stops.kill(&packing, Victim::Idhooks);
        drop(stops);
        // The lock has gone with the process.
        super::until(&repo, "it can be locked again", || {
            pack(&repo);
            loose(&repo).len() <= 1
        });
        assert_whole(&repo);
    });
}

#[test]
fn killed_at_every_point() {
    for_each_git(|git| {
        let start = due(bounded(git));
        let all = super::versions(&start);
        let line = "idhooks hook pack-registry .git";
        let ended = Stops::start(&start.copy_as("undisturbed"), line).end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        kill_at(&kill_points(&ended, 6), &start, line, Victim::Everything, |repo, point| {
            repo.run("fsck --strict --no-dangling --no-progress");
            commit_files(repo, "after", 1);
            // The commit may have started a process that packs; beside it, the next one ends at once.
            super::until(repo, "no process packs", || !super::is_packing(repo));
            pack(repo);
            // What was packed before it was killed is not packed twice.
            assert!(loose(repo).len() <= 2, "{point}\n{}", repo.situation());
            assert_eq!(packs(repo, "pack").len(), 1, "{point}");
            assert!(all.iter().all(|version| super::versions(repo).contains(version)));
            assert_whole(repo);
        });
    });
}

/// Returns the repository with a git that does this before it packs.
fn with_git(repo: &Repo, git: &str, lines: &str) -> Repo {
    let dir = repo.root().join("wrapper");
    let script = format!(
        "#!/bin/sh\ncase \" $* \" in *' pack-objects '*)\n{lines}\n;; esac\nexec '{git}' \"$@\"\n"
    );
    write_script(&dir.join("git"), &script);
    let path = repo.search_path();
    repo.with("PATH", &format!("{}:{}", dir.display(), path.to_str().expect("plain")))
}

#[test]
fn killed_while_git_packs() {
    for_each_git(|git| {
        let repo = due(bounded(git));
        let program = git.path.to_str().expect("plain");
        let before = loose(&repo);
        let unfinished = "mkdir -p \"$GIT_OBJECT_DIRECTORY/pack\"\n\
            echo PACK >\"$GIT_OBJECT_DIRECTORY/pack/tmp_pack_123456\"\nkill -9 $PPID $$";
        let killed = pack_with(&with_git(&repo, program, unfinished), "").exit();
        assert_eq!(killed, None);
        assert_eq!(super::unfinished(&common_dir(&repo).join("objects")).len(), 1);
        assert_eq!(loose(&repo), before);
        repo.run("fsck --strict --no-dangling --no-progress");
        pack(&repo);
        assert_eq!(loose(&repo), [""; 0]);
        assert_whole(&repo);
    });
}

#[test]
fn git_that_fails_or_makes_no_pack_loses_nothing() {
    for_each_git(|git| {
        let repo = due(bounded(git));
        let program = git.path.to_str().expect("plain");
        let before = loose(&repo);
        let id = "0123456789012345678901234567890123456789";
        for lines in [
            "echo 'fatal: write error: No space left on device' >&2; exit 128",
            "exit 0",
            &format!("echo {id}; exit 0"),
        ] {
            pack_with(&with_git(&repo, program, lines), "").code(2).done();
            assert_eq!(loose(&repo), before, "{lines}");
            assert!(packs(&repo, "pack").is_empty());
            assert_whole(&repo);
        }
    });
}

#[test]
fn a_full_disk() {
    let git = gits().first().expect("there is a git");
    let start = due(bounded(git));
    // What a hook samples is of no use here.
    std::fs::remove_dir_all(start.path().join(".git/hooks")).expect("there");
    let Some(disk) = Disk::new(&start.root().join("disk")) else { return };
    let mut outcomes = [0, 0];
    for free in [0, 1, 2, 3, 4, 6, 8, 12, 16, 100] {
        let repo = start.copy_as("disk/full");
        let before = loose(&repo);
        disk.fill(free * 4096);
        let is_packed = pack_with(&repo, "").succeeded();
        disk.empty();
        outcomes[usize::from(is_packed)] += 1;
        repo.run("fsck --strict --no-dangling --no-progress");
        match is_packed {
            true => assert_eq!(loose(&repo), [""; 0]),
            false => assert!(loose(&repo) == before || !packs(&repo, "idx").is_empty()),
        }
        pack(&repo);
        assert_eq!(loose(&repo), [""; 0]);
        judge::assert_all_consistent(&repo);
        assert_whole(&repo);
        std::fs::remove_dir_all(repo.path()).expect("a copy can be removed");
    }
    assert!(outcomes.iter().all(|count| *count > 0), "{outcomes:?}");
}
