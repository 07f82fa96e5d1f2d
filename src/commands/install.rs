//! `idhooks install`: installs the hooks, the merge driver and the attributes in this clone. With what
//! `uninstall` shares: the report, and errors about the clone.

use std::path::{Path, PathBuf};

use idhooks_core::config::{ATTRIBUTES_LINE, attributes};
use idhooks_repo::git::{
    DriverCommands, EVENTS, Git, GitError, GitErrorKind, HookEvent, HookStatus, HookStep,
    Installation, MadeDirs, Manager, OLDEST_GIT, OpenError, Repo, UnsafeRepository, inspect,
    old_git, settings, with_block,
};
use idhooks_repo::state::{LegacyFile, StateError, how_to_take_over};
use idhooks_repo::store::changes::{self, FileChange};
use idhooks_repo::store::{Access, Scratch, program_path, read_file};
use idhooks_repo::transaction::clone_legacy_line;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

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

impl InstallArgs {
    /// Runs the command.
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (git, state) = inspect_clone(dir)?;
        let plan = decide(&git, &state, &program_path()?)?;
        if !self.dry_run {
            apply(&git, &state, &plan)?;
        }
        report(ui, &plan.done, self.dry_run);
        advise(dir, &state, &plan, ui);
        Ok(Exit::Fine)
    }
}

/// Installs what is missing or outdated, unless this is a dry run, and returns what changes.
pub(super) fn install_missing(
    git: &Git,
    state: &Installation,
    dry_run: bool,
) -> CommandResult<Vec<Done>> {
    let plan = decide(git, state, &program_path()?)?;
    if !dry_run {
        apply(git, state, &plan)?;
    }
    Ok(plan.done.into_iter().filter(|done| done.changes).collect())
}

fn decide(git: &Git, state: &Installation, program: &Path) -> CommandResult<ClonePlan> {
    let places = &state.places;
    if places.hooks_dir.exists() && !places.hooks_dir.is_dir() {
        let shown = places.shown(&places.hooks_dir);
        return Err(CommandError::new(format!("'{shown}' is not a directory: hooks are off"))
            .hint("see where that is set: git config --show-origin --get core.hooksPath"));
    }
    let mut plan = ClonePlan::default();
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
        plan.add(event, step);
    }
    let commands = DriverCommands::of(program);
    let configured = state.settings.configured(&commands);
    let message = match (configured, state.settings.local.is_empty()) {
        (true, _) => "already installed",
        (false, true) => "installed in the local configuration",
        (false, false) => "updated in the local configuration",
    };
    plan.note("merge driver", message, !configured);
    plan.driver = (!configured).then_some(commands);
    add_attributes(git, state, &mut plan)?;
    Ok(plan)
}

/// Plans the lines of the clone's own attributes.
fn add_attributes(git: &Git, state: &Installation, plan: &mut ClonePlan) -> CommandResult<()> {
    let (path, bytes) = read_attributes(state)?;
    let shown = state.places.shown(&path);
    let new_dirs = path.parent().map_or(0, changes::missing_dirs);
    let legacy = legacy_line(git.dir(), bytes.as_deref().unwrap_or_default());
    let with = with_block(bytes.as_deref(), new_dirs, legacy.as_deref());
    match with.map_err(|_| damaged_block(&shown, "install"))? {
        None => plan.note("attributes", "already installed", false),
        Some(bytes) => {
            plan.changes.push(FileChange::Write { path, bytes, access: Access::Keep });
            plan.note("attributes", format!("installed in '{shown}'"), true);
        }
    }
    Ok(())
}

/// Returns the line of the legacy file that the clone's own attributes should have beside this content. In a
/// repository that cannot be read, it is the one that they have.
fn legacy_line(dir: &Path, present: &[u8]) -> Option<String> {
    let line = || -> Result<Option<String>, StateError> {
        let Ok(repo) = Repo::open_to_read(dir) else { return Ok(attributes::legacy_line(present)) };
        let index = repo.index(&repo.index_file())?;
        let file = LegacyFile::of(&repo, &index.tree)?;
        clone_legacy_line(&repo, file.as_ref(), present)
    };
    line().unwrap_or_else(|_| attributes::legacy_line(present))
}

/// Returns how to begin in a repository without a registry.
fn how_to_begin(dir: &Path) -> String {
    let other = || {
        let repo = Repo::open_to_read(dir).ok()?;
        let index = repo.index(&repo.index_file()).ok()?;
        how_to_take_over(&repo, &index.tree)
    };
    other().unwrap_or_else(|| "to create one: idhooks init".to_owned())
}

/// Writes the configuration first, since git locks it, then the files: everything or nothing.
fn apply(git: &Git, state: &Installation, plan: &ClonePlan) -> CommandResult<()> {
    let configure = |commands: &DriverCommands| settings::configure(git, &state.settings, commands);
    let configured = plan.driver.as_ref().map(configure);
    plan.apply(git, state, configured, "install")
}

fn advise(dir: &Path, state: &Installation, plan: &ClonePlan, ui: &mut Ui) {
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
        let begin = how_to_begin(dir);
        ui.hint(&format!("this repository has no registry yet; {begin}"));
    } else if state.attributes.worktree && !state.attributes.index {
        ui.hint("'.gitattributes' names the merge driver, but is not staged: git add .gitattributes, and commit it");
    } else if !state.attributes.index && !state.attributes.head {
        ui.hint(&format!(
            "'.gitattributes' does not name the merge driver for new clones; add this line and commit it: {ATTRIBUTES_LINE}"
        ));
    }
}

/// A line of the report: one part of the installation.
#[derive(Debug)]
pub(super) struct Done {
    /// The name of the event, or of another part.
    pub(super) part: &'static str,
    /// What was done, as a past participle, or the state of the part.
    pub(super) message: String,
    /// Whether anything changes.
    pub(super) changes: bool,
}

/// The planned changes in a clone, and the report.
#[derive(Debug, Default)]
pub(super) struct ClonePlan {
    pub(super) done: Vec<Done>,
    pub(super) changes: Vec<FileChange>,
    /// The command of the merge driver, if it is to be configured.
    driver: Option<DriverCommands>,
    /// The managers that will overwrite hooks, with the events of these.
    managers: Vec<(Manager, Vec<&'static str>)>,
    /// What is left in the hooks directory.
    pub(super) left: Vec<String>,
    /// The directories to remove if they are empty.
    pub(super) made_dirs: Vec<MadeDirs>,
}

impl ClonePlan {
    /// Adds a line to the report.
    pub(super) fn note(&mut self, part: &'static str, message: impl Into<String>, changes: bool) {
        self.done.push(Done { part, message: message.into(), changes });
    }

    /// Adds the changes of a hook.
    pub(super) fn add(&mut self, event: &HookEvent, step: HookStep) {
        self.note(event.name, step.summary, !step.changes.is_empty());
        self.changes.extend(step.changes);
    }

    /// Changes the files, all or none. If that fails, restores the local configuration, which
    /// `configured` has changed, if it had to.
    ///
    /// # Errors
    /// Returns an error if the configuration or a file cannot be written.
    pub(super) fn apply(
        &self,
        git: &Git,
        state: &Installation,
        configured: Option<Result<(), GitError>>,
        what: &str,
    ) -> CommandResult<()> {
        let configured = configured.transpose().map_err(|error| {
            CommandError::new("cannot write the local configuration; nothing was changed")
                .because(&error)
        })?;
        let scratch = Scratch::in_dir(&state.places.common_dir);
        changes::apply(&scratch, &self.changes).map_err(|error| {
            if configured.is_some() {
                settings::restore(git, &state.settings);
            }
            CommandError::new(format!("cannot {what}; nothing was changed")).because(&error)
        })
    }
}

/// Returns the path of the clone's own attributes, and their content if there are any. A link to a
/// file elsewhere is followed: it is written through, not replaced.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub(super) fn read_attributes(state: &Installation) -> CommandResult<(PathBuf, Option<Vec<u8>>)> {
    let path = &state.places.info_attributes;
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    let bytes = read_file(&path)?;
    Ok((path, bytes))
}

/// Returns git and the installation in a clone that has a working tree.
///
/// # Errors
/// Returns an error if git cannot be used there, or if there is no working tree.
pub(super) fn inspect_clone(dir: &Path) -> CommandResult<(Git, Installation)> {
    let git = Git::new(dir);
    let state = inspect(&git).map_err(|error| not_usable(dir, error))?;
    match state.places.top {
        Some(_) => Ok((git, state)),
        None => Err(no_work_tree(state.places.bare)),
    }
}

/// Returns the error for a file whose block is incomplete.
pub(super) fn damaged_block(shown: &str, command: &str) -> CommandError {
    CommandError::new(format!("the idhooks block in '{shown}' is damaged"))
        .hint(format!("remove its lines by hand, then run 'idhooks {command}' again"))
}

/// Prints what was done, or would be.
pub(super) fn report(ui: &mut Ui, done: &[Done], dry_run: bool) {
    for Done { part, message, changes } in done {
        match (dry_run, changes) {
            (true, true) => ui.line(&format!("{part}: would be {message}")),
            (true, false) => ui.line(&format!("{part}: {message}")),
            (false, _) => ui.status(&format!("{part}: {message}")),
        }
    }
}

/// Returns the error of the first call of git, in words for people.
pub(super) fn not_usable(dir: &Path, error: GitError) -> CommandError {
    if let Some(refused) = UnsafeRepository::read(&error) {
        return OpenError::Unsafe(refused).into();
    }
    if error.kind() == GitErrorKind::NotARepository {
        let shown = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        return CommandError::new(format!("'{}' is not in a git repository", shown.display()))
            .hint("change to a repository, name one with 'idhooks -C <dir> …', or create one with 'git init'");
    }
    // An old git lacks some options, and its error messages do not say so.
    if let Some(version) = old_git(&Git::new(dir)) {
        let [major, minor] = OLDEST_GIT;
        return CommandError::new(format!("{version} is older than {major}.{minor}"))
            .because(&error)
            .hint(format!("install git {major}.{minor} or later"));
    }
    error.into()
}

/// Returns the error of a repository without a working tree.
pub(super) fn no_work_tree(bare: bool) -> CommandError {
    if bare {
        CommandError::new("this repository is bare: nothing is committed in it")
            .hint("run the command in a clone that has a working tree")
    } else {
        OpenError::InGitDir.into()
    }
}
