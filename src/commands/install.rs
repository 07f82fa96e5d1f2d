//! `idhooks install`: installs the hooks, the merge driver and the attributes in this clone.

use std::path::{Path, PathBuf};

use idhooks_ops::{ATTRIBUTES_LINE, InstallOptions, InstallReport, install};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// Install the hooks and the merge driver in this clone
///
/// Existing hooks are kept and run first. Either everything is installed or nothing; running it
/// again changes nothing. 'idhooks uninstall' restores the previous state.
///
/// The hooks contain the path of this program, as you called it, and its version. If the program is
/// gone, they run another idhooks that is at least that version, from PATH. A program in a cache,
/// such as that of 'uvx' or 'npx', is refused: install idhooks first.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks install                 in the clone of the current directory
  idhooks install --dry-run       show the changes
  idhooks install --program ~/.local/bin/idhooks

Exit code: 0 installed; 2 an error")]
pub(super) struct InstallArgs {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Program that the hooks call, instead of this one
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

impl InstallArgs {
    /// Runs the command.
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let options = InstallOptions { program: self.program, is_dry_run: self.dry_run };
        let report = install(dir, &options)?;
        ui.installed(&report.parts, options.is_dry_run);
        advise(ui, &report);
        Ok(Exit::Fine)
    }
}

fn advise(ui: &mut Ui, report: &InstallReport) {
    let (places, state) = (&report.before.places, &report.before);
    let hooks_dir = places.shown(&places.hooks_dir);
    let program = report.program.path.display();
    let before = report.before.newest_program();
    if let Some(before) = before.filter(|before| before.is_newer_than(&report.program)) {
        ui.warning(&format!(
            "the hooks called '{}' (version {}) before; '{program}' is older (version {})",
            before.path.display(),
            before.version,
            report.program.version
        ));
    }
    if let Some(passing) = report.passing {
        let program = program.to_string();
        ui.passing_program("the hooks call", &program, passing, "they look for another idhooks");
        ui.hint("install idhooks elsewhere, then run 'idhooks install' again, or name a program: idhooks install --program <path>");
    }
    if places.hooks_shared() {
        let why = match &state.settings.hooks_path_scope {
            Some(scope) => format!("core.hooksPath, {scope} configuration"),
            None => "a symbolic link".to_owned(),
        };
        ui.warning(&format!(
            "'{hooks_dir}' ({why}) may be shared with other repositories; the hooks do nothing \
             in repositories without a registry"
        ));
    // husky ignores its `.husky/_` directory through a .gitignore file in it, so nothing there is
    // committed.
    } else if places.hooks_in_tree() && !places.hooks_dir.ends_with(".husky/_") {
        ui.warning(&format!(
            "'{hooks_dir}' is in the working tree, and the installed hooks contain a path of \
             this machine; do not commit them"
        ));
    }
    for (manager, events) in &report.managers {
        let (message, lines) = manager.advice(events);
        ui.hint(&message);
        lines.iter().for_each(|line| ui.status(&format!("    {line}")));
    }
    if !state.registry.anywhere() {
        let begin = report.take_over.as_deref().unwrap_or("to create one: idhooks init");
        ui.hint(&format!("this repository has no registry yet; {begin}"));
    // git reads the attribute from each clone's working tree, so it has to be committed to reach
    // other clones.
    } else if state.attributes.worktree && !state.attributes.index {
        ui.hint("'.gitattributes' names the merge driver, but is not staged: git add .gitattributes, and commit it");
    } else if !state.attributes.index && !state.attributes.head {
        ui.hint(&format!(
            "'.gitattributes' does not name the merge driver for new clones; add this line and commit it: {ATTRIBUTES_LINE}"
        ));
    }
}
