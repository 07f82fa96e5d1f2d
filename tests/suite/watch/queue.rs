//! `idhooks queue`: what is in it, and what can be done about it.

use idhooks_automation::{FileEvent, MAX_ATTEMPTS, Moment, Queue, QueueEvent};
use idhooks_core::registry::RepoPath;
use idhooks_repo::store::{Sharing, StateDir};
use serde_json::json;

use crate::checks::assert_fits;
use crate::common::{Repo, gits};

fn path(name: &str) -> RepoPath {
    RepoPath::new(name.as_bytes()).expect("a path")
}

/// Adds an item to the queue of a repository, which has failed as often as this.
fn add(repo: &Repo, name: &str, failures: u32) {
    let state = StateDir::of(repo.path().join(".git"), Sharing::default());
    let mut queue = Queue::open(&state).expect("a queue");
    let event = QueueEvent::new(FileEvent::Modified, path(name));
    let mut now = Moment::now();
    queue.write(|work| work.enqueue(&event, now)).expect("writable");
    for _ in 0..failures {
        let item = queue.write(|work| work.take(now)).expect("writable").expect("an item");
        assert_eq!(item.path, path(name));
        queue.write(|work| work.fail(&item, "cannot read it", now)).expect("writable");
        now = now.after(std::time::Duration::from_secs(60));
    }
}

#[test]
fn it_is_shown_and_changed() {
    let repo = Repo::adopted(&gits()[0]);
    let empty =
        "Queue Status:\n  queued: 0\n  running: 0\n  completed: 0\n  failed: 0\n  dead_letter: 0\n";
    assert_eq!(repo.idhooks("queue status").ok().stdout(), empty);
    assert_eq!(repo.idhooks("queue list").ok().stdout(), "");
    // A look creates nothing.
    assert!(!repo.exists(".git/idhooks/queue.db"));
    add(&repo, "dead.md", MAX_ATTEMPTS);
    add(&repo, "notes.txt", 0);
    let status = repo.idhooks("queue status --format json").code(1).json();
    let depth = json!({"queued": 1, "running": 0, "completed": 0, "failed": 0, "dead_letter": 1});
    assert_eq!(status, json!({"version": 1, "depth": depth}));
    let list = repo.idhooks("queue list --status dead_letter --format json").code(1).json();
    assert_eq!(list["items"].as_array().expect("items").len(), 1);
    assert_eq!(list["items"][0]["last_error"], "cannot read it");
    for document in [&status, &list] {
        assert_fits(&repo, "queue", document);
    }
    let shown = repo.below("docs").idhooks("queue show ../dead.md").ok().stdout();
    assert!(shown.contains("last error    cannot read it\n"), "{shown}");
    repo.idhooks("queue show none.md").code(2).explains("'none.md' is not in the queue").done();
    repo.idhooks("queue retry notes.txt").code(2).explains("'notes.txt' is queued").done();
    assert_eq!(repo.idhooks("queue retry --all-dead --dry-run").ok().stdout(), "dead.md\n");
    repo.idhooks("queue status").code(1).done();
    repo.idhooks("queue retry --all-dead").ok().done();
    repo.idhooks("queue status").ok().done();
    repo.idhooks("queue drop dead.md").ok().done();
    repo.idhooks("queue drop dead.md").code(2).done();
    // What is queued without a change of the file is done at once.
    repo.idhooks("queue run --once").ok().done();
    assert_eq!(repo.idhooks("queue status").ok().stdout(), empty);
    repo.append("notes.txt", "more\n");
    repo.idhooks("watch run --once").ok().done();
    let completed =
        || repo.idhooks("queue status --format json").ok().json()["depth"]["completed"].clone();
    assert_eq!(completed(), 1);
    repo.idhooks("queue clear --completed-before 1h").ok().complains("removed: 0 items").done();
    repo.idhooks("queue clear --completed-before 0 --dry-run").ok().complains("1 item").done();
    assert_eq!(completed(), 1);
    repo.idhooks("queue clear --completed-before 0").ok().complains("removed: 1 item").done();
    assert_eq!(completed(), 0);
    repo.idhooks("queue clear --completed-before soon").code(2).done();
}

#[test]
fn a_backlog_is_reported_if_asked_for() {
    let repo = Repo::adopted(&gits()[0]);
    for number in 0..100 {
        add(&repo, &format!("{number}.md"), 0);
    }
    repo.idhooks("queue status").ok().done();
    repo.idhooks("queue status --strict").code(1).complains("100 items are queued").done();
    let list = repo.idhooks("queue list --limit 7").ok();
    assert_eq!(list.stdout().lines().count(), 7);
    list.complains("and 93 more").done();
}
