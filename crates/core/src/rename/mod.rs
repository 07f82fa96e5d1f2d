//! Finds renames and copies: pairs deletions with additions, then finds copies. Pure functions
//! only.
//!
//! [`pair`] finds the same renames as `git diff -M` (git 2.44 and later), with the same similarity
//! percentages. It first pairs equal contents, then similar files whose basename is unique on both
//! sides, then all remaining files, best matches first. Above git's limit, `git diff -M` skips the
//! last step, while `-l0` compares all files; in that case, an index finds the same pairs as `-l0`.
//! Deleted paths are the sources and added paths the destinations; a path that was modified or
//! changed its kind is neither.
//!
//! Intended differences from git:
//! 1. Weak evidence needs [`related`] names. Nearly empty files (if either is under 32 bytes) pair
//!    only with such names, even if their content is equal: an empty file proves nothing. With
//!    [`pair_in_trees`], equal content is enough if it is not blank and is at exactly one path in
//!    each whole tree; from 32 bytes on, if at most one other path of a tree has it. A sidecar
//!    `<name><suffix>` whose file `<name>` is deleted or added as well follows that file; otherwise
//!    it needs a related name, too, unless it is the only file with its content. Text that two of a
//!    deleted file's [`Siblings`] share with a new file does not count for a pair.
//! 2. A blob missing from the clone (partial clone) is not fetched here: it pairs only by its id,
//!    and counts as large. If it could affect other pairs, those pairs are not made, and
//!    [`UnreadFiles`] names all files that may be involved. The caller's [`Blobs`] may note which
//!    blobs were missing, so that the caller can fetch them in one batch and pair the files again.
//! 3. The user's configuration and attributes are not read (`diff.renames`, `diff.renameLimit`,
//!    `diff` attributes), so that all clones find the same pairs.
//! 4. Copies are found after all renames, among the remaining additions, and from the same sources
//!    as with `git diff -C`. git's own `-C` finds different renames from `-M`; if nothing was
//!    deleted, the copies are the same. [`Originals`] also finds exact copies of unchanged files,
//!    as `--find-copies-harder` does.
//!
//! The caller leaves out idhooks' own files, but passes symlinks and submodules. These never appear
//! in a result, but git counts them towards the limit and when it looks for unique basenames.
//!
//! The order of the changes does not matter.

mod blob_cache;
mod blob_counts;
mod copies;
mod exact;
mod inexact;
mod path_table;
mod siblings;
mod sidecars;
mod similarity;
mod span_index;
mod uncompared_files;
mod unread_files;
mod whole_trees;

use blob_cache::Contents;
use path_table::PathTable;
use similarity::{MAX_SCORE, Spans, may_reach};

use crate::config::RenamePolicy;
use crate::registry::{Change, Entry, RepoPath};

pub use blob_cache::{Blobs, NoBlobs, is_distinctive};
pub use blob_counts::{BlobCounts, FEW_PATHS};
pub use copies::Originals;
pub use path_table::{NEARLY_EMPTY, Pair, related};
pub use siblings::{Siblings, sample_siblings, siblings_in};
pub use uncompared_files::UncomparedFiles;
pub use unread_files::UnreadFiles;
pub use whole_trees::WholeTrees;

/// The result of [`pair`], in bytewise order of `to`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs {
    /// Deletions paired with the additions they became; no path is in two pairs.
    pub renames: Vec<Pair>,
    /// Additions that are not renames, paired with the source they were copied from.
    pub copies: Vec<Pair>,
    /// Deletions and additions with the same name or in the same directory that are at least 25 %
    /// similar, but not similar enough for a rename; best first. Only includes pairs that were
    /// compared anyway.
    pub near: Vec<Pair>,
    /// Files that were not compared because they exceed a limit. Only [`RenamePolicy::max_files`]
    /// and [`RenamePolicy::max_bytes`] apply here.
    pub skipped: Option<UncomparedFiles>,
    /// Files that were not paired because their contents are missing from the clone.
    pub unread: UnreadFiles,
}

/// Pairs deletions with additions, and the remaining additions with the sources they were copied
/// from. Assumes that nothing is known about unchanged files.
///
/// ```
/// use idhooks_core::config::RenamePolicy;
/// use idhooks_core::registry::{Change, Entry, Mode, RepoPath, Tree};
/// use idhooks_core::rename::{NoBlobs, pair};
///
/// let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse()?;
/// let entry = Entry { mode: Mode::Regular, blob };
/// let before = Tree::from([(RepoPath::new(*b"plan.md")?, entry)]);
/// let after = Tree::from([(RepoPath::new(*b"docs/plan.md")?, entry)]);
/// let changes = Change::between(&before, &after);
/// let pairs = pair(&changes, &NoBlobs, &RenamePolicy::default());
/// assert_eq!(pairs.renames[0].to.to_string(), "docs/plan.md");
/// assert_eq!(pairs.renames[0].similarity, 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn pair(changes: &[Change], blobs: &dyn Blobs, policy: &RenamePolicy) -> Pairs {
    pair_in_trees(changes, blobs, policy, WholeTrees::UNKNOWN)
}

/// Like [`pair`], but takes the other files of the two trees into account.
pub fn pair_in_trees(
    changes: &[Change],
    blobs: &dyn Blobs,
    policy: &RenamePolicy,
    trees: WholeTrees<'_>,
) -> Pairs {
    let mut changes: Vec<&Change> = changes.iter().collect();
    // The order of additions and deletions breaks ties, so it must not depend on the caller.
    changes.sort_by_key(|change| (&change.path, change.old, change.new));
    let contents = Contents::of(blobs);
    let minimum = minimum(policy.similarity);

    let deletions = changes.iter().filter(|change| change.new.is_none()).filter_map(old);
    let additions = changes.iter().filter(|change| change.old.is_none()).filter_map(new);
    let mut table = PathTable::new(deletions, additions, &contents, trees);
    exact::pair_exact(&mut table, false);
    sidecars::pair_sidecars(&mut table, minimum);
    exact::pair_exact(&mut table, true);
    let (mut near, mut skipped, mut unread) = (Vec::new(), None, UnreadFiles::default());
    // At 100 %, only equal contents form pairs, so no contents are read.
    if minimum < MAX_SCORE {
        exact::pair_basenames(&mut table, minimum);
        unread = UnreadFiles::of(&table);
    }
    // If any content is missing, every pair may be wrong: a blob that arrives later could be more
    // similar. So nothing is paired, and a later commit decides.
    if minimum < MAX_SCORE && unread.is_empty() {
        let found = table.found();
        match inexact::pair_similar(&mut table, minimum, policy) {
            Some(found) => near = found,
            None if table.exceeds(policy) => skipped = UncomparedFiles::of(&table, policy),
            None => inexact::pair_indexed(&mut table, minimum),
        }
        sidecars::pair_sidecars(&mut table, minimum);
        if table.lacks_sibling() {
            table.restore(found);
            (near, unread) = (Vec::new(), UnreadFiles::all(&table));
        }
    }
    let mut copied = Vec::new();
    if policy.copies && unread.is_empty() {
        (copied, unread.copies) = copies(&changes, &table, &contents, policy, minimum);
    }
    Pairs { renames: table.pairs(), copies: copied, near, skipped, unread }
}

/// Finds copies among the additions that are not renames; above the limit, only finds exact copies.
/// Also returns the additions that may be copies of a source whose content is missing.
fn copies<'a>(
    changes: &[&'a Change],
    renames: &PathTable<'a, '_>,
    contents: &Contents<'a>,
    policy: &RenamePolicy,
    minimum: u32,
) -> (Vec<Pair>, Vec<RepoPath>) {
    let open = renames.open_additions();
    if open.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let sources = changes.iter().filter_map(old);
    let left = open.iter().map(|a| &renames.additions[*a]).map(|side| (side.path, side.entry));
    // For copies, it does not matter how many paths have the content: the source stays, so the
    // content is always at two paths.
    let mut table = PathTable::new(sources, left, contents, WholeTrees::UNKNOWN).with_reuse();
    exact::pair_exact(&mut table, false);
    exact::pair_exact(&mut table, true);
    if minimum == MAX_SCORE {
        return (table.pairs(), Vec::new());
    }
    let unread = UnreadFiles::of(&table).additions;
    if unread.is_empty() {
        // Identities depend only on renames; an undetected copy is not worth a warning.
        let _over_the_limit = inexact::pair_similar(&mut table, minimum, policy);
    }
    (table.pairs(), unread)
}

fn old<'a>(change: &&'a Change) -> Option<(&'a RepoPath, Entry)> {
    Some((&change.path, change.old?))
}

fn new<'a>(change: &&'a Change) -> Option<(&'a RepoPath, Entry)> {
    Some((&change.path, change.new?))
}

/// Returns the minimum score that corresponds to a percentage.
fn minimum(percent: u8) -> u32 {
    let percent = if percent == 0 { RenamePolicy::default().similarity } else { percent.min(100) };
    u32::from(percent) * MAX_SCORE / 100
}

/// Returns whether two contents are equal, or at least `percent` similar.
pub fn similar_enough(a: &[u8], b: &[u8], percent: u8) -> bool {
    let minimum = minimum(percent);
    let (a_size, b_size) = (a.len() as u64, b.len() as u64);
    let similar = || Spans::of(a).score(&Spans::of(b), a_size.max(b_size)) >= minimum;
    a == b || (minimum < MAX_SCORE && may_reach(minimum, a_size, b_size) && similar())
}

#[cfg(test)]
mod tests;
