//! Files and directories that are moved together with their identities.

use super::{JOURNAL, run_with_journal, said};
use crate::common::{Repo, gits, on_adopted, text};
use crate::crash_safety::{Stops, Victim, kill_at, kill_points};
use crate::judge;

/// Returns whether the index has a file.
fn is_staged(repo: &Repo, path: &str) -> bool {
    !repo.ask(["ls-files", "--", path]).is_empty()
}

/// A move to the path of a deleted file: if only the files moved, that file's identity would take the
/// moved file, and the moved one would lose its own.
#[test]
fn a_move_that_is_killed_anywhere_is_repeated() {
    const LINE: &str = "mv docs/guide.md docs/intro.md";
    let start = Repo::adopted(&gits()[0]);
    start.write("docs/untracked.md", "kept\n");
    start.run("rm -q docs/intro.md");
    let (id, text) = (start.id("docs/guide.md"), start.read("docs/guide.md"));
    let line = format!("idhooks {LINE}");
    let ended = run_with_journal(&start.copy_as("undisturbed"), &line, 3);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    for victim in [Victim::Idhooks, Victim::Everything] {
        let mut undone = 0;
        kill_at(&kill_points(&ended, 3), &start, &line, victim, |repo, _| {
            let had_journal = repo.exists(JOURNAL);
            let is_moved = is_staged(repo, "docs/intro.md");
            assert_ne!(is_moved, is_staged(repo, "docs/guide.md"), "{}", repo.situation());
            if !is_moved {
                // Whoever commits everything as it is keeps the identity, too.
                let other = repo.copy_as("as-it-is");
                other.run("add -A");
                other.commit("as it is");
                let now = ["docs/guide.md", "docs/intro.md"].into_iter().find(|p| other.exists(p));
                assert_eq!(other.id(now.expect("the file")), id, "{}", other.situation());
                std::fs::remove_dir_all(other.path()).expect("a copy can be removed");
                let answer = repo.idhooks(LINE).ok();
                let says_so = answer.stderr().contains("undid the interrupted 'idhooks mv ");
                assert_eq!(says_so, had_journal, "{answer}");
                undone += usize::from(says_so);
            }
            assert_eq!(repo.read("docs/intro.md"), text);
            assert!(!repo.exists("docs/guide.md") && repo.exists("docs/untracked.md"));
            repo.stage("docs/intro.md", "nothing of what was there\n".repeat(9));
            repo.commit("moved and rewritten");
            assert_eq!(repo.id("docs/intro.md"), id, "{}", repo.situation());
            judge::assert_all_consistent(repo);
            repo.idhooks("rename --rollback").refused().complains("no run to undo").done();
        });
        assert!(undone > 0);
    }
}

#[test]
fn a_move_that_is_asked_to_end_is_finished_first() {
    for signal in ["INT", "TERM"] {
        let repo = Repo::adopted(&gits()[0]);
        repo.run("rm -q docs/intro.md");
        let id = repo.id("docs/guide.md");
        let mut stops = Stops::start(&repo, "idhooks mv docs/guide.md docs/intro.md");
        let stop = stops.until("a journal is written");
        let process = stop.process.to_string();
        let sent = std::process::Command::new("kill").args(["-s", signal, &process]).status();
        assert!(sent.is_ok_and(|sent| sent.success()), "no process {process}");
        stops.go_on();
        assert_eq!(stops.end().code, None, "it went on after its work");
        assert!(is_staged(&repo, "docs/intro.md") && !is_staged(&repo, "docs/guide.md"));
        assert!(!repo.exists("docs/guide.md") && !repo.exists(".git/idhooks/journal"));
        repo.commit("moved");
        assert_eq!(repo.id("docs/intro.md"), id);
        judge::assert_all_consistent(&repo);
    }
}

#[test]
fn what_follows_a_move_that_was_killed() {
    let start = Repo::adopted(&gits()[0]);
    start.run("rm -q docs/intro.md");
    let (id, text) = (start.id("docs/guide.md"), start.read("docs/guide.md"));
    let mut stops = Stops::start(&start, "idhooks mv docs docs2");
    let stop = stops.until("a new index is written");
    stops.kill(&stop, Victim::Everything);
    stops.end();
    assert!(start.exists("docs2/guide.md") && !start.exists("docs/guide.md"));
    let doctor = start.idhooks("doctor").stdout();
    assert!(doctor.contains("idhooks rename --rollback"), "{doctor}");
    // Any command that changes the registry moves the directory back first, and so does that one.
    for line in ["deprecate README.md --reason old", "rename --rollback"] {
        let repo = start.copy_as("then");
        let answer = repo.idhooks(line).ok().stderr();
        assert!(answer.contains("undid the interrupted 'idhooks mv docs docs2'"), "{answer}");
        assert!(!repo.exists("docs2") && !repo.exists(".git/idhooks/journal"));
        assert_eq!(repo.read("docs/guide.md"), text);
        assert_eq!(repo.id("docs/guide.md"), id);
        std::fs::remove_dir_all(repo.path()).expect("a copy can be removed");
    }
    // Nothing is moved over files that are there again.
    start.write("docs/guide.md", "mine\n");
    start.idhooks("allocate --all").done();
    assert_eq!(start.read("docs/guide.md"), *b"mine\n");
}

#[test]
fn a_move_whose_registry_cannot_be_written_is_taken_back() {
    // The clone requires the audit log, which suddenly cannot be written.
    let repo = Repo::adopted(&gits()[0]);
    repo.run("rm -q docs/intro.md");
    repo.run("config idhooks.audit required");
    let before = (repo.registry(""), repo.ask("ls-files -s"));
    let mut stops = Stops::start(&repo, "idhooks mv docs/guide.md docs/intro.md");
    stops.until("the index is replaced");
    assert!(is_staged(&repo, "docs/intro.md"));
    let log = repo.path().join(".git/idhooks/audit.jsonl");
    let _ = std::fs::remove_file(&log);
    std::fs::create_dir_all(&log).expect("writable");
    stops.go_on();
    let ended = stops.end();
    assert!(ended.code == Some(2) && ended.stderr.contains("audit.jsonl"), "{}", ended.stderr);
    assert_eq!((repo.registry(""), repo.ask("ls-files -s")), before, "{}", repo.situation());
    assert_eq!(repo.ask("diff --name-only"), "");
    assert!(repo.exists("docs/guide.md") && !repo.exists("docs/intro.md"));
    assert!(!repo.exists(".git/idhooks/journal"));
}

#[test]
fn an_unmerged_file_is_not_moved() {
    on_adopted(|repo| {
        crate::merges::part_ways_in_conflict(repo);
        repo.try_git("merge -q --no-edit side").refused().done();
        let unmerged = repo.ask("diff --name-only --diff-filter=U");
        let path = unmerged.lines().find(|path| *path != ".idhooks/registry.json");
        let path = path.expect("a conflict");
        repo.idhooks("resolve").done();
        let line = format!("mv {path} elsewhere.md");
        repo.idhooks(&*line).code(2).explains(&format!("'{path}' is unmerged")).done();
        repo.run("merge --abort");
    });
}

#[test]
fn a_number_that_a_rename_makes_superfluous_is_named() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        repo.stage("copy.md", repo.read("docs/guide.md"));
        let allocated = said(repo, "allocate copy.md");
        let unused = allocated[0].split(' ').next().expect("an identity");
        repo.run("rm -q docs/guide.md");
        let stderr = repo.try_git("commit -q -m renamed").stderr();
        assert!(
            stderr.contains(&format!("{unused}, allocated for that path, is not used")),
            "{stderr}"
        );
        assert_eq!(repo.id("copy.md"), id);
        // Nothing is said where nothing is lost.
        repo.stage("new.md", text("new"));
        said(repo, "allocate new.md");
        let stderr = repo.try_git("commit -q -m new").stderr();
        assert!(!stderr.contains("is not used"), "{stderr}");
    });
}
