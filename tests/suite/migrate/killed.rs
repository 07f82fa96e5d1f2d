//! SIGKILL at the writes of a step, then '--resume': the same bytes as without. And rollback instead:
//! the bytes of before. And a full disk.

use super::{LEGACY, OWN, assert_clean, own_files, phase, refuses, with_legacy};
use crate::common::{Repo, Snapshot, gits, sample};
use crate::crash_safety::limits::Disk;
use crate::crash_safety::power_cut::cut_everywhere;
use crate::crash_safety::{FSCK, Stops, Victim, kill_at, kill_points};

/// Returns a repository in which a step is to be made at a time that stands still.
fn at_one_time(lines: &[&str]) -> Repo {
    let date = "1800000000 +0000";
    let repo = with_legacy(gits().first().expect("there is a git"));
    let repo = repo.with("GIT_AUTHOR_DATE", date).with("GIT_COMMITTER_DATE", date);
    for line in lines {
        repo.idhooks(*line).ok().done();
    }
    repo
}

const FIRST: &str = "migrate run --from registry/ID_REGISTRY.json --batch 1";

/// Kills a step at its points, and completes or undoes it.
fn kill_everywhere(start: &Repo, line: &str, least: usize) {
    let command = format!("idhooks {line}");
    let undisturbed = start.copy_as("undisturbed");
    let ended = Stops::start(&undisturbed, &command).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let before = own_files(start, "HEAD");
    let state = |repo: &Repo| (own_files(repo, "HEAD"), repo.commits(), phase(repo));
    let after = state(&undisturbed);
    kill_at(&kill_points(&ended, least), start, &command, Victim::Everything, |repo, point| {
        let undone = repo.copy_as("undone");

        // Completed, and then completed again, which changes nothing.
        let is_begun = repo.idhooks("migrate status").ok().stdout().contains("interrupted");
        if is_begun {
            refuses(repo.idhooks(line), 2, &["was interrupted", "--resume"]);
            repo.idhooks("migrate run --resume").ok().done();
        } else if repo.rev("HEAD") == start.rev("HEAD") {
            repo.idhooks(line).ok().done();
        }
        assert_eq!(state(repo), after, "{point}");
        assert_clean(repo);
        repo.run(FSCK);
        let done = Snapshot::of(repo);
        repo.idhooks("migrate status").ok().done();
        done.assert_same(repo);

        // Undone instead: the journal first, then the step, if its commit was made.
        if is_begun {
            undone.idhooks("migrate rollback").ok().done();
        }
        if undone.rev("HEAD") != start.rev("HEAD") {
            undone.idhooks("migrate rollback").ok().done();
        }
        assert_eq!(own_files(&undone, "HEAD"), before, "{point}");
        assert_clean(&undone);
        std::fs::remove_dir_all(undone.path()).expect("a copy can be removed");
    });
}

/// The journal of a step.
const JOURNAL: &str = ".git/idhooks/migration";

/// Commands sync what their journals and refs name; what git writes for them, too.
#[test]
fn a_step_whose_power_is_cut_anywhere() {
    for (lines, line) in [(&[][..], FIRST), (&[FIRST], "migrate run --to registry-leads --force")] {
        let start = at_one_time(lines);
        let undisturbed = start.copy_as("undisturbed");
        undisturbed.idhooks(line).ok().done();
        let state = |repo: &Repo| (own_files(repo, "HEAD"), repo.commits(), phase(repo));
        let after = state(&undisturbed);
        let cuts = cut_everywhere(&start, &format!("idhooks {line}"), &|repo| {
            repo.run(FSCK);
            if repo.exists(JOURNAL) {
                // The copy is at another path.
                let journal = String::from_utf8(repo.read(JOURNAL)).expect("text");
                repo.write(JOURNAL, journal.replace("/recorded/", "/cut/"));
            }
            let status = repo.idhooks("migrate status").ok().stdout();
            if status.contains("interrupted") {
                repo.idhooks("migrate run --resume").ok().done();
            } else if repo.rev("HEAD") == start.rev("HEAD") {
                repo.idhooks(line).ok().done();
            }
            assert_eq!(state(repo), after);
            assert_clean(repo);
            repo.run(FSCK);
        });
        assert!(cuts.points >= 8 && cuts.states >= 6, "{cuts:?}: is it a debug build?");
    }
}

#[test]
fn the_first_step() {
    kill_everywhere(&at_one_time(&[]), FIRST, 15);
}

#[test]
fn a_cut_over() {
    kill_everywhere(&at_one_time(&[FIRST]), "migrate run --to registry-leads --force", 6);
}

#[test]
fn the_end() {
    let lines =
        [FIRST, "migrate run --to registry-leads --force", "migrate run --to stopped --force"];
    kill_everywhere(&at_one_time(&lines), "migrate finish --force", 6);
}

#[test]
fn a_registry_rebuilt_from_the_legacy_file() {
    let start = at_one_time(&[FIRST]);
    let whole = own_files(&start, "HEAD");
    start.stage(".idhooks/registry.json", "<<<<<<< ours\n");
    start.run("commit -q --no-verify -m damage");
    let line = "migrate run --from legacy";
    kill_everywhere(&start, line, 6);
    start.idhooks(line).ok().done();
    assert_eq!(own_files(&start, "HEAD"), whole);
}

#[test]
fn a_rollback() {
    let start = at_one_time(&[FIRST]);
    let before = own_files(&start, "HEAD~1");
    let line = "idhooks migrate rollback";
    let ended = Stops::start(&start.copy_as("undisturbed"), line).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    kill_at(&kill_points(&ended, 6), &start, line, Victim::Everything, |repo, point| {
        if repo.idhooks("migrate status").ok().stdout().contains("interrupted") {
            repo.idhooks("migrate run --resume").ok().done();
        } else if repo.rev("HEAD") == start.rev("HEAD") {
            repo.idhooks("migrate rollback").ok().done();
        }
        assert_eq!(own_files(repo, "HEAD"), before, "{point}");
        assert_eq!((repo.commits(), phase(repo).as_str()), (start.commits() + 1, "off"));
        assert_clean(repo);
    });
}

#[test]
fn an_interrupted_step_does_not_overwrite_what_changed_since() {
    let repo = at_one_time(&[]);
    let mut stops = Stops::start(&repo, &format!("idhooks {FIRST}"));
    let stop = stops.until("a step is staged");
    stops.kill(&stop, Victim::Everything);
    stops.end();
    repo.append("idhooks.toml", "# mine\n");
    let before = Snapshot::of(&repo);
    for line in ["migrate run --resume", "migrate rollback"] {
        refuses(repo.idhooks(line), 2, &["changed since", "'idhooks.toml'", "git stash"]);
        before.assert_same(&repo);
    }
    // Another commit on top: the step cannot be completed, but what it left can be undone.
    repo.run("commit -q --no-verify -m mine");
    repo.run("commit -q --no-verify -a -m edited");
    refuses(repo.idhooks("migrate run --resume"), 2, &["HEAD has moved"]);
    repo.idhooks("migrate rollback").ok().done();
    assert!(!repo.exists(".git/idhooks/migration"));
}

#[test]
fn a_damaged_journal_is_named() {
    let repo = at_one_time(&[FIRST]);
    repo.write(".git/idhooks/migration", "{\"version\":1");
    for line in ["migrate status", "migrate run", "migrate rollback"] {
        refuses(repo.idhooks(line), 2, &["migration", "damaged", "remove the file"]);
    }
    repo.remove(".git/idhooks/migration");
    assert_eq!(phase(&repo), "legacy-leads");
}

#[test]
fn a_full_disk_changes_nothing_and_is_named() {
    let start = at_one_time(&[]);
    let Some(disk) = Disk::new(&start.root().join("disk")) else { return };
    let cut_over = "migrate run --to registry-leads --force";
    let back = "migrate rollback";
    let rest = [cut_over, "migrate run --to stopped --force", "migrate finish --force"];
    for line in [FIRST, cut_over, back].into_iter().chain(rest) {
        let mut outcomes = [0, 0];
        let sizes = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 400];
        let last = sizes.len() - 1;
        for free in sample(last).into_iter().chain([last]).map(|n| sizes[n]) {
            let repo = start.copy_as("disk/full");
            let before = own_files(&repo, "HEAD");
            disk.fill(free * 4096);
            let answer = repo.idhooks(line);
            disk.empty();
            outcomes[usize::from(answer.succeeded())] += 1;
            if !answer.succeeded() {
                answer.code(2).complains("hint: free some disk space").done();
                assert_eq!(own_files(&repo, "HEAD"), before, "{line} {free}");
                if repo.idhooks("migrate status").ok().stdout().contains("interrupted") {
                    repo.idhooks("migrate rollback").ok().done();
                }
                assert_clean(&repo);
            }
            std::fs::remove_dir_all(repo.path()).expect("a copy can be removed");
        }
        assert!(outcomes.iter().all(|count| *count > 0), "{line}: {outcomes:?}");
        start.idhooks(line).ok().done();
    }
    assert!(OWN.contains(&LEGACY) && !start.exists(LEGACY));
}
