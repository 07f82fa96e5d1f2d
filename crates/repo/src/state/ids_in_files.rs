//! Finds the identities that the files in a tree carry in their names or at their heads.

use std::collections::{BTreeSet, HashMap};

use idhooks_core::check::{Carried, is_file};
use idhooks_core::config::Config;
use idhooks_core::embed;
use idhooks_core::registry::{Allocation, Entry, Id, Registry, RepoPath, Tree};

use crate::git::{CommitId, Repo};
use crate::state::StateError;

/// The files whose heads are read. Names are always read.
#[derive(Debug, Clone, Copy)]
pub enum Heads<'a> {
    /// The files that carry their identity according to the rules.
    Ruled,
    /// These files, in addition to the files that carry their identity according to the rules.
    RuledAnd(&'a BTreeSet<RepoPath>),
    /// All files.
    All,
}

impl Heads<'_> {
    fn include(self, config: &Config, path: &RepoPath) -> bool {
        match self {
            Heads::All => true,
            Heads::RuledAnd(others) if others.contains(path) => true,
            Heads::Ruled | Heads::RuledAnd(_) => config.embeds(path),
        }
    }
}

/// The identities that files carry.
#[derive(Debug, Clone, Default)]
pub(crate) struct Carriers {
    /// The identities that were found.
    pub carried: Vec<Carried>,
    /// The number of files in the tree whose heads were not read.
    pub unread: usize,
}

/// Reads the identities that files carry, given these rules and this registry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CarrierReader<'a> {
    pub repo: &'a Repo,
    pub config: &'a Config,
    pub registry: &'a Registry,
}

impl CarrierReader<'_> {
    /// Reads the tracked files in a tree.
    pub(crate) fn carriers(self, tree: &Tree, heads: Heads<'_>) -> Carriers {
        let mut all = Carriers::default();
        for (path, entry) in tracked(self.config, tree) {
            all.carried.extend(self.name(path));
            match heads.include(self.config, path).then(|| self.head(path, *entry)) {
                Some(Ok(inside)) => all.carried.extend(inside),
                Some(Err(Unread)) | None => all.unread += 1,
            }
        }
        let is_read = |path: &RepoPath| heads.include(self.config, path);
        let homes = self.homes(tree, &all.carried, is_read);
        all.carried.extend(homes);
        all
    }

    /// Returns the identities at the heads of files whose identities other files carry as well: two
    /// files with the same identity are a different fault than one file with the wrong identity.
    pub(crate) fn homes<'c>(
        self,
        tree: &Tree,
        carried: impl IntoIterator<Item = &'c Carried>,
        is_read: impl Fn(&RepoPath) -> bool,
    ) -> Vec<Carried> {
        let mut carriers: HashMap<Id, Vec<&RepoPath>> = HashMap::new();
        for one in carried {
            if let Ok(id) = one.id {
                carriers.entry(id).or_default().push(&one.path);
            }
        }
        if carriers.is_empty() {
            return Vec::new();
        }
        // If two files carry the same identity, the finding must say which of them owns it, so the
        // owner's head is read as well.
        let is_elsewhere = |record: &Allocation| {
            let mut ids = record.aliases.iter().chain([&record.id]);
            ids.any(|id| carriers.get(id).is_some_and(|at| at.iter().any(|at| **at != record.path)))
        };
        let records = self.registry.allocations.iter().filter(|record| is_elsewhere(record));
        let files = records.filter_map(|record| {
            let entry = tree.get(&record.path).filter(|entry| entry.mode.is_file())?;
            (self.config.tracks(&record.path) && !is_read(&record.path))
                .then_some((&record.path, *entry))
        });
        files.filter_map(|(path, entry)| self.head(path, entry).ok().flatten()).collect()
    }

    /// Returns the identity in a file's name.
    pub(crate) fn name(self, path: &RepoPath) -> Option<Carried> {
        Carried::in_name(self.config, self.registry.scope, path)
    }

    /// Reads the identity at the head of a file.
    pub(crate) fn head(self, path: &RepoPath, entry: Entry) -> Result<Option<Carried>, Unread> {
        if !embed::may_carry(path) {
            return Ok(None);
        }
        let size = || self.repo.blob_size(entry.blob);
        let is_large = || size().is_none_or(|size| size > embed::MAX_UNRULED_SIZE);
        if !self.config.embeds(path) && is_large() {
            return Err(Unread);
        }
        // A check must not fetch from a remote, so treat a missing file as unread.
        let content = self.repo.blob(entry.blob).ok().ok_or(Unread)?;
        let mark = embed::read(path, &content);
        let own = self.registry.scope;
        Ok(mark.and_then(|mark| Carried::in_head(self.config, own, path, &mark)))
    }

    /// Returns whether these new files carry only the identities that the registry gives them. If
    /// so, nothing can be wrong with them.
    pub(crate) fn carry_their_own<'p>(
        self,
        files: impl IntoIterator<Item = (&'p RepoPath, Entry)>,
    ) -> bool {
        let holders = self.registry.holders(|_| true);
        let is_own = |one: &Carried| {
            let holder = holders.get(&one.path);
            one.id.as_ref().is_ok_and(|id| holder.is_some_and(|holder| holder.answers_to(*id)))
        };
        let mut files = files.into_iter();
        files.all(|(path, entry)| {
            if !entry.mode.is_file() || !self.config.tracks(path) {
                return true;
            }
            let inside = self.head(path, entry).unwrap_or_default();
            self.name(path).iter().chain(&inside).all(is_own)
        })
    }
}

pub(crate) fn tracked<'a>(
    config: &'a Config,
    tree: &'a Tree,
) -> impl Iterator<Item = (&'a RepoPath, &'a Entry)> {
    tree.iter().filter(|(path, entry)| entry.mode.is_file() && config.tracks(path))
}

/// A file whose head was not read, because it is too large or not in this clone.
#[derive(Debug)]
pub(crate) struct Unread;

/// Returns the files in a tree that none of these commits contain.
///
/// # Errors
/// Returns an error if trees cannot be read.
pub fn added(
    repo: &Repo,
    tree: &Tree,
    commits: &[CommitId],
) -> Result<BTreeSet<RepoPath>, StateError> {
    let mut added: BTreeSet<RepoPath> = tree.keys().cloned().collect();
    for commit in commits.iter().filter(|id| repo.has_commit(**id)) {
        let before = repo.tree(repo.commit(*commit)?.tree)?;
        added.retain(|path| !is_file(&before, path));
    }
    Ok(added)
}
