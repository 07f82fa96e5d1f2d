//! Plans a commit, given the paths that it changes.
//!
//! If the parent is consistent and the index contains its registry, everything that the commit
//! leaves unchanged is already correct. So only the records for the paths that differ are read and
//! used for planning: the cost grows with the size of the change, not of the repository. The result
//! is the same as if [`plan`] had been given all paths.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;

use crate::check::Parent;
use crate::config::Config;
use crate::registry::{
    BlobId, Change, Entry, HeldDocIds, Origin, RecordQuery, Records, Registry, RepoPath, Timestamp,
    Tree,
};
use crate::rename::{Blobs, Originals, Siblings, related};

use super::counter_floors::{lacks_floor, legacy_bound, needs_floors};
use super::plan_input::{Plan, PlanError, PlanInput, PlanOptions};
use super::planner::plan;

/// How many generations of a new file's origin to search for before giving up.
const GENERATIONS: u32 = 64;

/// The files in the commit being planned.
pub trait FileSource {
    /// The error from reading the files.
    type Error: From<PlanError>;

    /// Returns the entry at a path.
    ///
    /// # Errors
    /// Returns an error if the entry cannot be read.
    fn entry(&self, path: &RepoPath) -> Result<Option<Entry>, Self::Error>;

    /// Returns whether any other file might have the same content as one of these files. Each file
    /// is given with its content.
    ///
    /// # Errors
    /// Returns an error if the files cannot be read.
    fn may_have_others(&self, files: &[(&RepoPath, BlobId)]) -> Result<bool, Self::Error>;

    /// Returns the siblings of a file of the parent (see [`sample_siblings`](crate::rename::sample_siblings)).
    ///
    /// # Errors
    /// Returns an error if the parent's files cannot be read.
    fn siblings(&self, path: &RepoPath) -> Result<Siblings, Self::Error>;

    /// Calls `look` for every path, in bytewise order. Returns whether it covered all paths.
    ///
    /// # Errors
    /// Returns an error if the files cannot be read.
    fn each(&self, look: &mut dyn FnMut(&[u8], Entry)) -> Result<bool, Self::Error>;
}

/// A commit about to be made or healed. Its only parent is consistent, and its files include that
/// parent's registry or one that commands have staged on top of it.
pub struct ChangedPaths<'a, F> {
    /// The rules.
    pub config: &'a Config,
    /// The commit's files.
    pub files: &'a F,
    /// The paths where the commit differs from its parent.
    pub changes: &'a [Change],
    /// If commands have staged a registry, which is the one that is read: the records that differ
    /// between the parent's registry and this one, in both versions.
    pub staged: Option<&'a [Registry; 2]>,
    /// The contents of blobs.
    pub blobs: &'a dyn Blobs,
    /// The date for new records.
    pub now: Timestamp,
}

/// The plan for the records involved in a commit.
#[derive(Debug)]
pub struct ChangePlan {
    /// The records that were read, in the state they have in the parent.
    pub before: Registry,
    /// The records that were read, as they are staged.
    pub staged: Registry,
    /// The parent's and the commit's entries at the paths involved.
    pub trees: [Tree; 2],
    /// The plan for these records.
    pub plan: Plan,
}

impl<F: FileSource> ChangedPaths<'_, F> {
    /// Plans the registry that the commit must contain, using only the records involved. Returns
    /// `None` if the plan needs all paths, because the registry cannot be read in parts or the
    /// parent is inconsistent.
    ///
    /// # Errors
    /// Returns an error if a counter is full, or if files cannot be read.
    pub fn plan<R: Records>(
        &self,
        records: &mut R,
        options: PlanOptions<'_>,
    ) -> Result<Option<ChangePlan>, F::Error> {
        let mut concerned = Concerned::by(self.changes, self.config);
        let Some(unchanged) = self.unchanged(&concerned)? else { return Ok(None) };
        concerned.query.paths.extend(unchanged.originals.iter().map(bytes));
        concerned.add_records(self.staged.into_iter().flatten());
        let count = |blob| unchanged.counts.get(&blob).copied().unwrap_or(0);
        let failure = RefCell::new(None);
        let siblings = |path: &RepoPath| {
            self.files.siblings(path).unwrap_or_else(|error| {
                *failure.borrow_mut() = Some(error);
                Siblings::new()
            })
        };
        loop {
            let Some(staged) = records.read(&concerned.query) else { return Ok(None) };
            let before = self.before(&staged);
            let known = concerned.query.paths.len();
            let Some([old, new]) = self.trees([&before, &staged], &mut concerned)? else {
                return Ok(None);
            };
            // An added path may have additional records, which also belong in the plan.
            if concerned.query.paths.len() > known {
                continue;
            }
            let situation = PlanInput {
                config: self.config,
                scope: before.scope,
                index: &new,
                parents: &[Parent { registry: &before, tree: &old }],
                merged: Some(&before),
                base: Some(&before),
                staged: (!options.is_healing).then_some(&staged),
                blobs: self.blobs,
                now: self.now,
                options: PlanOptions {
                    unread: Some(&*records),
                    unchanged: Some(&count),
                    siblings: Some(&siblings),
                    ..options
                },
            };
            let plan = plan(&situation)?;
            if let Some(error) = failure.take() {
                return Err(error);
            }
            let is_bounded = plan.registry.legacy_bound() >= legacy_bound(self.config);
            // The legacy file's counters depend on all records.
            if needs_floors(self.config.dual_write.as_deref())
                && (lacks_floor(&plan.registry) || !is_bounded)
            {
                return Ok(None);
            }
            if concerned.add_doc_ids(&before, &plan.registry) {
                continue;
            }
            if concerned.has_all_origins_of(&before, &plan.registry) {
                return Ok(Some(ChangePlan { before, staged, trees: [old, new], plan }));
            }
            if !concerned.add_origins() {
                return Ok(None);
            }
        }
    }

    /// Returns the records that were read, in the state they have in the parent.
    fn before(&self, staged: &Registry) -> Registry {
        let Some([before, after]) = self.staged else { return staged.clone() };
        let changed: HashSet<Origin> = after.allocations.iter().map(|r| r.origin).collect();
        let kept = staged.allocations.iter().filter(|record| !changed.contains(&record.origin));
        let allocations = kept.chain(&before.allocations).cloned().collect();
        Registry { allocations, ..before.head() }
    }

    /// Returns the facts about changed files that depend on unchanged files; `None` if an unchanged
    /// file cannot be read. Reads no unchanged files if nothing depends on them.
    fn unchanged(&self, concerned: &Concerned<'_>) -> Result<Option<UnchangedFiles>, F::Error> {
        let copies = concerned.new_contents.iter().filter(|_| self.config.rename.copies);
        let mut originals = Originals::of(copies.copied(), self.blobs);
        // Empty files are equal by chance, no matter how many there are.
        let empty = self.blobs.id_of(b"");
        let is_counted = |(_, blob): &&(&RepoPath, BlobId)| Some(*blob) != empty;
        let counted: Vec<(&RepoPath, BlobId)> =
            concerned.counted.iter().filter(is_counted).copied().collect();
        let mut found = UnchangedFiles::default();
        if counted.is_empty() || !self.files.may_have_others(&counted)? {
            return Ok(Some(found));
        }
        found.counts = counted.iter().map(|(_, blob)| (*blob, 0)).collect();
        let is_complete = self.files.each(&mut |path, entry| {
            let count = found.counts.get_mut(&entry.blob).filter(|_| entry.mode.is_file());
            let Some(count) = count.filter(|_| !concerned.query.paths.contains(path)) else {
                return;
            };
            *count += 1;
            if originals.wants(entry.blob)
                && let Ok(path) = RepoPath::new(path)
                && self.config.tracks(&path)
            {
                originals.offer(&path, entry.blob);
            }
        })?;
        found.originals = originals.into_sources().into_values().collect();
        Ok(is_complete.then_some(found))
    }

    /// Returns the parent's and the commit's entries at the paths that differ, and at the paths of
    /// the other records that were read. Adds paths that may have further records to `concerned`;
    /// returns `None` if a file is missing.
    fn trees(
        &self,
        read: [&Registry; 2],
        concerned: &mut Concerned<'_>,
    ) -> Result<Option<[Tree; 2]>, F::Error> {
        let side = |entry: fn(&Change) -> Option<Entry>| -> Tree {
            let there = self.changes.iter();
            there.filter_map(|change| Some((change.path.clone(), entry(change)?))).collect()
        };
        let mut trees = [side(|change| change.old), side(|change| change.new)];
        for record in read.iter().flat_map(|registry| &registry.allocations) {
            let holds = record.is_active() || record.is_deprecated_by_command();
            if !holds || concerned.changed.contains(&record.path) {
                continue;
            }
            match self.files.entry(&record.path)? {
                Some(entry) => {
                    for tree in &mut trees {
                        tree.insert(record.path.clone(), entry);
                    }
                    // A different record may hold the path.
                    if !record.is_active() {
                        concerned.query.paths.insert(bytes(&record.path));
                    }
                }
                // The parent has a record whose file is missing, so it is not consistent, or what
                // was staged does not fit the files.
                None if record.is_active() => return Ok(None),
                None => {}
            }
        }
        Ok(Some(trees))
    }
}

fn bytes<'a>(path: &RepoPath) -> Cow<'a, [u8]> {
    Cow::Owned(path.as_bytes().to_vec())
}

/// The facts about changed files that depend on unchanged files.
#[derive(Default)]
struct UnchangedFiles {
    /// The unchanged files that have exact copies among the new files.
    originals: BTreeSet<RepoPath>,
    /// How many unchanged files have the content of a new file.
    counts: HashMap<BlobId, u32, RandomState>,
}

/// The records involved in a change.
struct Concerned<'a> {
    query: RecordQuery<'a>,
    changed: HashSet<&'a RepoPath>,
    /// The new files.
    added: Vec<(&'a RepoPath, BlobId)>,
    /// The new files, except those whose content was deleted under a related name: such files are
    /// usually renames and get no new identity.
    new_contents: Vec<(&'a RepoPath, BlobId)>,
    /// The new files, except those whose content was deleted as often, and under related names only:
    /// the names decide about these.
    counted: Vec<(&'a RepoPath, BlobId)>,
    /// How many generations of each new file's origins to search for.
    generations: u32,
}

impl<'a> Concerned<'a> {
    fn by(changes: &'a [Change], config: &Config) -> Self {
        let file = |entry: Option<Entry>| entry.filter(|entry| entry.mode.is_file());
        // Of equal files with the same name, one is enough to compare names.
        let mut gone: HashMap<BlobId, BTreeMap<&[u8], &RepoPath>> = HashMap::new();
        // By how many the additions of a content outnumber its deletions.
        let mut excess: HashMap<BlobId, i64> = HashMap::new();
        for change in changes {
            // What is not tracked has no identity to move, so the new file may be a copy.
            if let Some(old) = file(change.old).filter(|_| config.tracks(&change.path)) {
                gone.entry(old.blob).or_default().insert(change.path.basename(), &change.path);
                *excess.entry(old.blob).or_default() -= i64::from(change.new.is_none());
            }
        }
        let added = changes.iter().filter(|change| file(change.old).is_none());
        let added: Vec<(&RepoPath, BlobId)> =
            added.filter_map(|change| Some((&change.path, file(change.new)?.blob))).collect();
        let is_new = |(path, blob): &&(&RepoPath, BlobId)| {
            !gone.get(blob).is_some_and(|gone| gone.values().any(|from| related(from, path)))
        };
        let new_contents: Vec<(&RepoPath, BlobId)> = added.iter().filter(is_new).copied().collect();
        for (_, blob) in &added {
            *excess.entry(*blob).or_default() += 1;
        }
        let is_open = |(path, blob): &&(&RepoPath, BlobId)| {
            let is_unrelated = |from: &&RepoPath| !related(from, path);
            excess[blob] > 0 || gone.get(blob).is_some_and(|g| g.values().any(is_unrelated))
        };
        let counted = added.iter().filter(is_open).copied().collect();
        let origins = new_contents.iter().map(|(path, blob)| Origin::of_file(path, *blob, 0));
        let query = RecordQuery {
            paths: changes.iter().map(|change| Cow::Borrowed(change.path.as_bytes())).collect(),
            last_blobs: added.iter().map(|(_, blob)| blob.to_string()).collect(),
            origins: origins.collect(),
            ..RecordQuery::default()
        };
        let changed = changes.iter().map(|change| &change.path).collect();
        Concerned { query, changed, added, new_contents, counted, generations: 0 }
    }

    /// Adds the records in these registries, and those at their paths.
    fn add_records<'r>(&mut self, registries: impl Iterator<Item = &'r Registry>) {
        for record in registries.flat_map(|registry| &registry.allocations) {
            self.query.paths.insert(bytes(&record.path));
            self.query.origins.insert(record.origin);
        }
    }

    /// Returns whether every new record's origin has been searched for and is thus known to be
    /// free.
    fn has_all_origins_of(&self, before: &Registry, after: &Registry) -> bool {
        let known: HashSet<Origin> = before.allocations.iter().map(|r| r.origin).collect();
        let mut new = after.allocations.iter().filter(|r| !known.contains(&r.origin));
        new.all(|record| self.query.origins.contains(&record.origin))
    }

    /// Adds the second identities that were restored to files, so that their holders are searched
    /// for too; returns whether there were any to add.
    fn add_doc_ids(&mut self, before: &Registry, after: &Registry) -> bool {
        let (held, known) = (after.held_doc_ids(), self.query.doc_ids.len());
        let before = if held.is_empty() { HeldDocIds::new() } else { before.held_doc_ids() };
        let new = held.into_iter().filter(|(origin, doc_id)| before.get(origin) != Some(doc_id));
        self.query.doc_ids.extend(new.map(|(_, doc_id)| doc_id.to_owned()));
        self.query.doc_ids.len() > known
    }

    /// Adds later generations of origins to the search; returns `false` once the limit is exceeded.
    fn add_origins(&mut self) -> bool {
        let more = self.generations..(2 * self.generations).max(4);
        self.generations = more.end;
        let origins = self.added.iter().flat_map(|(path, blob)| {
            more.clone().map(|generation| Origin::of_file(path, *blob, generation))
        });
        self.query.origins.extend(origins);
        more.end <= GENERATIONS
    }
}
