//! Which commits of a history led to which others. A commit is known by its place, and its
//! parents come before it.

use std::collections::BTreeSet;

/// Returns whether the commit `old` led to `new`, or is it; `parents` says the parents of each.
pub fn led_to<'a>(old: usize, new: usize, parents: impl Fn(usize) -> &'a [usize]) -> bool {
    let mut seen = BTreeSet::from([new]);
    let mut open = vec![new];
    while let Some(n) = open.pop() {
        if n == old {
            return true;
        }
        // What stands before `old` cannot come after it.
        open.extend(parents(n).iter().filter(|p| **p >= old && seen.insert(**p)));
    }
    false
}

/// How many commits [`follows`] takes.
pub const AT_ONCE: usize = u64::BITS as usize;

/// Returns of each of `count` commits which of `starts` led to it, or are it: the first bit
/// stands for the first of them. There are no more than [`AT_ONCE`].
pub fn follows<'a>(
    starts: &[usize],
    count: usize,
    parents: impl Fn(usize) -> &'a [usize],
) -> Vec<u64> {
    let mut follows = vec![0; count];
    for (bit, start) in starts.iter().take(AT_ONCE).enumerate() {
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

    /// Two branches that part after 0 and meet in 4; 5 is of another repository.
    const PARENTS: [&[usize]; 6] = [&[], &[0], &[0], &[2], &[1, 3], &[]];

    #[test]
    fn what_led_to_a_commit_is_on_one_of_its_lines() {
        let led_to = |old, new| led_to(old, new, |n| PARENTS[n]);
        for (old, new) in [(0, 0), (0, 4), (1, 4), (2, 3), (2, 4)] {
            assert!(led_to(old, new), "{old} led to {new}");
        }
        for (old, new) in [(1, 2), (1, 3), (4, 3), (0, 5), (5, 4)] {
            assert!(!led_to(old, new), "{old} did not lead to {new}");
        }
    }

    #[test]
    fn what_follows_several_commits_is_found_at_once() {
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
