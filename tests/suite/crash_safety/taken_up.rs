//! Other programs that stage or commit what idhooks has written before it is done.

use super::stops::Stops;
use crate::common::on_adopted;
use crate::judge;

/// Where others see the new index.
pub(super) const IN_PLACE: &str = "the index is replaced";

/// A change that someone has committed is not undone when a later step fails.
#[test]
fn a_commit_of_a_change_that_fails() {
    on_adopted(|repo| {
        repo.run("config idhooks.audit required");
        let log = repo.path().join(".git/idhooks/audit.jsonl");
        let id = repo.id("notes.txt");
        let mut stops = Stops::start(repo, "idhooks mv notes.txt docs/moved.txt");
        stops.until(IN_PLACE);
        repo.run("commit -q --no-verify -m moved");
        let _ = std::fs::remove_file(&log);
        std::fs::create_dir_all(&log).expect("writable");
        stops.go_on();
        let ended = stops.end();
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains("audit.jsonl"), "{}", ended.stderr);
        judge::assert_status(repo, "");
        assert_eq!(repo.id("docs/moved.txt"), id);
        assert!(!repo.exists("notes.txt") && !repo.exists(".git/idhooks/journal"));
        std::fs::remove_dir(&log).expect("empty");
        judge::assert_good(repo);
    });
}
