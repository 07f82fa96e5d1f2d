//! Records that were gone in a commit and came back in a later one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::check::{HistoryCommit, HistoryState, MAX_STARTS, follows};
use crate::registry::{BlobId, Origin};

use super::HistoryWalk;
use crate::state::StateError;

/// The records that are gone in the commit at a place, as far as none brought them back yet.
type Gone = (usize, BTreeSet<Origin>);

impl HistoryWalk<'_> {
    /// Returns which commits brought records back that were gone in others, where no commit
    /// without adopted children lacks them again.
    pub(super) fn came_back(&mut self) -> Result<BTreeMap<(usize, Origin), usize>, StateError> {
        let mut found = BTreeMap::new();
        for gone in gone(&self.steps).chunks_mut(MAX_STARTS) {
            self.look_for(gone, &mut found)?;
        }
        Ok(found)
    }

    /// Goes through the commits that follow some others, no more than [`MAX_STARTS`], and looks into
    /// each registry once.
    fn look_for(
        &mut self,
        gone: &mut [Gone],
        found: &mut BTreeMap<(usize, Origin), usize>,
    ) -> Result<(), StateError> {
        let starts: Vec<usize> = gone.iter().map(|(n, _)| *n).collect();
        let after = follows(&starts, self.steps.len(), |n| self.steps[n].inherits_from());
        let parents: BTreeSet<usize> =
            self.steps.iter().flat_map(HistoryCommit::inherits_from).copied().collect();
        for (n, after) in after.iter().enumerate().filter(|(n, _)| !parents.contains(n)) {
            if *after == 0 {
                continue;
            }
            let here = self.origins(n)?;
            for (_, wanted) in chosen(gone, *after) {
                wanted.retain(|origin| here.contains(origin));
            }
        }
        // A registry that was looked into for a commit need not be for its sake again.
        let mut known: HashMap<BlobId, u64> = HashMap::new();
        let mut open = still_open(gone);
        for (n, after) in after.into_iter().enumerate() {
            let Some(blob) = self.registries[n].filter(|_| after & open != 0) else { continue };
            let known = known.entry(blob).or_default();
            let asking = after & open & !*known;
            if asking == 0 {
                continue;
            }
            *known |= asking;
            let here = self.origins(n)?;
            for (start, wanted) in chosen(gone, asking) {
                let back: Vec<Origin> = wanted.intersection(&here).copied().collect();
                wanted.retain(|origin| !here.contains(origin));
                found.extend(back.into_iter().map(|origin| ((*start, origin), n)));
            }
            open = still_open(gone);
            if open == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Returns the allocations of which a commit has a record.
    fn origins(&mut self, n: usize) -> Result<BTreeSet<Origin>, StateError> {
        let stored = self.reader.witness(self.commits[n].id)?;
        let records = stored.iter().flat_map(|stored| &stored.registry.allocations);
        Ok(records.map(|record| record.origin).collect())
    }
}

/// Returns what true commits lack of what their untrue parents should have had.
fn gone(steps: &[HistoryCommit]) -> Vec<Gone> {
    let gone = steps.iter().enumerate().filter_map(|(n, step)| match &step.state {
        HistoryState::Consistent { losses } => {
            Some((n, losses.iter().filter_map(|loss| loss.gone).collect()))
        }
        _ => None,
    });
    gone.filter(|(_, origins): &Gone| !origins.is_empty()).collect()
}

/// Returns those that a set of bits stands for.
fn chosen(gone: &mut [Gone], bits: u64) -> impl Iterator<Item = &mut Gone> {
    gone.iter_mut().enumerate().filter(move |(bit, _)| bits & (1 << bit) != 0).map(|(_, gone)| gone)
}

/// Returns the bits of those of which something is still looked for.
fn still_open(gone: &[Gone]) -> u64 {
    let open = gone.iter().enumerate().filter(|(_, (_, wanted))| !wanted.is_empty());
    open.fold(0, |bits, (bit, _)| bits | (1 << bit))
}
