//! Plans a commit on a consistent HEAD from its changes alone.
//!
//! If HEAD is known to be consistent and git has cached the tree to be committed, everything that
//! the commit does not change is correct. So only the records of the paths that differ are read and
//! planned with: the cost grows with the change, not with the repository. Anything unusual is left
//! to the full plan, which returns the same result.

use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;
use idhooks_core::check::{Parent, Placement};
use idhooks_core::config::{CONFIG_PATH, Config, OnNew, is_own};
use idhooks_core::plan::{AllocationLog, Plan, Situation, plan};
use idhooks_core::registry::{
    BlobId, Change, Entry, Origin, PartialRegistry, REGISTRY_PATH, RecordLine, Registry, RepoPath,
    Splice, Status, Tree,
};
use idhooks_core::rename::Originals;

use crate::git::{Commit, CommitId, Repo, TreeId};

use crate::history::{
    Consistency, check_consistency, heal::Healed, is_complete, only_edits, recent,
};
use crate::state::ids_in_files::carry_their_own;
use crate::state::shortcuts;
use crate::state::{CommittedIndex, StateError, WorkingRegistry, read_config_in, read_config_text};
use crate::transaction::Pick;
use crate::transaction::prepare::now;

/// A commit to be made on a consistent HEAD.
#[derive(Debug)]
pub struct Brief<'a> {
    repo: &'a Repo,
    /// The index to be committed.
    pub index: CommittedIndex,
    /// HEAD.
    pub head: (CommitId, Commit),
    changes: Vec<Change>,
}

/// The registry that such a commit must carry.
#[derive(Debug)]
pub struct Outline {
    /// The records that were read, as in HEAD.
    pub before: Registry,
    /// The plan for them.
    pub plan: Plan,
    /// The working file of the registry and its new content; `None` if it does not change.
    pub written: Option<(WorkingRegistry, Splice)>,
}

impl<'a> Brief<'a> {
    /// Reads the commit being made; `None` if the full plan is needed.
    ///
    /// # Errors
    /// Returns an error if the index, HEAD or objects cannot be read.
    pub fn of(repo: &'a Repo) -> Result<Option<Self>, StateError> {
        let is_plain = repo.merge_heads()?.is_empty()
            && !repo.is_picking_several()
            && Pick::in_progress(repo)?.is_empty();
        if !is_plain || !shortcuts() {
            return Ok(None);
        }
        let Some(id) = repo.head()?.filter(|id| repo.has_commit(*id)) else { return Ok(None) };
        let commit = repo.commit(id)?;
        let Some(index) = CommittedIndex::of(repo)? else { return Ok(None) };
        if repo.tree_entry(commit.tree, REGISTRY_PATH)? != Some(index.glance.registry)
            || check_consistency(repo, id)? != Consistency::Consistent
            || !is_complete(repo, id)?
        {
            return Ok(None);
        }
        let changes = repo.changes(commit.tree, index.glance.root)?;
        if changes.iter().any(|change| is_own(&change.path)) {
            return Ok(None);
        }
        if contents_count(repo, index.glance.root, &changes)? {
            return Ok(None);
        }
        Ok(Some(Brief { repo, index, head: (id, commit), changes }))
    }

    /// Returns whether the commit only edits files, so that the registry does not matter.
    pub fn is_edit(&self) -> bool {
        only_edits(&self.changes)
    }

    /// Plans the registry that the commit must carry; `None` if the full plan is needed.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn outline(&self, given: &AllocationLog) -> Result<Option<Outline>, StateError> {
        let config = self.config()?;
        let source = self.index.source(self.repo)?;
        let Some(source) = source.filter(WorkingRegistry::is_readable) else { return Ok(None) };
        let mut wanted = ConcernedRecords::by(&self.changes);
        let Some(originals) = self.originals(&config, &wanted)? else { return Ok(None) };
        wanted.paths.extend(originals.iter().map(RepoPath::as_bytes));
        let partial = PartialRegistry::of(&source.file, |line| wanted.has(line));
        let Some(partial) = partial else { return Ok(None) };
        let before = partial.registry();
        let is_other_scope = config.scope.is_some_and(|scope| scope != before.scope);
        if is_other_scope || before.allocations.iter().any(|r| wanted.is_fresh(r.origin)) {
            return Ok(None);
        }
        let Some([old, new]) = self.trees(&before)? else { return Ok(None) };
        let parent = Parent { registry: &before, tree: &old };
        let planned = plan(&Situation {
            config: &config,
            scope: before.scope,
            index: &new,
            parents: &[parent],
            merged: Some(&before),
            base: Some(&before),
            staged: Some(&before),
            rest: Some(&partial),
            offered: &[],
            published: &Placement::new(),
            sources: &[],
            reverting: false,
            recent: &|generation| recent(self.repo, &[self.head.0], &Healed::new(), generation),
            blobs: self.repo,
            witness: &|_, _| true,
            given,
            now: now(),
            allocate: config.on_new == OnNew::Allocate,
            progress: &|| {},
        });
        // The full plan reports what stops the commit.
        let Some(plan) = planned.ok().filter(|plan| plan.missing.is_empty()) else {
            return Ok(None);
        };
        if !wanted.knows_all_new(&before, &plan.registry)
            || !carry_their_own(self.repo, &config, &plan.registry, self.added())
        {
            return Ok(None);
        }
        let written = match plan.registry.says_the_same_as(&before) {
            true => None,
            false => match partial.with(&plan.registry) {
                Some(pieces) => Some((source, pieces)),
                None => return Ok(None),
            },
        };
        Ok(Some(Outline { before, plan, written }))
    }

    /// Returns the files that HEAD does not have.
    fn added(&self) -> impl Iterator<Item = (&RepoPath, Entry)> {
        let is_file = |entry: &Entry| entry.mode.is_file();
        let added = self.changes.iter().filter(move |c| !c.old.as_ref().is_some_and(is_file));
        added.filter_map(|change| Some((&change.path, change.new?)))
    }

    /// Returns the unchanged files of which new files are exact copies; `None` if the full plan is
    /// needed.
    fn originals(
        &self,
        config: &Config,
        wanted: &ConcernedRecords<'_>,
    ) -> Result<Option<BTreeSet<RepoPath>>, StateError> {
        let copies = wanted.fresh.iter().filter(|_| config.rename.copies);
        let mut originals = Originals::of(copies.map(|(path, blob)| (*path, *blob)), self.repo);
        let (blobs, count) = originals.open();
        // The new files themselves have these objects.
        if blobs.is_empty() || self.index.count_entries_of(self.repo, &blobs)? == Some(count) {
            return Ok(Some(BTreeSet::new()));
        }
        let is_complete = self.index.look_through(self.repo, |path, entry| {
            if entry.mode.is_file()
                && originals.wants(entry.blob)
                && !wanted.paths.contains(path)
                && let Ok(path) = RepoPath::new(path)
                && config.tracks(&path)
            {
                originals.offer(&path, entry.blob);
            }
        })?;
        Ok(is_complete.then(|| originals.into_sources().into_values().collect()))
    }

    /// Reads the rules.
    fn config(&self) -> Result<Config, StateError> {
        let entry = self.repo.tree_entry(self.index.glance.root, CONFIG_PATH)?;
        read_config_in(self.repo, entry)
    }

    /// Returns the entries of HEAD and of the index at the paths that differ and at those of the
    /// other records that were read; `None` if a file may have a holder that was not read.
    fn trees(&self, read: &Registry) -> Result<Option<[Tree; 2]>, StateError> {
        let side = |entry: fn(&Change) -> Option<Entry>| -> Tree {
            let there = self.changes.iter();
            there.filter_map(|change| Some((change.path.clone(), entry(change)?))).collect()
        };
        let mut trees = [side(|change| change.old), side(|change| change.new)];
        let changed: HashSet<&RepoPath> = self.changes.iter().map(|change| &change.path).collect();
        for record in read.allocations.iter().filter(|r| !changed.contains(&r.path)) {
            if !record.is_active() && !record.is_deprecated_by_command() {
                continue;
            }
            match self.repo.tree_entry(self.index.glance.root, record.path.as_bytes())? {
                Some(entry) if record.is_active() => {
                    for tree in &mut trees {
                        tree.insert(record.path.clone(), entry);
                    }
                }
                None if !record.is_active() => {}
                _ => return Ok(None),
            }
        }
        Ok(Some(trees))
    }
}

/// Returns whether a changed file carries its identity by the rules of a tree, so that its content
/// matters. Rules that do not mention embedding are not parsed.
///
/// # Errors
/// Returns an error if objects cannot be read or `idhooks.toml` is invalid.
pub fn contents_count(repo: &Repo, root: TreeId, changes: &[Change]) -> Result<bool, StateError> {
    let entry = repo.tree_entry(root, CONFIG_PATH)?;
    let text = match entry.map(|entry| read_config_text(repo, entry)) {
        Some(Err(StateError::Git(_))) | None => Vec::new(),
        Some(text) => text?,
    };
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start);
    let speaks = |line: &[u8]| memchr::memmem::find(line, b"embed").is_some();
    if !lines.any(|line| !line.starts_with(b"#") && speaks(line)) {
        return Ok(false);
    }
    let config = read_config_in(repo, entry)?;
    Ok(changes.iter().any(|change| config.embeds(&change.path)))
}

/// The records that a change concerns.
struct ConcernedRecords<'a> {
    paths: HashSet<&'a [u8], RandomState>,
    blobs: HashSet<String>,
    /// The origins that new files would get.
    origins: HashSet<Origin, RandomState>,
    fresh: HashMap<&'a RepoPath, BlobId>,
}

impl<'a> ConcernedRecords<'a> {
    fn by(changes: &'a [Change]) -> Self {
        let file = |entry: Option<Entry>| entry.filter(|entry| entry.mode.is_file());
        let gone: HashSet<BlobId> =
            changes.iter().filter_map(|change| Some(file(change.old)?.blob)).collect();
        let mut wanted = ConcernedRecords {
            paths: changes.iter().map(|change| change.path.as_bytes()).collect(),
            blobs: HashSet::new(),
            origins: HashSet::default(),
            fresh: HashMap::new(),
        };
        for change in changes.iter().filter(|change| file(change.old).is_none()) {
            let Some(new) = file(change.new) else { continue };
            wanted.blobs.insert(new.blob.to_string());
            // A file that was only renamed gets no new identity, as a rule.
            if !gone.contains(&new.blob) {
                let origin = Origin::of_file(&change.path, new.blob, 0);
                wanted.origins.insert(origin);
                wanted.fresh.insert(&change.path, new.blob);
            }
        }
        wanted
    }

    fn has(&self, line: &RecordLine<'_>) -> bool {
        let was_here = |blob| line.status == Status::Deprecated && self.blobs.contains(blob);
        self.paths.contains(line.path)
            || self.origins.contains(&line.origin)
            || line.last_blob.is_some_and(was_here)
    }

    /// Returns whether a new file would get this origin if it were free.
    fn is_fresh(&self, origin: Origin) -> bool {
        self.origins.contains(&origin)
    }

    /// Returns whether the origins of all new records were searched for.
    fn knows_all_new(&self, before: &Registry, after: &Registry) -> bool {
        let known: HashSet<Origin> = before.allocations.iter().map(|r| r.origin).collect();
        let mut new = after.allocations.iter().filter(|r| !known.contains(&r.origin));
        new.all(|record| self.fresh.contains_key(&record.path))
    }
}
