//! Prints a watcher's queue, as text or JSON.

use idhooks_automation::{ItemStatus, QueueDepth, QueueItem};
use serde::Serialize;

use crate::output::json::document;
use crate::output::{Ui, count};

/// The queue in the JSON output.
#[derive(Serialize)]
struct QueueDocument<'q> {
    depth: &'q QueueDepth,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<&'q [QueueItem]>,
}

/// Returns the queue as JSON, including the items if they are given.
pub fn queue_json(depth: &QueueDepth, items: Option<&[QueueItem]>) -> String {
    document(&QueueDocument { depth, items })
}

impl Ui {
    /// Prints a line for each item.
    pub fn queue_items(&mut self, items: &[QueueItem]) {
        self.table(items.iter().map(|item| {
            [item.status.to_string(), item.event.to_string(), path_of(item), note(item)]
        }));
    }

    /// Prints all details of an item.
    pub fn queue_item(&mut self, item: &QueueItem) {
        self.table([
            ["path", &item.path.to_string()],
            ["old path", &shown(item.old_path.as_ref())],
            ["event", item.event.as_str()],
            ["status", item.status.as_str()],
            ["attempts", &item.attempts.to_string()],
            ["first seen", &item.first_seen.to_string()],
            ["last event", &item.enqueued_at.to_string()],
            ["started", &shown(item.started_at)],
            ["completed", &shown(item.completed_at)],
            ["next attempt", &shown(item.next_attempt_at)],
            ["last error", &shown(item.last_error.as_ref())],
            ["metadata", &shown(item.metadata.as_ref())],
        ]);
    }

    /// Reports dead letters, if there are any.
    pub fn dead_letters(&mut self, depth: &QueueDepth) {
        if depth.dead_letter > 0 {
            self.warning(&count(depth.dead_letter as usize, "dead letter", "dead letters"));
            self.hint("list them: idhooks queue list --status dead_letter; retry them: idhooks queue retry --all-dead");
        }
    }
}

fn path_of(item: &QueueItem) -> String {
    match &item.old_path {
        Some(old) => format!("{old} -> {}", item.path),
        None => item.path.to_string(),
    }
}

/// Returns additional details about an item.
fn note(item: &QueueItem) -> String {
    let attempts = || match item.attempts {
        1 => "1 attempt".to_owned(),
        attempts => format!("{attempts} attempts"),
    };
    let why = item.last_error.as_deref().unwrap_or_default();
    match (item.status, item.next_attempt_at) {
        (ItemStatus::Failed, Some(next)) => format!("{}, next at {next}: {why}", attempts()),
        (ItemStatus::DeadLetter | ItemStatus::Failed, _) => format!("{}: {why}", attempts()),
        (ItemStatus::Completed, _) => format!("at {}", shown(item.completed_at)),
        (ItemStatus::Running, _) => format!("since {}", shown(item.started_at)),
        // This is the time the file was first seen, not the time it last changed: a file that keeps
        // changing must not look new.
        (ItemStatus::Queued, _) => format!("since {}", item.first_seen),
    }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}
