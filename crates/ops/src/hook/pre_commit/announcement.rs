//! What a commit tells the user.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

use idhooks_core::embed;
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath, key, reason};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::system::commits_without_changes;
use idhooks_repo::transaction::Injection;

use crate::legacy_change_report::report_healing;
use crate::legacy_plan::LegacyPlan;
use crate::plan_notices::report_plan;
use crate::planned_commit::PlannedCommit;
use crate::transaction::outputs::report_edited;
use crate::{CommitNotice, Notice, Observer, report_taken};

/// The number of identities that the rules of a commit may end without a word.
const FEW_EXCLUDED: usize = 10;

impl PlannedCommit<'_> {
    /// Reports healed commits, new numbers, and files that were split or generated.
    pub(super) fn announce(&self, observer: &mut dyn Observer) {
        let PlannedCommit { pending, inputs, plan, .. } = self;
        let paths = self.outputs.entries.iter().map(|step| &step.path);
        for path in paths.filter(|path| **path != RepoPath::attributes()) {
            observer.notice(Notice::Commit(CommitNotice::Generated(path.clone())));
        }
        report_edited(observer, &self.outputs.edited);
        if let LegacyPlan::PutBack(path) = &self.legacy {
            observer.notice(Notice::Commit(CommitNotice::LegacyPutBack(path.clone())));
        }
        if inputs.is_healed {
            observer.notice(Notice::Commit(CommitNotice::RegistryRebuilt));
        }
        let edits = self.told_edits();
        let taken = match &self.legacy {
            LegacyPlan::Take(taken) => Some((&**taken, &plan.registry)),
            _ => None,
        };
        let healed = inputs.lineage.healing();
        let all: Vec<Edit> = healed.iter().chain(&edits).cloned().collect();
        let is_told = report_taken(observer, Some(pending.repo), taken, &all);
        if !is_told {
            // Errors in the rules have been reported already.
            let file = LegacyFile::of(pending.repo, &inputs.state.tree).ok().flatten();
            report_healing(observer, pending.repo, file, &healed, Vec::new());
        }
        report_plan(observer, inputs, plan);
        self.announce_replaced_heads(observer);
        self.announce_surprises(observer);
        // 'git cherry-pick --continue' does not reread the index after this hook, and mistakes the
        // hook's change for local work.
        if pending.repo.is_picking_several() {
            let reverted = pending.repo.noted_head("REVERT_HEAD");
            let is_revert = reverted.is_ok_and(|head| head.is_some());
            observer.notice(Notice::Commit(CommitNotice::CompletedInPick { is_revert }));
        }
        let is_merge = !pending.merging.is_empty();
        // Before running this hook, git may have decided that there is nothing to commit.
        let head = pending.head.as_ref().map(|(_, commit)| commit.tree);
        let root = pending.root().ok().flatten();
        if head.is_some() && head == root && !is_merge && !commits_without_changes() {
            observer.notice(Notice::Commit(CommitNotice::OnlyRegistry));
        }
        if !is_told {
            observer.notice(Notice::Edits { edits, is_logged: false });
        }
    }

    /// Reports files that keep their identities although another identity's file is now at their
    /// paths.
    fn announce_replaced_heads(&self, observer: &mut dyn Observer) {
        let PlannedCommit { pending, inputs, plan, .. } = self;
        let Some(base) = inputs.lineage.merged.as_ref().filter(|_| !self.injections.is_empty())
        else {
            return;
        };
        let before = base.by_origin();
        let holders = plan.registry.holders(|_| true);
        for Injection { path, before: entry, .. } in &self.injections {
            let Some(record) = holders.get(path) else { continue };
            let then = before.get(&record.origin).filter(|then| then.path == *path);
            let content = pending.repo.blob(entry.blob).ok();
            let carried = content.and_then(|content| embed::read_id(path, &content));
            if let (Some(then), Some(carried)) = (then, carried)
                && !record.answers_to(carried)
                && !then.answers_to(carried)
            {
                let (path, id) = (path.clone(), record.id);
                observer.notice(Notice::Commit(CommitNotice::HeadReplaced { path, id, carried }));
            }
        }
    }

    /// Reports what a person may not have meant: rules that end many identities, and a move of
    /// which only the new name is staged.
    fn announce_surprises(&self, observer: &mut dyn Observer) {
        let PlannedCommit { pending, inputs, plan, .. } = self;
        let Some(base) = inputs.lineage.merged.as_ref().map(Registry::by_origin) else { return };
        let before = |record: &Allocation| base.get(&record.origin).copied();
        let is_excluded = |record: &&Allocation| {
            record.text(key::DEPRECATED_REASON) == Some(reason::EXCLUDED)
                && before(record).is_some_and(Allocation::is_active)
        };
        let excluded = plan.registry.allocations.iter().filter(is_excluded).count();
        if excluded > FEW_EXCLUDED {
            observer.notice(Notice::Commit(CommitNotice::Excluded(excluded)));
        }
        // In a sparse checkout, a missing file was not moved.
        if pending.repo.setting("core.sparseCheckout").is_some_and(|value| value == "true") {
            return;
        }
        let source = |record: &Allocation| record.text(key::COPIED_FROM)?.parse().ok();
        let copies = plan.registry.active().filter(|record| before(record).is_none());
        let copies: Vec<(&Allocation, Id)> =
            copies.filter_map(|record| Some((record, source(record)?))).collect();
        let sources: BTreeSet<Id> = copies.iter().map(|(_, id)| *id).collect();
        let sources = plan.registry.active().filter(|record| sources.contains(&record.id));
        let sources: BTreeMap<Id, &Allocation> =
            sources.map(|record| (record.id, record)).collect();
        for (copy, id) in copies {
            let Some(from) = sources.get(&id) else { continue };
            let file = pending.repo.top().join(from.path.to_os_path());
            let is_gone = file.symlink_metadata().is_err_and(|e| e.kind() == ErrorKind::NotFound);
            if is_gone {
                let paths = [from.path.clone(), copy.path.clone()];
                observer.notice(Notice::Commit(CommitNotice::HalfMoved(paths)));
            }
        }
    }

    /// Returns the identity changes that the user should know about.
    fn told_edits(&self) -> Vec<Edit> {
        let PlannedCommit { pending, inputs, plan, .. } = self;
        let is_merge = !pending.merging.is_empty();
        let Some(base) = &inputs.lineage.merged else { return Vec::new() };
        let split = |edit: &Edit| is_merge && edit.kind == EventKind::Copied;
        // A rename after which the old path still has a file, which gets a different identity.
        let leaves = |edit: &Edit| {
            edit.from.as_ref().is_some_and(|from| inputs.state.tree.contains_key(from))
        };
        let parents = inputs.lineage.with_registry();
        let mut edits = Edit::renumbered(&parents, &plan.registry);
        // The command that staged a change has already reported it.
        let before: Vec<&Registry> = match is_merge {
            true => parents.iter().map(|parent| parent.registry).collect(),
            false => vec![&inputs.stored.registry],
        };
        edits.extend(Edit::lost_since(&before, &plan.registry));
        if inputs.part.is_some() && inputs.has_registry_of_a_parent() {
            // HEAD is consistent, so a path that keeps its file also keeps its identity.
            return edits;
        }
        let others = Edit::between(base, &plan.registry).into_iter();
        edits.extend(others.filter(|edit| split(edit) || leaves(edit)));
        edits
    }
}
