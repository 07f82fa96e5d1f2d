//! The directory where temporary files are created before they are moved into place.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{cell::OnceCell, ffi::OsStr, fs, time::Duration};

use tempfile::NamedTempFile;

use super::disk::{self, SyncLevel};
use super::{
    error::StoreError, file_stamp::FileStamp, permissions::Sharing, symlink_guard::SymlinkGuard,
};

const PREFIX: &str = ".idhooks-";
const SUFFIX: &str = ".tmp";
/// Temporary files older than this are assumed to have been left behind by killed processes.
const STALE: Duration = Duration::from_secs(60 * 60);
/// Files younger than this are never removed: they may belong to a process on another machine or in
/// a container, whose id cannot be looked up here.
const MIN_AGE: Duration = Duration::from_secs(60);

/// A directory for temporary files.
///
/// For a repository, this is the git directory: a file left there by a killed process does no harm,
/// is never committed, and is removed when the next file is created.
#[derive(Debug, Clone)]
pub struct Scratch {
    dir: PathBuf,
    /// How to sync files before they are moved into place, and their directories afterwards.
    pub(super) level: SyncLevel,
    /// The guard against reaching targets through a symlink.
    pub(super) guard: SymlinkGuard,
    /// The permissions for the files, if they are state files in a git directory.
    pub(super) sharing: Option<Sharing>,
    /// Set once the files left behind by killed processes have been removed, so that the directory
    /// is listed once rather than for every file.
    swept: OnceCell<()>,
}

impl Scratch {
    /// Uses `dir` itself.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Scratch {
            dir: dir.into(),
            level: SyncLevel::Nothing,
            guard: SymlinkGuard::default(),
            sharing: None,
            swept: OnceCell::new(),
        }
    }

    /// Uses the directory that contains `file`.
    pub fn beside(file: &Path) -> Self {
        Self::in_dir(dir_of(file))
    }

    /// Syncs each file to disk before it is moved into place, and its directory afterwards.
    #[must_use]
    pub fn synced(self, level: SyncLevel) -> Self {
        Scratch { level, ..self }
    }

    /// Refuses targets reached through a symlink that this guard covers.
    #[must_use]
    pub fn guarded(self, guard: SymlinkGuard) -> Self {
        Scratch { guard, ..self }
    }

    /// Gives each file the permissions for state files in a git directory.
    #[must_use]
    pub(super) fn shared(self, sharing: Sharing) -> Self {
        Scratch { sharing: Some(sharing), ..self }
    }

    /// Creates an empty file.
    pub(crate) fn file(&self, permissions: Option<fs::Permissions>) -> io::Result<NamedTempFile> {
        self.swept.get_or_init(|| self.sweep(MIN_AGE));
        let mut builder = tempfile::Builder::new();
        let prefix = format!("{PREFIX}{}-", std::process::id());
        builder.prefix(&prefix).suffix(SUFFIX);
        if let Some(permissions) = permissions {
            builder.permissions(permissions);
        }
        builder.tempfile_in(&self.dir)
    }

    /// Returns a file name that is unique to this process and never reused.
    pub(super) fn name(&self) -> PathBuf {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        self.dir.join(format!("{PREFIX}{}-{number}{SUFFIX}", std::process::id()))
    }

    /// Tries to remove the temporary files left behind by a process that has just been killed.
    pub(crate) fn remove_leftovers(&self) {
        self.sweep(Duration::ZERO);
    }

    /// Tries to remove all temporary files older than `age` that killed processes left behind.
    fn sweep(&self, age: Duration) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        for entry in entries.flatten().filter(|entry| is_ours(&entry.file_name())) {
            // Neither the process id nor the age is enough on its own: the id may have been reused,
            // and an old file may belong to a slow process.
            if is_older(&entry.path(), age) && is_abandoned(&entry.path(), STALE) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Writes a temporary file for another program. Only the file's owner can read it, and it is
/// removed on drop.
///
/// # Errors
/// Returns an error if the directory for temporary files cannot be written to.
pub fn temporary_file(bytes: &[u8]) -> Result<tempfile::TempPath, StoreError> {
    let dir = std::env::temp_dir();
    let written = NamedTempFile::new_in(&dir).and_then(|mut file| {
        file.write_all(bytes)?;
        Ok(file.into_temp_path())
    });
    written.map_err(|error| StoreError::new("write to", dir, error))
}

/// Returns whether the process that was writing a file has exited. If the system can look up
/// processes, the id in the file name decides; otherwise, the file must be older than `limit`.
pub fn is_abandoned(file: &Path, limit: Duration) -> bool {
    let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
    // Without `/proc`, only the file's age is known.
    if let Some(number) = process_of(name).filter(|_| can_look_up_processes()) {
        return !is_running(number);
    }
    is_older(file, limit)
}

/// Returns whether a process with this id is running. A zombie is not.
fn is_running(number: u32) -> bool {
    if number == std::process::id() {
        return true;
    }
    let Ok(stat) = fs::read_to_string(format!("/proc/{number}/stat")) else { return false };
    // The program name before the state may contain any character, including `) `.
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    !state.is_some_and(|state| state.starts_with(['Z', 'X']))
}

/// Returns whether a file was last written more than `limit` ago.
fn is_older(file: &Path, limit: Duration) -> bool {
    let written = fs::metadata(file).and_then(|meta| meta.modified());
    written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > limit))
}

/// Extracts the process id from one of our temporary names, which may start with another file's
/// name, or from the name that git gives to a partial commit's second index.
fn process_of(name: &str) -> Option<u32> {
    let number = match name.strip_suffix(SUFFIX) {
        Some(ours) => ours.rsplit_once(PREFIX)?.1.split('-').next()?,
        None => name.strip_prefix("next-index-")?.strip_suffix(".lock")?,
    };
    number.parse().ok()
}

/// Returns whether processes can be looked up by id.
pub(super) fn can_look_up_processes() -> bool {
    // Elsewhere, a directory of this name says nothing about processes.
    cfg!(unix) && Path::new("/proc/self").exists()
}

fn is_ours(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}

fn dir_of(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Moves a file into place atomically. If it is on another file system, it is first copied next to
/// its target and synced. Returns the file's stamp from just before the move.
pub(super) fn move_into_place(from: &Path, to: &Path, level: SyncLevel) -> io::Result<FileStamp> {
    let stamp = |file: &Path| fs::symlink_metadata(file).map(|meta| FileStamp::of(&meta));
    let moved = stamp(from)?;
    match disk::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        done => return done.map(|()| moved),
    }
    // The git directory of a submodule or linked working tree may be on another file system.
    let beside = Scratch::beside(to).file(None)?.into_temp_path();
    fs::copy(from, &beside)?;
    disk::wrote(&beside);
    level.file(&fs::File::open(&beside)?, &beside)?;
    let copied = stamp(&beside)?;
    // What drops afterwards finds nothing to remove.
    disk::rename(&beside, to)?;
    fs::remove_file(from)?;
    Ok(copied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn old_leftovers_are_removed() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let scratch = Scratch::in_dir(temp.path());
        let [stale, fresh, foreign] =
            [".idhooks-a.tmp", ".idhooks-b.tmp", "foreign.tmp"].map(|name| temp.path().join(name));
        for file in [&stale, &fresh, &foreign] {
            fs::write(file, "x").expect("writable");
        }
        let old = SystemTime::now() - 2 * STALE;
        for file in [&stale, &foreign] {
            let file = fs::File::options().write(true).open(file).expect("there");
            file.set_modified(old).expect("own file");
        }
        drop(scratch.file(None).expect("writable"));
        assert_eq!([&stale, &fresh, &foreign].map(|file| file.exists()), [false, true, true]);
    }

    #[test]
    fn names_hold_the_process_id() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let made = Scratch::in_dir(temp.path()).file(None).expect("writable");
        let name = made.path().file_name().and_then(OsStr::to_str).expect("a plain name");
        assert_eq!(process_of(name), Some(std::process::id()));
        for (name, process) in [
            (".idhooks-12-3.tmp", Some(12)),
            (".idhooks-12-aB3.tmp", Some(12)),
            (".idhooks-12-index.tmp", Some(12)),
            ("pre-commit.idhooks-12.tmp", Some(12)),
            ("next-index-12.lock", Some(12)),
            (".idhooks-aB3xyz.tmp", None),
            ("index.lock", None),
        ] {
            assert_eq!(process_of(name), process, "{name}");
        }
    }

    #[test]
    fn files_of_running_processes_stay() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let scratch = Scratch::in_dir(temp.path());
        let (running, ended) = (scratch.name(), temp.path().join(".idhooks-4294967295-1.tmp"));
        for file in [&running, &ended] {
            // The file is backdated, as if an old file had been renamed to this name.
            let file = fs::File::create(file).expect("writable");
            file.set_modified(SystemTime::now() - 2 * STALE).expect("own file");
        }
        drop(scratch.file(None).expect("writable"));
        assert_eq!([running.exists(), ended.exists()], [can_look_up_processes(), false]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_move_across_file_systems() {
        let Ok(far) = tempfile::tempdir_in("/dev/shm") else { return };
        let near = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("writable");
        let [from, to] = [far.path(), near.path()].map(|dir| dir.join("file"));
        fs::write(&from, "new").expect("writable");
        fs::write(&to, "old").expect("writable");
        move_into_place(&from, &to, SyncLevel::Full).expect("movable");
        assert_eq!(fs::read(&to).expect("there"), b"new");
        assert!(!from.exists());
        assert_eq!(fs::read_dir(near.path()).expect("readable").count(), 1);
    }
}
