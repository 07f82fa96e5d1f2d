//! [`PathTable`]: sources and additions, and the pairs found so far; [`related`]: compares the
//! names of two paths.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use foldhash::fast::RandomState;

use crate::config::{RenameLimits, RenamePolicy};
use crate::registry::{BlobId, Entry, RepoPath};

use super::blob_cache::{BlobFacts, Contents};
use super::blob_counts::FEW_PATHS;
use super::siblings::{SAMPLE, Siblings, assets, directory, kind};
use super::similarity::{MAX_SCORE, Spans};
use super::whole_trees::WholeTrees;

/// Below this size in bytes, equal content is weak evidence.
pub const NEARLY_EMPTY: u64 = 32;

/// With at least this score, an added file may be a rewritten version of a deleted one.
pub(super) const NEAR: u32 = MAX_SCORE / 4;

/// The two paths of one file, or a file and its copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The source's path.
    pub from: RepoPath,
    /// The destination's path.
    pub to: RepoPath,
    /// The similarity of the contents in percent, rounded down as git prints it.
    pub similarity: u8,
}

/// A directory, and the extension of files in it.
type SiblingKey<'a> = (&'a [u8], Option<&'a [u8]>);

/// Whether each source is used, and each addition's source and score.
pub(super) type FoundPairs = (Vec<bool>, Vec<Option<(usize, u32)>>);

/// A path on either side.
pub(super) struct TableSide<'a> {
    /// The path.
    pub(super) path: &'a RepoPath,
    /// The entry at the path.
    pub(super) entry: Entry,
    /// A regular file's content; symlinks and submodules are never compared by content.
    content: OnceCell<Option<Rc<BlobFacts>>>,
}

/// Sources and additions, both in bytewise path order.
///
/// Symlinks and submodules are included although they never appear in a result, because git counts
/// them towards the limit and when it looks for unique basenames.
pub(super) struct PathTable<'a, 'c> {
    pub(super) sources: Vec<TableSide<'a>>,
    pub(super) additions: Vec<TableSide<'a>>,
    contents: &'c Contents<'a>,
    trees: WholeTrees<'c>,
    /// The siblings of the sources, by directory and kind.
    siblings: RefCell<HashMap<SiblingKey<'a>, Rc<Siblings>, RandomState>>,
    /// Whether the content of a sibling is missing, so that pairs may be wrong.
    lacks_sibling: Cell<bool>,
    /// For each source and each addition, the index of the one that it is a sidecar of.
    assets: OnceCell<[Vec<Option<usize>>; 2]>,
    /// Whether a source may be used any number of times, as for copies, instead of only once.
    reuses: bool,
    used: Vec<bool>,
    /// Each addition's source and score, once it has one.
    matches: Vec<Option<(usize, u32)>>,
}

impl<'a, 'c> PathTable<'a, 'c> {
    /// Returns a table without pairs, for renames: each source is used only once. Both lists must
    /// be in bytewise path order.
    pub(super) fn new(
        sources: impl Iterator<Item = (&'a RepoPath, Entry)>,
        additions: impl Iterator<Item = (&'a RepoPath, Entry)>,
        contents: &'c Contents<'a>,
        trees: WholeTrees<'c>,
    ) -> Self {
        let side = |(path, entry)| TableSide { path, entry, content: OnceCell::new() };
        let sources: Vec<TableSide<'a>> = sources.map(side).collect();
        let additions: Vec<TableSide<'a>> = additions.map(side).collect();
        let used = vec![false; sources.len()];
        let matches = vec![None; additions.len()];
        PathTable {
            sources,
            additions,
            contents,
            trees,
            siblings: RefCell::default(),
            lacks_sibling: Cell::new(false),
            assets: OnceCell::new(),
            reuses: false,
            used,
            matches,
        }
    }

    /// Allows a source to be used any number of times, as for copies.
    pub(super) fn with_reuse(self) -> Self {
        PathTable { reuses: true, ..self }
    }

    /// Returns whether a source is still available for pairing.
    pub(super) fn is_free(&self, source: usize) -> bool {
        self.reuses || !self.used[source]
    }

    /// Returns whether an addition has no source yet.
    pub(super) fn is_open(&self, addition: usize) -> bool {
        self.matches[addition].is_none()
    }

    /// Returns whether the unpaired files are too many or too large to be compared.
    pub(super) fn exceeds(&self, policy: &RenamePolicy) -> bool {
        let left = self.left();
        left.max_files > policy.max_files || left.max_bytes > policy.max_bytes
    }

    /// Returns the number of unpaired files, and their total size in bytes.
    pub(super) fn left(&self) -> RenameLimits {
        let (sources, additions) = (self.free_sources(), self.open_additions());
        let sources = sources.iter().map(|source| &self.sources[*source]);
        let left = sources.chain(additions.iter().map(|addition| &self.additions[*addition]));
        // Content that is missing from the clone is never compared, so its size does not count.
        let sizes: Vec<u64> = left.map(|side| self.size(side).unwrap_or(0)).collect();
        RenameLimits { max_files: sizes.len(), max_bytes: sizes.iter().sum() }
    }

    /// Returns the indexes of the unpaired sources and additions that are regular files; `None` if
    /// no two of them could form a pair.
    pub(super) fn unpaired_files(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        let mut sources = self.free_sources();
        sources.retain(|source| self.sources[*source].entry.mode.is_file());
        let mut additions = self.open_additions();
        additions.retain(|addition| self.additions[*addition].entry.mode.is_file());
        Some((sources, additions)).filter(|(from, to)| !from.is_empty() && !to.is_empty())
    }

    /// Returns the indexes of the sources that are still available for pairing, in path order.
    pub(super) fn free_sources(&self) -> Vec<usize> {
        (0..self.sources.len()).filter(|source| self.is_free(*source)).collect()
    }

    /// Returns the indexes of the additions without a source, in path order.
    pub(super) fn open_additions(&self) -> Vec<usize> {
        (0..self.additions.len()).filter(|addition| self.is_open(*addition)).collect()
    }

    /// Returns the unpaired sources and additions, without the content on both sides that several
    /// other files have: its names do not allow it, and every file would be found for every other.
    pub(super) fn without_common(&self) -> (Vec<usize>, Vec<usize>) {
        let (mut sources, mut additions) = (self.free_sources(), self.open_additions());
        let blobs = |sides: &[TableSide<'_>], which: &[usize]| -> HashSet<BlobId, RandomState> {
            which.iter().map(|index| sides[*index].entry.blob).collect()
        };
        let mut common = blobs(&self.sources, &sources);
        let new = blobs(&self.additions, &additions);
        common.retain(|blob| new.contains(blob) && (self.trees.paths_with)(*blob) > FEW_PATHS);
        sources.retain(|source| !common.contains(&self.sources[*source].entry.blob));
        additions.retain(|addition| !common.contains(&self.additions[*addition].entry.blob));
        (sources, additions)
    }

    /// Returns whether a source and an addition have the same last path component.
    pub(super) fn same_basename(&self, source: usize, addition: usize) -> bool {
        self.sources[source].path.basename() == self.additions[addition].path.basename()
    }

    /// Returns whether the names allow pairing two files. Files with weak evidence need related
    /// names: nearly empty files, files with content that several others have, and sidecars.
    ///
    /// A file of unknown size counts as large.
    pub(super) fn names_allow(&self, source: usize, addition: usize) -> bool {
        // Usually the whole directory was moved, so there is no need to read the size.
        if self.same_basename(source, addition) {
            return true;
        }
        let (old, new) = (&self.sources[source], &self.additions[addition]);
        let size = |side| self.content(side).and_then(|fact| self.contents.size(fact));
        let smaller = [size(old), size(new)].into_iter().flatten().min();
        let is_small = smaller.is_some_and(|bytes| bytes < NEARLY_EMPTY);
        let is_weak = is_small || self.has_sidecar(source, addition);
        if old.entry.blob != new.entry.blob {
            return !is_weak || related(old.path, new.path);
        }
        let most = if is_weak { 1 } else { FEW_PATHS };
        related(old.path, new.path)
            || (self.trees.paths_with)(old.entry.blob) <= most
                && (!is_small || self.contents.is_distinctive(old.entry.blob))
    }

    /// Returns whether a score comes from text that two siblings of the source share with the
    /// addition: the rest of the two files does not reach `minimum`. A related name is enough in
    /// any case, and it does not matter for a copy.
    pub(super) fn is_boilerplate(
        &self,
        source: usize,
        addition: usize,
        score: u32,
        minimum: u32,
    ) -> bool {
        let (old, new) = (&self.sources[source], &self.additions[addition]);
        if self.reuses || related(old.path, new.path) {
            return false;
        }
        let Some(content) = self.content(new) else { return false };
        let mut scores = Vec::new();
        for (_, blob) in
            self.siblings(old).iter().filter(|(n, _)| **n != *old.path.basename()).take(SAMPLE)
        {
            let fact = self.contents.fact(*blob);
            if self.contents.is_missing(&fact) {
                self.lacks_sibling.set(true);
            }
            scores.push(self.contents.score(&fact, content, minimum));
        }
        scores.sort_unstable_by(|a, b| b.cmp(a));
        let shared = scores.get(1).copied().filter(|shared| *shared >= minimum);
        shared.is_some_and(|shared| {
            let (rest, own) = (score.saturating_sub(shared), MAX_SCORE.saturating_sub(shared));
            rest == 0
                || u64::from(rest) * u64::from(MAX_SCORE) < u64::from(minimum) * u64::from(own)
        })
    }

    fn siblings(&self, side: &TableSide<'a>) -> Rc<Siblings> {
        let key = (directory(side.path), kind(side.path.basename()));
        let known = self.siblings.borrow().get(&key).cloned();
        known.unwrap_or_else(|| {
            let found = Rc::new((self.trees.siblings)(side.path));
            self.siblings.borrow_mut().insert(key, found.clone());
            found
        })
    }

    /// Returns whether the content of a sibling is missing from the clone but may exist in others.
    pub(super) fn lacks_sibling(&self) -> bool {
        self.lacks_sibling.get()
    }

    /// Returns the pairs found so far.
    pub(super) fn found(&self) -> FoundPairs {
        (self.used.clone(), self.matches.clone())
    }

    /// Forgets all pairs but these.
    pub(super) fn restore(&mut self, found: FoundPairs) {
        (self.used, self.matches) = found;
    }

    /// Returns whether a source or an addition is a sidecar. It does not matter for a copy.
    fn has_sidecar(&self, source: usize, addition: usize) -> bool {
        let [sources, additions] = self.assets();
        !self.reuses && (sources[source].is_some() || additions[addition].is_some())
    }

    fn assets(&self) -> &[Vec<Option<usize>>; 2] {
        let paths = |sides: &[TableSide<'a>]| {
            assets(&sides.iter().map(|side| side.path).collect::<Vec<_>>())
        };
        self.assets.get_or_init(|| [paths(&self.sources), paths(&self.additions)])
    }

    /// Returns the addition that another one is a sidecar of.
    pub(super) fn asset_of(&self, addition: usize) -> Option<usize> {
        self.assets()[1][addition]
    }

    /// Returns the source that an addition is paired with.
    pub(super) fn source_of(&self, addition: usize) -> Option<usize> {
        self.matches[addition].map(|(source, _)| source)
    }

    /// Returns whether a source and an addition are in the same directory.
    pub(super) fn same_directory(&self, source: usize, addition: usize) -> bool {
        directory(self.sources[source].path) == directory(self.additions[addition].path)
    }

    /// Returns the similarity of a source and an addition if it can reach `minimum`, otherwise 0;
    /// also 0 if the two must not be paired.
    pub(super) fn score(&self, source: usize, addition: usize, minimum: u32) -> u32 {
        let old = self.content(&self.sources[source]);
        let Some((old, new)) = old.zip(self.content(&self.additions[addition])) else { return 0 };
        if !self.names_allow(source, addition) {
            return 0;
        }
        self.contents.score(old, new, minimum)
    }

    /// Returns the size and spans of a path's content; `None` if the path is not a regular file or
    /// its content is missing.
    pub(super) fn read<'s>(&self, side: &'s TableSide<'_>) -> Option<(u64, &'s Spans)> {
        let fact = self.content(side)?;
        Some((self.contents.size(fact)?, self.contents.spans(fact)?))
    }

    /// Returns the size of a path's content; `None` if the path is not a regular file or its
    /// content is missing.
    pub(super) fn size(&self, side: &TableSide<'_>) -> Option<u64> {
        self.contents.size(self.content(side)?)
    }

    fn content<'s>(&self, side: &'s TableSide<'_>) -> Option<&'s BlobFacts> {
        let fact = || side.entry.mode.is_file().then(|| self.contents.fact(side.entry.blob));
        side.content.get_or_init(fact).as_deref()
    }

    /// Returns whether a regular file's content is missing from the clone but may exist in others.
    pub(super) fn is_missing(&self, side: &TableSide<'_>) -> bool {
        self.content(side).is_some_and(|fact| self.contents.is_missing(fact))
    }

    /// Pairs an addition with a source.
    pub(super) fn record(&mut self, source: usize, addition: usize, score: u32) {
        // Sources of copies are marked as used too, but `reuses` makes the mark irrelevant.
        self.used[source] = true;
        self.matches[addition] = Some((source, score));
    }

    /// Returns the pairs of regular files, in path order of their additions.
    pub(super) fn pairs(&self) -> Vec<Pair> {
        let matched = self.additions.iter().zip(&self.matches);
        let files = matched.filter(|(addition, _)| addition.entry.mode.is_file());
        let pair = |(addition, found): (&TableSide<'_>, &Option<(usize, u32)>)| {
            let (source, score) = (*found)?;
            Some(self.pair(source, addition, score))
        };
        files.filter_map(pair).collect()
    }

    /// Returns a pair with the percentage that git prints.
    pub(super) fn pair(&self, source: usize, addition: &TableSide<'_>, score: u32) -> Pair {
        let (from, to) = (self.sources[source].path.clone(), addition.path.clone());
        Pair { from, to, similarity: (score.min(MAX_SCORE) * 100 / MAX_SCORE) as u8 }
    }
}

/// How long a name must be before it is significant that another name contains it.
const MIN_CONTAINED: usize = 3;

/// Returns whether the names suggest that two paths belong to the same file.
///
/// Only the last components are compared. They are related if they are equal, if they are equal up
/// to the first dot (with something before it), or if one of them has at least three bytes and the
/// other contains it.
pub fn related(a: &RepoPath, b: &RepoPath) -> bool {
    let (a, b) = (a.basename(), b.basename());
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let stem = stem(a);
    a == b
        // Names such as `.bashrc` have an empty stem, which would make them all related.
        || (!stem.is_empty() && stem == self::stem(b))
        || (short.len() >= MIN_CONTAINED && long.windows(short.len()).any(|part| part == short))
}

fn stem(name: &[u8]) -> &[u8] {
    name.split(|b| *b == b'.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes().to_vec()).expect("valid")
    }

    #[test]
    fn relates_equal_names_stems_and_parts() {
        for (a, b) in [
            ("a/x", "b/x"),
            (".a", "d/.a"),
            ("a.py", "d/a.pyi"),
            ("a", "a.txt"),
            ("old_pool.py", "pool.py"),
            ("abc", "xabcx"),
            ("conf.d/__init__.py", "src/__init__.py"),
        ] {
            assert!(related(&path(a), &path(b)), "{a} {b}");
            assert!(related(&path(b), &path(a)), "{b} {a}");
        }
    }

    #[test]
    fn does_not_relate_directories_dot_files_and_short_parts() {
        for (a, b) in [
            ("same/x.py", "same/y.py"),
            (".gitkeep", ".npmignore"),
            ("ab", "xaby"),
            ("x.py", "y.pyi"),
        ] {
            assert!(!related(&path(a), &path(b)), "{a} {b}");
        }
    }
}
