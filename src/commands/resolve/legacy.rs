//! The legacy file in `idhooks resolve`: what only it has, and whether it is derived again or removed.

use idhooks_core::config::Leading;
use idhooks_core::legacy::{Discrepancy, LegacyState, read};
use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath};
use idhooks_ops::only_in;
use idhooks_repo::state::{LegacyFile, StateError, Stored};

use super::context::ResolveContext;
use crate::error::{CommandError, CommandResult};
use crate::output::Ui;

/// The number of records that an error lists.
const NAMED: usize = 20;

impl ResolveContext {
    /// Returns whether a legacy file that is not in step has changes of another program, which leads.
    pub(super) fn is_left_to_commit(
        &self,
        file: &LegacyFile<'_>,
        stored: &Stored,
    ) -> CommandResult<bool> {
        let is_leading = file.rules.leading == Leading::Legacy;
        let is_merged = !self.index.unmerged.contains_key(file.path());
        let state = file.state(&self.index.tree, &stored.registry)?;
        Ok(is_leading && is_merged && matches!(state, LegacyState::Differs(_)))
    }

    /// Returns whether another program has changed the working legacy file, of which the index has the one
    /// that follows from the registry, which leads: `git commit -a` would be blocked.
    pub(super) fn is_edited(&self, file: &LegacyFile<'_>, stored: &Stored) -> CommandResult<bool> {
        let Some(path) = file.path().as_str().filter(|_| file.rules.leading == Leading::Registry)
        else {
            return Ok(false);
        };
        let working = self.repo.read_working(path)?;
        let follows = |registry: &Registry| {
            LegacyState::of(working.as_deref(), registry, &file.rules) == LegacyState::InStep
        };
        // A commit that did not come about has left both files as it would have made them.
        let registry = self.repo.read_working(REGISTRY_PATH)?;
        let registry = registry.and_then(|bytes| Registry::parse(&bytes).ok());
        Ok(!follows(&stored.registry) && !registry.is_some_and(|registry| follows(&registry)))
    }

    /// Removes a legacy file in conflict that the last step of the migration has removed on one side; returns
    /// whether there is one.
    ///
    /// # Errors
    /// Returns an error if the other side has records that this registry, of the merge, lacks.
    pub(super) fn remove_finished(&self, ui: &mut Ui, registry: &Registry) -> CommandResult<bool> {
        let file = LegacyFile::of(&self.repo, &self.index.tree)?;
        let Some(file) = file.filter(|file| file.rules.finished) else { return Ok(false) };
        let path = file.path();
        let (Some([_, ours, theirs]), Some(name)) = (self.index.unmerged.get(path), path.as_str())
        else {
            return Ok(false);
        };
        for (stage, side) in [(2, ours), (3, theirs)] {
            let Some(side) = side else { continue };
            let bytes = self.repo.blob(side.blob)?;
            let legacy = read(&bytes, file.rules.format, registry.scope);
            let error = match legacy.map(|legacy| only_in(&legacy, registry)) {
                Ok(only) if only.is_empty() => continue,
                Ok(only) => CommandError::new(format!(
                    "'{path}' was removed by the last step of the migration, but has records here that the registry lacks"
                ))
                .listing(only.iter().map(|(id, path)| format!("{id} for '{path}' is only in it")), NAMED),
                Err(why) => CommandError::new(format!(
                    "'{path}' was removed by the last step of the migration, and cannot be read here"
                ))
                .because(&why),
            };
            return Err(with_way_out(error, path, stage));
        }
        if self.is_dry_run {
            ui.line(&format!("'{path}' would be removed, as the last step of the migration did"));
            return Ok(true);
        }
        self.repo.git().text(&["--literal-pathspecs", "rm", "--quiet", "--force", "--", name])?;
        ui.status(&format!(
            "'{path}' was removed, as the last step of the migration did; now run 'git commit'"
        ));
        Ok(true)
    }
}

/// Adds how to choose between the versions of a legacy file whose records cannot be merged.
pub(super) fn with_choice(error: StateError, path: &RepoPath) -> CommandError {
    let is_of_records = matches!(error, StateError::Merge(_));
    let (error, quoted) = (CommandError::from(error), path.shell_quoted());
    match is_of_records {
        true => error.hint(format!(
            "to take one of both sides: git checkout --ours -- {quoted} (or --theirs) && git add {quoted}; then commit"
        )),
        false => error,
    }
}

/// Adds how to remove a legacy file in conflict, and then to take what only a side of it has.
fn with_way_out(error: CommandError, path: &RepoPath, stage: u32) -> CommandError {
    let quoted = path.shell_quoted();
    let name = path.to_string();
    let copy = format!("../{}", name.rsplit('/').next().unwrap_or(&name));
    let copy = crate::output::shell_quoted(&copy);
    error
        .hint(format!("keep a copy of it: git show :{stage}:{quoted} > {copy}"))
        .hint(format!("then finish the merge: git rm {quoted} && git commit"))
        .hint(format!("then take the records: idhooks import {copy} --update && git commit"))
}

/// Returns where the working legacy file differs from the registry: what it has is lost if it is derived
/// again.
pub(super) fn overwritten(
    scene: &ResolveContext,
    registry: &Registry,
) -> CommandResult<Vec<Discrepancy>> {
    let Some(file) = LegacyFile::of(&scene.repo, &scene.index.tree)? else { return Ok(Vec::new()) };
    let bytes = match file.path().as_str() {
        Some(path) => scene.repo.read_working(path)?,
        None => None,
    };
    Ok(match LegacyState::of(bytes.as_deref(), registry, &file.rules) {
        LegacyState::Differs(all) => all,
        _ => Vec::new(),
    })
}

/// Lists what is lost.
pub(super) fn list_overwritten(ui: &mut Ui, path: &RepoPath, all: &[Discrepancy]) {
    ui.lines(all.iter().map(|one| format!("'{path}': overwritten: {one}")));
}
