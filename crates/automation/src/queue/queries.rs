//! Operations that only read the queue.

use idhooks_core::registry::RepoPath;
use rusqlite::{OptionalExtension, params};

use crate::moment::Moment;

use super::row::{COLUMNS, NO_REQUEST, PathColumn, PathValue, item};
use super::{ItemStatus, Queue, QueueDepth, QueueError, QueueItem};

/// Finds an unfinished item showing that a path's file was moved elsewhere. A dead letter counts
/// too: if it is retried, the old path's last known state shows that the file was moved.
pub(super) const MOVED_AWAY: &str = "SELECT 1 FROM work_items WHERE old_path = ?1
     AND status IN ('queued', 'running', 'failed', 'dead_letter')";

impl Queue {
    pub(super) fn read<T>(&self, result: rusqlite::Result<T>) -> Result<T, QueueError> {
        result.map_err(|error| QueueError::new("read", &self.path, &error))
    }

    /// Returns the number of items in each status.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn depth(&self) -> Result<QueueDepth, QueueError> {
        let count = || {
            let sql = "SELECT status, count(*) FROM work_items GROUP BY status";
            let mut depth = QueueDepth::default();
            let mut statement = self.db.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                *depth.of_mut(row.get(0)?) = row.get(1)?;
            }
            Ok(depth)
        };
        self.read(count())
    }

    /// Returns at most `limit` items with the given status, or with any status if it is `None`.
    /// Waiting items come in the order they will be taken, others newest first.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn list(
        &self,
        status: Option<ItemStatus>,
        limit: usize,
    ) -> Result<Vec<QueueItem>, QueueError> {
        let list = || {
            let is_waiting = "status IN ('queued', 'running', 'failed')";
            let sql = format!(
                "SELECT {COLUMNS} FROM work_items WHERE status = coalesce(?1, status)
                 ORDER BY {is_waiting} DESC, iif({is_waiting}, enqueued_at, NULL),
                    coalesce(completed_at, enqueued_at) DESC, path LIMIT ?2"
            );
            let mut statement = self.db.prepare(&sql)?;
            // SQLite has only signed integers.
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            statement.query_map(params![status.map(ItemStatus::as_str), limit], item)?.collect()
        };
        self.read(list())
    }

    /// Returns a path's item.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn get(&self, path: &RepoPath) -> Result<Option<QueueItem>, QueueError> {
        let sql = format!("SELECT {COLUMNS} FROM work_items WHERE path = ?1");
        let get = || self.db.prepare(&sql)?.query_row([PathValue(path)], item).optional();
        self.read(get())
    }

    /// Returns the time of the oldest unprocessed event.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn oldest(&self) -> Result<Option<Moment>, QueueError> {
        let sql = "SELECT min(first_seen) FROM work_items WHERE status IN ('queued', 'running', 'failed')";
        self.read(self.db.query_row(sql, [], |row| row.get(0)))
    }

    /// Returns the time at which the next item that is not being worked on is due.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn next_due(&self) -> Result<Option<Moment>, QueueError> {
        let sql = "SELECT min(coalesce(next_attempt_at, enqueued_at)) FROM work_items
             WHERE status IN ('queued', 'failed')";
        self.read(self.db.query_row(sql, [], |row| row.get(0)))
    }

    /// Returns the time at which the next item that is neither a repair request nor being worked on
    /// is due.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn next_change_due(&self) -> Result<Option<Moment>, QueueError> {
        let sql = format!(
            "SELECT min(coalesce(next_attempt_at, enqueued_at)) FROM work_items
             WHERE status IN ('queued', 'failed'){NO_REQUEST}"
        );
        self.read(self.db.query_row(&sql, [], |row| row.get(0)))
    }

    /// Returns whether an unfinished item shows that this path's file was moved elsewhere.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn is_moved_away(&self, path: &RepoPath) -> Result<bool, QueueError> {
        let found = self.db.prepare(MOVED_AWAY).and_then(|mut statement| {
            statement.query_row([PathValue(path)], |_| Ok(())).optional()
        });
        Ok(self.read(found)?.is_some())
    }

    /// Returns the former path of a file that was moved to this path, if the move has not been
    /// processed yet.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn waiting_move(&self, path: &RepoPath) -> Result<Option<RepoPath>, QueueError> {
        let sql = "SELECT old_path FROM work_items
             WHERE path = ?1 AND old_path IS NOT NULL AND status != 'completed'";
        let found = self.db.prepare(sql).and_then(|mut statement| {
            statement.query_row([PathValue(path)], |row| row.get::<_, PathColumn>(0)).optional()
        });
        Ok(self.read(found)?.map(|old| old.0))
    }

    /// Returns the total number of attempts so far.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn attempts(&self) -> Result<u64, QueueError> {
        let sql = "SELECT value FROM totals WHERE name = 'attempts'";
        self.read(self.db.query_row(sql, [], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned())))
    }
}
