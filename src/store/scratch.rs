//! Where files are made before they go to their places.

use std::cell::OnceCell;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

use super::file_stamp::FileStamp;
use super::links::LinkGuard;
use super::sharing::Sharing;

const PREFIX: &str = ".idhooks-";
const SUFFIX: &str = ".tmp";
/// A file that has waited longer belongs to a process that was killed.
const STALE: Duration = Duration::from_secs(60 * 60);
/// A younger one may belong to a process that has its number on another machine or in a container.
const SETTLED: Duration = Duration::from_secs(60);

/// A directory for files on their way.
///
/// That of the repository is the git directory: what a killed process leaves there is in nobody's
/// way, is never added to a commit, and goes with the next file that is made.
#[derive(Debug, Clone)]
pub struct Scratch {
    dir: PathBuf,
    /// Whether files are on the disk before they go to their places.
    pub(super) is_synced: bool,
    /// Where these places must not be behind a link.
    pub(super) guard: LinkGuard,
    /// Who may use the files, where it is not their directory's owner who decides.
    pub(super) sharing: Option<Sharing>,
    /// Done once what killed processes have left is removed: thousands of files are looked at once,
    /// not thousands of times.
    swept: OnceCell<()>,
}

impl Scratch {
    /// Returns the scratch directory that is `dir` itself.
    pub fn in_dir(dir: impl Into<PathBuf>) -> Self {
        Scratch {
            dir: dir.into(),
            is_synced: false,
            guard: LinkGuard::default(),
            sharing: None,
            swept: OnceCell::new(),
        }
    }

    /// Returns the directory a file is in.
    pub fn beside(file: &Path) -> Self {
        Self::in_dir(dir_of(file))
    }

    /// Has each file be on the disk before it goes to its place, and the directory with its new
    /// name after that.
    #[must_use]
    pub fn synced(self) -> Self {
        Scratch { is_synced: true, ..self }
    }

    /// Lets no file go to a place behind a link that is guarded against.
    #[must_use]
    pub fn guarded(self, guard: LinkGuard) -> Self {
        Scratch { guard, ..self }
    }

    /// Gives each file the permissions of what is kept in a git directory.
    #[must_use]
    pub(super) fn shared(self, sharing: Sharing) -> Self {
        Scratch { sharing: Some(sharing), ..self }
    }

    /// Makes an empty file.
    pub(crate) fn file(&self, permissions: Option<fs::Permissions>) -> io::Result<NamedTempFile> {
        self.swept.get_or_init(|| self.sweep());
        let mut builder = tempfile::Builder::new();
        let prefix = format!("{PREFIX}{}-", std::process::id());
        builder.prefix(&prefix).suffix(SUFFIX);
        if let Some(permissions) = permissions {
            builder.permissions(permissions);
        }
        builder.tempfile_in(&self.dir)
    }

    /// Returns a name that only this process gives, and only for `number`.
    pub(super) fn name(&self, number: usize) -> PathBuf {
        self.dir.join(format!("{PREFIX}{}-{number}{SUFFIX}", std::process::id()))
    }

    /// Removes what killed processes have left here; what cannot be removed stays.
    fn sweep(&self) {
        let Ok(entries) = fs::read_dir(&self.dir) else { return };
        for entry in entries.flatten().filter(|entry| is_ours(&entry.file_name())) {
            if is_older(&entry.path(), SETTLED) && is_abandoned(&entry.path(), STALE) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

/// Returns whether the process that had a file in work is gone: by its number, where the name
/// tells it and the machine knows its processes; else nobody has written for longer than `limit`.
pub fn is_abandoned(file: &Path, limit: Duration) -> bool {
    let name = file.file_name().and_then(OsStr::to_str).unwrap_or_default();
    if let Some(number) = process_of(name).filter(|_| knows_processes()) {
        return !is_running(number);
    }
    is_older(file, limit)
}

/// Returns whether a process of that number is running: one that has ended stays listed until its
/// parent has asked how.
fn is_running(number: u32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{number}/stat")) else { return false };
    // The name of the program may have any characters.
    let state = stat.rsplit_once(") ").map(|(_, rest)| rest);
    !state.is_some_and(|state| state.starts_with(['Z', 'X']))
}

/// Returns whether the last write of a file is longer ago than `limit`.
fn is_older(file: &Path, limit: Duration) -> bool {
    let written = fs::metadata(file).and_then(|meta| meta.modified());
    written.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > limit))
}

/// Returns the number of the process in one of our names, which may begin with that of another
/// file, or in git's name of the second index of a partial commit.
fn process_of(name: &str) -> Option<u32> {
    let number = match name.strip_suffix(SUFFIX) {
        Some(ours) => ours.rsplit_once(PREFIX)?.1.split('-').next()?,
        None => name.strip_prefix("next-index-")?.strip_suffix(".lock")?,
    };
    number.parse().ok()
}

/// Returns whether a process can be looked up by its number.
pub(super) fn knows_processes() -> bool {
    Path::new("/proc/self").exists()
}

fn is_ours(name: &OsStr) -> bool {
    name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX))
}

fn dir_of(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Moves a file to its place in one step; from another file system it is copied beside that
/// place first. Returns the stamp that the file in that place had just before.
pub(super) fn put(from: &Path, to: &Path) -> io::Result<FileStamp> {
    let stamp = |file: &Path| fs::symlink_metadata(file).map(|meta| FileStamp::of(&meta));
    let moved = stamp(from)?;
    match fs::rename(from, to) {
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
        done => return done.map(|()| moved),
    }
    let beside = Scratch::beside(to).file(None)?.into_temp_path();
    fs::copy(from, &beside)?;
    let copied = stamp(&beside)?;
    beside.persist(to).map_err(|error| error.error)?;
    fs::remove_file(from)?;
    Ok(copied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    #[test]
    fn what_a_killed_process_left_goes_in_time() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let scratch = Scratch::in_dir(temp.path());
        let [stale, fresh, theirs] =
            [".idhooks-a.tmp", ".idhooks-b.tmp", "theirs.tmp"].map(|name| temp.path().join(name));
        for file in [&stale, &fresh, &theirs] {
            fs::write(file, "x").expect("writable");
        }
        let old = SystemTime::now() - 2 * STALE;
        for file in [&stale, &theirs] {
            let file = fs::File::options().write(true).open(file).expect("there");
            file.set_modified(old).expect("own file");
        }
        drop(scratch.file(None).expect("writable"));
        assert_eq!([&stale, &fresh, &theirs].map(|file| file.exists()), [false, true, true]);
    }

    #[test]
    fn names_tell_whose_a_file_is() {
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
    fn what_a_process_has_in_work_stays() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let scratch = Scratch::in_dir(temp.path());
        let (ours, gone) = (scratch.name(1), temp.path().join(".idhooks-4294967295-1.tmp"));
        for file in [&ours, &gone] {
            // As an old file that got another name.
            let file = fs::File::create(file).expect("writable");
            file.set_modified(SystemTime::now() - 2 * STALE).expect("own file");
        }
        drop(scratch.file(None).expect("writable"));
        assert_eq!([ours.exists(), gone.exists()], [knows_processes(), false]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_come_from_another_file_system() {
        let Ok(far) = tempfile::tempdir_in("/dev/shm") else { return };
        let near = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).expect("writable");
        let [from, to] = [far.path(), near.path()].map(|dir| dir.join("file"));
        fs::write(&from, "new").expect("writable");
        fs::write(&to, "old").expect("writable");
        put(&from, &to).expect("movable");
        assert_eq!(fs::read(&to).expect("there"), b"new");
        assert!(!from.exists());
        assert_eq!(fs::read_dir(near.path()).expect("readable").count(), 1);
    }
}
