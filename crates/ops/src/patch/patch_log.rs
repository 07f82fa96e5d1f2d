//! The changes made by patches, kept so that patches can be undone: `idhooks/patches` in the common
//! git directory.

use std::fs;
use std::path::Path;

use idhooks_core::registry::{Allocation, Registry, Timestamp, hex};
use idhooks_repo::store::{StateDir, StateFile, StoreError};
use sha2::{Digest, Sha256};

use crate::patch::applied_patch::AppliedPatch;

/// The directory.
const PATCHES: &str = "patches";
/// The number of patches to keep.
const KEPT: usize = 100;
/// The number of digits in an id.
const DIGITS: usize = 12;
/// The number of digits for the time in a file name; it is fixed, so that names sort by time.
const TIME: usize = 12;
/// The suffixes of a patch's two files.
const ENDS: [&str; 2] = ["before.json", "after.json"];

/// The patches applied in a clone.
#[derive(Debug, Clone)]
pub struct PatchLog(StateDir);

/// An applied patch's name: the time at which it was applied, and its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PatchName(String);

impl PatchName {
    /// Returns the id.
    pub fn id(&self) -> &str {
        &self.0[TIME + 1..]
    }
}

impl PatchLog {
    /// Returns the log of patches in this state directory.
    pub fn in_dir(state: &StateDir) -> Self {
        PatchLog(state.clone())
    }

    fn file(&self, name: &PatchName, end: &str) -> StateFile {
        self.0.file(Path::new(PATCHES).join(format!("{}.{end}", name.0)))
    }

    /// Records a patch's changes; `head` is a registry with the header to use, `at` the time.
    /// Removes the oldest patches.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written or removed.
    pub fn note(
        &self,
        head: &Registry,
        patch: &AppliedPatch,
        at: Timestamp,
    ) -> Result<PatchName, StoreError> {
        let text = |records: &[Allocation]| {
            Registry { allocations: records.to_vec(), ..head.head() }.format()
        };
        let [before, after] = [text(&patch.before), text(&patch.after)];
        // The hash includes the time, so a patch that is applied again gets a different id.
        let id = hex::encode(&Sha256::digest(format!("{at}\n{before}{after}")));
        let name = PatchName(format!("{:0TIME$}-{}", at.unix(), &id[..DIGITS]));
        for (end, text) in ENDS.into_iter().zip([before, after]) {
            self.file(&name, end).replace(text.as_bytes())?;
        }
        // The names begin with the time, so the first ones are the oldest.
        let all = self.names();
        for old in &all[..all.len().saturating_sub(KEPT)] {
            self.forget(old)?;
        }
        Ok(name)
    }

    /// Returns the patches that can be undone, oldest first.
    pub fn names(&self) -> Vec<PatchName> {
        let Ok(entries) = fs::read_dir(self.0.path().join(PATCHES)) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let name = |file: String| {
            // The second file is written last and removed first, so if it exists, both files do.
            let name = file.strip_suffix(ENDS[1])?.strip_suffix('.')?;
            let (time, id) = name.split_once('-')?;
            let is_name = time.len() == TIME
                && time.bytes().all(|digit| digit.is_ascii_digit())
                && id.len() == DIGITS
                && id.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_name.then(|| PatchName(name.to_owned()))
        };
        let mut names: Vec<PatchName> = names.filter_map(name).collect();
        names.sort();
        names
    }

    /// Returns a patch's changes; `None` if one of its files is missing or damaged.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub fn read(&self, name: &PatchName) -> Result<Option<AppliedPatch>, StoreError> {
        let [before, after] = ENDS.map(|end| {
            let bytes = self.file(name, end).read()?;
            Ok(bytes.and_then(|bytes| Registry::parse(&bytes).ok()))
        });
        let both = before?.zip(after?);
        // If the numbers of records differ, the two files do not belong together.
        let both = both.filter(|(old, new)| old.allocations.len() == new.allocations.len());
        Ok(both.map(|(before, after)| AppliedPatch {
            before: before.allocations,
            after: after.allocations,
        }))
    }

    /// Removes a patch from the log, after which it can no longer be undone.
    ///
    /// # Errors
    /// Returns an error if a file cannot be removed.
    pub fn forget(&self, name: &PatchName) -> Result<(), StoreError> {
        ENDS.into_iter().rev().try_for_each(|end| self.file(name, end).remove())
    }
}
