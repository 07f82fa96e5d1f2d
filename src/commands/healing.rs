//! What commands and hooks say about healing.

use crate::check::{Finding, required};
use crate::history::Lineage;
use crate::output::{Bar, Ui};
use crate::plan::{Edit, Plan, Undone};
use crate::transaction::Sight;

/// Does work in which commits may be healed, with a bar that counts them; the work is given what
/// to call for every one, with the number of all.
pub(super) fn while_healing<T>(work: impl FnOnce(&dyn Fn(usize)) -> T) -> T {
    let bar = Bar::start("healing commits", 0);
    let done = work(&|total| bar.step_of(total));
    bar.finish();
    done
}

/// Says what had been left undone by commits that no hook saw.
pub(super) fn report_healing(ui: &mut Ui, lineage: &Lineage) {
    let edits = lineage.healing();
    if !edits.is_empty() {
        ui.status("idhooks: healed the registry after earlier commits:");
        tell_some(ui, &edits);
    }
}

/// Says the first of many changes.
pub(super) fn tell_some(ui: &mut Ui, edits: &[Edit]) {
    const MOST: usize = 10;
    for edit in edits.iter().take(MOST) {
        ui.status(&format!("idhooks:   {edit}"));
    }
    if edits.len() > MOST {
        ui.status(&format!("idhooks:   and {} more", edits.len() - MOST));
    }
}

/// Returns a finding for every new file that the rules do not allow to go without an identity.
pub(super) fn without_identity(plan: &Plan) -> Vec<Finding> {
    plan.missing.iter().map(required).collect()
}

/// Warns that renames of similar files were not looked for.
pub(super) fn warn_of_limit(ui: &mut Ui) {
    ui.warning("too many files were added and deleted to compare them: only renames with the same content or a unique name were followed");
    ui.hint("raise 'limit' in [rename] of idhooks.toml, or commit the move before the edits");
}

/// Says, in one line, which edits of the registry by hand are undone.
pub(super) fn report_undone(ui: &mut Ui, sight: &Sight, undone: &[Undone]) {
    // What the registry of a commit says, nobody edited just now.
    if sight.lineage.was_inconsistent() || sight.has_registry_of_a_parent() {
        return;
    }
    let Some((Undone { id, path }, others)) = undone.split_first() else { return };
    let more = match others.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    ui.status(&format!("idhooks: undid manual edits of the registry: {id} of '{path}'{more}; to change identities, use 'idhooks assign', 'deprecate' or 'supersede'"));
}
