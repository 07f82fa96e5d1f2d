//! Determines the files and records that a plan leaves undecided because the clone lacks commits or
//! contents, or because of a limit.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Parent;
use crate::config::RenameLimits;
use crate::registry::{Origin, RepoPath, grouped};
use crate::rename::{Pair, Pairs, UncomparedFiles, UnreadFiles};

use super::{plan_draft::PlanDraft, plan_input::PlanInput, undecided::Undecided};

impl PlanDraft<'_> {
    /// Notes the files left undecided when looking for renames from a parent to the index: files
    /// whose identity the parent had already left undecided, and files that depend on missing
    /// contents. `targets` holds the new files that have no identity yet.
    pub(super) fn note_unread(
        &mut self,
        parent: &Parent<'_>,
        pairs: &Pairs,
        targets: &BTreeSet<RepoPath>,
    ) {
        let before = &self.situation.options.undecided.paths;
        for Pair { from, to, .. } in pairs.renames.iter().filter(|pair| before.contains(&pair.from))
        {
            self.undecided.paths.remove(from);
            self.undecided.paths.extend(Some(to).filter(|to| targets.contains(*to)).cloned());
        }
        let UnreadFiles { deletions, additions, copies } = &pairs.unread;
        // All clones that heal must agree on a copy's original, so the copy has to wait.
        if self.situation.options.is_healing {
            let copies = copies.iter().filter(|path| targets.contains(*path));
            self.unread.paths.extend(copies.cloned());
        }
        let open: Vec<&RepoPath> =
            additions.iter().filter(|path| targets.contains(*path)).collect();
        if open.is_empty() {
            return;
        }
        self.unread.paths.extend(open.into_iter().cloned());
        self.unread.records.extend(records_at(parent, deletions));
    }

    /// Notes the files left undecided because a `[rename]` limit excluded renames from a parent to
    /// the index. In a commit being made, these are only the new files that may be the parent's
    /// undecided files; the user making the commit decides about the others.
    pub(super) fn note_skipped(
        &mut self,
        parent: &Parent<'_>,
        skipped: &UncomparedFiles,
        targets: &BTreeSet<RepoPath>,
    ) {
        let UncomparedFiles { deletions, additions, needed } = skipped;
        let options = &self.situation.options;
        let mut gone = BTreeSet::new();
        if options.keeps_skipped {
            gone = records_at(parent, deletions).collect();
            gone.retain(|origin| {
                self.records.get(origin).is_some_and(|record| {
                    record.is_active() && !self.tracked.contains_key(&record.path)
                })
            });
        }
        if gone.is_empty() && !deletions.iter().any(|path| options.undecided.paths.contains(path)) {
            return;
        }
        let open = additions.iter().filter(|path| targets.contains(*path));
        self.skipped.paths.extend(open.cloned());
        self.skipped.records.extend(gone);
        self.skipped.needed.raise_to(*needed);
    }

    /// Returns whether a new file's identity is undecided.
    pub(super) fn is_undecided(&self, path: &RepoPath) -> bool {
        self.undecided.gone.contains(path)
            || [&self.undecided, &self.unread, &self.skipped]
                .iter()
                .any(|one| one.paths.contains(path))
    }

    /// Keeps only the files and records that are still undecided after all other steps.
    pub(super) fn settle_undecided(&mut self) {
        let PlanInput { config, blobs, .. } = *self.situation;
        let open = self.unheld().into_iter();
        // The file itself may carry an identity.
        let is_hidden =
            |path: &RepoPath| config.embeds(path) && blobs.size(self.tracked[path].blob).is_none();
        self.unread.paths.extend(open.filter(is_hidden));
        self.undecided.keep_gone(|path| self.tracked.contains_key(path));
        let placed: BTreeSet<Origin> = self.held.values().copied().collect();
        for undecided in [&mut self.undecided, &mut self.unread, &mut self.skipped] {
            let is_open =
                |path: &RepoPath| self.tracked.contains_key(path) && !self.held.contains_key(path);
            undecided.paths.retain(is_open);
            let is_gone = |origin: &Origin| {
                self.records.get(origin).is_some_and(|record| {
                    record.is_active() && !self.tracked.contains_key(&record.path)
                }) && !placed.contains(origin)
            };
            undecided.records.retain(is_gone);
        }
        // If there are no open files, no record is waiting for one.
        for undecided in [&mut self.unread, &mut self.skipped] {
            if undecided.paths.is_empty() {
                *undecided = Undecided::new();
            }
        }
        if self.undecided.is_empty() {
            self.undecided.needed = RenameLimits::NONE;
        }
        self.undecided.extend(&self.unread);
        self.undecided.extend(&self.skipped);
    }
}

/// Returns a parent's active records at the given paths.
fn records_at<'a>(
    parent: &Parent<'a>,
    paths: &'a [RepoPath],
) -> impl Iterator<Item = Origin> + use<'a> {
    let records = parent.registry.active().map(|record| (&record.path, record.origin));
    let records: BTreeMap<&RepoPath, Vec<Origin>> = grouped(records);
    paths.iter().filter_map(move |path| records.get(path).cloned()).flatten()
}
