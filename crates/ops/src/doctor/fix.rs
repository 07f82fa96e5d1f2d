//! Applies safe fixes in a clone.

use idhooks_core::registry::{REGISTRY_PATH, Registry};
use idhooks_repo::derived::generators::{abandoned_tasks, remove_abandoned_tasks};
use idhooks_repo::events::EventKind;
use idhooks_repo::git::Leftover;
use idhooks_repo::store::{Replacement, StoreError};
use idhooks_repo::{history::Lineage, transaction::RegistryChange};

use super::diagnosis::Diagnosis;
use crate::{Observer, OpsError, Reach, audit_event, commit_change, install_in, writer_lock};

/// Descriptions of the fixes applied.
type Fixed = Result<Vec<String>, OpsError>;

/// The result of [`Diagnosis::fix`].
#[derive(Debug, Default)]
pub struct FixedClone {
    /// The fixes that were applied, or would be in a dry run.
    pub fixed: Vec<String>,
    /// Why some problems were not fixed.
    pub errors: Vec<OpsError>,
}

impl Diagnosis {
    /// Applies the safe fixes, unless this is a dry run.
    pub fn fix(&self, observer: &mut dyn Observer, dry_run: bool) -> FixedClone {
        let mut result = FixedClone::default();
        // One failed fix must not prevent other fixes, such as removing leftovers.
        for repair in [installation, form, working_form, leftovers, permissions] {
            match repair(self, observer, dry_run) {
                Ok(done) => result.fixed.extend(done),
                Err(error) => result.errors.push(error),
            }
        }
        result
    }
}

fn installation(diagnosis: &Diagnosis, _: &mut dyn Observer, dry_run: bool) -> Fixed {
    // Without a registry, it is up to the user whether to install hooks.
    if diagnosis.is_bare() || !diagnosis.is_adopted() {
        return Ok(Vec::new());
    }
    let plan = install_in(&diagnosis.git, &diagnosis.state, dry_run)?;
    let changed = plan.parts.into_iter().filter(|part| part.changes);
    Ok(changed.map(|part| format!("{}: {}", part.name, part.outcome)).collect())
}

/// Writes the staged registry, and the working tree's copy, in canonical form.
fn form(diagnosis: &Diagnosis, observer: &mut dyn Observer, dry_run: bool) -> Fixed {
    let read = diagnosis.view.as_ref().and_then(|view| Some((view, view.stored()?)));
    let Some((view, stored)) = read else { return Ok(Vec::new()) };
    let repo = &diagnosis.repo;
    let lineage = Lineage::of_witnesses(repo, &view.parents)?;
    let registry = stored.registry.with_origins_of(lineage.merged.as_ref());
    // A bare repository has no index to write to.
    if diagnosis.is_bare() || registry.format().as_bytes() == stored.bytes {
        return Ok(Vec::new());
    }
    if !dry_run {
        let _lock = writer_lock(repo, "doctor", Reach::Everything)?;
        let file = repo.index_file();
        let index = repo.index(&file)?;
        let change = RegistryChange::of(repo, &file, &index, Some(stored));
        let events = vec![audit_event(EventKind::Healed, &[("path", Some(REGISTRY_PATH))])];
        let change = RegistryChange { committed: Some(&registry), events, ..change };
        commit_change(observer, change, &registry)?;
    }
    Ok(vec![format!("'{REGISTRY_PATH}': written in canonical form, and staged")])
}

/// Writes the working tree's registry in canonical form if it differs from the staged one only in
/// form.
fn working_form(diagnosis: &Diagnosis, _: &mut dyn Observer, dry_run: bool) -> Fixed {
    let staged = diagnosis.view.as_ref().and_then(|view| view.stored());
    let (Some(top), Some(staged)) = (&diagnosis.state.places.top, staged) else {
        return Ok(Vec::new());
    };
    let path = top.join(REGISTRY_PATH);
    let present = diagnosis.repo.read_working(REGISTRY_PATH)?.unwrap_or_default();
    // A registry with different content may contain the user's own edits, and only the user may
    // discard them.
    let is_same = Registry::parse(&present).is_ok_and(|r| r.format().as_bytes() == staged.bytes);
    if !is_same || present == staged.bytes {
        return Ok(Vec::new());
    }
    if !dry_run {
        Replacement::prepare(&diagnosis.repo.scratch(), &path, &staged.bytes)?.commit()?;
    }
    Ok(vec![format!("'{REGISTRY_PATH}' in the working tree: written in canonical form")])
}

/// Restores the permissions of idhooks' files in the git directory.
fn permissions(diagnosis: &Diagnosis, _: &mut dyn Observer, dry_run: bool) -> Fixed {
    let mut fixed = Vec::new();
    for state in diagnosis.state_dirs() {
        for path in state.with_wrong_permissions() {
            if !dry_run {
                state.correct_permissions(&path)?;
            }
            let shown = diagnosis.state.places.shown(&path);
            fixed.push(format!("'{shown}': permissions corrected"));
        }
    }
    Ok(fixed)
}

/// Removes unfinished files from interrupted idhooks runs, unless a running program uses them, and
/// stops programs that generators left running.
fn leftovers(diagnosis: &Diagnosis, _: &mut dyn Observer, dry_run: bool) -> Fixed {
    let ours = |file: &&Leftover| {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        // A file with any other name was set aside while it was being replaced, and may be the only
        // copy.
        file.dead && name.starts_with(".idhooks-")
    };
    let mut fixed = Vec::new();
    for file in diagnosis.diagnostics.temporary.iter().filter(ours) {
        if !dry_run {
            let failed = |cause| StoreError::new("remove", &file.path, cause);
            std::fs::remove_file(&file.path).map_err(failed)?;
        }
        fixed.push(format!("'{}': removed", diagnosis.state.places.shown(&file.path)));
    }
    fixed.extend(abandoned_tasks().iter().map(|dir| format!("'{}': removed", dir.display())));
    if !dry_run {
        remove_abandoned_tasks();
    }
    Ok(fixed)
}
