//! `idhooks install`: installs the hooks, the merge driver and the attributes in this clone.

use std::path::Path;

use idhooks_core::config::ATTRIBUTES_LINE;
use idhooks_repo::git::{
    EVENTS, Git, HookStatus, Installation, Manager, driver_command, settings, with_block,
};
use idhooks_repo::store::changes::{self, FileChange};
use idhooks_repo::store::{Access, program_path};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::install_report::{
    ClonePlan, Done, damaged_block, inspect_clone, read_attributes, report,
};

/// Install the hooks and the merge driver in this clone
///
/// Existing hooks stay and run first. Either everything is installed or nothing changes, and a second
/// run changes nothing. 'idhooks uninstall' restores the previous state.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks install                 in the clone of the current directory
  idhooks install --dry-run       show what would change")]
pub(super) struct InstallArgs {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// The planned changes, and their description.
#[derive(Debug, Default)]
struct InstallPlan {
    files: ClonePlan,
    driver: Option<String>,
    managers: Vec<(Manager, Vec<&'static str>)>,
}

impl InstallArgs {
    /// Runs the command.
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (git, state) = inspect_clone(dir)?;
        let plan = decide(&state, &program_path()?)?;
        if !self.dry_run {
            apply(&git, &state, &plan)?;
        }
        report(ui, &plan.files.done, self.dry_run);
        advise(&state, &plan, ui);
        Ok(Exit::Fine)
    }
}

/// Installs what is missing or outdated, unless this is a dry run, and returns what changes.
pub(super) fn install_missing(
    git: &Git,
    state: &Installation,
    dry_run: bool,
) -> CommandResult<Vec<Done>> {
    let plan = decide(state, &program_path()?)?;
    if !dry_run {
        apply(git, state, &plan)?;
    }
    Ok(plan.files.done.into_iter().filter(|done| done.changes).collect())
}

fn decide(state: &Installation, program: &Path) -> CommandResult<InstallPlan> {
    let places = &state.places;
    if places.hooks_dir.exists() && !places.hooks_dir.is_dir() {
        let shown = places.shown(&places.hooks_dir);
        return Err(CommandError::new(format!("'{shown}' is not a directory: hooks are off"))
            .hint("see where that is set: git config --show-origin --get core.hooksPath"));
    }
    let mut plan = InstallPlan::default();
    for event in EVENTS {
        let hook_status = HookStatus::read(event, places)?;
        // The manager will overwrite the hook, unless its configuration names idhooks.
        if let Some(manager) = hook_status.overwriting_manager() {
            match plan.managers.iter_mut().find(|(known, _)| *known == manager) {
                Some((_, events)) => events.push(event.name),
                None => plan.managers.push((manager, vec![event.name])),
            }
        }
        let step = hook_status.plan_install(&program.to_string_lossy()).map_err(|reason| {
            let shown = places.shown(&hook_status.front.path);
            CommandError::new(format!("cannot install in '{shown}'")).because(&reason)
        })?;
        plan.files.add(event, step);
    }
    let command = driver_command(program);
    let configured = state.settings.configured(&command);
    let message = match (configured, state.settings.local.is_empty()) {
        (true, _) => "already installed",
        (false, true) => "installed in the local configuration",
        (false, false) => "updated in the local configuration",
    };
    plan.files.note("merge driver", message, !configured);
    plan.driver = (!configured).then_some(command);
    let (path, bytes) = read_attributes(state)?;
    let shown = places.shown(&path);
    let new_dirs = path.parent().map_or(0, changes::missing_dirs);
    match with_block(bytes.as_deref(), new_dirs).map_err(|_| damaged_block(&shown, "install"))? {
        None => plan.files.note("attributes", "already installed", false),
        Some(bytes) => {
            plan.files.changes.push(FileChange::Write { path, bytes, access: Access::Keep });
            plan.files.note("attributes", format!("installed in '{shown}'"), true);
        }
    }
    Ok(plan)
}

/// Writes the configuration first, since git locks it, then the files: everything or nothing.
fn apply(git: &Git, state: &Installation, plan: &InstallPlan) -> CommandResult<()> {
    let configure = |command: &String| settings::configure(git, &state.settings, command);
    let configured = plan.driver.as_ref().map(configure);
    plan.files.apply(git, state, configured, "install")
}

fn advise(state: &Installation, plan: &InstallPlan, ui: &mut Ui) {
    let places = &state.places;
    let hooks_dir = places.shown(&places.hooks_dir);
    if places.hooks_shared() {
        let why = match &state.settings.hooks_path_scope {
            Some(scope) => format!("core.hooksPath, {scope} configuration"),
            None => "a symbolic link".to_owned(),
        };
        ui.warning(&format!(
            "'{hooks_dir}' ({why}) may be shared with other repositories; the hooks do nothing \
             in repositories without a registry"
        ));
    } else if places.hooks_in_tree() && !places.hooks_dir.ends_with(".husky/_") {
        ui.warning(&format!(
            "'{hooks_dir}' is in the working tree, and the installed hooks contain a path of \
             this machine; do not commit them"
        ));
    }
    for (manager, events) in &plan.managers {
        let (message, lines) = manager.advice(events);
        ui.hint(&message);
        lines.iter().for_each(|line| ui.status(&format!("    {line}")));
    }
    if !state.registry.anywhere() {
        ui.hint("this repository has no registry yet; to create one: idhooks init");
    } else if state.attributes.worktree && !state.attributes.index {
        ui.hint("'.gitattributes' names the merge driver, but is not staged: git add .gitattributes, and commit it");
    } else if !state.attributes.index {
        ui.hint(&format!(
            "'.gitattributes' does not name the merge driver for new clones; add this line and commit it: {ATTRIBUTES_LINE}"
        ));
    }
}
