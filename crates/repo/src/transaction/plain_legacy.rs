//! The legacy file of a commit that is planned from its changed paths, see [`PlainCommit`].
//!
//! HEAD is consistent, so the file there is in step: what did not change in the registry is copied from it. The
//! rest, and all of it in a form of which that is not possible, is derived from the text of the new registry.
//!
//! [`PlainCommit`]: super::PlainCommit

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek};
use std::time::Instant;

use idhooks_core::config::{ATTRIBUTES_PATH, Config, attributes, legacy_attributes};
use idhooks_core::plan::ChangePlan;
use idhooks_core::registry::{Allocation, Entry, Id, Mode, RepoPath};

use crate::generators::attribute_texts;
use crate::git::{Repo, TreeId};
use crate::state::{CommittedIndex, LegacyFile, StateError, WorkingFile};
use crate::store::{Access, Replacement, journal::IndexStep};
use crate::transaction::audit::Recording;
use crate::transaction::{PreparedFile, statistics::count_dual_write};

/// What a commit on a consistent HEAD does with the legacy file.
#[derive(Debug)]
pub(super) enum LegacyDuty<'a> {
    /// The rules name none, or no one writes it.
    Nothing,
    /// It follows the registry.
    Derive(LegacyFile<'a>),
    /// The environment says other than the rules, so that it may be out of step.
    Compare,
}

impl<'a> LegacyDuty<'a> {
    /// Returns what these rules and the environment of this process demand.
    pub(super) fn of(repo: &'a Repo, config: &Config) -> Self {
        let Some(file) = LegacyFile::by_rules(repo, config) else { return LegacyDuty::Nothing };
        match (file.is_checked(), file.is_written()) {
            (false, false) => LegacyDuty::Nothing,
            (true, true) => LegacyDuty::Derive(file),
            (true, false) | (false, true) => LegacyDuty::Compare,
        }
    }
}

/// A legacy file that HEAD, the index and the working tree have with the same content.
#[derive(Debug)]
pub struct PlainLegacy<'a> {
    file: LegacyFile<'a>,
    entry: Entry,
    source: WorkingFile,
    /// The records that the commit changes or adds, unless it removes some.
    changed: Option<Vec<Allocation>>,
}

impl<'a> PlainLegacy<'a> {
    /// Opens the legacy file of an index, which has that of HEAD; `None` if the working tree has
    /// another one or none, or if the line for it in `.gitattributes` is missing.
    ///
    /// # Errors
    /// Returns an error if objects or files cannot be read.
    pub(super) fn open(
        repo: &Repo,
        index: &CommittedIndex,
        file: LegacyFile<'a>,
        change: &ChangePlan,
    ) -> Result<Option<Self>, StateError> {
        let root = index.glance.root;
        let entry = repo.tree_entry(root, file.path().as_bytes())?;
        let Some(entry) = entry.filter(|entry| entry.mode == Mode::Regular) else {
            return Ok(None);
        };
        if !has_attributes(repo, root, file.path())? {
            return Ok(None);
        }
        let source = index.other_source(repo, file.path(), entry)?;
        let changed = changed(change);
        Ok(source.map(|source| PlainLegacy { file, entry, source, changed }))
    }

    /// Derives its text from that of the new registry, and stores it; the audit log has that, too.
    ///
    /// # Errors
    /// Returns an error if objects or files cannot be written.
    pub(super) fn derive(
        &self,
        repo: &Repo,
        registry: &File,
        recording: &mut Recording<'_>,
    ) -> Result<(PreparedFile, IndexStep), StateError> {
        let start = Instant::now();
        let derived = recording.dual_write_at(self.file.path(), || self.derived(repo, registry));
        count_dual_write(repo, start.elapsed(), &derived);
        derived
    }

    fn derived(
        &self,
        repo: &Repo,
        registry: &File,
    ) -> Result<(PreparedFile, IndexStep), StateError> {
        let path = self.file.path().clone();
        let target = repo.top().join(path.to_os_path());
        let new = Replacement::prepare_by(&repo.scratch(), &target, Access::Keep, |out| {
            let (mut before, mut source) = (Vec::new(), &self.source.file);
            source.rewind()?;
            source.read_to_end(&mut before)?;
            self.file.write_from(registry, &before, self.changed.as_deref(), out)
        });
        if new.is_err() && !self.source.stamp.is_of_moved(&target) {
            return Err(StateError::IndexMoved);
        }
        let new = new?;
        let after = Entry { blob: repo.write_blob_of(new.file())?, ..self.entry };
        let step = IndexStep::new(path.clone(), Some(self.entry), Some(after));
        Ok((PreparedFile { path, new, replaced: Some(self.source.stamp) }, step))
    }
}

/// Returns the records that a plan changes or adds; nothing if it removes some.
fn changed(change: &ChangePlan) -> Option<Vec<Allocation>> {
    let (before, after) = (&change.before, &change.plan.registry);
    let known: BTreeMap<Id, &Allocation> =
        before.allocations.iter().map(|record| (record.id, record)).collect();
    let present: BTreeSet<Id> = after.allocations.iter().map(|record| record.id).collect();
    known.keys().all(|id| present.contains(id)).then(|| {
        let is_changed = |record: &&Allocation| known.get(&record.id) != Some(record);
        after.allocations.iter().filter(is_changed).cloned().collect()
    })
}

/// Returns whether `.gitattributes` has the line for the legacy file, in a tree and in the working tree.
fn has_attributes(repo: &Repo, root: TreeId, path: &RepoPath) -> Result<bool, StateError> {
    let lines = [legacy_attributes(path)];
    let texts = attribute_texts(repo, repo.tree_entry(root, ATTRIBUTES_PATH)?)?;
    let has = |text: &[u8]| attributes::with_outputs(Some(text), &lines).is_none();
    Ok(texts.iter().all(|text| text.as_deref().is_some_and(has)))
}
