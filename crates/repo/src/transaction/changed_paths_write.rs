//! [`RegistryPart`]: the files that a commit writes if only the part for the changed paths was
//! read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::time::Instant;

use idhooks_core::config::Config;
use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::{Allocation, Entry, Id, Registry, Splice};

use crate::derived::legacy::LegacyFile;
use crate::derived::{DerivedChanges, DerivedFile, DerivedKind};
use crate::git::Repo;
use crate::state::{CommittedIndex, StateError, WorkingFile};
use crate::store::{StoreError, VersionedFile, journal::IndexStep};
use crate::transaction::audit_recording::Recording;
use crate::transaction::registry_blob::write_registry;
use crate::transaction::registry_change::recorded;
use crate::transaction::{
    Applied, IndexChange, PreparedFile, Transaction, write_statistics::count_dual_write,
};

/// The registry and the legacy file for a commit on a consistent HEAD. In the index and the working
/// tree, neither file has been changed since HEAD, so the unchanged parts are copied.
#[derive(Debug)]
pub struct RegistryPart {
    pub(super) index: CommittedIndex,
    pub(super) registry: WorkingFile,
    /// The new content of the registry.
    pub(super) text: Splice,
    /// The legacy file, if it follows the registry.
    pub(super) legacy: Option<WorkingFile>,
}

impl RegistryPart {
    /// Writes the registry, and the legacy file that follows from it, into the index and the
    /// working tree, and updates the clone's logs: all or nothing. `before` and `after` contain
    /// only the records that were read.
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
        let RegistryPart { index, registry, text, legacy: old_legacy } = self;
        let (new, blob) = write_registry(repo, registry, text)?;
        repo.list_version(VersionedFile::Registry, blob);
        let derive = |(source, file): (&WorkingFile, &LegacyFile<'_>)| {
            recording.dual_write(Some(file.path()), || {
                let start = Instant::now();
                let changes = legacy_changes(repo, file, source, new.file(), changed);
                count_dual_write(repo, start.elapsed(), &changes);
                changes
            })
        };
        let derived = match old_legacy.as_ref().zip(file).map(derive) {
            // The legacy file is derived from a copy of the registry's working file. If another
            // program has written the working file in the meantime, this error is only a
            // consequence.
            Some(Err(_)) if registry.has_changed(repo) => return Err(StateError::IndexMoved),
            derived => derived.transpose()?.unwrap_or_default(),
        };
        let legacy = derived.first_blob();
        let after = Entry { blob, ..registry.entry };
        let step = IndexStep::new(registry.path.clone(), Some(registry.entry), Some(after));
        let steps: Vec<IndexStep> = std::iter::once(step).chain(derived.entries).collect();
        let CommittedIndex { file, glance, lasting } = index.clone();
        let peeks = std::iter::once((file, glance)).chain(lasting);
        let indexes = peeks.map(|(file, peek)| IndexChange::peeked(file, peek, steps.clone()));
        let written = steps.iter().map(|step| step.path.clone()).collect();
        let (path, replaced) = (registry.path.clone(), Some(registry.stamp));
        let prepared = vec![PreparedFile { path, new, replaced }];
        let (files, own) = (derived.files, Transaction::new(repo, indexes));
        // Everything that is needed from the old files has been read.
        std::iter::once(registry).chain(old_legacy).for_each(|old| old.file.close());
        let change = Transaction { prepared, files, written, ..own };
        change.commit(|| Ok(recording.require()?))?;
        Ok(Applied { blob, legacy, warnings: Vec::new() })
    }
}

/// Returns how the new registry text changes the legacy file, whose working file is open. `changed`
/// lists the records that changed, or is `None` if any are gone.
fn legacy_changes(
    repo: &Repo,
    file: &LegacyFile<'_>,
    source: &WorkingFile,
    registry: &File,
    changed: Option<&[Allocation]>,
) -> Result<DerivedChanges, StateError> {
    let before = source.read(repo)?;
    let text = file.text_from(registry, &before, changed);
    let text = text.map_err(|error| StoreError::new("derive", source.place(repo), error))?;
    let blob = repo.write_version(VersionedFile::Legacy, text.as_bytes())?;
    let after = Entry { blob, ..source.entry };
    let mut changes = DerivedChanges::default();
    changes.add(
        repo,
        DerivedFile {
            path: source.path.clone(),
            kind: DerivedKind::Legacy,
            before: Some(source.entry),
            after: Some(after),
            content: Some(text.into_bytes()),
            staged: Some(before),
        },
    )?;
    Ok(changes)
}

/// Returns the new and changed records; `None` if any are gone.
fn changed(before: &Registry, after: &Registry) -> Option<Vec<Allocation>> {
    let known: BTreeMap<Id, &Allocation> =
        before.allocations.iter().map(|record| (record.id, record)).collect();
    let present: BTreeSet<Id> = after.allocations.iter().map(|record| record.id).collect();
    known.keys().all(|id| present.contains(id)).then(|| {
        let is_changed = |record: &&Allocation| known.get(&record.id) != Some(record);
        after.allocations.iter().filter(is_changed).cloned().collect()
    })
}
