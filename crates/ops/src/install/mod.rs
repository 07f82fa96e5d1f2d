//! Installing the hooks, merge driver and attributes in a clone.

mod clone;
mod program_choice;
mod refusal;

use std::path::{Path, PathBuf};

use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::git::{
    DriverCommands, EVENTS, Git, HookProgram, HookStatus, Installation, Manager, Repo, attributes,
    git_config, with_block,
};
use idhooks_repo::state::{StateError, how_to_take_over};
use idhooks_repo::store::Access;
use idhooks_repo::store::file_change::{self, FileChange};
use idhooks_repo::transaction::clone_legacy_line;

use crate::OpsError;
use crate::hook::check_head;

pub use clone::inspect_repository;
use program_choice::ChosenProgram;

pub(crate) use clone::{ClonePlan, inspect_clone, read_attributes};
pub use program_choice::PassingPlace;
pub(crate) use program_choice::{accepted_program, passing_cache, reported_version};
pub use refusal::InstallRefusal;

/// A part of the installation in a clone.
#[derive(Debug)]
pub struct InstalledPart {
    /// The event's name, or the name of another part.
    pub name: &'static str,
    /// What was done, as a past participle, or the state of the part.
    pub outcome: String,
    /// Whether anything changes.
    pub changes: bool,
}

/// The result of [`install`] or its dry run.
#[derive(Debug)]
pub struct InstallReport {
    /// The parts.
    pub parts: Vec<InstalledPart>,
    /// The managers that will overwrite hooks, each with the events of these hooks.
    pub managers: Vec<(Manager, Vec<&'static str>)>,
    /// The installation before the changes.
    pub before: Installation,
    /// The program that the hooks call now.
    pub program: HookProgram,
    /// Why it may be gone while the repository remains.
    pub passing: Option<PassingPlace>,
    /// How to start with the identities that the repository stores elsewhere, if it has no registry
    /// yet.
    pub take_over: Option<String>,
}

/// Options for [`install()`].
#[derive(Debug, Clone, Default)]
pub struct InstallOptions {
    /// The program that the hooks call; by default, the running one.
    pub program: Option<PathBuf>,
    /// Whether to only report what would change.
    pub is_dry_run: bool,
}

/// Installs missing and outdated parts in the clone that contains a directory. idhooks may not be able to open the clone as a repository yet.
///
/// # Errors
/// Returns an error if git cannot be used there, or if something cannot be installed. In that case
/// nothing was changed.
pub fn install(dir: &Path, options: &InstallOptions) -> Result<InstallReport, OpsError> {
    let (git, before) = inspect_clone(dir)?;
    let named = options.program.as_deref();
    let chosen = ChosenProgram::find(&git, &before, named)?;
    let ClonePlan { parts, managers, .. } =
        install_program(&git, &before, &chosen.program, options.is_dry_run)?;
    if !options.is_dry_run
        && let Ok(repo) = Repo::open_to_read(dir)
    {
        check_head(&repo);
    }
    let take_over = if before.registry.anywhere() { None } else { take_over(dir) };
    let ChosenProgram { program, passing } = chosen;
    Ok(InstallReport { parts, managers, before, program, passing, take_over })
}

/// Installs missing and outdated parts, unless this is a dry run, for the program that is installed
/// already if it can be run, or else for the running one.
///
/// # Errors
/// Returns an error if something cannot be installed, or if a newer version has installed the parts.
pub fn install_in(
    git: &Git,
    state: &Installation,
    is_dry_run: bool,
) -> Result<ClonePlan, OpsError> {
    match ChosenProgram::for_repair(git, state)? {
        Some(program) => install_program(git, state, &program, is_dry_run),
        None => Ok(ClonePlan::default()),
    }
}

fn install_program(
    git: &Git,
    state: &Installation,
    program: &HookProgram,
    is_dry_run: bool,
) -> Result<ClonePlan, OpsError> {
    let (plan, driver) = decide(git, state, program)?;
    if !is_dry_run {
        // The configuration is written first, because another git process may have locked it.
        let configure = |commands| git_config::configure(git, &state.settings, commands);
        plan.apply(git, state, driver.as_ref().map(configure), "install")?;
    }
    Ok(plan)
}

/// Returns the plan, and the merge driver's commands if they are to be configured.
fn decide(
    git: &Git,
    state: &Installation,
    program: &HookProgram,
) -> Result<(ClonePlan, Option<DriverCommands>), OpsError> {
    let places = &state.places;
    if places.hooks_dir.exists() && !places.hooks_dir.is_dir() {
        return Err(InstallRefusal::NoHooksDir(places.shown(&places.hooks_dir)).into());
    }
    let mut plan = ClonePlan::default();
    for event in EVENTS {
        let hook_status = HookStatus::read(event, places)?;
        // The manager will overwrite the hook unless its own configuration mentions idhooks.
        if let Some(manager) = hook_status.overwriting_manager() {
            match plan.managers.iter_mut().find(|(known, _)| *known == manager) {
                Some((_, events)) => events.push(event.name),
                None => plan.managers.push((manager, vec![event.name])),
            }
        }
        let step = hook_status.plan_install(program).map_err(|reason| {
            let path = places.shown(&hook_status.front.path);
            InstallRefusal::Hook { action: "install in", path, reason }
        })?;
        plan.add(event, step);
    }
    let commands = DriverCommands::of(program);
    let configured = state.settings.configured(&commands);
    let outcome = match (configured, state.settings.local.is_empty()) {
        (true, _) => "already installed",
        (false, true) => "installed in the local configuration",
        (false, false) => "updated in the local configuration",
    };
    plan.note("merge driver", outcome, !configured);
    add_attributes(git, state, &mut plan)?;
    Ok((plan, (!configured).then_some(commands)))
}

/// Plans the lines in the clone's own attributes.
fn add_attributes(git: &Git, state: &Installation, plan: &mut ClonePlan) -> Result<(), OpsError> {
    let (path, bytes) = read_attributes(state)?;
    let shown = state.places.shown(&path);
    let new_dirs = path.parent().map_or(0, file_change::missing_dirs);
    let legacy = legacy_line(git.dir(), bytes.as_deref().unwrap_or_default());
    let with = with_block(bytes.as_deref(), new_dirs, legacy.as_deref());
    match with.map_err(|_| InstallRefusal::DamagedBlock(shown.clone(), "install"))? {
        None => plan.note("attributes", "already installed", false),
        Some(bytes) => {
            plan.changes.push(FileChange::Write { path, bytes, access: Access::Keep });
            plan.note("attributes", format!("installed in '{shown}'"), true);
        }
    }
    Ok(())
}

/// Returns the line for the legacy file that belongs in the clone's own attributes file; `present`
/// is that file's content. If the repository cannot be read, keeps the existing line.
fn legacy_line(dir: &Path, present: &[u8]) -> Option<String> {
    let line = || -> Result<Option<String>, StateError> {
        let Ok(repo) = Repo::open_to_read(dir) else { return Ok(attributes::legacy_line(present)) };
        let index = repo.index(&repo.index_file())?;
        let file = LegacyFile::of(&repo, &index.tree)?;
        clone_legacy_line(&repo, file.as_ref(), present)
    };
    line().unwrap_or_else(|_| attributes::legacy_line(present))
}

fn take_over(dir: &Path) -> Option<String> {
    let repo = Repo::open_to_read(dir).ok()?;
    let index = repo.index(&repo.index_file()).ok()?;
    how_to_take_over(&repo, &index.tree)
}
