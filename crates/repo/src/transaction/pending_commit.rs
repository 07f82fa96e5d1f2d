//! The commit being made: HEAD, the commits being merged, the index, and the clone's other
//! registries.
//!
//! Each of these is read on first use, so that a typical commit reads only what it changes.

use std::cell::OnceCell;

use idhooks_core::config::Config;
use idhooks_core::plan::MoveLog;
use idhooks_core::registry::{Change, Entry, RepoPath, Tree};

use crate::derived::legacy::LegacyFile;
use crate::git::{Commit, CommitId, GitError, Index, IndexFile, Repo, TreeId};
use crate::history::is_settled;
use crate::state::{
    CONTENT_WORDS, CommittedIndex, StateError, has_registry, has_registry_file, is_adopted_at,
    last_with_registry, link_for_registry, read_config_in, rules_mentioning,
};
use crate::store::{LockError, MoveLogFile, StoreError};
use crate::transaction::{Pick, commit_plan::committed_now};

/// The number of reported moves above which all paths of HEAD are read at once.
const MANY_MOVES: usize = 500;

/// The commit being made.
#[derive(Debug)]
pub struct PendingCommit<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The index to be committed.
    pub file: IndexFile,
    /// HEAD, unless it is unborn.
    pub head: Option<(CommitId, Commit)>,
    /// The commits being merged.
    pub merging: Vec<CommitId>,
    /// The commits being cherry-picked or reverted.
    pub picks: Vec<Pick>,
    index: OnceCell<Index>,
    peek: OnceCell<Option<CommittedIndex>>,
    changes: OnceCell<Vec<Change>>,
    content_rules: OnceCell<Option<Config>>,
    moved: OnceCell<Result<Option<MoveLog>, StoreError>>,
}

impl<'a> PendingCommit<'a> {
    /// Reads HEAD and the commits being merged or picked.
    ///
    /// # Errors
    /// Returns an error if they cannot be read.
    pub fn open(repo: &'a Repo) -> Result<Self, GitError> {
        let head = match repo.head()? {
            Some(id) => Some((id, repo.commit(id)?)),
            None => None,
        };
        Ok(PendingCommit {
            repo,
            file: repo.index_file(),
            head,
            merging: repo.merge_heads()?,
            picks: Pick::in_progress(repo)?,
            index: OnceCell::new(),
            peek: OnceCell::new(),
            changes: OnceCell::new(),
            content_rules: OnceCell::new(),
            moved: OnceCell::new(),
        })
    }

    /// Returns the same commit with an index that exists only in memory.
    #[must_use]
    pub fn with_index(self, index: Index) -> Self {
        // The part that has been read belongs to the index on disk, not to the new index.
        let (peek, changes) = (OnceCell::from(None), OnceCell::new());
        let (content_rules, moved) = (OnceCell::new(), OnceCell::new());
        PendingCommit { index: index.into(), peek, changes, content_rules, moved, ..self }
    }

    /// Returns the whole index.
    ///
    /// # Errors
    /// Returns an error if it cannot be read.
    pub fn index(&self) -> Result<&Index, GitError> {
        read_once(&self.index, || self.repo.index(&self.file))
    }

    /// Returns the index without its entries. Returns `None` if the entries have to be read, or if
    /// the commit has a parent or a source other than HEAD.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn peek(&self) -> Result<Option<&CommittedIndex>, GitError> {
        let is_on_head = || {
            self.head.is_some()
                && self.merging.is_empty()
                && self.picks.is_empty()
                && !self.repo.is_picking_several()
        };
        let peek = || if is_on_head() { CommittedIndex::of(self.repo) } else { Ok(None) };
        Ok(read_once(&self.peek, peek)?.as_ref())
    }

    /// Closes the index, which is about to be replaced.
    pub(super) fn close_index(&self) {
        if let Some(Some(peek)) = self.peek.get() {
            peek.close();
        }
    }

    /// If the index has been read in part, checks that it has not changed since.
    ///
    /// # Errors
    /// Returns an error if the index has changed in the meantime, or cannot be read.
    pub(super) fn assert_same_index(&self) -> Result<(), StateError> {
        let stamp = self.index()?.stamp;
        let is_same = |peek: &CommittedIndex| stamp == Some(peek.glance.registry.stamp());
        match self.peek.get() {
            Some(Some(peek)) if !is_same(peek) => Err(StateError::IndexMoved),
            _ => Ok(()),
        }
    }

    /// Returns the tree to be committed, if git has cached it in the index.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn root(&self) -> Result<Option<TreeId>, GitError> {
        match self.peek()? {
            Some(peek) => Ok(Some(peek.glance.root)),
            None => Ok(self.index()?.root),
        }
    }

    /// Returns the index entry at a path.
    ///
    /// # Errors
    /// Returns an error if the index or a tree cannot be read.
    pub fn entry(&self, path: &RepoPath) -> Result<Option<Entry>, GitError> {
        match self.peek()? {
            Some(peek) => self.repo.tree_entry(peek.glance.root, path.as_bytes()),
            None => Ok(self.index()?.tree.get(path).copied()),
        }
    }

    /// Returns the changes from HEAD to the commit.
    ///
    /// # Errors
    /// Returns an error if the index or a tree cannot be read.
    pub fn changes(&self) -> Result<&[Change], GitError> {
        let changes = || match (&self.head, self.root()?) {
            // Trees that git has stored can be compared without reading the directories they have
            // in common.
            (Some((_, head)), Some(root)) => self.repo.changes(head.tree, root),
            (Some((_, head)), None) => {
                Ok(Change::between(&self.repo.tree(head.tree)?, &self.index()?.tree))
            }
            (None, _) => Ok(Change::between(&Tree::new(), &self.index()?.tree)),
        };
        Ok(read_once(&self.changes, changes)?)
    }

    /// Returns the rules if file contents may matter under them. Rules that contain none of the
    /// relevant words are not parsed.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or `idhooks.toml` is invalid.
    pub fn content_rules(&self) -> Result<Option<&Config>, StateError> {
        let rules = || {
            let entry = self.entry(&RepoPath::config())?;
            match rules_mentioning(self.repo, entry, &CONTENT_WORDS)? {
                true => read_config_in(self.repo, entry).map(Some),
                false => Ok(None),
            }
        };
        Ok(read_once(&self.content_rules, rules)?.as_ref())
    }

    /// Returns the rules.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or `idhooks.toml` is invalid.
    pub fn config(&self) -> Result<Config, StateError> {
        match self.content_rules()? {
            Some(rules) => Ok(rules.clone()),
            None => read_config_in(self.repo, self.entry(&RepoPath::config())?),
        }
    }

    /// Returns whether `idhooks.toml` contains a word outside of comments. The rules are not
    /// parsed, which would take longer than everything else in a commit of one file.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read or `idhooks.toml` is too large.
    pub fn rules_mention(&self, word: &str) -> Result<bool, StateError> {
        rules_mentioning(self.repo, self.entry(&RepoPath::config())?, &[word])
    }

    /// Returns the legacy file, if the rules name one.
    ///
    /// # Errors
    /// Returns an error if `idhooks.toml` cannot be read.
    pub fn legacy_file(&self) -> Result<Option<LegacyFile<'a>>, StateError> {
        Ok(self.content_rules()?.and_then(|rules| LegacyFile::by_rules(self.repo, rules)))
    }

    /// Returns whether the content of a changed file matters: the rules make the file carry its
    /// identity, the registry keeps facts about the file, or it is the legacy file.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or `idhooks.toml` is invalid.
    pub fn changes_contents(&self) -> Result<bool, StateError> {
        let Some(rules) = self.content_rules()? else { return Ok(false) };
        let counts = |path: &RepoPath| {
            rules.embeds(path) || rules.stores_facts_of(path) || rules.is_legacy_file(path)
        };
        Ok(self.changes()?.iter().any(|change| counts(&change.path)))
    }

    /// Returns the renames that were reported in this working tree; `None` if there is no log, or
    /// if the commit is known to neither add nor remove files.
    ///
    /// # Errors
    /// Returns an error if the log exists but cannot be read.
    pub fn reported_moves(&self) -> Result<Option<&MoveLog>, &StoreError> {
        let is_entry = |entry: Option<Entry>| entry.is_some();
        let is_edit = |change: &Change| is_entry(change.old) == is_entry(change.new);
        let moved = || match self.changes.get() {
            Some(changes) if changes.iter().all(is_edit) => Ok(None),
            _ => self.move_log().read(committed_now(self.repo)),
        };
        self.moved.get_or_init(moved).as_ref().map(Option::as_ref)
    }

    /// Like [`Self::reported_moves`], but treats a log that cannot be read as empty.
    pub(super) fn moved(&self) -> Option<&MoveLog> {
        self.reported_moves().ok().flatten()
    }

    /// Removes the reports that have ended. They are kept while git replays commits, because HEAD
    /// does not stay there.
    ///
    /// # Errors
    /// Returns an error if the log cannot be written.
    pub fn remove_ended_moves(&self) -> Result<(), StateError> {
        let (Some(log), Some((_, head))) = (self.moved(), &self.head) else { return Ok(()) };
        let is_replaying = !self.picks.is_empty()
            || self.repo.is_picking_several()
            || self.repo.rebase()?.is_some();
        if is_replaying {
            return Ok(());
        }
        // Looking up many paths one by one would take longer than reading the whole tree.
        let tree = match log.len() > MANY_MOVES {
            true => Some(self.repo.tree(head.tree)?),
            false => None,
        };
        let is_in_head = |path: &RepoPath| match &tree {
            Some(tree) => tree.contains_key(path),
            // If a directory cannot be read, the report stays.
            None => self.repo.tree_entry(head.tree, path.as_bytes()).map_or(true, |e| e.is_some()),
        };
        match self.move_log().remove_ended(committed_now(self.repo), is_in_head) {
            Err(LockError::Store(error)) => Err(error.into()),
            // Another process is writing the log; the next commit removes them.
            _ => Ok(()),
        }
    }

    fn move_log(&self) -> MoveLogFile {
        MoveLogFile::in_dir(&self.repo.worktree_state_dir())
    }

    /// Returns whether HEAD is consistent and has every record from earlier commits.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn is_head_consistent(&self) -> Result<bool, StateError> {
        let Some((head, _)) = self.head else { return Ok(false) };
        is_settled(self.repo, head)
    }

    /// Checks that the index has no symlink in place of the registry or its directory.
    ///
    /// # Errors
    /// Returns an error if it has one.
    pub fn refuse_links(&self) -> Result<(), StateError> {
        let Some(path) = link_for_registry(&self.index()?.tree) else { return Ok(()) };
        Err(StateError::StagedLink { path, last: self.last_registry()? })
    }

    /// Returns whether a registry counts in HEAD: its own or, in a gap, that of an earlier commit.
    ///
    /// # Errors
    /// Returns an error if a tree cannot be read or git cannot be run.
    pub fn is_head_adopted(&self) -> Result<bool, GitError> {
        self.head.as_ref().map_or(Ok(false), |(id, _)| is_adopted_at(self.repo, *id))
    }

    /// Returns whether HEAD has a registry that is a file.
    ///
    /// # Errors
    /// Returns an error if the tree cannot be read.
    pub fn head_has_registry_file(&self) -> Result<bool, GitError> {
        self.head.as_ref().map_or(Ok(false), |(id, _)| has_registry_file(self.repo, *id))
    }

    /// Returns whether HEAD has a registry, even if it is only a symlink.
    ///
    /// # Errors
    /// Returns an error if the tree cannot be read.
    pub fn head_has_registry(&self) -> Result<bool, GitError> {
        self.head.as_ref().map_or(Ok(false), |(id, _)| has_registry(self.repo, *id))
    }

    /// Returns whether the index or HEAD has a registry.
    ///
    /// # Errors
    /// Returns an error if the tree cannot be read.
    pub fn has_registry(&self) -> Result<bool, GitError> {
        let (index, path) = (self.index()?, RepoPath::registry());
        let is_staged = index.tree.contains_key(&path) || index.unmerged.contains_key(&path);
        Ok(is_staged || self.head_has_registry()?)
    }

    /// Returns the last commit, up to and including HEAD, that has a registry.
    ///
    /// # Errors
    /// Returns an error if a tree cannot be read.
    pub fn last_registry(&self) -> Result<Option<CommitId>, GitError> {
        self.head.as_ref().map_or(Ok(None), |(id, _)| last_with_registry(self.repo, &[*id]))
    }
}

/// Returns a cell's value, reading it first if the cell is empty.
fn read_once<T, E>(cell: &OnceCell<T>, read: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let new = read()?;
    Ok(cell.get_or_init(|| new))
}
