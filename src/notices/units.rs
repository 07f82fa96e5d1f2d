//! Shows notices about installing timers and the watcher's unit, as text.

use std::path::Path;

use idhooks_ops::PassingPlace;
use idhooks_ops::units::{UnitNotice, WatchKeeper, WatcherNotice};

use crate::output::{Ui, shell_quoted};

impl Ui {
    /// Shows a notice about installing or removing timers or the watcher's unit.
    pub(super) fn show_unit(&mut self, notice: UnitNotice) {
        match notice {
            UnitNotice::NoRemote(remote) => {
                self.warning(&format!(
                    "'{remote}' is not a remote of this repository: no backup can be pushed there"
                ));
                self.hint(&format!("add it: git remote add {} URL", shell_quoted(&remote)));
            }
            UnitNotice::NoProgramHere(program, system) => {
                self.warning(&format!("on this machine, {system} would not find '{program}'"));
                self.hint("the files are only for machines where it does");
            }
            UnitNotice::KeptProgram(program) => self.kept_program(&program),
            UnitNotice::PassingProgram(program, place) => self.passing_unit(&program, place),
            UnitNotice::Unchanged => self.status("nothing to change"),
            UnitNotice::WouldWrite(file, text) => {
                self.line(&format!("would write '{}'", file.display()));
                self.data(&text);
            }
            UnitNotice::Wrote(file) => self.status(&format!("wrote '{}'", file.display())),
            UnitNotice::WouldRemove(file) => {
                self.line(&format!("would remove '{}'", file.display()));
            }
            UnitNotice::Removed(file) => self.status(&format!("removed '{}'", file.display())),
            UnitNotice::KeptChanged(file) => {
                self.warning(&format!("kept '{}', which was changed by hand", file.display()));
                self.hint("review it, then remove it yourself");
            }
            UnitNotice::WouldAddLines(lines) => {
                self.line("would add to the crontab:");
                self.data(&lines);
            }
            UnitNotice::AddedLines => self.status("added to the crontab: see 'crontab -l'"),
            UnitNotice::WouldRemoveLines => self.line("would remove the lines in the crontab"),
            UnitNotice::RemovedLines => self.status("removed the lines in the crontab"),
            UnitNotice::NewWorkflow => {
                self.hint("commit it: GitHub runs scheduled workflows of the main branch");
            }
            UnitNotice::Enabled => {
                self.status("enabled: systemd runs the timers while you are logged in");
                self.hint("to run them while you are logged out, too: loginctl enable-linger");
            }
            UnitNotice::NotEnabled { timers, reason } => {
                self.warning(&format!("the timers are not enabled: {reason}"));
                let by_hand = enable_by_hand(&timers.join(" "));
                self.hint(&format!("enable them where you are logged in: {by_hand}"));
            }
            UnitNotice::NotDisabled(reason) => {
                self.detail(&format!("cannot disable the timers: {reason}"));
            }
            UnitNotice::NoTask { name, file, reason } => {
                self.warning(&format!("the task '{name}' is not registered: {reason}"));
                let by_hand = register_by_hand(&name, &file);
                self.hint(&format!("register it on Windows: {by_hand}"));
            }
            UnitNotice::TaskLeft(name, reason) => {
                self.warning(&format!("the task '{name}' was not removed: {reason}"));
            }
            UnitNotice::Watcher(notice) => self.watcher_notice(notice),
        }
    }

    /// Warns that a unit's program may be gone while the unit remains.
    fn passing_unit(&mut self, program: &str, place: PassingPlace) {
        self.passing_program("the unit calls", program, place, "it cannot run");
        self.hint("install idhooks elsewhere, or name a program: --program <path>");
    }

    /// Warns that a program may be gone while those who call it remain.
    pub(crate) fn passing_program(
        &mut self,
        caller: &str,
        program: &str,
        place: PassingPlace,
        then: &str,
    ) {
        let place = match place {
            PassingPlace::Temporary => "a temporary directory",
            PassingPlace::LinkedTree => "a linked working tree",
        };
        self.warning(&format!("{caller} '{program}', which is in {place}; without it, {then}"));
    }

    /// Shows which program a unit still calls.
    fn kept_program(&mut self, program: &str) {
        self.status(&format!("the program is still '{program}'"));
        self.hint("to call another one: --program <path>");
    }

    /// Shows whether the system runs the watcher.
    fn watcher_notice(&mut self, notice: WatcherNotice) {
        match notice {
            WatcherNotice::Registered => {
                self.status("registered: the system now runs the watcher");
            }
            WatcherNotice::NotRegistered { keeper, unit, file, reason } => {
                let by_hand = match keeper {
                    WatchKeeper::Systemd => enable_by_hand(&format!("{unit}.service")),
                    // `-w` also loads an agent that was disabled.
                    WatchKeeper::Launchd => format!("launchctl load -w \"{}\"", file.display()),
                    WatchKeeper::Windows => register_by_hand(&unit, &file),
                };
                self.warning(&format!("the unit is not registered: {reason}"));
                self.hint(&format!("register it where you are logged in: {by_hand}"));
            }
            WatcherNotice::NotRemoved(reason) => {
                self.detail(&format!("cannot unregister the unit: {reason}"));
            }
        }
    }
}

/// Returns the command line that enables and starts units.
fn enable_by_hand(units: &str) -> String {
    // Without `daemon-reload`, a running systemd does not notice a new unit file.
    format!("systemctl --user daemon-reload && systemctl --user enable --now {units}")
}

/// Returns the command line that registers a Windows task.
fn register_by_hand(task: &str, file: &Path) -> String {
    // `/F` replaces a task from an earlier installation without asking.
    format!("schtasks /Create /F /TN {task} /XML \"{}\"", file.display())
}
