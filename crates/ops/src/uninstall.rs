//! Restoring a clone to its state before [`install`](super::install()).

use std::path::{Path, PathBuf};

use idhooks_core::config::ATTRIBUTES_PATH;
use idhooks_repo::git::{EVENTS, Installation, Repo, git_config, plan_removal};
use idhooks_repo::store::file_change::{self, FileChange};
use idhooks_repo::store::{Access, marked_block};
use idhooks_repo::{state::StateError, transaction::attributes_cleanup};

use crate::OpsError;
use crate::install::{ClonePlan, InstallRefusal, InstalledPart, inspect_clone, read_attributes};

/// The result of [`uninstall`] or its dry run.
#[derive(Debug)]
pub struct UninstallReport {
    /// The parts.
    pub parts: Vec<InstalledPart>,
    /// The reason that the line in `.gitattributes` is still there when it should not be.
    pub attributes_fault: Option<StateError>,
    /// The directory with this clone's data, if there is one.
    pub data: Option<String>,
    /// Files left in the hooks directory.
    pub left: Vec<String>,
}

/// Restores every file that [`install`](super::install()) changed in the clone that contains a
/// directory, unless this is a dry run.
///
/// # Errors
/// Returns an error if git cannot be used in the directory, or if something cannot be restored. In
/// that case nothing is changed.
pub fn uninstall(dir: &Path, is_dry_run: bool) -> Result<UninstallReport, OpsError> {
    let (git, state) = inspect_clone(dir)?;
    let mut plan = decide(&state)?;
    if !is_dry_run {
        let configured = (!state.settings.local.is_empty()).then(|| git_config::remove(&git));
        plan.apply(&git, &state, configured, "uninstall")?;
        for (dir, levels) in &plan.made_dirs {
            file_change::remove_empty_dirs(dir, *levels);
        }
    }
    // The clone has already been restored, so a failure here is only reported.
    let attributes_fault = clean_attributes(dir, is_dry_run, &mut plan).err();
    let data = Some(state.places.common_dir.join("idhooks")).filter(|data| data.exists());
    let data = data.map(|data: PathBuf| state.places.shown(&data));
    Ok(UninstallReport { parts: plan.parts, attributes_fault, data, left: plan.left })
}

/// Removes the line in `.gitattributes` from a repository that no longer uses idhooks.
fn clean_attributes(dir: &Path, is_dry_run: bool, plan: &mut ClonePlan) -> Result<(), StateError> {
    // If the repository cannot be opened, there is nothing to clean up.
    let Ok(repo) = Repo::open(dir) else { return Ok(()) };
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let Some(cleanup) = attributes_cleanup(&repo, &file, &index)? else { return Ok(()) };
    if !is_dry_run {
        cleanup.commit(|| Ok(()))?;
    }
    let outcome = "rewritten without the line that names idhooks; now run 'git commit'";
    plan.note(ATTRIBUTES_PATH, outcome, true);
    Ok(())
}

fn decide(state: &Installation) -> Result<ClonePlan, OpsError> {
    let places = &state.places;
    let mut plan = ClonePlan::default();
    for event in EVENTS {
        let (step, made_dirs) = plan_removal(event, places).map_err(|reason| {
            let path = places.shown(&places.hooks_dir.join(event.name));
            InstallRefusal::Hook { action: "uninstall from", path, reason }
        })?;
        plan.left.extend(step.left.clone());
        plan.made_dirs.extend(made_dirs);
        plan.add(event, step);
    }
    let configured = !state.settings.local.is_empty();
    let outcome = |is_there| if is_there { "removed" } else { "not installed" };
    plan.note("merge driver", outcome(configured), configured);
    let (path, bytes) = read_attributes(state)?;
    let bytes = bytes.unwrap_or_default();
    let damaged = |_| InstallRefusal::DamagedBlock(places.shown(&path), "uninstall");
    let found = marked_block::find(&bytes).map_err(damaged)?;
    plan.note("attributes", outcome(found.is_some()), found.is_some());
    if let Some(found) = found {
        // If nothing else is left, the file did not exist before installation.
        plan.changes.push(match marked_block::cut(&bytes, &found) {
            None => {
                let dir = path.parent().map(|dir| (dir.to_owned(), found.new_dirs()));
                plan.made_dirs.extend(dir);
                FileChange::Remove { path }
            }
            Some(bytes) => FileChange::Write { path, bytes, access: Access::Keep },
        });
    }
    Ok(plan)
}
