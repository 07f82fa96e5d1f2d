//! The files of a repository that is being adopted, stored compactly enough for a million of them.

use std::io::{self, Write};

use crate::check::PathList;
use crate::config::Config;
use crate::registry::{BlobId, FreshRecords, Id, Origin, Registry, RepoPath, Scope, Timestamp};
use crate::rename::NoBlobs;

use super::{AllocationLog, Allocator, Choice, IdAssigner, PlanError};

/// Files that are all new, in byte order of their paths, with their allocations.
#[derive(Debug, Default)]
pub struct Newcomers {
    files: PathList,
    origins: Vec<Origin>,
}

/// The identities that they got, all at once.
#[derive(Debug)]
pub struct Gifts {
    newcomers: Newcomers,
    /// In the order of the files, each with the number of its file.
    given: Vec<(Id, u32)>,
    scope: Scope,
    now: Timestamp,
}

impl Newcomers {
    /// Adds a file; returns whether its path is text and comes after all others.
    pub fn push(&mut self, path: &[u8], blob: BlobId) -> bool {
        let last = self.files.count().checked_sub(1);
        let follows = last.is_none_or(|last| self.files.path(last) < path);
        let is_text = std::str::from_utf8(path).is_ok();
        let Ok(name) = RepoPath::new(path) else { return false };
        self.files.push(path);
        self.origins.push(Origin::of_file(&name, blob, 0));
        follows && is_text
    }

    /// Returns the number of files.
    pub fn count(&self) -> usize {
        self.files.count()
    }

    /// Allocates an identity for every tracked file, for a clone that has not allocated any before.
    ///
    /// Returns nothing if two files would be the same allocation, which must be distinguished, or
    /// if contents must be read.
    ///
    /// # Errors
    /// Returns an error if a counter is full.
    pub fn give(
        self,
        config: &Config,
        scope: Scope,
        now: Timestamp,
        progress: &dyn Fn(),
    ) -> Result<Option<Gifts>, PlanError> {
        if config.embeds_anything() {
            // An embedded identity is not part of the file's origin.
            return Ok(None);
        }
        let mut sorted = self.origins.clone();
        sorted.sort_unstable();
        if sorted.windows(2).any(|pair| pair[0] == pair[1]) {
            return Ok(None);
        }
        drop(sorted);
        let (registry, none) = (Registry::new(scope), AllocationLog::default());
        let allocator = Allocator::new(config.strategy, &registry, &none);
        let mut assigner = IdAssigner {
            config,
            scope,
            now,
            allocator,
            choice: Choice::default(),
            blobs: &NoBlobs,
        };
        let mut given = Vec::with_capacity(self.files.count());
        for ((path, origin), number) in self.files.iter().zip(&self.origins).zip(0..) {
            let Ok(path) = RepoPath::new(path) else { return Ok(None) };
            if config.tracks(&path) {
                given.push((assigner.choose(&path, *origin)?.0, number));
                progress();
            }
        }
        Ok(Some(Gifts { newcomers: self, given, scope, now }))
    }
}

impl Gifts {
    /// Returns the number of files that got an identity.
    pub fn count(&self) -> usize {
        self.given.len()
    }

    /// Writes the registry.
    ///
    /// # Errors
    /// Returns an error if `out` does.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut sorted = self.given.clone();
        sorted.sort_unstable();
        let mut records = FreshRecords::begin(out, self.scope, self.now);
        for (id, number) in sorted {
            let path = std::str::from_utf8(self.newcomers.files.path(number as usize));
            let path = path.map_err(|_| io::ErrorKind::InvalidData)?;
            records.record(id, path, self.origin(number))?;
        }
        records.end()
    }

    /// Returns their lines for the allocation log.
    pub fn lines(&self) -> String {
        let mut lines = String::with_capacity(AllocationLog::length_of(self.count()));
        for (id, number) in &self.given {
            AllocationLog::write_line(&mut lines, self.origin(*number), *id, self.now);
        }
        lines
    }

    fn origin(&self, number: u32) -> Origin {
        self.newcomers.origins[number as usize]
    }
}
