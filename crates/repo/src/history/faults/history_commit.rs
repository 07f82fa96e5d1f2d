//! [`HistoryCommit`]: a commit in a history, in which commits are numbered, parents before their
//! children. Also determines which commits are ancestors of others.

use std::collections::BTreeSet;

use idhooks_core::check::{Finding, IdBinding, Related};

use super::losses::Loss;

/// A commit in a history. Commits are numbered, parents before their children.
#[derive(Debug, Clone)]
pub(crate) struct HistoryCommit {
    /// The commit's id.
    pub commit: String,
    /// The shortest unique abbreviation of the id.
    pub short: String,
    /// The numbers of its parents that are in this history.
    pub parents: Vec<usize>,
    /// Its state.
    pub state: HistoryState,
    /// Findings about exactly renamed files whose identity the commit changed, and warnings about
    /// identities that it gave to unrelated files.
    pub changed: Vec<Finding>,
    /// The command that fetches the objects needed to check this commit, if the clone lacks any.
    pub fetch: Option<&'static str>,
    /// Advice to raise the `[rename]` limit that prevents this commit from being healed.
    pub limit: Option<String>,
    /// The files that the commit's new identities belong to.
    pub names: Vec<IdBinding>,
}

/// A commit's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum HistoryState {
    /// The commit has no registry and needs none, because idhooks has not been adopted yet or was
    /// removed.
    Unadopted,
    /// The commit's registry is not in the clone, so the commit is not checked.
    Unchecked,
    /// It is consistent.
    Consistent {
        /// The records that the commit lacks or changes, compared with its healed ancestors.
        losses: Vec<Loss>,
    },
    /// The commit is inconsistent, for these reasons.
    Inconsistent(Vec<Finding>),
}

impl HistoryCommit {
    /// Returns the numbers of the parents whose identities the commit has to keep. There are none
    /// if idhooks is not adopted in this commit, so that no line of descent leads through commits
    /// without idhooks.
    pub(crate) fn inherits_from(&self) -> &[usize] {
        match self.state {
            HistoryState::Unadopted => &[],
            _ => &self.parents,
        }
    }
}

/// Returns the commit as a related place for a finding.
pub(super) fn related(step: &HistoryCommit) -> Related {
    Related { path: None, id: None, commit: Some(step.commit.clone()) }
}

/// Returns whether the commit `old` is `new` or one of its ancestors. `parents` returns the parents
/// of a commit.
pub(crate) fn led_to<'a>(old: usize, new: usize, parents: impl Fn(usize) -> &'a [usize]) -> bool {
    let mut seen = BTreeSet::from([new]);
    let mut open = vec![new];
    while let Some(n) = open.pop() {
        if n == old {
            return true;
        }
        // Parents have smaller numbers than their children, so commits before `old` cannot descend
        // from it.
        open.extend(parents(n).iter().filter(|p| **p >= old && seen.insert(**p)));
    }
    false
}

/// The maximum number of start commits that [`follows`] takes.
pub(crate) const MAX_STARTS: usize = u64::BITS as usize;

/// For each of `count` commits, returns which of `starts` it is or descends from, as bits, with the
/// first start in the lowest bit. Only the first [`MAX_STARTS`] starts are considered.
pub(crate) fn follows<'a>(
    starts: &[usize],
    count: usize,
    parents: impl Fn(usize) -> &'a [usize],
) -> Vec<u64> {
    let mut follows = vec![0; count];
    for (bit, start) in starts.iter().take(MAX_STARTS).enumerate() {
        follows[*start] |= 1 << bit;
    }
    for n in 0..count {
        follows[n] |= parents(n).iter().fold(0, |bits, p| bits | follows[*p]);
    }
    follows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two branches fork at 0 and are merged at 4; 5 is an unrelated root.
    const PARENTS: [&[usize]; 6] = [&[], &[0], &[0], &[2], &[1, 3], &[]];

    #[test]
    fn ancestors_are_found_on_every_line() {
        let led_to = |old, new| led_to(old, new, |n| PARENTS[n]);
        for (old, new) in [(0, 0), (0, 4), (1, 4), (2, 3), (2, 4)] {
            assert!(led_to(old, new), "{old} led to {new}");
        }
        for (old, new) in [(1, 2), (1, 3), (4, 3), (0, 5), (5, 4)] {
            assert!(!led_to(old, new), "{old} did not lead to {new}");
        }
    }

    #[test]
    fn descendants_of_several_commits_are_found_in_one_pass() {
        let starts = [2, 1, 0, 5, 2];
        let follows = follows(&starts, PARENTS.len(), |n| PARENTS[n]);
        for (n, bits) in follows.into_iter().enumerate() {
            for (bit, start) in starts.into_iter().enumerate() {
                let expected = led_to(start, n, |n| PARENTS[n]);
                assert_eq!(bits & (1 << bit) != 0, expected, "{n} after {start}");
            }
        }
    }
}
