//! The system unit that keeps the watcher running.

use std::path::{Path, PathBuf};

use idhooks_ops::units::{
    ExpectedFile, ProgramSearch, UnitFormat, UnitNames, UnitNotice, UnitRefusal, WatchKeeper,
    WatcherNotice, put, systemd, take_away, windows,
};
use idhooks_ops::{Notice, Observer, OpsError, filled};
use idhooks_repo::git::Repo;
use idhooks_repo::system::{SystemError, call_program, run_program};

use crate::control::WatchControl;

/// Options for installing or removing the watcher's unit.
#[derive(Debug)]
pub struct WatchUnitOptions {
    /// The system that runs the watcher.
    pub keeper: WatchKeeper,
    /// The name or path that the unit calls idhooks by, instead of the path of this program.
    pub program: Option<String>,
    /// Whether the watcher acts on changes.
    pub is_live: bool,
    /// Whether to remove the unit instead.
    pub is_removed: bool,
    /// The directory to write the file to instead of installing it.
    pub output: Option<PathBuf>,
    /// Whether to replace a file that belongs to someone else.
    pub is_forced: bool,
    /// Whether to only show what would be done.
    pub is_dry_run: bool,
}

/// Installs or removes the unit that keeps a working tree's watcher running.
///
/// # Errors
/// Returns an error if a unit cannot contain a path, if someone else's file would be replaced, or
/// if a file cannot be written or removed.
pub fn change_watch_unit(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &WatchUnitOptions,
) -> Result<(), OpsError> {
    let WatchUnitOptions { keeper, is_dry_run, .. } = *options;
    let mut names = UnitNames::of_tree(repo)?;
    let unit = format!("{}-watch", names.name);
    let place = match &options.output {
        Some(output) => output.clone(),
        None => directory(repo, keeper)?,
    };
    if !options.is_removed {
        let search = program_search(repo, keeper).elsewhere(options.output.is_some());
        let (named, installed) = (options.program.as_deref(), options.installed(&unit, &place)?);
        names = names.called(observer, repo, &search, named, installed.as_deref())?;
    }
    let file = options.file(&names, &unit, &place)?;
    let (guard, files) = (repo.link_guard(), std::slice::from_ref(&file));
    let is_active = !is_dry_run && options.output.is_none();
    if options.is_removed {
        // The file is still needed to unregister the unit.
        if is_active && let Some(reason) = unregister(keeper, &unit, &file.path)? {
            observer.notice(Notice::Unit(UnitNotice::Watcher(WatcherNotice::NotRemoved(reason))));
        }
        return take_away(observer, &guard, files, is_dry_run);
    }
    put(observer, &guard, files, options.is_forced, is_dry_run)?;
    if is_active {
        let registered = match register(keeper, &unit, &file.path)? {
            None => WatcherNotice::Registered,
            Some(reason) => WatcherNotice::NotRegistered { keeper, unit, file: file.path, reason },
        };
        observer.notice(Notice::Unit(UnitNotice::Watcher(registered)));
    }
    Ok(())
}

/// Returns where a system looks for programs.
fn program_search(repo: &Repo, keeper: WatchKeeper) -> ProgramSearch {
    let environment = repo.environment();
    match keeper {
        WatchKeeper::Systemd => systemd::program_search(environment),
        WatchKeeper::Windows => windows::program_search(environment),
        // launchd.plist(5) asks for an absolute path.
        WatchKeeper::Launchd => ProgramSearch::new("launchd", [""; 0], environment),
    }
}

/// Returns the directory for the file.
fn directory(repo: &Repo, keeper: WatchKeeper) -> Result<PathBuf, OpsError> {
    match keeper {
        WatchKeeper::Systemd => Ok(systemd::directory(repo.environment())?),
        WatchKeeper::Windows => {
            let file = WatchControl::of(&repo.worktree_state_dir()).error_file()?.0;
            Ok(file.parent().unwrap_or(&file).to_owned())
        }
        WatchKeeper::Launchd => {
            let home = repo.environment().dir("HOME").ok_or(UnitRefusal::NoAgents)?;
            Ok(home.join("Library/LaunchAgents"))
        }
    }
}

impl WatchUnitOptions {
    /// Returns the program that the installed unit calls.
    fn installed(&self, unit: &str, dir: &Path) -> Result<Option<String>, OpsError> {
        // Files in a directory of their own may be for another machine.
        if self.output.is_some() {
            return Ok(None);
        }
        let format = match self.keeper {
            WatchKeeper::Systemd => UnitFormat::Systemd,
            WatchKeeper::Launchd => UnitFormat::Launchd,
            WatchKeeper::Windows => UnitFormat::Task,
        };
        let text = ExpectedFile::written_text(&self.path(unit, dir))?;
        Ok(text.and_then(|text| format.program(&text)))
    }

    /// Returns the path of the unit's file.
    fn path(&self, unit: &str, dir: &Path) -> PathBuf {
        let extension = match self.keeper {
            WatchKeeper::Systemd => "service",
            WatchKeeper::Launchd => "plist",
            WatchKeeper::Windows => "xml",
        };
        dir.join(format!("{unit}.{extension}"))
    }

    /// Returns the unit's file.
    fn file(&self, names: &UnitNames, unit: &str, dir: &Path) -> Result<ExpectedFile, OpsError> {
        let line = if self.is_live { "watch run --live" } else { "watch run" };
        let (template, values) = match self.keeper {
            WatchKeeper::Systemd => {
                let words = systemd::command_line(names, line);
                let values = vec![("@NAME@", names.name.clone()), ("@WORDS@", words)];
                (include_str!("templates/watch.service"), values)
            }
            WatchKeeper::Launchd => {
                let word = |word: &str| format!("    <string>{word}</string>\n");
                let values = vec![
                    ("@NAME@", unit.to_owned()),
                    ("@PROGRAM@", windows::escaped(&names.program)),
                    ("@DIR@", windows::escaped(&names.dir)),
                    ("@WORDS@", line.split(' ').map(word).collect()),
                ];
                (include_str!("templates/watch.plist"), values)
            }
            WatchKeeper::Windows => {
                let (command, arguments) = windows::command_line(names, line)?;
                let values = vec![
                    ("@NAME@", names.name.clone()),
                    ("@COMMAND@", command),
                    ("@ARGUMENTS@", arguments),
                ];
                (include_str!("templates/watch.xml"), values)
            }
        };
        let values: Vec<(&str, &str)> = values.iter().map(|(at, text)| (*at, &**text)).collect();
        let path = self.path(unit, dir);
        Ok(ExpectedFile::of_command("watch install", path, &filled(template, &values)))
    }
}

/// Registers the watcher's unit with the system; returns the reason if the system doesn't run it.
fn register(keeper: WatchKeeper, unit: &str, file: &Path) -> Result<Option<String>, SystemError> {
    match keeper {
        WatchKeeper::Systemd => systemd::enable_units(&[format!("{unit}.service")]),
        WatchKeeper::Launchd => {
            // '-w' also enables an agent that had been disabled.
            call_program("launchctl", &["load", "-w", &file.display().to_string()])
        }
        WatchKeeper::Windows => windows::register_task(unit, file),
    }
}

/// Unregisters the unit before its file is removed; returns the reason if it is still registered.
fn unregister(keeper: WatchKeeper, unit: &str, file: &Path) -> Result<Option<String>, SystemError> {
    match keeper {
        WatchKeeper::Systemd => systemd::disable_units(&[format!("{unit}.service")]),
        WatchKeeper::Launchd => {
            let file = file.display().to_string();
            let answer = run_program("launchctl", &["unload", "-w", &file], b"")?;
            Ok(answer.filter(|answer| !answer.is_success).map(|answer| answer.error))
        }
        WatchKeeper::Windows => call_program("schtasks", &["/Delete", "/F", "/TN", unit]),
    }
}
