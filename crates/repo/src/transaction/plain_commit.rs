//! A commit to be made on a consistent HEAD whose registry the index has unchanged: the usual case.
//!
//! It is planned from the paths that it changes, see [`ChangedPaths`]: the cost grows with the
//! change, not with the repository. All other commits are planned from everything, with the same
//! result.

use idhooks_core::config::{CONFIG_PATH, Config, OnNew, is_own};
use idhooks_core::plan::{AllocationLog, ChangePlan, ChangedPaths, FileSource, PlanOptions};
use idhooks_core::registry::{Change, Entry, PackedRegistry, REGISTRY_PATH, RepoPath, Splice};

use crate::git::{Commit, CommitId, Repo, TreeId};
use crate::history::{Consistency, Healed, check_consistency, is_complete, only_edits, recent};
use crate::state::ids_in_files::CarrierReader;
use crate::state::{
    CommittedIndex, LegacyFile, StateError, WorkingFile, read_config_in, rules_mentioning,
};
use crate::store::{Access, Replacement, journal::IndexStep};
use crate::transaction::audit::Recording;
use crate::transaction::plain_legacy::{LegacyDuty, PlainLegacy};
use crate::transaction::{
    Applied, IndexChange, Pick, PreparedFile, Transaction, prepare::now, statistics::count_write,
};

/// A commit to be made on a consistent HEAD, with the same registry.
#[derive(Debug)]
pub struct PlainCommit<'a> {
    repo: &'a Repo,
    /// The index to be committed.
    pub index: CommittedIndex,
    /// HEAD.
    pub head: (CommitId, Commit),
    /// The changes from HEAD.
    pub changes: Vec<Change>,
    /// The rules, if they were read.
    rules: Option<Config>,
}

/// The registry that such a commit must carry.
#[derive(Debug)]
pub struct PlainPlan<'a> {
    /// The plan for the records that it concerns.
    pub change: ChangePlan,
    /// What it writes; `None` if the registry does not change.
    pub written: Option<PlainChange<'a>>,
}

/// What such a commit writes.
#[derive(Debug)]
pub struct PlainChange<'a> {
    /// The working file of the registry.
    source: WorkingFile,
    /// Its new content.
    text: Splice,
    /// The legacy file, if it follows the registry.
    legacy: Option<PlainLegacy<'a>>,
}

impl<'a> PlainCommit<'a> {
    /// Reads the commit being made; `None` if it is any other commit.
    ///
    /// # Errors
    /// Returns an error if the index, HEAD or objects cannot be read.
    pub fn of(repo: &'a Repo) -> Result<Option<Self>, StateError> {
        let is_plain = repo.merge_heads()?.is_empty()
            && !repo.is_picking_several()
            && Pick::in_progress(repo)?.is_empty();
        let Some(id) = repo.head()?.filter(|id| is_plain && repo.has_commit(*id)) else {
            return Ok(None);
        };
        let commit = repo.commit(id)?;
        let Some(index) = CommittedIndex::of(repo)? else { return Ok(None) };
        if repo.tree_entry(commit.tree, REGISTRY_PATH)? != Some(index.glance.registry.entry)
            || check_consistency(repo, id)? != Consistency::Consistent
            || !is_complete(repo, id)?
        {
            return Ok(None);
        }
        let changes = repo.changes(commit.tree, index.glance.root)?;
        let is_counted =
            |rules: &Config| rules.generates_in_commits() || contents_count(rules, &changes);
        let rules = content_rules(repo, index.glance.root)?;
        if changes.iter().any(|change| is_own(&change.path))
            || rules.as_ref().is_some_and(is_counted)
        {
            return Ok(None);
        }
        Ok(Some(PlainCommit { repo, index, head: (id, commit), changes, rules }))
    }

    /// Returns the legacy file, if the rules name one.
    pub fn legacy_file(&self) -> Option<LegacyFile<'a>> {
        self.rules.as_ref().and_then(|rules| LegacyFile::by_rules(self.repo, rules))
    }

    /// Returns whether the commit only edits files, so that the registry does not matter.
    pub fn is_edit(&self) -> bool {
        only_edits(&self.changes)
    }

    /// Plans the registry that the commit must carry; `None` if everything has to be read, because
    /// the registry cannot be read in parts, or something stops the commit and must be reported.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn plan(&self, given: &AllocationLog) -> Result<Option<PlainPlan<'a>>, StateError> {
        let config = self.config()?;
        let legacy = match LegacyDuty::of(self.repo, &config) {
            LegacyDuty::Nothing => None,
            LegacyDuty::Derive(file) => Some(file),
            LegacyDuty::Compare => return Ok(None),
        };
        let source = self.index.source(self.repo)?;
        let Some(source) = source.filter(WorkingFile::is_readable) else { return Ok(None) };
        let mut records = PackedRegistry::new(&source.file);
        let changes = &*self.changes;
        let recent = |generation| recent(self.repo, &[self.head.0], &Healed::new(), generation);
        let planned = self.repo.with_contents(config.rename.fetch_limit(), |blobs| {
            let paths = ChangedPaths { config: &config, files: self, changes, blobs, now: now() };
            paths.plan(
                &mut records,
                PlanOptions {
                    recent: &recent,
                    given: Some(given),
                    allocate: config.on_new == OnNew::Allocate,
                    ..PlanOptions::default()
                },
            )
        });
        let change = match planned {
            Err(StateError::Plan(_)) => None,
            planned => planned?.filter(|change| change.plan.is_whole()),
        };
        let Some(change) = change else { return Ok(None) };
        let (before, after) = (&change.before, &change.plan.registry);
        let is_other_scope = config.scope.is_some_and(|scope| scope != before.scope);
        let carriers = CarrierReader { repo: self.repo, config: &config, registry: after };
        if is_other_scope || !carriers.carry_their_own(self.added()) {
            return Ok(None);
        }
        let written = match after.says_the_same_as(before) {
            true => None,
            false => match (records.with(after), self.open_legacy(legacy, &change)?) {
                (Some(text), Some(legacy)) => Some(PlainChange { source, text, legacy }),
                _ => return Ok(None),
            },
        };
        Ok(Some(PlainPlan { change, written }))
    }

    /// Opens the legacy file, if there is one; `None` if it is not plain.
    fn open_legacy(
        &self,
        file: Option<LegacyFile<'a>>,
        change: &ChangePlan,
    ) -> Result<Option<Option<PlainLegacy<'a>>>, StateError> {
        match file {
            None => Ok(Some(None)),
            Some(file) => Ok(PlainLegacy::open(self.repo, &self.index, file, change)?.map(Some)),
        }
    }

    /// Writes the registry, and the legacy file that follows from it, into the index and the working
    /// tree, and the audit log if that is required: all or nothing.
    ///
    /// # Errors
    /// Returns an error if objects, an index, a file or a required log cannot be written, or if the
    /// index or the working file has changed since it was read.
    pub fn write(
        self,
        change: &PlainChange<'_>,
        recording: &mut Recording<'_>,
    ) -> Result<Applied, StateError> {
        let repo = self.repo;
        let written = self.replace(change, recording);
        count_write(repo, &written);
        written
    }

    fn replace(
        self,
        PlainChange { source, text, legacy }: &PlainChange<'_>,
        recording: &mut Recording<'_>,
    ) -> Result<Applied, StateError> {
        let (repo, CommittedIndex { file, glance, lasting }) = (self.repo, self.index);
        let path = repo.top().join(REGISTRY_PATH);
        let mut sum = repo.blob_sum(text.length());
        let new = Replacement::prepare_by(&repo.scratch(), &path, Access::Data, |out| {
            text.put(&source.file, sum.and(out))
        });
        if new.is_err() && !source.stamp.is_of_moved(&path) {
            return Err(StateError::IndexMoved);
        }
        let new = new?;
        let blob = repo.write_blob_from(sum.id(), text.length(), new.file())?;
        let legacy = match legacy.as_ref().map(|legacy| legacy.derive(repo, new.file(), recording))
        {
            // What was copied from the working file may be half of one version and half of another.
            Some(Err(_)) if !source.stamp.is_of_moved(&path) => return Err(StateError::IndexMoved),
            derived => derived.transpose()?,
        };
        let before = glance.registry.entry;
        let after = Entry { blob, ..before };
        let mut steps = vec![IndexStep::new(RepoPath::registry(), Some(before), Some(after))];
        let path = RepoPath::registry();
        let mut prepared = vec![PreparedFile { path, new, replaced: Some(source.stamp) }];
        let mut derived = None;
        if let Some((file, step)) = legacy {
            derived = step.after.map(|after| (step.path.clone(), after.blob));
            prepared.push(file);
            steps.push(step);
        }
        let peeks = std::iter::once((file, glance)).chain(lasting);
        let indexes = peeks.map(|(file, peek)| IndexChange::peeked(file, peek, steps.clone()));
        let written = prepared.iter().map(|file| file.path.clone()).collect();
        let change = Transaction { prepared, written, ..Transaction::new(repo, indexes) };
        change.commit(|| Ok(recording.require()?))?;
        Ok(Applied { blob, legacy: derived, warnings: Vec::new() })
    }

    /// Returns the files that HEAD does not have.
    fn added(&self) -> impl Iterator<Item = (&RepoPath, Entry)> {
        let is_file = |entry: &Entry| entry.mode.is_file();
        let added = self.changes.iter().filter(move |c| !c.old.as_ref().is_some_and(is_file));
        added.filter_map(|change| Some((&change.path, change.new?)))
    }

    /// Reads the rules.
    fn config(&self) -> Result<Config, StateError> {
        if let Some(rules) = &self.rules {
            return Ok(rules.clone());
        }
        let entry = self.repo.tree_entry(self.index.glance.root, CONFIG_PATH)?;
        read_config_in(self.repo, entry)
    }
}

impl FileSource for PlainCommit<'_> {
    type Error = StateError;

    fn entry(&self, path: &RepoPath) -> Result<Option<Entry>, StateError> {
        Ok(self.repo.tree_entry(self.index.glance.root, path.as_bytes())?)
    }

    fn each(&self, look: &mut dyn FnMut(&[u8], Entry)) -> Result<bool, StateError> {
        Ok(self.repo.listing(&self.index.file, None, look)?.is_some())
    }
}

/// Returns the rules of a tree if the content of files may matter by them: for the identities that
/// files carry, for the facts that the registry keeps, or for what is derived from them. Rules
/// that mention none of these are not parsed.
///
/// # Errors
/// Returns an error if objects cannot be read or `idhooks.toml` is invalid.
pub fn content_rules(repo: &Repo, root: TreeId) -> Result<Option<Config>, StateError> {
    let entry = repo.tree_entry(root, CONFIG_PATH)?;
    let words = ["embed", "describe", "generators", "dual_write"];
    match rules_mentioning(repo, entry, &words)? {
        true => Ok(Some(read_config_in(repo, entry)?)),
        false => Ok(None),
    }
}

/// Returns whether a changed file carries its identity by these rules, or the registry keeps facts
/// about it, or it is the legacy file, so that its content matters.
pub fn contents_count(rules: &Config, changes: &[Change]) -> bool {
    let counts = |path: &RepoPath| {
        rules.embeds(path) || rules.stores_facts_of(path) || rules.is_legacy_file(path)
    };
    changes.iter().any(|change| counts(&change.path))
}
