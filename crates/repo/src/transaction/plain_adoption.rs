//! Recognizes an adoption whose registry needs no change, in one pass over its text.

use idhooks_core::config::is_own;

use crate::state::{PathList, StateError, count_clean, tracked_paths};

use super::PendingCommit;

impl PendingCommit<'_> {
    /// Returns whether the commit adopts the repository with what `idhooks init` has staged: HEAD
    /// has no registry, every tracked file has an active record without metadata, and there are no
    /// other records. A plan would keep all of them, since no parent says otherwise, but it needs
    /// the records and files in memory, which for a million files are gigabytes.
    ///
    /// # Errors
    /// Returns an error if the index, HEAD or the rules cannot be read.
    pub fn is_plain_adoption(&self) -> Result<bool, StateError> {
        if self.is_head_adopted()? || self.content_rules()?.is_some() {
            return Ok(false);
        }
        let Some(peek) = self.peek()? else { return Ok(false) };
        // A plan would also consider a registry in the working tree that differs from this one.
        let Some(source) = peek.source(self.repo)? else { return Ok(false) };
        let mut files = PathList::default();
        let listing =
            self.repo.listing(&self.file, Some(peek.glance.clone()), |path, entry, _| {
                if entry.mode.is_file() && !is_own(path) {
                    files.push(path);
                }
            })?;
        let config = self.config()?;
        let Some(files) = listing.and_then(|_| tracked_paths(&config, files)) else {
            return Ok(false);
        };
        let Ok(text) = source.file.get() else { return Ok(false) };
        let counts = count_clean(&config, &*text, &files);
        Ok(counts.is_some_and(|counts| counts.is_bare && counts.identities == counts.files))
    }
}
