//! [`RegistryPart`]: the files that a commit writes of which only the part was read that its paths concern.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek};
use std::time::Instant;

use idhooks_core::config::Config;
use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::{Allocation, BlobId, Entry, Id, Registry, Splice};

use crate::derived::legacy::LegacyFile;
use crate::git::Repo;
use crate::state::{CommittedIndex, StateError, WorkingFile};
use crate::store::{Access, Replacement, journal::IndexStep};
use crate::transaction::audit::Recording;
use crate::transaction::registry_change::recorded;
use crate::transaction::{
    Applied, IndexChange, PreparedFile, Transaction, statistics::count_dual_write,
};

/// The registry and the legacy file of a commit on a consistent HEAD. Index and working tree have both as HEAD
/// has them, so what does not change is copied.
#[derive(Debug)]
pub struct RegistryPart {
    pub(super) index: CommittedIndex,
    pub(super) registry: WorkingFile,
    /// The new content of the registry; empty if it does not change.
    pub(super) text: Splice,
    /// The legacy file, if it follows the registry.
    pub(super) legacy: Option<WorkingFile>,
}

impl RegistryPart {
    /// Writes the registry, and the legacy file that follows from it, into the index and the working tree,
    /// with the logs of the clone: all or nothing. `before` and `after` have the records that were read.
    ///
    /// # Errors
    /// Returns an error if objects, an index, a file or a required log cannot be written, or if the index
    /// or a working file has changed since it was read.
    pub fn write(
        &self,
        repo: &Repo,
        config: &Config,
        before: &Registry,
        after: &Registry,
        given: &AllocationLog,
    ) -> Result<Applied, StateError> {
        let change = |recording: &mut Recording<'_>| {
            let file = LegacyFile::by_rules(repo, config);
            self.replace(repo, file.as_ref(), changed(before, after).as_deref(), recording)
        };
        recorded(repo, Vec::new(), Some(before), Some(before), after, Some(given), change)
    }

    fn replace(
        &self,
        repo: &Repo,
        file: Option<&LegacyFile<'_>>,
        changed: Option<&[Allocation]>,
        recording: &mut Recording<'_>,
    ) -> Result<Applied, StateError> {
        let RegistryPart { index, registry, text, legacy } = self;
        let mut sum = repo.blob_sum(text.length());
        let copy = &registry.file;
        let new = registry.replaced(repo, Access::Data, |out| text.put(copy, sum.and(out)))?;
        let blob = repo.write_blob_from(sum.id(), text.length(), new.file())?;
        let legacy = legacy.as_ref().zip(file).map(|(source, file)| {
            derive_legacy(repo, file, source, new.file(), changed, recording)
        });
        let legacy = match legacy {
            // The legacy file follows from a copy of the registry's working file; if another
            // program wrote that meanwhile, the error is only a consequence.
            Some(Err(_)) if registry.has_changed(repo) => return Err(StateError::IndexMoved),
            derived => derived.transpose()?,
        };
        let derived =
            legacy.as_ref().and_then(|(file, step)| Some((file.path.clone(), step.after?.blob)));
        let (prepared, steps): (Vec<PreparedFile>, Vec<IndexStep>) =
            std::iter::once(prepared(registry, new, blob)).chain(legacy).unzip();
        let CommittedIndex { file, glance, lasting } = index.clone();
        let peeks = std::iter::once((file, glance)).chain(lasting);
        let indexes = peeks.map(|(file, peek)| IndexChange::peeked(file, peek, steps.clone()));
        let written = prepared.iter().map(|file| file.path.clone()).collect();
        let change = Transaction { prepared, written, ..Transaction::new(repo, indexes) };
        change.commit(|| Ok(recording.require()?))?;
        Ok(Applied { blob, legacy: derived, warnings: Vec::new() })
    }
}

/// Derives the legacy file from the new text of the registry, and stores it; the audit log has that, too.
/// These records changed, unless some are gone.
fn derive_legacy(
    repo: &Repo,
    file: &LegacyFile<'_>,
    source: &WorkingFile,
    registry: &File,
    changed: Option<&[Allocation]>,
    recording: &mut Recording<'_>,
) -> Result<(PreparedFile, IndexStep), StateError> {
    let start = Instant::now();
    let derived = recording.dual_write_at(file.path(), || {
        let new = source.replaced(repo, Access::Keep, |out| {
            let (mut before, mut source) = (Vec::new(), &source.file);
            source.rewind()?;
            source.read_to_end(&mut before)?;
            file.write_from(registry, &before, changed, out)
        })?;
        let blob = repo.write_blob_of(new.file())?;
        Ok(prepared(source, new, blob))
    });
    count_dual_write(repo, start.elapsed(), &derived);
    derived
}

/// Returns the change of a working file and of its entry to new content, which is stored as this blob.
fn prepared(source: &WorkingFile, new: Replacement, blob: BlobId) -> (PreparedFile, IndexStep) {
    let (path, replaced) = (source.path.clone(), Some(source.stamp));
    let after = Entry { blob, ..source.entry };
    let step = IndexStep::new(path.clone(), Some(source.entry), Some(after));
    (PreparedFile { path, new, replaced }, step)
}

/// Returns the records that differ from those before, unless some are gone.
fn changed(before: &Registry, after: &Registry) -> Option<Vec<Allocation>> {
    let known: BTreeMap<Id, &Allocation> =
        before.allocations.iter().map(|record| (record.id, record)).collect();
    let present: BTreeSet<Id> = after.allocations.iter().map(|record| record.id).collect();
    known.keys().all(|id| present.contains(id)).then(|| {
        let is_changed = |record: &&Allocation| known.get(&record.id) != Some(record);
        after.allocations.iter().filter(is_changed).cloned().collect()
    })
}
