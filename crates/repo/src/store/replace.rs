//! Replaces whole files; they are never rewritten in place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::{StoreError, if_exists};
use super::scratch::{Scratch, move_into_place};
use super::{
    disk::{self, SyncLevel, missing_dirs},
    failpoint::pause,
    file_stamp::FileStamp,
    permissions::{Sharing, mode_of, permissions_of},
    symlink_guard::SymlinkGuard,
};

/// The mode of a new file before the umask is applied. With `tempfile`'s default, only its owner
/// could read it.
const NEW_FILE: u32 = 0o666;

/// The permissions of a written file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Keep the existing file's permissions; give a new file whatever the umask allows.
    Keep,
    /// Like `Keep`, but everyone who can read the file can also execute it, and only its owner can
    /// write to it.
    Execute,
    /// Like `Keep`, but no one can execute the file.
    Data,
}

/// New content for a file, written to a temporary file but not yet in place.
///
/// If it is dropped without [`Replacement::commit`], the target is left unchanged.
#[derive(Debug)]
pub struct Replacement {
    temp: NamedTempFile,
    target: PathBuf,
    level: SyncLevel,
    /// The number of parent directories created for the target.
    made_dirs: usize,
}

impl Replacement {
    /// Writes `bytes` for `target`, keeping the existing file's permissions. Creates the directory
    /// if it is missing.
    ///
    /// # Errors
    /// Returns an error if the directory cannot be created or the file cannot be written.
    pub fn prepare(scratch: &Scratch, target: &Path, bytes: &[u8]) -> Result<Self, StoreError> {
        Self::prepare_by(scratch, target, Access::Keep, |out| out.write_all(bytes))
    }

    /// Like [`Replacement::prepare`], but sets the given permissions and calls `write` to write the
    /// content.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Replacement::prepare`], or if `write` fails.
    pub fn prepare_by(
        scratch: &Scratch,
        target: &Path,
        access: Access,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<Self, StoreError> {
        let failed = |cause| StoreError::new("write", target, cause);
        scratch.guard.check(target)?;
        let mut made_dirs = 0;
        if let Some(dir) = target.parent() {
            made_dirs = missing_dirs(dir);
            fs::create_dir_all(dir).map_err(failed)?;
        }
        // Only a regular file's permissions are kept: those of a symlink or directory mean
        // something else.
        let present = fs::symlink_metadata(target).ok().filter(fs::Metadata::is_file);
        let present = present.map(|m| m.permissions());
        let own = scratch.sharing.and_then(Sharing::of_file);
        let expected = own.or(present);
        let permissions = expected.clone().or_else(|| permissions_of(NEW_FILE));
        let mut temp = scratch.file(permissions).map_err(failed)?;
        pause("a temporary file is made");
        set_access(&temp, expected.as_ref(), access).map_err(failed)?;
        write(&mut temp).map_err(failed)?;
        temp.flush().map_err(failed)?;
        let level = scratch.level;
        disk::wrote(temp.path());
        // The file is synced before the rename, so that after a power failure, its name leads to
        // either the old or the new content, not to an empty file.
        level.file(temp.as_file(), temp.path()).map_err(failed)?;
        pause("a temporary file is written");
        Ok(Replacement { temp, target: target.to_owned(), level, made_dirs })
    }

    /// Returns the temporary file with the new content.
    pub fn file(&self) -> &File {
        self.temp.as_file()
    }

    /// Returns the file that is to be replaced.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Replaces the file with the new content, atomically.
    ///
    /// # Errors
    /// Returns an error if the file cannot be replaced; it is then unchanged. Also returns an error
    /// if its directory cannot be synced.
    pub fn commit(self) -> Result<(), StoreError> {
        let (target, level, made) = (self.target.clone(), self.level, self.made_dirs);
        self.commit_stamped()?;
        let dir = target.parent().unwrap_or(Path::new("."));
        level.dir(dir, made).map_err(|cause| StoreError::new("sync", dir, cause))
    }

    /// Like [`Replacement::commit`], but returns the new file's stamp. The directory is not synced.
    pub(super) fn commit_stamped(self) -> Result<FileStamp, StoreError> {
        let target = self.target;
        let stamp = move_into_place(&self.temp.into_temp_path(), &target, self.level)
            .map_err(|cause| StoreError::new("replace", &target, cause))?;
        pause("a file is replaced");
        Ok(stamp)
    }
}

/// Sets the new file's permissions. This is necessary even to keep the old file's permissions,
/// because the umask cleared some bits when the new file was created.
fn set_access(
    temp: &NamedTempFile,
    expected: Option<&fs::Permissions>,
    access: Access,
) -> io::Result<()> {
    let created = temp.as_file().metadata()?.permissions();
    let Some(created) = mode_of(&created).map(|mode| mode & 0o7777) else { return Ok(()) };
    let mut mode = expected.and_then(mode_of).map_or(created, |mode| mode & 0o7777);
    match access {
        Access::Keep => {}
        // A hook runs with its user's rights, so nobody else may be able to change it.
        Access::Execute => mode = (mode | (mode & 0o444) >> 2) & !0o022,
        Access::Data => mode &= !0o111,
    }
    match permissions_of(mode).filter(|_| mode != created) {
        Some(permissions) => temp.as_file().set_permissions(permissions),
        None => Ok(()),
    }
}

/// Replaces a file's content atomically.
///
/// # Errors
/// Returns an error in the same cases as [`Replacement::prepare`] and [`Replacement::commit`].
pub fn replace_file(guard: &SymlinkGuard, target: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let scratch = Scratch::beside(target).guarded(guard.clone());
    Replacement::prepare(&scratch, target, bytes)?.commit()
}

/// Appends one line to a file in a single write, creating the file if it is missing. If the file
/// ends in an incomplete line, that line is terminated first.
///
/// # Errors
/// Returns an error if the file cannot be read or written, or is reached through a guarded symlink.
pub fn append_line(guard: &SymlinkGuard, path: &Path, line: &str) -> Result<(), StoreError> {
    guard.check(path)?;
    let failed = |cause| StoreError::new("append to", path, cause);
    let before = read_file(path)?.unwrap_or_default();
    // Without this, the new line would be joined to a line that a killed process left unfinished.
    let is_torn = before.last().is_some_and(|byte| *byte != b'\n');
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(failed)?;
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
    let end = if is_torn { "\n" } else { "" };
    file.write_all(format!("{end}{line}\n").as_bytes()).map_err(failed)
}

/// Reads a file; returns `None` if it does not exist.
///
/// # Errors
/// Returns an error if the file exists but cannot be read.
pub fn read_file(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    if_exists(disk::read(path)).map_err(|error| StoreError::new("read", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_whole_files_and_keeps_permissions() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("new/sub/file");
        let scratch = Scratch::in_dir(dir.path());
        assert_eq!(read_file(&file).expect("readable"), None);
        replace_file(&SymlinkGuard::default(), &file, b"one").expect("writable");
        let prepared = Replacement::prepare(&scratch, &file, b"two").expect("writable");
        assert_eq!(read_file(&file).expect("readable").as_deref(), Some(&b"one"[..]));
        prepared.commit().expect("replaceable");
        assert_eq!(read_file(&file).expect("readable").as_deref(), Some(&b"two"[..]));
        drop(Replacement::prepare(&scratch, &file, b"three").expect("writable"));
        assert_eq!(fs::read_dir(dir.path()).expect("readable").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn keeps_the_executable_bit() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("file");
        let scratch = Scratch::in_dir(dir.path());
        fs::write(&file, "x").expect("writable");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("own file");
        replace_file(&SymlinkGuard::default(), &file, b"y").expect("writable");
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
        // A mode that no umask would produce.
        fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).expect("own file");
        let new =
            Replacement::prepare_by(&scratch, &file, Access::Execute, |out| out.write_all(b"z"));
        let new = new.expect("writable");
        new.commit().expect("replaceable");
        let mode = fs::metadata(&file).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}
