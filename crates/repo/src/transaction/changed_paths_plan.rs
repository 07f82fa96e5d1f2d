//! Plans and writes a commit from only the paths that it changes (see [`ChangedPaths`]), so that
//! the cost grows with the change, not with the repository. The result is the same as planning from
//! all paths.

use std::rc::Rc;

use idhooks_core::config::{Config, OnNew, is_own, legacy_attributes};
use idhooks_core::plan::{AllocationLog, ChangePlan, ChangedPaths, FileSource, Plan, PlanOptions};
use idhooks_core::registry::{BlobId, Change, Entry, Mode, PackedRegistry, Records, RepoPath};
use idhooks_core::rename::Siblings;

use crate::derived::attribute_texts;
use crate::derived::legacy::LegacyFile;
use crate::git::{CommitId, attributes};
use crate::history::{
    CommitReader, Healed, Lineage, is_known_as_staged, recent, witness::Witnesses,
};
use crate::state::ids_in_files::CarrierReader;
use crate::state::{CommitState, RegistryState, StateError, Stored, WorkingFile, if_plannable};
use crate::transaction::{CommitInputs, PendingCommit, RegistryPart, commit_plan::now};

impl PendingCommit<'_> {
    /// Returns whether the commit can be planned from the paths it changes: HEAD is consistent, the
    /// index has HEAD's rules and its registry, or one that a command has staged on it, and under
    /// these rules, neither the files' content nor anything generated from it matters.
    ///
    /// # Errors
    /// Returns an error if the index, HEAD or objects cannot be read.
    pub fn is_plain(&self) -> Result<bool, StateError> {
        if self.peek()?.is_none() {
            return Ok(false);
        }
        // New rules or a new registry may affect every path, not only the changed ones. But what a
        // command has staged on HEAD's registry are a few records.
        if self.changes()?.iter().any(|change| is_own(&change.path))
            && (!self.changes_only_registry()? || self.legacy_file()?.is_some())
        {
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
        let mut records = PackedRegistry::new(&*text);
        let differing = self.staged_registry()?;
        let parent = differing.map_or(registry.entry.blob, |[before, _]| before);
        let change = self.change_plan(*head, config, given, &mut records, differing)?;
        let Some(ChangePlan { before, staged, trees: [old, new], plan }) = change else {
            return Ok(None);
        };
        // Each of these conditions blocks the commit, and reporting it requires the whole registry.
        let is_other_scope = config.scope.is_some_and(|scope| scope != before.scope);
        let carriers = CarrierReader { repo: self.repo, config, registry: &plan.registry };
        // A command may have given a file another identity than it carries.
        let files: Vec<(&RepoPath, Entry)> = match differing {
            Some(_) => new.iter().map(|(path, entry)| (path, *entry)).collect(),
            None => self.added()?.collect(),
        };
        if is_other_scope || !carriers.carry_their_own(files) {
            return Ok(None);
        }
        let Some(text) = records.with(&plan.registry) else { return Ok(None) };
        let mut legacy = None;
        if !plan.registry.says_the_same_as(&staged) {
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
        let [before, stored] = [(parent, before), (registry.entry.blob, staged)]
            .map(|(blob, registry)| Rc::new(Stored { blob, bytes: Vec::new(), registry }));
        let [old, state] = [(old, &before), (new, &stored)].map(|(tree, registry)| {
            CommitState::without_registry(tree, RegistryState::Read(registry.clone()))
        });
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

    /// Plans the records that the commit concerns; returns `None` if that takes all of them.
    /// `differing` are the registries in HEAD and in the index, if they differ.
    fn change_plan(
        &self,
        head: CommitId,
        config: &Config,
        given: &AllocationLog,
        records: &mut impl Records,
        differing: Option<[BlobId; 2]>,
    ) -> Result<Option<ChangePlan>, StateError> {
        let changes = self.changes()?;
        let staged = match differing {
            Some([old, new]) => CommitReader::new(self.repo).differing_records(old, new)?,
            None => None,
        };
        if differing.is_some() && staged.is_none() {
            return Ok(None);
        }
        let recent = |generation| recent(self.repo, &[head], &Healed::new(), generation);
        let witnesses = Witnesses::of(self.repo);
        let planned = self.repo.with_contents(config.rename.fetch_limit(), |blobs| {
            let (staged, now) = (staged.as_ref(), now(self.repo));
            let paths = ChangedPaths { config, files: self, changes, staged, blobs, now };
            paths.plan(
                records,
                PlanOptions {
                    recent: &recent,
                    witness: &|origin, path| witnesses.confirm(origin, path),
                    given: Some(given),
                    moved: self.moved(),
                    allocate: config.allocation.on_new == OnNew::Allocate,
                    ..PlanOptions::default()
                },
            )
        });
        Ok(if_plannable(planned)?.flatten().filter(|change| change.plan.is_whole()))
    }

    /// Returns the registries in HEAD and in the index, if they differ and both are files.
    fn staged_registry(&self) -> Result<Option<[BlobId; 2]>, StateError> {
        let is_registry = |change: &&Change| change.path == RepoPath::registry();
        let Some(change) = self.changes()?.iter().find(is_registry) else { return Ok(None) };
        let blob = |entry: Option<Entry>| {
            entry.filter(|entry| entry.mode == Mode::Regular).map(|entry| entry.blob)
        };
        Ok(blob(change.old).zip(blob(change.new)).map(Into::into))
    }

    /// Returns whether the registry is the only one of our own files that the commit changes, and a
    /// command has staged it on HEAD's.
    fn changes_only_registry(&self) -> Result<bool, StateError> {
        let own = self.changes()?.iter().filter(|change| is_own(&change.path)).count();
        let staged = self.staged_registry()?;
        Ok(own == 1 && staged.is_some_and(|blobs| is_known_as_staged(self.repo, blobs)))
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

    fn siblings(&self, path: &RepoPath) -> Result<Siblings, StateError> {
        let head = self.head.as_ref().map(|(_, commit)| commit.tree);
        Ok(head.map_or(Ok(Siblings::new()), |tree| self.repo.siblings(tree, path))?)
    }

    fn each(&self, look: &mut dyn FnMut(&[u8], Entry)) -> Result<bool, StateError> {
        // This is the index in which the registry will be replaced.
        let peek = self.peek()?.map(|peek| peek.glance.clone());
        let look = |path: &[u8], entry, _| look(path, entry);
        Ok(self.repo.listing(&self.file, peek, look)?.is_some())
    }
}
