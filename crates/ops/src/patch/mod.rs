//! Applies another program's patch, and undoes it.

mod applied_patch;
mod patch_draft;
mod patch_log;
mod read;
mod report;
mod rollback;
#[cfg(test)]
mod tests;

use idhooks_core::registry::{Registry, RepoPath};
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::git::Repo;
use idhooks_repo::store::WriteCounter;
use idhooks_repo::transaction::{count, now};

use crate::working_registry::working_registry;
use crate::{Notice, Observer, OpsError, Reach, RegistryTransaction, Writer, note_event};
use applied_patch::AppliedPatch;
use patch_draft::Setting;

pub use patch_log::PatchLog;
pub(crate) use patch_log::PatchName;
pub use read::{LARGEST_PATCH, PATCH_SCHEMA, Patch, PatchFault, is_hash};
pub use report::{PatchOutcome, PatchReport};
pub use rollback::{PatchRefusal, roll_back_patch};

/// Applies a patch, all or nothing, unless this is a preview. A stale or faulty patch changes
/// nothing.
///
/// # Errors
/// Returns an error if the registry cannot be read or written.
pub fn apply_patch(
    observer: &mut dyn Observer,
    repo: &Repo,
    patch: &Patch,
    is_preview: bool,
) -> Result<PatchReport, OpsError> {
    let writer = Writer::open_for(repo, "patch", Reach::Ids(&patch.ids()))?;
    let report = writer.run(&mut &mut *observer, |observer, transaction| {
        apply(observer, transaction, patch, is_preview)
    })?;
    if matches!(report.outcome, PatchOutcome::Stale | PatchOutcome::Refused) {
        count(repo, &[WriteCounter::ValidationFailures]);
    }
    Ok(report)
}

fn apply(
    observer: &mut dyn Observer,
    transaction: &RegistryTransaction<'_>,
    patch: &Patch,
    is_preview: bool,
) -> Result<PatchReport, OpsError> {
    let (repo, before) = (transaction.repo, transaction.registry());
    let mut hash = working_registry(repo)?.hash();
    if patch.registry_hash.as_ref().is_some_and(|wanted| *wanted != hash) {
        count(repo, &[WriteCounter::Conflicts]);
        return Ok(PatchReport::new(PatchOutcome::Stale, Some(hash)));
    }
    let setting = Setting {
        writable: &transaction.config.patch.writable,
        has_file: &|path: &RepoPath| transaction.tracks(path),
        blob: &|path: &RepoPath| transaction.tree().get(path).map(|entry| entry.blob),
        committed: transaction.committed(),
        now: now(transaction.repo),
    };
    let after = match patch.apply(before, &setting, &mut transaction.assigner()) {
        Ok(after) => after,
        Err(faults) => {
            let refused = PatchReport::new(PatchOutcome::Refused, Some(hash));
            return Ok(PatchReport { faults, ..refused });
        }
    };
    let edits = Edit::all_between(before, &after);
    if is_preview {
        return Ok(PatchReport { edits, ..PatchReport::new(PatchOutcome::Preview, Some(hash)) });
    }
    // The patch is recorded before the registry is written. If it is recorded but not applied,
    // undoing it is refused because the records differ; if it were applied but not recorded, it
    // could never be undone.
    let patch_id = note_changes(observer, repo, before, &after).map(|name| name.id().to_owned());
    transaction.write(observer, &after)?;
    let old_hash = std::mem::replace(&mut hash, working_registry(repo)?.hash());
    let facts = [
        ("patch", patch_id.as_deref()),
        ("source", patch.source.as_deref()),
        ("reason", patch.reason.as_deref()),
        ("old_registry_hash", Some(&*old_hash)),
        ("registry_hash", Some(&*hash)),
    ];
    note_event(observer, repo, EventKind::Patched, &facts);
    let applied = PatchReport::new(PatchOutcome::Applied, Some(hash));
    Ok(PatchReport { patch_id, edits, ..applied })
}

/// Keeps a patch's changes so that they can be undone; returns the patch's name, or `None` if the
/// patch changes nothing.
fn note_changes(
    observer: &mut dyn Observer,
    repo: &Repo,
    before: &Registry,
    after: &Registry,
) -> Option<PatchName> {
    let patch = AppliedPatch::between(before, after);
    if patch.after.is_empty() {
        return None;
    }
    let noted = PatchLog::in_dir(&repo.state_dir()).note(after, &patch, now(repo));
    let report = |error| Notice::NotKept(format!("the patch cannot be undone: {error}"));
    noted.map_err(|error| observer.notice(report(error))).ok()
}
