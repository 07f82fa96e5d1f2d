//! [`fold`]: the walk through commits that every question about a history takes.

use std::collections::HashMap;
use std::hash::Hash;

/// Visits commits in this order, parents first, with a state that forgets.
///
/// `needs` returns the commits of which the visit of one must know something: itself, its parents …
/// `forget` is called for each of them as soon as no later visit needs it. So a walk holds only what
/// the open branches of a history need, however long it is.
///
/// # Errors
/// Returns the first error of a visit.
pub(crate) fn fold<S, C, K: Copy + Eq + Hash, E>(
    state: &mut S,
    commits: &[C],
    needs: impl Fn(&S, &C) -> Vec<K>,
    mut visit: impl FnMut(&mut S, &C) -> Result<(), E>,
    mut forget: impl FnMut(&mut S, K),
) -> Result<(), E> {
    let mut open: HashMap<K, usize> = HashMap::new();
    for id in commits.iter().flat_map(|commit| needs(state, commit)) {
        *open.entry(id).or_default() += 1;
    }
    for commit in commits {
        visit(state, commit)?;
        for id in needs(state, commit) {
            let left = open.remove(&id).unwrap_or(1) - 1;
            match left {
                0 => forget(state, id),
                _ => drop(open.insert(id, left)),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn values_are_forgotten_after_the_last_child() {
        // 0 is the parent of 1 and 2, which 3 merges; 4 follows 3.
        let parents: [&[usize]; 5] = [&[], &[0], &[0], &[1, 2], &[3]];
        let commits: Vec<usize> = (0..parents.len()).collect();
        let (mut known, mut most) = (BTreeSet::new(), 0);
        let needs = |n: &usize| [&[*n], parents[*n]].concat();
        let visit = |known: &mut BTreeSet<usize>, n: &usize| {
            assert!(parents[*n].iter().all(|parent| known.contains(parent)));
            known.insert(*n);
            most = most.max(known.len());
            Ok::<(), ()>(())
        };
        let forget = |known: &mut BTreeSet<usize>, n| assert!(known.remove(&n));
        fold(&mut known, &commits, |_, n| needs(n), visit, forget).expect("no errors");
        assert_eq!((most, known.len()), (3, 0));
    }
}
