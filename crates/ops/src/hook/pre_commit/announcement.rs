//! What a commit tells the user.

use idhooks_core::registry::{Registry, RepoPath};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::system::commits_without_changes;

use crate::legacy_change_report::report_healing;
use crate::legacy_plan::LegacyPlan;
use crate::plan_notices::report_plan;
use crate::planned_commit::PlannedCommit;
use crate::transaction::outputs::report_edited;
use crate::{CommitNotice, Notice, Observer, report_taken};

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
        if inputs.part.is_some() {
            // HEAD is consistent, so a path that keeps its file also keeps its identity.
            return edits;
        }
        let others = Edit::between(base, &plan.registry).into_iter();
        edits.extend(others.filter(|edit| split(edit) || leaves(edit)));
        edits
    }
}
