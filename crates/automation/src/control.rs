//! [`WatchControl`]: the files through which commands and a working tree's watcher communicate.
//! Only one watcher at a time holds the lock.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use idhooks_ops::WatcherDown;
use idhooks_repo::store::{
    Holder, LockError, OwnWrites, StateDir, StateFile, StoreError, WriterLock, rename,
};

use crate::heartbeat::Beat;
use crate::liveness::{Liveness, LockSight};
use crate::moment::Moment;
use crate::status::{RunningGenerators, WatchState, WatchStatus};

/// How long a starting watcher waits for the lock: another command may be checking whether it is
/// held.
const PATIENCE: Duration = Duration::from_secs(1);
/// The size at which a log is rotated. One old log is kept.
const LONGEST_LOG: u64 = 10 << 20;

/// Advice for the user if the watcher's disk is full.
const FREE_DISK: &str = "free some disk space: it continues by itself";

/// The watcher's files in a working tree's state directory.
#[derive(Debug, Clone)]
pub struct WatchControl(StateDir);

impl WatchControl {
    /// Returns the watcher's files for a working tree.
    pub fn of(state: &StateDir) -> Self {
        WatchControl(state.clone())
    }

    fn file(&self, name: &str) -> StateFile {
        self.0.file(format!("watch/{name}"))
    }

    /// Acquires the watcher's lock, which is released when the process ends.
    ///
    /// # Errors
    /// Returns an error that names the other watcher if one is running, or an error if the lock
    /// file cannot be written.
    pub fn lock(&self, what: &str) -> Result<WriterLock, LockError> {
        WriterLock::take_at(&self.file("lock"), what, PATIENCE)
    }

    /// Returns the watcher's process, if one is running.
    ///
    /// # Errors
    /// Returns an error if the lock file cannot be written.
    pub fn running(&self) -> Result<Option<Holder>, StoreError> {
        // Acquiring the lock would create the file, but reading the status must not write to a
        // working tree that never had a watcher.
        if self.file("lock").path().symlink_metadata().is_err() {
            return Ok(None);
        }
        match WriterLock::take_at(&self.file("lock"), "watch status", Duration::ZERO) {
            Ok(_) => Ok(None),
            Err(LockError::Held { holder, .. }) => Ok(Some(holder)),
            Err(LockError::Store(error)) => Err(error),
        }
    }

    /// Returns the last status, updated with the watcher's current state, and the watcher's
    /// liveness.
    ///
    /// # Errors
    /// Returns an error if the files cannot be read.
    pub fn status(&self) -> Result<Option<(WatchStatus, Liveness)>, StoreError> {
        let mut lock = self.lock_sight();
        let Some(mut status) = self.written_status()? else { return Ok(None) };
        if lock == LockSight::Free && status.state != WatchState::Stopped {
            // The watcher may have started after the first check.
            lock = self.lock_sight();
        }
        let (now, stop) = (Moment::now(), self.stop_requested_at());
        let liveness = Liveness::judge(&status, lock, stop.is_some(), (&Beat::now(), now));
        let state = match &liveness {
            Liveness::Running | Liveness::Ending(_) => return Ok(Some((status, liveness))),
            Liveness::Stopped => WatchState::Stopped,
            Liveness::Died { .. } => WatchState::Died,
            Liveness::Hung(_) => WatchState::Hung,
        };
        status.note_absence(state, stop, now);
        Ok(Some((status, liveness)))
    }

    fn lock_sight(&self) -> LockSight {
        match self.running() {
            Ok(None) => LockSight::Free,
            Ok(Some(holder)) => LockSight::Held(holder.process()),
            // A process without permission to write the lock file has to rely on the beats.
            Err(_) => LockSight::Held(None),
        }
    }

    /// Returns the status as the watcher last wrote it.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read.
    pub fn written_status(&self) -> Result<Option<WatchStatus>, StoreError> {
        Ok(self.file("status.json").read()?.and_then(|bytes| WatchStatus::parse(&bytes)))
    }

    /// Writes the status.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write_status(&self, status: &WatchStatus) -> Result<(), StoreError> {
        self.file("status.json").replace(&status.document())
    }

    /// Returns the error for a watcher that cannot write its status because the disk is full.
    pub fn full_disk(&self) -> Option<StoreError> {
        let file = self.file("status.json");
        let bytes = file.read().ok().flatten()?;
        file.check_replace(&bytes).err().filter(StoreError::is_disk_full)
    }

    /// Returns the reason a watcher that should be working is not working, or the reason a watcher
    /// that was asked to end has not ended.
    pub fn down(&self, liveness: &Liveness) -> Option<WatcherDown> {
        let full = if liveness.is_expected() { self.full_disk() } else { None };
        match (liveness, full) {
            (Liveness::Running, Some(full)) => Some(WatcherDown {
                reason: format!("cannot write its state: {full}"),
                remedy: FREE_DISK.to_owned(),
            }),
            (Liveness::Hung(_), Some(full)) => {
                let reason = format!("{}: {full}", liveness.reason()?);
                Some(WatcherDown { reason, remedy: FREE_DISK.to_owned() })
            }
            (Liveness::Running | Liveness::Ending(_) | Liveness::Stopped, _) => None,
            (Liveness::Died { .. } | Liveness::Hung(_), _) => {
                Some(WatcherDown { reason: liveness.reason()?, remedy: liveness.remedy()? })
            }
        }
    }

    /// Writes a beat into the status if this process wrote the status.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or written.
    pub(crate) fn beat(&self) -> Result<(), StoreError> {
        let own = Some(std::process::id());
        let Some(mut status) = self.written_status()? else { return Ok(()) };
        // A beat in another watcher's status would make that watcher look alive.
        if status.pid != own || status.state == WatchState::Stopped {
            return Ok(());
        }
        status.note_beat();
        self.write_status(&status)
    }

    /// Returns the list of files that idhooks itself wrote.
    pub fn own_writes(&self) -> OwnWrites {
        OwnWrites::in_dir(&self.0)
    }

    /// Records which generators are now running; an empty list means none.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written or removed.
    pub fn note_generating(&self, generators: BTreeSet<String>) -> Result<(), StoreError> {
        let file = self.file("generating.json");
        if generators.is_empty() {
            return file.remove();
        }
        let running = RunningGenerators { generators, since: Moment::now().to_string() };
        file.replace(&serde_json::to_vec(&running).unwrap_or_default())
    }

    /// Returns the running generators, as recorded by the process that runs them.
    pub fn generating(&self) -> Option<RunningGenerators> {
        let bytes = self.file("generating.json").read().ok().flatten()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Asks the watcher to end.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn request_stop(&self) -> Result<(), StoreError> {
        self.file("stop").replace(b"")
    }

    /// Returns whether the watcher was asked to end.
    pub fn is_stop_requested(&self) -> bool {
        self.stop_requested_at().is_some()
    }

    /// Returns the time the watcher was asked to end, if it was.
    pub(crate) fn stop_requested_at(&self) -> Option<Moment> {
        // The file is empty, so that it can be written even if the disk is full.
        self.written_at("stop")
    }

    /// Returns the time a file was written, if it exists.
    fn written_at(&self, name: &str) -> Option<Moment> {
        let meta = self.file(name).path().symlink_metadata().ok()?;
        let written = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let millis = written.map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(0));
        Some(Moment::from_millis(millis))
    }

    /// Withdraws the request to end.
    ///
    /// # Errors
    /// Returns an error if the file cannot be removed.
    pub fn clear_stop(&self) -> Result<(), StoreError> {
        self.file("stop").remove()
    }

    /// Withdraws a request to end that is older than the watcher's lock, which this process holds:
    /// it was meant for an earlier watcher. A newer request is kept, even if it arrived before the
    /// watcher first checked for one.
    ///
    /// # Errors
    /// Returns an error if the file cannot be removed.
    pub fn clear_old_stop(&self) -> Result<(), StoreError> {
        // The lock file is written when the lock is taken.
        let is_old = |requested: Moment| self.written_at("lock").is_none_or(|at| requested < at);
        if self.stop_requested_at().is_some_and(is_old) { self.clear_stop() } else { Ok(()) }
    }

    /// Pauses or resumes the watcher. A pause remains in effect after the watcher ends.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written or removed.
    pub fn pause(&self, is_paused: bool) -> Result<(), StoreError> {
        let file = self.file("paused");
        if is_paused { file.replace(b"") } else { file.remove() }
    }

    /// Returns whether the watcher is paused.
    pub fn is_paused(&self) -> bool {
        self.file("paused").path().symlink_metadata().is_ok()
    }

    /// Creates an empty file for a background watcher's errors, and returns it.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn error_file(&self) -> Result<(PathBuf, File), StoreError> {
        let file = self.file("stderr.txt");
        file.replace(b"")?;
        let opened = OpenOptions::new().append(true).open(file.path());
        let opened = opened.map_err(|cause| StoreError::new("open", file.path(), cause))?;
        Ok((file.path().to_owned(), opened))
    }

    /// Appends lines to a log. A log that has grown too large is replaced.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn log(&self, name: &str, lines: &str) -> Result<(), StoreError> {
        if lines.is_empty() {
            return Ok(());
        }
        let file = self.file(&format!("{name}.jsonl"));
        let length = file.path().symlink_metadata().map_or(0, |meta| meta.len());
        if length > LONGEST_LOG {
            let old = self.file(&format!("{name}.1.jsonl"));
            rename(file.path(), old.path())
                .map_err(|cause| StoreError::new("replace", old.path(), cause))?;
        }
        file.append(lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_repo::store::Sharing;

    #[test]
    fn one_watcher_runs_and_others_know() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let control = WatchControl::of(&StateDir::of(dir.path(), Sharing::default()));
        assert!(control.running().expect("readable").is_none());
        let lock = control.lock("watch").expect("free");
        let holder = control.running().expect("readable").expect("it runs");
        assert_eq!((holder.process(), holder.command()), (Some(std::process::id()), Some("watch")));
        let status =
            WatchStatus { version: 1, state: WatchState::Active, ..WatchStatus::default() };
        control.write_status(&status).expect("writable");
        let state = || control.status().expect("readable").expect("there").0.state;
        assert_eq!(state(), WatchState::Active);
        drop(lock);
        // The watcher was killed, so its last status is outdated.
        assert_eq!(state(), WatchState::Died);
        let liveness = || control.status().expect("readable").expect("there").1;
        assert!(matches!(liveness(), Liveness::Died { .. }));
        // A watcher that had been asked to end is not expected to run.
        control.request_stop().expect("writable");
        assert_eq!(liveness(), Liveness::Stopped);
        // The next watcher ignores that request, but obeys a request made right after it has taken
        // the lock.
        let lock = control.lock("watch").expect("free");
        let set_time = |name: &str, seconds: u64| {
            let file = File::options().write(true).open(control.file(name).path());
            let time = UNIX_EPOCH + Duration::from_secs(seconds);
            file.and_then(|file| file.set_modified(time)).expect("a time that can be set");
        };
        set_time("lock", 1001);
        for (seconds, is_kept) in [(1002, true), (1001, true), (1000, false)] {
            set_time("stop", seconds);
            control.clear_old_stop().expect("removable");
            assert_eq!(control.is_stop_requested(), is_kept, "{seconds}");
        }
        drop(lock);
        for is_paused in [true, false, false] {
            control.pause(is_paused).expect("writable");
            assert_eq!(control.is_paused(), is_paused);
        }
        control.request_stop().expect("writable");
        assert!(control.is_stop_requested());
        control.clear_stop().expect("removable");
        assert!(!control.is_stop_requested());
        let long = "x".repeat(1 << 20);
        for _ in 0..14 {
            control.log("actions", &long).expect("writable");
        }
        let length = |name: &str| {
            std::fs::metadata(dir.path().join("idhooks/watch").join(name)).expect("a log").len()
                >> 20
        };
        assert_eq!((length("actions.1.jsonl"), length("actions.jsonl")), (11, 3));
    }
}
