//! Plans and writes a commit from only the paths that it changes (see [`ChangedPaths`]), so that
//! the cost grows with the change, not with the repository. The result is the same as planning from
//! all paths.

use std::rc::Rc;

use idhooks_core::config::{Config, OnNew, is_own, legacy_attributes};
use idhooks_core::plan::{AllocationLog, ChangePlan, ChangedPaths, FileSource, Plan, PlanOptions};
use idhooks_core::registry::{BlobId, Entry, Mode, PackedRegistry, RepoPath, Splice};

use crate::derived::attribute_texts;
use crate::derived::legacy::LegacyFile;
use crate::git::attributes;
use crate::history::{Healed, Lineage, recent};
use crate::state::ids_in_files::CarrierReader;
use crate::state::{CommitState, RegistryState, StateError, Stored, WorkingFile, if_plannable};
use crate::transaction::{CommitInputs, PendingCommit, RegistryPart, commit_plan::now};

impl PendingCommit<'_> {
    /// Returns whether the commit can be planned from the paths it changes: HEAD is consistent, the
    /// index has HEAD's registry and rules unchanged, and under these rules, neither the files'
    /// content nor anything generated from it matters.
    ///
    /// # Errors
    /// Returns an error if the index, HEAD or objects cannot be read.
    pub fn is_plain(&self) -> Result<bool, StateError> {
        // New rules or a new registry may affect every path, not only the changed ones.
        if self.peek()?.is_none() || self.changes()?.iter().any(|change| is_own(&change.path)) {
            return Ok(false);
        }
        let generates = |rules: &Config| rules.generates_in_commits();
        // If the environment overrides the rules, the legacy file may be out of step.
        let is_settled = |file: LegacyFile<'_>| file.is_checked() == file.is_written();
        Ok(!self.content_rules()?.is_some_and(generates)
            && self.legacy_file()?.is_none_or(is_settled)
            && !self.changes_contents()?
            && self.is_head_consistent()?)
    }

    /// Plans the registry for a commit that can be planned this way; returns `None` if everything
    /// has to be read after all, either because the registry cannot be read in part, or because
    /// something blocks the commit and must be reported.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn plan_changes(
        &self,
        config: &Config,
        given: &AllocationLog,
    ) -> Result<Option<(CommitInputs, Plan)>, StateError> {
        let (Some(index), Some((head, _))) = (self.peek()?, &self.head) else { return Ok(None) };
        let registry = index.source(self.repo)?.filter(WorkingFile::is_readable);
        let Some(registry) = registry else { return Ok(None) };
        let Ok(text) = registry.file.get() else { return Ok(None) };
        let (mut records, changes) = (PackedRegistry::new(&*text), self.changes()?);
        let recent = |generation| recent(self.repo, &[*head], &Healed::new(), generation);
        let planned = self.repo.with_contents(config.rename.fetch_limit(), |blobs| {
            let paths = ChangedPaths { config, files: self, changes, blobs, now: now(self.repo) };
            paths.plan(
                &mut records,
                PlanOptions {
                    recent: &recent,
                    given: Some(given),
                    moved: self.moved(),
                    allocate: config.allocation.on_new == OnNew::Allocate,
                    ..PlanOptions::default()
                },
            )
        });
        let change = if_plannable(planned)?.flatten().filter(|change| change.plan.is_whole());
        let Some(ChangePlan { before, trees: [old, new], plan }) = change else { return Ok(None) };
        // Each of these conditions blocks the commit, and reporting it requires the whole registry.
        let is_other_scope = config.scope.is_some_and(|scope| scope != before.scope);
        let carriers = CarrierReader { repo: self.repo, config, registry: &plan.registry };
        if is_other_scope || !carriers.carry_their_own(self.added()?) {
            return Ok(None);
        }
        let (mut text, mut legacy) = (Splice::default(), None);
        if !plan.registry.says_the_same_as(&before) {
            let Some(changed) = records.with(&plan.registry) else { return Ok(None) };
            text = changed;
            let file = LegacyFile::by_rules(self.repo, config).filter(LegacyFile::is_written);
            if let Some(file) = file {
                legacy = self.open_legacy(&file)?;
                // If the line in `.gitattributes` is missing or the working file was edited, the
                // commit must change more than these records.
                if legacy.is_none() {
                    return Ok(None);
                }
            }
        }
        let stored = Stored { blob: registry.entry.blob, bytes: Vec::new(), registry: before };
        let stored = Rc::new(stored);
        let [old, state] = [old, new]
            .map(|tree| CommitState::without_registry(tree, RegistryState::Read(stored.clone())));
        let inputs = CommitInputs {
            // Only the records for the changed paths are known here, so nothing may use them to
            // check the whole registry.
            lineage: Lineage::of_part(*head, old),
            state,
            stored,
            is_healed: false,
            part: Some(RegistryPart { index: index.clone(), registry, text, legacy }),
            offered: Vec::new(),
            sibling_findings: Vec::new(),
        };
        Ok(Some((inputs, plan)))
    }

    /// Opens the legacy file, which is in step in HEAD. Returns `None` if the working tree's copy
    /// is different or missing, or if the file's line in `.gitattributes` is missing.
    fn open_legacy(&self, file: &LegacyFile<'_>) -> Result<Option<WorkingFile>, StateError> {
        let entry = self.entry(file.path())?.filter(|entry| entry.mode == Mode::Regular);
        let (Some(index), Some(entry)) = (self.peek()?, entry) else { return Ok(None) };
        let lines = [legacy_attributes(file.path())];
        let texts = attribute_texts(self.repo, self.entry(&RepoPath::attributes())?)?;
        let has = |text: &[u8]| attributes::with_outputs(Some(text), &lines).is_none();
        match texts.iter().all(|text| text.as_deref().is_some_and(has)) {
            true => index.other_source(self.repo, file.path(), entry),
            false => Ok(None),
        }
    }

    /// Returns the files that are not in HEAD.
    fn added(&self) -> Result<impl Iterator<Item = (&RepoPath, Entry)>, StateError> {
        let is_file = |entry: &Entry| entry.mode.is_file();
        let added = self.changes()?.iter().filter(move |c| !c.old.as_ref().is_some_and(is_file));
        Ok(added.filter_map(|change| Some((&change.path, change.new?))))
    }
}

impl FileSource for PendingCommit<'_> {
    type Error = StateError;

    fn entry(&self, path: &RepoPath) -> Result<Option<Entry>, StateError> {
        Ok(self.entry(path)?)
    }

    fn may_have_others(&self, files: &[(&RepoPath, BlobId)]) -> Result<bool, StateError> {
        Ok(self.peek()?.is_none_or(|peek| peek.glance.may_have_others(files)))
    }

    fn each(&self, look: &mut dyn FnMut(&[u8], Entry)) -> Result<bool, StateError> {
        // This is the index in which the registry will be replaced.
        let peek = self.peek()?.map(|peek| peek.glance.clone());
        let look = |path: &[u8], entry, _| look(path, entry);
        Ok(self.repo.listing(&self.file, peek, look)?.is_some())
    }
}
