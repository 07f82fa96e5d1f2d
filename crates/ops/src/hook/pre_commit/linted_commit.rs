//! [`LintedCommit`]: the linter in a commit, if `lint.enforce` says so: identifiers in the files that it changes.

use std::collections::BTreeSet;

use idhooks_core::check::{Finding, Severity};
use idhooks_core::config::{CONFIG_PATH, Enforce};
use idhooks_core::registry::{BlobId, Change, Entry, RepoPath, Tree};
use idhooks_repo::git::{GitError, Repo, TreeId};
use idhooks_repo::state::lint_enforcement;
use idhooks_repo::transaction::{PendingCommit, Pick, PlainCommit};

use crate::steps::LINT;
use crate::{CommitNotice, Notice, Observer, OpsError};

/// The files of a commit that the linter checks.
pub(super) struct LintedCommit<'c> {
    enforce: Enforce,
    /// Their content.
    changed: Vec<(RepoPath, Entry)>,
    content: CommittedTree<'c>,
}

/// Where the other files of the commit are found.
enum CommittedTree<'c> {
    Stored(&'c Repo, TreeId),
    Index(&'c Tree),
}

impl CommittedTree<'_> {
    fn entry(&self, path: &RepoPath) -> Result<Option<Entry>, GitError> {
        match self {
            CommittedTree::Stored(repo, root) => repo.tree_entry(*root, path.as_bytes()),
            CommittedTree::Index(tree) => Ok(tree.get(path).copied()),
        }
    }
}

impl<'c> LintedCommit<'c> {
    /// Returns what the linter checks in the usual commit, if it checks commits.
    ///
    /// # Errors
    /// Returns an error if `[lint]` is not valid, or if objects cannot be read.
    pub(super) fn plain(
        repo: &'c Repo,
        commit: &PlainCommit<'_>,
    ) -> Result<Option<Self>, OpsError> {
        let root = commit.index.glance.root;
        let entry = repo.tree_entry(root, CONFIG_PATH)?;
        let Some(enforce) = lint_enforcement(repo, entry)? else { return Ok(None) };
        let changed = changed_files(&commit.changes).collect();
        Ok(Some(LintedCommit { enforce, changed, content: CommittedTree::Stored(repo, root) }))
    }

    /// Returns what the linter checks in any commit, if it checks commits. What a merged or picked
    /// commit has in the same form is not this commit's.
    ///
    /// # Errors
    /// Returns an error if `[lint]` is not valid, or if objects cannot be read.
    pub(super) fn pending(
        repo: &Repo,
        pending: &'c PendingCommit<'_>,
    ) -> Result<Option<Self>, OpsError> {
        let index = &pending.index;
        let entry = index.tree.get(&RepoPath::config()).copied();
        let Some(enforce) = lint_enforcement(repo, entry)? else { return Ok(None) };
        let changes = match (&pending.head, index.root) {
            (Some((_, head)), Some(root)) => repo.changes(head.tree, root)?,
            (Some((_, head)), None) => Change::between(&repo.tree(head.tree)?, &index.tree),
            (None, _) => Change::between(&Tree::new(), &index.tree),
        };
        let others = other_trees(repo, pending)?;
        let mut changed = Vec::new();
        for (path, entry) in changed_files(&changes) {
            let mut is_new = true;
            for tree in &others {
                let there = repo.tree_entry(*tree, path.as_bytes())?;
                is_new &= there.is_none_or(|there| there.blob != entry.blob);
            }
            changed.extend(is_new.then_some((path, entry)));
        }
        Ok(Some(LintedCommit { enforce, changed, content: CommittedTree::Index(&index.tree) }))
    }

    /// Checks the files; returns the findings that block the commit, and warns of others.
    ///
    /// # Errors
    /// Returns an error if the rules or the baseline are not valid, unless commits are only warned of.
    pub(super) fn check(
        &self,
        observer: &mut dyn Observer,
        repo: &Repo,
    ) -> Result<Vec<Finding>, OpsError> {
        let linted = LINT(observer, repo, &self.changed, &|path| self.content.entry(path));
        if self.enforce == Enforce::Block {
            let mut findings = linted?;
            findings.iter_mut().for_each(|finding| finding.severity = Severity::Error);
            return Ok(findings);
        }
        observer.notice(Notice::Commit(match linted {
            Ok(findings) => CommitNotice::Linted(findings),
            Err(error) => CommitNotice::NotLinted(Box::new(error)),
        }));
        Ok(Vec::new())
    }
}

/// Returns the files with another content than before. A file that only moved is none.
fn changed_files(changes: &[Change]) -> impl Iterator<Item = (RepoPath, Entry)> {
    let file = |entry: Option<Entry>| entry.filter(|entry| entry.mode.is_file());
    let gone = changes.iter().filter(|change| change.new.is_none());
    let gone: BTreeSet<BlobId> = gone.filter_map(|change| Some(file(change.old)?.blob)).collect();
    changes.iter().filter_map(move |change| {
        let new = file(change.new)?;
        let is_same = match file(change.old) {
            Some(old) => old.blob == new.blob,
            None => gone.contains(&new.blob),
        };
        (!is_same).then(|| (change.path.clone(), new))
    })
}

/// Returns the trees from which content comes into the commit: of the commits that are merged or picked,
/// or to which a revert goes back.
fn other_trees(repo: &Repo, pending: &PendingCommit<'_>) -> Result<Vec<TreeId>, GitError> {
    let mut commits = pending.merging.clone();
    for Pick { commit, reverting } in Pick::in_progress(repo)? {
        match reverting {
            true if repo.has_commit(commit) => {
                commits.extend(repo.commit(commit)?.parents.first().copied());
            }
            true => {}
            false => commits.push(commit),
        }
    }
    let known = commits.into_iter().filter(|id| repo.has_commit(*id));
    known.map(|id| Ok(repo.commit(id)?.tree)).collect()
}
