//! Going back: from a run that was killed, and from one that was not.

use super::{prefixed, refuses, said};
use crate::commands::{JOURNAL, run_with_journal};
use crate::common::{Repo, Snapshot, gits, on_adopted, text};
use crate::crash_safety::{Stops, Victim, kill_at, kill_points};
use crate::judge;

const LINE: &str = "rename --to-id-prefix docs/guide.md docs/intro.md src/app.py";

/// Returns all but the refs, which keep what commands have replaced.
fn state(repo: &Repo) -> Snapshot {
    Snapshot::of(repo).without_refs()
}

fn prepared() -> Repo {
    let repo = Repo::adopted(&gits()[0]);
    repo.stage("src/__init__.py", "");
    repo.stage("src/use.py", "from . import app\n");
    repo.stage("docs/links.md", "[a](guide.md) [b](intro.md)\n");
    repo.commit("what names them");
    repo.append("docs/links.md", "unstaged [a](guide.md)\n");
    repo
}

#[test]
fn a_run_that_is_killed_anywhere_is_undone() {
    let start = prepared();
    let before = state(&start);
    let told = start.copy_as("undisturbed");
    let line = format!("idhooks {LINE}");
    let ended = run_with_journal(&told, &line, 8);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let after = state(&told);
    let mut undone = 0;
    kill_at(&kill_points(&ended, 8), &start, &line, Victim::Everything, |repo, _| {
        if repo.exists(JOURNAL) && state(repo) != after {
            undone += 1;
            refuses(repo, LINE, "was interrupted");
            let doctor = repo.idhooks("doctor").stdout();
            assert!(doctor.contains("idhooks rename --rollback"), "{doctor}");
            repo.idhooks("rename --rollback").ok().done();
        }
        if state(repo) != after {
            assert_eq!(state(repo), before, "{}", repo.situation());
            repo.idhooks(LINE).ok().done();
        }
        assert_eq!(state(repo), after, "{}", repo.situation());
        repo.commit("renamed");
        judge::assert_all_consistent(repo);
    });
    assert!(undone > 0);
}

#[test]
fn the_last_run_is_undone_as_long_as_nothing_changed() {
    on_adopted(|repo| {
        repo.commit_file("docs/links.md", "[a](guide.md)\n");
        let before = state(repo);
        repo.idhooks("rename --to-id-prefix docs/guide.md").ok().done();
        let after = state(repo);
        repo.idhooks("rename --rollback --dry-run").ok().done();
        assert_eq!(state(repo), after);
        let new = prefixed(repo, "docs/guide.md");
        repo.append(&new, "mine\n");
        refuses(repo, "rename --rollback", &new);
        repo.write(&new, text("docs/guide.md"));
        assert_eq!(said(repo, "rename --rollback"), ["renamed back to docs/guide.md"]);
        assert_eq!(state(repo), before);
        refuses(repo, "rename --rollback", "no run to undo");
    });
}

#[test]
fn a_run_that_was_committed_is_undone_by_another_commit() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        said(repo, "rename --to-id-prefix docs/guide.md");
        repo.commit("there");
        said(repo, "rename --rollback");
        repo.commit("back");
        assert_eq!(repo.id("docs/guide.md"), id);
        assert!(repo.findings("--strict").is_empty());
    });
}

#[test]
fn what_somebody_has_edited_since_a_killed_run_stays() {
    let repo = prepared();
    let mut stops = Stops::start(&repo, &format!("idhooks {LINE}"));
    let stop = stops.until("a file is moved");
    stops.kill(&stop, Victim::Everything);
    stops.end();
    let new = prefixed(&repo, "docs/guide.md");
    repo.append(&new, "mine\n");
    refuses(&repo, "rename --rollback", &new);
    assert!(repo.read(&new).ends_with(b"mine\n"));
    // Half of a run is never undone: what was edited goes first.
    let mine = repo.read(&new);
    repo.write(&new, &mine[..mine.len() - 5]);
    repo.idhooks("rename --rollback").ok().done();
    assert!(repo.read("docs/links.md").ends_with(b"unstaged [a](guide.md)\n"));
    refuses(&repo, "rename --rollback", "no run to undo");
}

#[test]
fn an_index_that_cannot_be_written_renames_nothing() {
    on_adopted(|repo| {
        repo.run("config idhooks.lockTimeout 0");
        let lock = repo.path().join(".git/index.lock");
        std::fs::write(&lock, "").expect("writable");
        refuses(repo, "rename --to-id-prefix docs/guide.md", "index.lock");
        std::fs::remove_file(&lock).expect("there");
        assert!(!repo.exists(".git/idhooks/journal"));
    });
}
