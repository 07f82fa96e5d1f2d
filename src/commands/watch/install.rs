//! `idhooks watch install`: a unit that keeps the watcher running, beside 'schedule install'.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use idhooks_ops::filled;
use idhooks_repo::git::Repo;
use idhooks_repo::system::{call_program, run_program};
use idhooks_watch::control::WatchControl;

use crate::commands::schedule::files::{ExpectedFile, UnitNames, put, take_away};
use crate::commands::schedule::{systemd, windows};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

/// Install a unit that keeps the watcher running
///
/// The unit starts the watcher when you log in, and again if it ends although no one stopped it. It
/// uses this program and this working tree. Files that were edited by hand, or that another program
/// wrote, are only replaced with --force.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("keeper")
        .required(true)
        .multiple(false)
        .args(["systemd", "launchd", "windows"]),
    after_help = "\
Examples:
  idhooks watch install --systemd
  idhooks watch install --launchd --dry-run
  idhooks watch install --windows --output tasks/
  idhooks watch install --systemd --live
  idhooks watch install --systemd --remove

Exit code: 0 done; 2 an error"
)]
pub(super) struct InstallWatch {
    /// A service of systemd, for your user
    #[arg(long)]
    systemd: bool,
    /// An agent of launchd (macOS), for your user
    #[arg(long)]
    launchd: bool,
    /// A task of the Task Scheduler of Windows, for your user
    #[arg(long)]
    windows: bool,
    /// Let the watcher act on changes, too, as 'watch run --live' does
    #[arg(long)]
    live: bool,
    /// Remove the unit instead
    #[arg(long)]
    remove: bool,
    /// Only write the file to this directory; you register it yourself
    #[arg(long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Show what would be written; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
}

impl InstallWatch {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let names = UnitNames::of_tree(&repo)?;
        let unit = format!("{}-watch", names.name);
        let place = match &self.output {
            Some(output) => dir.join(output),
            None => self.directory(&repo)?,
        };
        let file = self.file(&names, &unit, &place)?;
        let (guard, files) = (repo.link_guard(), std::slice::from_ref(&file));
        let is_active = !self.dry_run && self.output.is_none();
        if self.remove {
            if is_active {
                self.unregister(ui, &unit, &file.path)?;
            }
            take_away(ui, &guard, files, self.dry_run)?;
        } else {
            put(ui, &guard, files, self.force, self.dry_run)?;
            if is_active {
                self.register(ui, &unit, &file.path)?;
            }
        }
        Ok(Exit::Fine)
    }

    /// Returns the directory for the file.
    fn directory(&self, repo: &Repo) -> CommandResult<PathBuf> {
        if self.systemd {
            return systemd::directory();
        }
        if self.windows {
            let file = WatchControl::of(&repo.worktree_state_dir()).error_file()?.0;
            return Ok(file.parent().unwrap_or(&file).to_owned());
        }
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        home.map(|home| home.join("Library/LaunchAgents")).ok_or_else(|| {
            CommandError::new("cannot find the agents of this user")
                .because(&"HOME names no directory")
                .hint("write the file elsewhere: --output <dir>")
        })
    }

    /// Returns the file of the unit.
    fn file(&self, names: &UnitNames, unit: &str, dir: &Path) -> CommandResult<ExpectedFile> {
        let line = if self.live { "watch run --live" } else { "watch run" };
        let (name, template, values) = if self.systemd {
            let words = systemd::command_line(names, line);
            let values = vec![("@NAME@", names.name.clone()), ("@WORDS@", words)];
            (format!("{unit}.service"), include_str!("templates/systemd.service"), values)
        } else if self.launchd {
            let values = vec![
                ("@NAME@", unit.to_owned()),
                ("@PROGRAM@", windows::escaped(&names.program)),
                ("@DIR@", windows::escaped(&names.dir)),
                (
                    "@WORDS@",
                    line.split(' ').map(|word| format!("    <string>{word}</string>\n")).collect(),
                ),
            ];
            (format!("{unit}.plist"), include_str!("templates/launchd.plist"), values)
        } else {
            let (command, arguments) = windows::command_line(names, line)?;
            let values = vec![
                ("@NAME@", names.name.clone()),
                ("@COMMAND@", command),
                ("@ARGUMENTS@", arguments),
            ];
            (format!("{unit}.xml"), include_str!("templates/windows.xml"), values)
        };
        let values: Vec<(&str, &str)> = values.iter().map(|(at, text)| (*at, &**text)).collect();
        let text = filled(template, &values);
        Ok(ExpectedFile::of_command("watch install", dir.join(name), &text))
    }

    /// Lets the system run the watcher, or prints the command that does.
    fn register(&self, ui: &mut Ui, unit: &str, file: &Path) -> CommandResult<()> {
        let file = file.display().to_string();
        let (failed, by_hand) = if self.systemd {
            (systemd::enable_service(unit)?, systemd::enable_by_hand(unit))
        } else if self.launchd {
            let by_hand = format!("launchctl load -w \"{file}\"");
            (call_program("launchctl", &["load", "-w", &file])?, by_hand)
        } else {
            let by_hand = format!("schtasks /Create /F /TN {unit} /XML \"{file}\"");
            (call_program("schtasks", &["/Create", "/F", "/TN", unit, "/XML", &file])?, by_hand)
        };
        match failed {
            None => ui.status("registered: the system runs the watcher from now on"),
            Some(why) => {
                ui.warning(&format!("the unit is not registered: {why}"));
                ui.hint(&format!("register it where you are logged in: {by_hand}"));
            }
        }
        Ok(())
    }

    /// Takes the unit from the system, before its file is removed.
    fn unregister(&self, ui: &mut Ui, unit: &str, file: &Path) -> CommandResult<()> {
        let failed = if self.systemd {
            systemd::disable_service(unit)?
        } else if self.launchd {
            let file = file.display().to_string();
            run_program("launchctl", &["unload", "-w", &file], b"")?.map(|answer| answer.error)
        } else {
            call_program("schtasks", &["/Delete", "/F", "/TN", unit])?
        };
        if let Some(why) = failed {
            ui.detail(&format!("cannot take the unit from the system: {why}"));
        }
        Ok(())
    }
}
