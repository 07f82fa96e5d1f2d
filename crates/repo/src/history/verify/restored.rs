//! Finds records that were missing from a commit and restored by a later one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use idhooks_core::registry::{BlobId, Origin};

use super::walk::HistoryWalk;
use crate::history::faults::{HistoryCommit, HistoryState, MAX_STARTS, follows};
use crate::state::StateError;

/// A commit, and the records missing from it that no later commit has restored yet.
type Gone = (usize, BTreeSet<Origin>);

impl HistoryWalk<'_> {
    /// For each record missing from a commit, returns the commit that restored it. A record that is
    /// missing again at the end of any branch does not count as restored.
    pub(super) fn find_restored(&mut self) -> Result<BTreeMap<(usize, Origin), usize>, StateError> {
        let mut found = BTreeMap::new();
        // Bit sets record which of up to 64 starts each commit descends from, so a single pass
        // answers for all of them.
        for gone in gone(&self.steps).chunks_mut(MAX_STARTS) {
            self.search_descendants(gone, &mut found)?;
        }
        Ok(found)
    }

    /// Searches the descendants of at most [`MAX_STARTS`] commits, reading each registry once.
    fn search_descendants(
        &mut self,
        gone: &mut [Gone],
        found: &mut BTreeMap<(usize, Origin), usize>,
    ) -> Result<(), StateError> {
        let starts: Vec<usize> = gone.iter().map(|(n, _)| *n).collect();
        let after = follows(&starts, self.steps.len(), |n| self.steps[n].inherits_from());
        let parents: BTreeSet<usize> =
            self.steps.iter().flat_map(HistoryCommit::inherits_from).copied().collect();
        // If a branch's last commit lacks the record again, the record is lost to everyone working
        // on that branch.
        for (n, after) in after.iter().enumerate().filter(|(n, _)| !parents.contains(n)) {
            if *after == 0 {
                continue;
            }
            let here = self.origins(n)?;
            for (_, needed) in chosen(gone, *after) {
                needed.retain(|origin| here.contains(origin));
            }
        }
        // Don't search a registry twice for the same commit's records.
        let mut searched: HashMap<BlobId, u64> = HashMap::new();
        let mut open = still_open(gone);
        for (n, after) in after.into_iter().enumerate() {
            let Some(blob) = self.registries[n].filter(|_| after & open != 0) else { continue };
            let searched = searched.entry(blob).or_default();
            let asking = after & open & !*searched;
            if asking == 0 {
                continue;
            }
            *searched |= asking;
            let here = self.origins(n)?;
            for (start, needed) in chosen(gone, asking) {
                let back: Vec<Origin> = needed.intersection(&here).copied().collect();
                needed.retain(|origin| !here.contains(origin));
                found.extend(back.into_iter().map(|origin| ((*start, origin), n)));
            }
            open = still_open(gone);
            if open == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Returns the allocations that have a record in the commit.
    fn origins(&mut self, n: usize) -> Result<BTreeSet<Origin>, StateError> {
        let stored = self.reader.witness(self.commits[n].id)?;
        let records = stored.iter().flat_map(|stored| &stored.registry.allocations);
        Ok(records.map(|record| record.origin).collect())
    }
}

/// Returns the records that each consistent commit has lost compared with its healed inconsistent
/// parents.
fn gone(steps: &[HistoryCommit]) -> Vec<Gone> {
    let gone = steps.iter().enumerate().filter_map(|(n, step)| match &step.state {
        HistoryState::Consistent { losses } => {
            Some((n, losses.iter().filter_map(|loss| loss.gone).collect()))
        }
        _ => None,
    });
    gone.filter(|(_, origins): &Gone| !origins.is_empty()).collect()
}

/// Returns the elements whose bits are set.
fn chosen(gone: &mut [Gone], bits: u64) -> impl Iterator<Item = &mut Gone> {
    gone.iter_mut().enumerate().filter(move |(bit, _)| bits & (1 << bit) != 0).map(|(_, gone)| gone)
}

/// Returns the bits of the elements that still lack records.
fn still_open(gone: &[Gone]) -> u64 {
    let open = gone.iter().enumerate().filter(|(_, (_, needed))| !needed.is_empty());
    open.fold(0, |bits, (bit, _)| bits | (1 << bit))
}
