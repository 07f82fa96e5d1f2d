//! What a commit tells the user.

use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::Registry;
use idhooks_ops::{Notice, Observer, report_healing, report_plan, report_taken};
use idhooks_repo::state::LegacyFile;
use idhooks_repo::system::commits_without_changes;

use crate::output::Ui;

use super::PlannedCommit;
use super::legacy::LegacyPlan;
use super::outputs::report_outputs;

impl PlannedCommit<'_> {
    /// Reports what the user should know: healed commits, new numbers, split and generated files.
    pub(super) fn announce(&self, ui: &mut Ui) {
        let PlannedCommit { pending, inputs, plan, .. } = self;
        report_outputs(ui, &self.outputs);
        self.legacy.report_put_back(ui);
        if inputs.is_healed {
            ui.status("idhooks: the registry of HEAD was damaged; this commit has one that was rebuilt from earlier commits");
        }
        let edits = self.told_edits();
        let taken = match &self.legacy {
            LegacyPlan::Take(taken) => Some((&**taken, &plan.registry)),
            _ => None,
        };
        let healed = inputs.lineage.healing();
        let all: Vec<Edit> = healed.iter().chain(&edits).cloned().collect();
        let is_told = report_taken(ui, Some(pending.repo), taken, &all);
        if !is_told {
            // What is wrong with the rules, was said before.
            let file = LegacyFile::of(pending.repo, &inputs.state.tree).ok().flatten();
            report_healing(ui, pending.repo, file, &healed, Vec::new());
        }
        report_plan(ui, inputs, plan);
        // 'git cherry-pick --continue' does not read the index again after this hook, and takes the
        // change for local work.
        if pending.repo.is_picking_several() {
            let reverting = pending.repo.noted_head("REVERT_HEAD").is_ok_and(|head| head.is_some());
            let command = if reverting { "revert" } else { "cherry-pick" };
            ui.status(&format!("idhooks: the registry was completed; if git now stops because of local changes, the commit is made anyway: run 'git {command} --continue' again"));
        }
        let is_merge = !pending.merging.is_empty();
        // git may have found nothing to commit before it called this hook.
        let head = pending.head.as_ref().map(|(_, commit)| commit.tree);
        if head.is_some() && head == pending.index.root && !is_merge && !commits_without_changes() {
            ui.status("idhooks: the registry is staged; if git now finds nothing to commit, run the same command again");
        }
        if !is_told {
            ui.notice(Notice::Edits { edits, is_logged: false });
        }
    }

    /// Returns the changes of identities that the user should know.
    fn told_edits(&self) -> Vec<Edit> {
        let PlannedCommit { pending, inputs, plan, .. } = self;
        let is_merge = !pending.merging.is_empty();
        let Some(base) = &inputs.lineage.merged else { return Vec::new() };
        let split = |edit: &Edit| is_merge && edit.kind == EventKind::Copied;
        // A rename that leaves a file behind, which gets another identity.
        let leaves = |edit: &Edit| {
            edit.from.as_ref().is_some_and(|from| inputs.state.tree.contains_key(from))
        };
        let parents = inputs.lineage.with_registry();
        let mut edits = Edit::renumbered(&parents, &plan.registry);
        // What a command has staged was its own message.
        let before: Vec<&Registry> = match is_merge {
            true => parents.iter().map(|parent| parent.registry).collect(),
            false => vec![&inputs.stored.registry],
        };
        edits.extend(Edit::lost_since(&before, &plan.registry));
        let others = Edit::between(base, &plan.registry).into_iter();
        edits.extend(others.filter(|edit| split(edit) || leaves(edit)));
        edits
    }
}
