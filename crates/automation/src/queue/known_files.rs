//! The last known state of each file: the state it was in when its last item was processed.

use std::fs::Metadata;
use std::time::UNIX_EPOCH;

use idhooks_core::registry::RepoPath;
use rusqlite::{OptionalExtension, Row, Statement, params};

use super::row::{PathColumn, PathValue};
use super::{Queue, QueueError, QueueWriter};

/// Metadata that identifies a file and its content, so that the file need not be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct KnownStamp {
    /// The device.
    pub device: u64,
    /// The inode.
    pub inode: u64,
    /// The size in bytes.
    pub size: u64,
    /// When the content was last modified, in nanoseconds since the Unix epoch.
    pub modified: i64,
}

impl KnownStamp {
    /// Returns the stamp for a file with this metadata.
    pub fn of(meta: &Metadata) -> Self {
        let (device, inode) = place(meta);
        let time = meta.modified().ok();
        let time = time.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let modified = i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        KnownStamp { device, inode, size: meta.len(), modified }
    }

    /// Returns whether both stamps belong to the same file, regardless of its content. Without
    /// inodes, there is no way to tell.
    pub fn is_same_file(&self, other: &KnownStamp) -> bool {
        self.inode != 0 && (self.device, self.inode) == (other.device, other.inode)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(KnownStamp {
            device: row.get::<_, i64>(0)?.cast_unsigned(),
            inode: row.get::<_, i64>(1)?.cast_unsigned(),
            size: row.get::<_, i64>(2)?.cast_unsigned(),
            modified: row.get(3)?,
        })
    }
}

#[cfg(unix)]
fn place(meta: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (meta.dev(), meta.ino())
}

#[cfg(not(unix))]
fn place(_: &Metadata) -> (u64, u64) {
    (0, 0)
}

impl QueueWriter<'_> {
    /// Records a file's state. The path it was moved from is kept.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn note(&self, path: &RepoPath, stamp: &KnownStamp) -> Result<(), QueueError> {
        let sql = "INSERT INTO known_files (path, device, inode, size, modified)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (path) DO UPDATE SET device = excluded.device,
             inode = excluded.inode, size = excluded.size, modified = excluded.modified";
        // SQLite has only signed integers.
        let [device, inode, size] = [stamp.device, stamp.inode, stamp.size].map(u64::cast_signed);
        self.run(sql, params![PathValue(path), device, inode, size, stamp.modified]).map(drop)
    }

    /// Returns the original path of a file that has been moved once or more, or the given path if
    /// the file has not been moved.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn origin(&self, path: &RepoPath) -> Result<RepoPath, QueueError> {
        let sql = "SELECT moved_from FROM known_files WHERE path = ?1 AND moved_from IS NOT NULL";
        let found = self.query(sql, [PathValue(path)], |row| Ok(row.get::<_, PathColumn>(0)?.0))?;
        Ok(found.unwrap_or_else(|| path.clone()))
    }

    /// Records the path that a known file was moved from. A file that is back at its original path
    /// does not count as moved.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn note_move(&self, path: &RepoPath, origin: &RepoPath) -> Result<(), QueueError> {
        let sql = "UPDATE known_files SET moved_from = nullif(?2, path) WHERE path = ?1";
        self.run(sql, [PathValue(path), PathValue(origin)]).map(drop)
    }

    /// Records that a file is gone.
    ///
    /// # Errors
    /// Returns an error if the database cannot be written.
    pub fn forget(&self, path: &RepoPath) -> Result<(), QueueError> {
        self.run("DELETE FROM known_files WHERE path = ?1", [PathValue(path)]).map(drop)
    }
}

/// The known files, prepared for many lookups.
#[derive(Debug)]
pub struct KnownFiles<'q> {
    queue: &'q Queue,
    statement: Statement<'q>,
}

impl KnownFiles<'_> {
    /// Returns a file's last known state.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn get(&mut self, path: &RepoPath) -> Result<Option<KnownStamp>, QueueError> {
        let found = self.statement.query_row([PathValue(path)], KnownStamp::read).optional();
        self.queue.read(found)
    }
}

impl Queue {
    /// Returns the known files.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn known_files(&self) -> Result<KnownFiles<'_>, QueueError> {
        let sql = "SELECT device, inode, size, modified FROM known_files WHERE path = ?1";
        Ok(KnownFiles { queue: self, statement: self.read(self.db.prepare(sql))? })
    }

    /// Returns whether no file is known.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn knows_nothing(&self) -> Result<bool, QueueError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM known_files)";
        self.read(self.db.query_row(sql, [], |row| row.get(0)))
    }

    /// Returns a file's last known state.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn known(&self, path: &RepoPath) -> Result<Option<KnownStamp>, QueueError> {
        self.known_files()?.get(path)
    }

    /// Returns the paths where the file with this stamp was last processed.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn known_paths(&self, stamp: &KnownStamp) -> Result<Vec<RepoPath>, QueueError> {
        let sql = "SELECT path FROM known_files WHERE inode = ?1 AND device = ?2 ORDER BY path";
        let place = [stamp.inode.cast_signed(), stamp.device.cast_signed()];
        let get = || {
            let mut statement = self.db.prepare(sql)?;
            statement.query_map(place, |row| Ok(row.get::<_, PathColumn>(0)?.0))?.collect()
        };
        // Without inodes, all files have the number 0 and would appear to be the same file.
        if stamp.inode == 0 { Ok(Vec::new()) } else { self.read(get()) }
    }

    /// Returns the old and new paths of known files that were moved.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn moves(&self) -> Result<Vec<(RepoPath, RepoPath)>, QueueError> {
        let sql = "SELECT moved_from, path FROM known_files
             WHERE moved_from IS NOT NULL ORDER BY path";
        let get = || {
            let mut statement = self.db.prepare(sql)?;
            let columns = |row: &Row<'_>| {
                Ok((row.get::<_, PathColumn>(0)?.0, row.get::<_, PathColumn>(1)?.0))
            };
            statement.query_map([], columns)?.collect()
        };
        self.read(get())
    }

    /// Returns the known files below a directory.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn known_below(&self, dir: &RepoPath) -> Result<Vec<RepoPath>, QueueError> {
        let is_below = |path: &RepoPath| {
            let rest = path.as_bytes().strip_prefix(dir.as_bytes());
            rest.is_some_and(|rest| rest.first() == Some(&b'/'))
        };
        // '0' follows '/' in ASCII. Names that are not UTF-8 are stored as bytes, which sort last.
        let sql = "SELECT path FROM known_files
             WHERE (path > ?1 || '/' AND path < ?1 || '0') OR path > x''";
        let below = || {
            let mut found = Vec::new();
            let mut statement = self.db.prepare(sql)?;
            let mut rows = statement.query([PathValue(dir)])?;
            while let Some(row) = rows.next()? {
                found.extend(Some(row.get::<_, PathColumn>(0)?.0).filter(is_below));
            }
            Ok(found)
        };
        self.read(below())
    }

    /// Calls `see` with each known file, in no particular order.
    ///
    /// # Errors
    /// Returns an error if the database cannot be read.
    pub fn each_known(&self, see: &mut dyn FnMut(RepoPath)) -> Result<(), QueueError> {
        let mut each = || {
            let mut statement = self.db.prepare("SELECT path FROM known_files")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                see(row.get::<_, PathColumn>(0)?.0);
            }
            Ok(())
        };
        self.read(each())
    }
}
