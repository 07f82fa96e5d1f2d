//! What inconsistent commits published before a commit heals them.

use std::collections::BTreeSet;

use idhooks_core::check::{Code, Finding, IdBinding, Subject, bindings, exact_renames};

use super::commit::CommitVerdict;
use super::parents::{KnownParent, pairs, with_registry};
use super::walk::HistoryWalk;
use crate::history::faults::Published;
use crate::state::read_config;

impl HistoryWalk<'_> {
    /// Replaces the findings about files renamed without edits. The new findings come from
    /// comparing the commit with what its inconsistent parents should have been, because a rename
    /// must keep the identities that are in the parents' healed registries and have been published.
    pub(super) fn rename_over_healed(&self, verdict: &mut CommitVerdict, published: &Published) {
        let CommitVerdict { parents, tree, stored, changed, .. } = verdict;
        let is_healed = parents.iter().any(|parent| self.healed.contains_key(&parent.id));
        let Some(stored) = stored.as_deref().filter(|_| is_healed) else { return };
        let config = read_config(self.reader.repo, tree).unwrap_or_default();
        let subject = Subject {
            parents: &with_registry(parents, &self.healed),
            blobs: self.reader.repo,
            ..Subject::new(&config, &stored.registry, tree)
        };
        changed.retain(|finding| finding.code != Code::IdentityChanged);
        let ids: BTreeSet<String> = published.iter().map(|(id, _)| id.to_string()).collect();
        let is_published = |finding: &Finding| {
            let mut old = finding.related.iter().filter_map(|related| related.id.as_ref());
            old.any(|id| ids.contains(id))
        };
        changed.extend(exact_renames(&subject).into_iter().filter(is_published));
    }

    /// Returns the identities published by the parents or by the inconsistent commits before them.
    pub(super) fn published(&self, known_parents: &[KnownParent]) -> Published {
        let mut published = Published::new();
        for parent in known_parents {
            match self.open.get(&parent.id) {
                Some(open) => published.extend(&open.published),
                None => published.extend(pairs(parent.stored.as_deref())),
            }
        }
        published
    }

    /// Returns a commit's identities, including those that it keeps from the inconsistent commits
    /// before it.
    pub(super) fn names_so_far(&self, verdict: &CommitVerdict) -> Vec<IdBinding> {
        let mut found = verdict.names.clone();
        let Some(stored) = &verdict.stored else { return found };
        let own: BTreeSet<IdBinding> = bindings(&stored.registry).collect();
        let before = verdict.parents.iter().filter_map(|parent| self.open.get(&parent.id));
        found.extend(before.flat_map(|open| open.names.intersection(&own)));
        found.sort_unstable();
        found.dedup();
        found
    }
}
