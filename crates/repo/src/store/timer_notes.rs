//! A clone's notes about its timers: which schedulers they are installed in, and where they push
//! backups.

use super::StoreError;
use super::job_runs::{BackupTarget, LastRun, RunOutcome, Runs};

/// The note that names the remote that backups are pushed to.
const BACKUP: &str = "backup-to";
/// The note that lists the schedulers with timers.
const TIMERS: &str = "timers";

impl Runs {
    /// Returns the remote that a timer pushes backups to, if there is one.
    pub fn backup_target(&self) -> Option<BackupTarget> {
        let LastRun { at, done, report, .. } = self.last(BACKUP)?;
        Some(BackupTarget { remote: report?, since: at, pushed: done })
    }

    /// Records the remote that a timer pushes backups to, or that there is none.
    ///
    /// # Errors
    /// Returns an error if the note cannot be written or removed.
    pub fn note_backup_target(&self, target: Option<&BackupTarget>) -> Result<(), StoreError> {
        let Some(BackupTarget { remote, since, pushed }) = target else {
            return self.note_file(BACKUP).remove();
        };
        let report = Some(remote.clone());
        let run = LastRun { at: *since, outcome: RunOutcome::Fine, done: *pushed, report };
        self.note(BACKUP, &run)
    }

    /// Returns the schedulers in which the user with this home directory has installed timers.
    pub fn schedulers(&self, home: &str) -> Vec<String> {
        let lines = self.timer_lines();
        let own = lines.iter().filter_map(|line| line.split_once(' '));
        own.filter(|(_, other)| *other == home).map(|(scheduler, _)| scheduler.to_owned()).collect()
    }

    /// Records that the user with this home directory has installed timers in a scheduler or, if
    /// none is given, has removed all of them.
    ///
    /// # Errors
    /// Returns an error if the note cannot be written.
    pub fn note_scheduler(&self, scheduler: Option<&str>, home: &str) -> Result<(), StoreError> {
        // Each user of a shared repository has their own timers.
        let mut lines = self.timer_lines();
        match scheduler.map(|scheduler| format!("{scheduler} {home}")) {
            Some(line) if lines.contains(&line) => return Ok(()),
            Some(line) => lines.push(line),
            None => lines.retain(|line| line.split_once(' ').is_none_or(|(_, one)| one != home)),
        }
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        match text.is_empty() {
            true => self.note_file(TIMERS).remove(),
            false => self.note_file(TIMERS).replace(text.as_bytes()),
        }
    }

    /// Returns the lines of the schedulers note, each with a scheduler and a home directory.
    fn timer_lines(&self) -> Vec<String> {
        let bytes = self.note_file(TIMERS).read().ok().flatten().unwrap_or_default();
        String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
    }
}
