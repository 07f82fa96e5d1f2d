//! Notices about healing.

use std::cell::RefCell;
use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding, required};
use idhooks_core::plan::{Continued, Plan, Undecided, Undone};
use idhooks_core::registry::{Allocation, Registry};
use idhooks_repo::git::Repo;
use idhooks_repo::history::MissingObjects;
use idhooks_repo::transaction::CommitInputs;

use crate::{Notice, Observer, Progress};

/// Calls `work`, which may heal commits, and shows its progress. For each commit, `work` calls the
/// function that it is given with the total number of commits.
pub fn while_healing<T>(observer: &mut dyn Observer, work: impl FnOnce(&dyn Fn(usize)) -> T) -> T {
    // `work` takes an `Fn`, which cannot borrow the observer mutably.
    let cell = RefCell::new(observer);
    let done = work(&|total| cell.borrow_mut().progress(Progress::Healing(total)));
    cell.borrow_mut().progress(Progress::Done);
    done
}

/// Issues a notice about manual edits to the registry that were undone.
pub(crate) fn report_undone(observer: &mut dyn Observer, inputs: &CommitInputs, undone: &[Undone]) {
    // If the registry comes from a commit, nobody has just edited it by hand.
    if inputs.lineage.was_inconsistent() || inputs.has_registry_of_a_parent() {
        return;
    }
    if let Some((first, others)) = undone.split_first() {
        observer.notice(Notice::Undone(first.clone(), others.len()));
    }
}

/// Returns the blocking findings; with `warn_only`, reports them as warnings instead and returns
/// nothing.
pub(crate) fn block_or_warn(
    observer: &mut dyn Observer,
    warn_only: bool,
    findings: impl IntoIterator<Item = Finding>,
) -> Vec<Finding> {
    if !warn_only {
        return findings.into_iter().collect();
    }
    let warnings: Vec<_> = findings.into_iter().map(Finding::into_warning).collect();
    if !warnings.is_empty() {
        observer.notice(Notice::Warnings(warnings));
    }
    Vec::new()
}

/// Returns a finding if a commit moves files whose identities this clone cannot determine.
pub(crate) fn undecidable(repo: &Repo, plan: &Plan) -> Option<Finding> {
    let first = plan.unread.paths.first()?;
    let more = match plan.unread.paths.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "'{first}'{more} may be a file that this commit moves or brings back, but contents that show it are not in this clone and could not be fetched"
    );
    let command = MissingObjects::of(repo).command();
    let help = format!("commit again when the remote can be reached, or fetch the rest: {command}");
    Some(Finding::new(Code::MissingId, message, help).at(first))
}

/// Warns, in one line, about everything that is still undecided.
pub(crate) fn warn_of_undecided(observer: &mut dyn Observer, repo: &Repo, undecided: &Undecided) {
    let Some(lacking) = MissingObjects::to_decide(repo, undecided) else { return };
    let (files, ids) = (undecided.paths.len(), undecided.records.len());
    observer.notice(Notice::Undecided { lacking, files, ids });
}

/// Returns a finding for every new file that needs an identity but has none.
pub fn without_identity(plan: &Plan) -> Vec<Finding> {
    plan.missing.iter().map(required).collect()
}

/// Returns a finding if a commit has too many files to compare, and some identities depend on the
/// comparison.
pub(crate) fn over_limit(plan: &Plan) -> Option<Finding> {
    let at_stake = Some(plan.at_stake).filter(|ids| *ids > 0)?;
    let ids = if at_stake == 1 { "identity" } else { "identities" };
    let message = format!(
        "more files were added and deleted than may be compared (max_files, max_bytes in [rename] of idhooks.toml); {at_stake} {ids} of deleted files may belong to new ones"
    );
    let help = "commit the move before the edits ('git mv', or 'idhooks mv' for single files), or raise the limit: git add idhooks.toml";
    Some(Finding::new(Code::RenameLimit, message, help))
}

/// Reports where a commit's plan overrides the staged registry or may surprise the user, and which
/// new files may actually be deleted files under a new name.
pub(crate) fn report_plan(observer: &mut dyn Observer, inputs: &CommitInputs, plan: &Plan) {
    report_undone(observer, inputs, &plan.undone);
    report_unused(observer, inputs, &plan.registry);
    report_continued(observer, &plan.continued);
    if !plan.possible_renames.is_empty() {
        observer.notice(Notice::PossibleRenames(plan.possible_renames.clone()));
    }
    if !plan.unrevived.is_empty() {
        observer.notice(Notice::Unrevived(plan.unrevived.clone()));
    }
}

/// Issues a notice about new identities whose counters were full, if there are any.
pub(crate) fn report_continued(observer: &mut dyn Observer, continued: &Continued) {
    if !continued.is_empty() {
        observer.notice(Notice::Continued(continued.clone()));
    }
}

/// Issues a notice about staged identities that no commit will contain, because other identities
/// followed the files that the staged ones were allocated for.
fn report_unused(observer: &mut dyn Observer, inputs: &CommitInputs, after: &Registry) {
    let known = after.by_origin();
    let holders: BTreeMap<_, _> = after.active().map(|record| (&record.path, record.id)).collect();
    for Allocation { id, path, .. } in
        inputs.stored.registry.active().filter(|record| !known.contains_key(&record.origin))
    {
        if let Some(holder) = holders.get(path) {
            let notice = Notice::UnusedId { id: *id, path: path.clone(), holder: *holder };
            observer.notice(notice);
        }
    }
}
