//! `idhooks uninstall`: restores the clone as it was before `idhooks install`.

use std::path::Path;

use idhooks_core::config::ATTRIBUTES_PATH;
use idhooks_repo::git::{EVENTS, Installation, Repo, plan_removal, settings};
use idhooks_repo::store::changes::{self, FileChange};
use idhooks_repo::store::{Access, block};
use idhooks_repo::{state::StateError, transaction::attributes_cleanup};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::install::{ClonePlan, Done, damaged_block, inspect_clone, read_attributes, report};

/// Remove the hooks and the merge driver from this clone
///
/// Restores every file that 'idhooks install' changed, byte for byte. The registry, all commits and the
/// data of this clone ('.git/idhooks') stay. If the index contains neither the registry nor
/// idhooks.toml any more, the line for idhooks in .gitattributes is removed, too; commit that change.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks uninstall               from the clone of the current directory
  idhooks uninstall --dry-run     show what would change")]
pub(super) struct UninstallArgs {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl UninstallArgs {
    /// Runs the command.
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (git, state) = inspect_clone(dir)?;
        let plan = decide(&state)?;
        if !self.dry_run {
            let configured = (!state.settings.local.is_empty()).then(|| settings::remove(&git));
            plan.apply(&git, &state, configured, "uninstall")?;
            for (dir, levels) in &plan.made_dirs {
                changes::remove_empty_dirs(dir, *levels);
            }
        }
        report(ui, &plan.done, self.dry_run);
        match leftover(dir, self.dry_run) {
            Ok(done) => report(ui, done.as_slice(), self.dry_run),
            Err(error) => {
                ui.warning(&format!("'{ATTRIBUTES_PATH}' still names idhooks: {error}"));
                ui.hint("remove its line by hand, or run 'idhooks uninstall' again");
            }
        }
        let data = state.places.common_dir.join("idhooks");
        if data.exists() {
            let shown = state.places.shown(&data);
            ui.status(&format!("'{shown}', the data of this clone, stays"));
        }
        for left in &plan.left {
            ui.warning(&format!("left in the hooks directory: {left}"));
        }
        Ok(Exit::Fine)
    }
}

/// Removes the line in `.gitattributes` from a repository that no longer uses idhooks.
fn leftover(dir: &Path, dry_run: bool) -> Result<Option<Done>, StateError> {
    // In a repository that cannot be opened, there is nothing to find.
    let Ok(repo) = Repo::open(dir) else { return Ok(None) };
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let Some(cleanup) = attributes_cleanup(&repo, &file, &index)? else { return Ok(None) };
    if !dry_run {
        cleanup.commit(|| Ok(()))?;
    }
    let message = "rewritten without the line that names idhooks; now run 'git commit'".to_owned();
    Ok(Some(Done { part: ATTRIBUTES_PATH, message, changes: true }))
}

fn decide(state: &Installation) -> CommandResult<ClonePlan> {
    let places = &state.places;
    let mut plan = ClonePlan::default();
    for event in EVENTS {
        let (step, made_dirs) = plan_removal(event, places).map_err(|reason| {
            let shown = places.shown(&places.hooks_dir.join(event.name));
            CommandError::new(format!("cannot uninstall from '{shown}'")).because(&reason)
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
    let damaged = |_| damaged_block(&places.shown(&path), "uninstall");
    let found = block::find(&bytes).map_err(damaged)?;
    plan.note("attributes", outcome(found.is_some()), found.is_some());
    if let Some(found) = found {
        plan.changes.push(match block::cut(&bytes, &found) {
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
