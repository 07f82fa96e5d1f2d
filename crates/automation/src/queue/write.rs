//! Operations that change the queue.

use std::cell::RefCell;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use idhooks_core::registry::RepoPath;
use idhooks_repo::store::digest;
use rusqlite::{OptionalExtension, Params, Statement, Transaction, params};

use crate::moment::Moment;

use super::queries::MOVED_AWAY;
use super::row::{COLUMNS, NO_REQUEST, PathValue, item};
use super::{QueueError, QueueEvent, QueueItem};

/// The number of failed attempts after which an item becomes a dead letter.
pub const MAX_ATTEMPTS: u32 = 3;
/// The delay before the second attempt; each later delay is four times as long.
const FIRST_DELAY: Duration = Duration::from_secs(1);
/// The maximum amount by which a delay is extended, in thousandths. Items that failed together are
/// therefore not all retried at once.
const JITTER: u64 = 250;

/// Takes the due item that has waited the longest.
static TAKE: LazyLock<String> = LazyLock::new(|| take(""));
/// Like `TAKE`, but leaves out repair requests.
static TAKE_CHANGE: LazyLock<String> = LazyLock::new(|| take(NO_REQUEST));

fn take(condition: &str) -> String {
    // Two index searches are faster than one scan of all completed items.
    let due = |status| {
        format!(
            "SELECT * FROM (SELECT rowid AS row, enqueued_at FROM work_items \
             WHERE status = '{status}' AND coalesce(next_attempt_at, '') <= ?1{condition} \
             ORDER BY enqueued_at, rowid LIMIT 1)"
        )
    };
    format!(
        "UPDATE work_items SET status = 'running', attempts = attempts + 1, started_at = ?1, \
            next_attempt_at = NULL, claim = 1 + (SELECT value FROM totals WHERE name = 'attempts') \
         WHERE rowid = (SELECT row FROM ({} UNION ALL {}) ORDER BY enqueued_at, row LIMIT 1) \
         RETURNING {COLUMNS}",
        due("queued"),
        due("failed"),
    )
}

/// A change to the queue, made in one transaction.
pub struct QueueWriter<'t> {
    change: &'t Transaction<'t>,
    path: &'t Path,
    /// The statements prepared so far: most changes repeat a few of them many times.
    statements: RefCell<Vec<(&'static str, Statement<'t>)>>,
}

/// Returns the delay after a failed attempt.
fn delay(path: &RepoPath, attempts: u32) -> Duration {
    let delay = FIRST_DELAY.saturating_mul(4_u32.saturating_pow(attempts.saturating_sub(1)));
    let jitter = digest((path, attempts)) % JITTER;
    delay + delay.mul_f64(jitter as f64 / 1000.0)
}

impl<'t> QueueWriter<'t> {
    pub(super) fn new(change: &'t Transaction<'t>, path: &'t Path) -> Self {
        QueueWriter { change, path, statements: RefCell::default() }
    }

    pub(super) fn failed(&self, error: &rusqlite::Error) -> QueueError {
        QueueError::new("write", self.path, error)
    }

    /// Calls `work` with a prepared statement.
    fn with<T>(
        &self,
        sql: &'static str,
        work: impl FnOnce(&mut Statement<'t>) -> rusqlite::Result<T>,
    ) -> Result<T, QueueError> {
        let failed = |error: rusqlite::Error| self.failed(&error);
        let mut statements = self.statements.borrow_mut();
        // All statements are constants, so comparing addresses is enough.
        let found = statements.iter().position(|(of, _)| std::ptr::eq(*of, sql));
        let at = found.unwrap_or(statements.len());
        if found.is_none() {
            statements.push((sql, self.change.prepare(sql).map_err(failed)?));
        }
        work(&mut statements[at].1).map_err(failed)
    }

    /// Runs a statement; returns the number of rows it changed.
    pub(super) fn run(&self, sql: &'static str, values: impl Params) -> Result<usize, QueueError> {
        self.with(sql, |statement| statement.execute(values))
    }

    /// Runs a query that returns one row.
    pub(super) fn query<T>(
        &self,
        sql: &'static str,
        values: impl Params,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, QueueError> {
        self.with(sql, |statement| statement.query_row(values, read).optional())
    }

    /// Adds an event. If the path already has an item, the event replaces the item's last event: an
    /// item that is completed, failed or a dead letter is restarted, and an item being worked on is
    /// queued again afterwards.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn enqueue(&self, event: &QueueEvent, now: Moment) -> Result<(), QueueError> {
        // `first_seen` keeps the time of the first unprocessed event, so that the detection time
        // can be computed.
        let sql = "
            INSERT INTO work_items
                (path, old_path, event_type, metadata, enqueued_at, first_seen, state)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (path) DO UPDATE SET
                old_path = excluded.old_path,
                event_type = excluded.event_type,
                metadata = excluded.metadata,
                state = excluded.state,
                enqueued_at = excluded.enqueued_at,
                generation = generation + 1,
                completed_at = NULL,
                next_attempt_at = NULL,
                last_error = NULL,
                first_seen = iif(status = 'completed', excluded.first_seen, first_seen),
                attempts = iif(status IN ('queued', 'running'), attempts, 0),
                status = iif(status = 'running', 'running', 'queued')";
        let old_path = event.old_path.as_ref().map(PathValue);
        let metadata = event.metadata.as_ref().map(|json| json.get());
        let (path, kind) = (PathValue(&event.path), event.event.as_str());
        let first_seen = event.first_seen.unwrap_or(now);
        let values = params![path, old_path, kind, metadata, now, first_seen, event.state];
        self.run(sql, values).map(drop)
    }

    /// Takes the due item that has waited the longest, so that the caller can process it.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn take(&self, now: Moment) -> Result<Option<QueueItem>, QueueError> {
        self.take_by(&TAKE, now)
    }

    /// Like [`Self::take`], but leaves repair requests alone.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn take_change(&self, now: Moment) -> Result<Option<QueueItem>, QueueError> {
        self.take_by(&TAKE_CHANGE, now)
    }

    fn take_by(&self, sql: &'static str, now: Moment) -> Result<Option<QueueItem>, QueueError> {
        let taken = self.query(sql, [now], item)?;
        if taken.is_some() {
            // The total also serves as the claim's number, so that a worker that no longer holds an
            // item cannot complete it.
            self.run("UPDATE totals SET value = value + 1 WHERE name = 'attempts'", [])?;
        }
        Ok(taken)
    }

    /// Marks an item that was taken as done, or queues it again if its path has had another event
    /// since then. Returns whether the item was still held.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn complete(&self, item: &QueueItem, now: Moment) -> Result<bool, QueueError> {
        // A later event increments the generation, so a different generation means that the work
        // was based on an outdated state.
        let sql = "
            UPDATE work_items SET
                completed_at = iif(generation = ?3, ?4, NULL),
                attempts = iif(generation = ?3, attempts, 0),
                first_seen = iif(generation = ?3, first_seen, enqueued_at),
                last_error = NULL,
                event_type = iif(generation = ?3, ?5, event_type),
                old_path = iif(generation = ?3, ?6, old_path),
                status = iif(generation = ?3, 'completed', 'queued')
            WHERE path = ?1 AND status = 'running' AND claim = ?2";
        let (path, old_path) = (PathValue(&item.path), item.old_path.as_ref().map(PathValue));
        let event = item.event.as_str();
        let params = params![path, item.claim, item.generation, now, event, old_path];
        Ok(self.run(sql, params)? > 0)
    }

    /// Removes an item that was taken but needs no work, or queues it again if its path has had
    /// another event since then.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn discard(&self, item: &QueueItem, now: Moment) -> Result<(), QueueError> {
        let sql = "DELETE FROM work_items
             WHERE path = ?1 AND status = 'running' AND claim = ?2 AND generation = ?3";
        let values = params![PathValue(&item.path), item.claim, item.generation];
        if self.run(sql, values)? == 0 {
            self.complete(item, now)?;
        }
        Ok(())
    }

    /// Marks an attempt on an item as failed: the item is retried later or, after the last attempt,
    /// becomes a dead letter. If its path has had another event since it was taken, it is restarted
    /// at once. Returns whether the item was still held.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn fail(&self, item: &QueueItem, why: &str, now: Moment) -> Result<bool, QueueError> {
        let sql = "
            UPDATE work_items SET
                last_error = ?4,
                attempts = iif(generation = ?3, attempts, 0),
                next_attempt_at = iif(generation = ?3 AND attempts < ?5, ?6, NULL),
                status = CASE
                    WHEN generation != ?3 THEN 'queued'
                    WHEN attempts < ?5 THEN 'failed'
                    ELSE 'dead_letter'
                END
            WHERE path = ?1 AND status = 'running' AND claim = ?2";
        let (path, again) = (PathValue(&item.path), now.after(delay(&item.path, item.attempts)));
        let params = params![path, item.claim, item.generation, why, MAX_ATTEMPTS, again];
        Ok(self.run(sql, params)? > 0)
    }

    /// Puts back an item that was taken too early; the attempt does not count. Returns whether the
    /// item was still held.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn postpone(&self, item: &QueueItem, until: Moment) -> Result<bool, QueueError> {
        let sql = "
            UPDATE work_items SET
                status = 'queued', attempts = attempts - 1, next_attempt_at = ?3
            WHERE path = ?1 AND status = 'running' AND claim = ?2";
        Ok(self.run(sql, params![PathValue(&item.path), item.claim, until])? > 0)
    }

    /// Turns an item into a dead letter at once, because no attempt can succeed without a human.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn bury(&self, path: &RepoPath, why: &str) -> Result<bool, QueueError> {
        let sql = "
            UPDATE work_items SET status = 'dead_letter', last_error = ?2, next_attempt_at = NULL
            WHERE path = ?1 AND status != 'completed'";
        Ok(self.run(sql, params![PathValue(path), why])? > 0)
    }

    /// Puts back all items that were being worked on when their process ended. This counts as a
    /// failed attempt: after its last attempt, an item becomes a dead letter, so that it cannot
    /// keep killing its workers. Only the holder of the worker's lock may call this.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn reset_running(&self) -> Result<usize, QueueError> {
        let sql = "
            UPDATE work_items SET
                last_error = 'the process ended while it was working on this',
                status = iif(attempts < ?1, 'queued', 'dead_letter')
            WHERE status = 'running'";
        self.run(sql, [MAX_ATTEMPTS])
    }

    /// Restarts a dead letter or failed item at once; returns whether there was one.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn retry(&self, path: &RepoPath) -> Result<bool, QueueError> {
        let sql = "
            UPDATE work_items SET status = 'queued', attempts = 0, next_attempt_at = NULL
            WHERE path = ?1 AND status IN ('failed', 'dead_letter')";
        Ok(self.run(sql, [PathValue(path)])? > 0)
    }

    /// Removes an item that is not being worked on; returns whether there was one.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn drop_item(&self, path: &RepoPath) -> Result<bool, QueueError> {
        let sql = "DELETE FROM work_items WHERE path = ?1 AND status != 'running'";
        Ok(self.run(sql, [PathValue(path)])? > 0)
    }

    /// Removes items that were completed before the given time; returns how many were removed.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn clear_completed(&self, before: Moment) -> Result<usize, QueueError> {
        let sql = "DELETE FROM work_items WHERE status = 'completed' AND completed_at < ?1";
        self.run(sql, [before])
    }

    /// Returns whether a path has an uncompleted item that was queued for exactly this state of its
    /// file.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn has_state(&self, path: &RepoPath, state: i64) -> Result<bool, QueueError> {
        let sql =
            "SELECT 1 FROM work_items WHERE path = ?1 AND state = ?2 AND status != 'completed'";
        Ok(self.query(sql, params![PathValue(path), state], |_| Ok(()))?.is_some())
    }

    /// Returns whether an unfinished item shows that this path's file was moved elsewhere.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn is_moved_away(&self, path: &RepoPath) -> Result<bool, QueueError> {
        Ok(self.query(MOVED_AWAY, [PathValue(path)], |_| Ok(()))?.is_some())
    }

    /// Returns whether a path has an uncompleted item.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn is_waiting(&self, path: &RepoPath) -> Result<bool, QueueError> {
        let sql = "SELECT 1 FROM work_items WHERE path = ?1 AND status != 'completed'";
        Ok(self.query(sql, [PathValue(path)], |_| Ok(()))?.is_some())
    }

    /// Removes a waiting item because its path needs no more work.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn cancel(&self, path: &RepoPath) -> Result<(), QueueError> {
        let sql = "DELETE FROM work_items WHERE path = ?1 AND status IN ('queued', 'failed')";
        self.run(sql, [PathValue(path)]).map(drop)
    }
}
