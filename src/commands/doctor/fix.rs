//! What can be mended safely: the installation, the form of the registry, leftovers.

use super::super::transaction::writer::turn;
use super::Diagnosis;
use crate::commands::{audit::recorder, install};
use crate::error::CommandError;
use crate::git::Leftover;
use crate::history::Lineage;
use crate::output::Ui;
use crate::plan::EventKind;
use crate::registry::{REGISTRY_PATH, Registry};
use crate::store::{Replacement, StoreError};
use crate::transaction::{Held, RegistryTarget, write_registry};

/// Mends what can be mended, or tells what that is; returns what was done. What fails is said
/// and left to the report.
pub(super) fn fix(patient: &Diagnosis, ui: &mut Ui, dry_run: bool) -> Vec<String> {
    let mut fixed = Vec::new();
    for repair in [installation, form, working_form, leftovers, permissions] {
        match repair(patient, ui, dry_run) {
            Ok(done) => fixed.extend(done),
            Err(error) => error.hint("the report shows what is left to do").show(ui),
        }
    }
    fixed
}

fn installation(
    patient: &Diagnosis,
    _: &mut Ui,
    dry_run: bool,
) -> Result<Vec<String>, CommandError> {
    // Where nothing is adopted, whoever wants hooks installs them.
    if patient.is_bare() || !patient.is_adopted() {
        return Ok(Vec::new());
    }
    let done = install::mend(&patient.git, &patient.state, dry_run)?;
    Ok(done.into_iter().map(|done| format!("{}: {}", done.part, done.said)).collect())
}

/// Writes a staged registry in canonical form, and the working file with it.
fn form(patient: &Diagnosis, ui: &mut Ui, dry_run: bool) -> Result<Vec<String>, CommandError> {
    let Some((view, Held::Stored(stored))) = patient.view.as_ref().map(|v| (v, &v.held)) else {
        return Ok(Vec::new());
    };
    let repo = &patient.repo;
    let lineage = Lineage::of_witnesses(repo, &view.parents)?;
    let registry = stored.registry.with_origins_of(lineage.merged.as_ref());
    if patient.is_bare() || registry.format().as_bytes() == stored.bytes {
        return Ok(Vec::new());
    }
    if !dry_run {
        let _turn = turn(repo, "doctor")?;
        let file = repo.index_file();
        let index = repo.index(&file)?;
        let target = RegistryTarget {
            file: &file,
            index: &index,
            stored: Some(stored),
            is_replacing: false,
            injections: &[],
        };
        recorder::look_ahead(repo)?;
        let applied = write_registry(repo, &target, &registry)?;
        recorder::note(ui, repo, EventKind::Healed, &[("path", Some(REGISTRY_PATH))]);
        applied.warnings.iter().for_each(|warning| ui.warning(warning));
    }
    Ok(vec![format!("'{REGISTRY_PATH}': written in canonical form, and staged")])
}

/// Writes the working file in canonical form where it says what is staged in another.
fn working_form(
    patient: &Diagnosis,
    _: &mut Ui,
    dry_run: bool,
) -> Result<Vec<String>, CommandError> {
    let staged = patient.view.as_ref().and_then(|view| view.stored());
    let (Some(top), Some(staged)) = (&patient.state.places.top, staged) else {
        return Ok(Vec::new());
    };
    let path = top.join(REGISTRY_PATH);
    let present = patient.repo.read_working(REGISTRY_PATH)?.unwrap_or_default();
    let same = present != staged.bytes
        && Registry::parse(&present).is_ok_and(|r| r.format().as_bytes() == staged.bytes);
    if !same {
        return Ok(Vec::new());
    }
    if !dry_run {
        Replacement::prepare(&patient.repo.scratch(), &path, &staged.bytes)?.commit()?;
    }
    Ok(vec![format!("'{REGISTRY_PATH}' in the working tree: written in canonical form")])
}

/// Gives what idhooks keeps in the git directory the permissions that it is made with.
fn permissions(
    patient: &Diagnosis,
    _: &mut Ui,
    dry_run: bool,
) -> Result<Vec<String>, CommandError> {
    let mut fixed = Vec::new();
    for state in patient.state_dirs() {
        for path in state.with_wrong_permissions() {
            if !dry_run {
                state.correct_permissions(&path)?;
            }
            let shown = patient.state.places.shown(&path);
            fixed.push(format!("'{shown}': permissions corrected"));
        }
    }
    Ok(fixed)
}

/// Removes what an interrupted idhooks never finished; never what another program holds.
fn leftovers(patient: &Diagnosis, _: &mut Ui, dry_run: bool) -> Result<Vec<String>, CommandError> {
    let ours = |file: &&Leftover| {
        let name = file.path.file_name().unwrap_or_default().to_string_lossy();
        file.dead && name.starts_with(".idhooks-")
    };
    let mut fixed = Vec::new();
    for file in patient.facts.temporary.iter().filter(ours) {
        if !dry_run {
            let failed = |cause| StoreError::new("remove", &file.path, cause);
            std::fs::remove_file(&file.path).map_err(failed)?;
        }
        fixed.push(format!("'{}': removed", patient.state.places.shown(&file.path)));
    }
    Ok(fixed)
}
