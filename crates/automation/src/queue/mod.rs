//! The work queue: one item for each changed path, in a SQLite database that belongs to the working
//! tree. It survives any kind of crash because each step is a transaction.

mod change;
mod item;
mod known_files;
#[cfg(test)]
mod model_tests;
mod queries;
mod row;
mod seen_queue;
#[cfg(test)]
mod tests;
mod write;

use std::path::{Path, PathBuf};
use std::time::Duration;

use idhooks_core::registry::shell_quoted;
use idhooks_repo::store::{FREE_SPACE, StateDir, StoreError, failpoint::pause, rename};
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

pub use change::{NamedItems, QueueRefusal, clear_queue, drop_items, retry_items};
pub use item::{FileEvent, ItemStatus, QueueDepth, QueueEvent, QueueItem};
pub use known_files::{KnownFiles, KnownStamp};
pub(crate) use seen_queue::SeenQueue;
pub use write::{MAX_ATTEMPTS, QueueWriter};

/// The database's file name in the state directory.
const NAME: &str = "queue.db";
/// How long to wait for another writer.
const PATIENCE: Duration = Duration::from_secs(30);

/// The operating system's message for a full disk.
const NO_SPACE: &str = "No space left on device";

/// The statements that upgrade the database from each version to the next. Never change an entry.
const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE work_items (
        path TEXT PRIMARY KEY,
        event_type TEXT NOT NULL,
        status TEXT NOT NULL DEFAULT 'queued',
        attempts INTEGER NOT NULL DEFAULT 0,
        metadata TEXT,
        enqueued_at TEXT NOT NULL,
        started_at TEXT,
        completed_at TEXT,
        last_error TEXT,
        old_path TEXT,
        generation INTEGER NOT NULL DEFAULT 1,
        claim INTEGER NOT NULL DEFAULT 0,
        next_attempt_at TEXT,
        first_seen TEXT NOT NULL,
        state INTEGER,
        CHECK (status IN ('queued', 'running', 'completed', 'failed', 'dead_letter'))
    );
    CREATE INDEX idx_status_enqueued ON work_items (status, enqueued_at);
    CREATE INDEX idx_old_path ON work_items (old_path) WHERE old_path IS NOT NULL;
    CREATE TABLE totals (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO totals VALUES ('attempts', 0);
    CREATE TABLE known_files (
        path TEXT PRIMARY KEY,
        device INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        size INTEGER NOT NULL,
        modified INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX idx_inode ON known_files (inode);
",
    "
    ALTER TABLE known_files ADD COLUMN moved_from TEXT;
    CREATE INDEX idx_moved_from ON known_files (moved_from) WHERE moved_from IS NOT NULL;
",
];

/// The version of the database after all upgrades.
const VERSION: u32 = MIGRATIONS.len() as u32;

/// Why an operation on the queue failed.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The file is not a database, or its content is inconsistent.
    #[error("the queue '{}' is damaged: {cause}", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// SQLite's message.
        cause: String,
    },
    /// The database was written by a newer version of idhooks.
    #[error("the queue '{}' was written by a newer idhooks (version {version})", path.display())]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// SQLite or the operating system rejected the operation.
    #[error("cannot {action} the queue '{}': {cause}", path.display())]
    Failed {
        /// The operation that failed: "open", "read" or "write".
        action: &'static str,
        /// The database.
        path: PathBuf,
        /// SQLite's message.
        cause: String,
        /// Whether the disk is full.
        is_disk_full: bool,
    },
    /// The file could not be created.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl QueueError {
    /// Returns advice.
    pub fn remedy(&self) -> String {
        match self {
            QueueError::Damaged { path, .. } => format!(
                "remove it, and the watcher finds again what has changed: rm {}",
                shell_quoted(&path.to_string_lossy())
            ),
            QueueError::Newer { .. } => "upgrade idhooks".to_owned(),
            QueueError::Failed { is_disk_full: true, .. } => FREE_SPACE.to_owned(),
            QueueError::Failed { .. } => {
                "make sure that you can write to its directory, then try again".to_owned()
            }
            QueueError::Store(error) => error.remedy(),
        }
    }

    fn new(action: &'static str, path: &Path, error: &rusqlite::Error) -> Self {
        let (path, cause) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                QueueError::Damaged { path, cause }
            }
            // A row contains a value that no version of idhooks writes.
            None if !matches!(error, rusqlite::Error::QueryReturnedNoRows) => {
                QueueError::Damaged { path, cause }
            }
            code => {
                let is_disk_full = code == Some(ErrorCode::DiskFull);
                // SQLite calls this "database or disk is full".
                let cause = if is_disk_full { NO_SPACE.to_owned() } else { cause };
                QueueError::Failed { action, path, cause, is_disk_full }
            }
        }
    }
}

/// A working tree's work queue.
#[derive(Debug)]
pub struct Queue {
    db: Connection,
    path: PathBuf,
}

impl Queue {
    /// Opens a working tree's queue, creating it if it is missing.
    ///
    /// # Errors
    /// Returns an error if the database cannot be opened or created, is damaged, or was written by a
    /// newer idhooks.
    pub fn open(state: &StateDir) -> Result<Self, QueueError> {
        let file = state.file(NAME);
        // Creates the file with the right permissions; SQLite gives its other files the same ones.
        file.append("")?;
        Self::at(file.path().to_owned())
    }

    /// Opens a working tree's queue for its watcher, creating it if it is missing. A damaged queue
    /// is set aside and replaced by a new one; the damaged queue's new path is also returned.
    ///
    /// # Errors
    /// Returns the same errors as [`Queue::open`], and an error if the files cannot be renamed.
    pub fn open_or_renew(state: &StateDir) -> Result<(Self, Option<PathBuf>), QueueError> {
        match Self::open(state).and_then(|queue| queue.examine().map(|()| queue)) {
            Err(QueueError::Damaged { path, .. }) => {
                let aside = beside(&path, ".damaged");
                let moved = rename(&path, &aside);
                moved.map_err(|cause| StoreError::new("rename", &path, cause))?;
                for rest in ["-wal", "-shm"] {
                    // These files belong to the old queue; SQLite removes them itself if it can.
                    let _ = std::fs::remove_file(beside(&path, rest));
                }
                Ok((Self::open(state)?, Some(aside)))
            }
            opened => Ok((opened?, None)),
        }
    }

    /// Opens a working tree's queue; returns `None` if there is none.
    ///
    /// # Errors
    /// Returns the same errors as [`Queue::open`].
    pub fn open_existing(state: &StateDir) -> Result<Option<Self>, QueueError> {
        let path = state.file(NAME).path().to_owned();
        let is_missing = path.symlink_metadata().is_err();
        if is_missing { Ok(None) } else { Self::at(path).map(Some) }
    }

    fn at(path: PathBuf) -> Result<Self, QueueError> {
        let failed = |error: rusqlite::Error| QueueError::new("open", &path, &error);
        let mut db = Connection::open(&path).map_err(failed)?;
        let version = Self::prepare(&mut db).map_err(failed)?;
        if version > VERSION {
            return Err(QueueError::Newer { path, version });
        }
        Ok(Queue { db, path })
    }

    /// Configures the connection, upgrades an outdated database, and returns the database's
    /// version.
    fn prepare(db: &mut Connection) -> rusqlite::Result<u32> {
        db.busy_timeout(PATIENCE)?;
        let version = |db: &Connection| db.query_row("PRAGMA user_version", [], |row| row.get(0));
        let mut found: u32 = version(db)?;
        if found < VERSION {
            // Readers such as 'idhooks queue list' and the watcher's writes must not block each
            // other.
            db.pragma_update(None, "journal_mode", "WAL")?;
            let change = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
            // Another process may have upgraded the database in the meantime.
            found = version(&change)?;
            for migration in MIGRATIONS.iter().skip(found as usize) {
                change.execute_batch(migration)?;
            }
            found = found.max(VERSION);
            change.pragma_update(None, "user_version", found)?;
            change.commit()?;
        }
        // With a write-ahead log, a power failure may lose the last transactions but damages
        // nothing. The lost changes are found again when the watcher starts and compares all files.
        db.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(found)
    }

    /// Examines the whole database over a separate connection, which has nothing cached.
    ///
    /// # Errors
    /// Returns an error if it cannot be read or is damaged.
    pub fn examine(&self) -> Result<(), QueueError> {
        let queue = Self::at(self.path.clone())?;
        let found: Result<String, _> =
            queue.db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0));
        match queue.read(found)? {
            fine if fine == "ok" => Ok(()),
            cause => Err(QueueError::Damaged { path: queue.path, cause }),
        }
    }

    /// Reopens the queue. A damaged queue is set aside and replaced by a new one; returns the
    /// damaged queue's new path.
    ///
    /// # Errors
    /// Returns the same errors as [`Queue::open`], and an error if the files cannot be renamed.
    pub fn renew(&mut self, state: &StateDir) -> Result<Option<PathBuf>, QueueError> {
        let failed = |error: rusqlite::Error| QueueError::new("open", &self.path, &error);
        // The old connection must be closed before a new one opens files with the same names.
        drop(std::mem::replace(&mut self.db, Connection::open_in_memory().map_err(failed)?));
        let (queue, aside) = Self::open_or_renew(state)?;
        *self = queue;
        Ok(aside)
    }

    /// Returns the path to the database.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs `work` in one transaction. If it fails or the process ends, nothing is changed.
    ///
    /// # Errors
    /// Returns any error from `work`, or an error if the database cannot be written.
    pub fn write<T>(
        &mut self,
        work: impl FnOnce(&QueueWriter<'_>) -> Result<T, QueueError>,
    ) -> Result<T, QueueError> {
        let path = &self.path;
        let failed = |error: rusqlite::Error| QueueError::new("write", path, &error);
        // A deferred transaction that starts by reading fails at once if another process writes in
        // the meantime; an immediate transaction waits for the lock.
        let immediate = TransactionBehavior::Immediate;
        let change = self.db.transaction_with_behavior(immediate).map_err(failed)?;
        let result = work(&QueueWriter::new(&change, path))?;
        pause("the queue is about to change");
        change.commit().map_err(failed)?;
        pause("the queue has changed");
        Ok(result)
    }
}

/// Returns the path of a database's companion file whose name has the given ending.
fn beside(database: &Path, end: &str) -> PathBuf {
    let mut name = database.to_owned().into_os_string();
    name.push(end);
    PathBuf::from(name)
}
