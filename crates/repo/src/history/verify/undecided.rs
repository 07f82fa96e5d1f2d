//! Gives advice on commits that cannot be judged, or for which healing cannot decide everything.

use super::walk::HistoryWalk;
use crate::git::CommitId;
use crate::history::faults::{HistoryCommit, HistoryState};
use crate::history::{MissingObjects, available_history::is_at_boundary};

impl HistoryWalk<'_> {
    /// Returns the command that fetches the objects needed to judge a commit.
    pub(super) fn fetch_for(
        &self,
        id: CommitId,
        places: &[usize],
        state: &HistoryState,
    ) -> Option<&'static str> {
        let repo = self.reader.repo;
        let parents = || repo.commit(id).map(|commit| commit.parents).unwrap_or_default();
        let is_unknown = |place: &usize| {
            let HistoryCommit { fetch, state, .. } = &self.steps[*place];
            fetch.is_some() && matches!(state, HistoryState::Inconsistent(_))
        };
        let lacks_objects = |commits: &[CommitId]| {
            let undecided = self.healed.undecided(commits);
            !undecided.is_empty() && undecided.needed.is_none()
        };
        let lacks = match state {
            HistoryState::Inconsistent(_) => {
                // If a parent is undecided, its healed registry is unknown as well.
                lacks_objects(&[id])
                    || is_at_boundary(repo, &parents())
                    || places.iter().any(is_unknown)
            }
            HistoryState::Consistent { .. } if self.unread.contains(&id) => true,
            HistoryState::Consistent { .. } if !self.healed.is_empty() => lacks_objects(&parents()),
            _ => false,
        };
        lacks.then(|| MissingObjects::of(repo).fetch()).flatten()
    }

    /// Returns advice to raise the limit that prevents a commit from being healed.
    pub(super) fn limit_for(&self, id: CommitId, state: &HistoryState) -> Option<String> {
        let HistoryState::Inconsistent(_) = state else { return None };
        let needed = Some(self.healed.undecided(&[id]).needed).filter(|needed| !needed.is_none());
        needed.map(|needed| MissingObjects::Limits(needed).command().into_owned())
    }
}
