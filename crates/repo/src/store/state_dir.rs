//! The state directory: `idhooks/` in the git directory of a clone or of a single working tree.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use idhooks_core::registry::Splice;

use super::disk::{self, SyncLevel, missing_dirs};
use super::{
    StoreError, failpoint::pause, if_exists, permissions::Sharing, read_file, replace::Replacement,
    scratch::Scratch, symlink_guard::SymlinkGuard,
};

/// The directory's name.
const NAME: &str = "idhooks";
/// The directory for a kept object, whose id is the name of its file. So if someone copies an older
/// state directory over this one, nothing is written to an object but its own content.
const OBJECTS: &str = "cache/last-registry";
/// Where earlier versions kept a copy. It is removed.
const FORMER_OBJECT: &str = "cache/registry-object";

/// The state directory. Only its owner has access, unless git shares the repository. Nothing in it
/// may be a symlink, because a repository unpacked from an archive may contain malicious symlinks.
#[derive(Debug, Clone)]
pub struct StateDir {
    git_dir: PathBuf,
    sharing: Sharing,
}

/// A file in the state directory.
#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
    dir: StateDir,
}

impl StateDir {
    /// Returns a git directory's state directory.
    pub fn of(git_dir: impl Into<PathBuf>, sharing: Sharing) -> Self {
        StateDir { git_dir: git_dir.into(), sharing }
    }

    /// Returns its path.
    pub fn path(&self) -> PathBuf {
        self.git_dir.join(NAME)
    }

    /// Returns whether other users have access to the directory.
    pub(super) fn is_shared(&self) -> bool {
        self.sharing.is_shared()
    }

    /// Returns the file with this name, which may contain directories.
    pub fn file(&self, name: impl AsRef<Path>) -> StateFile {
        StateFile { path: self.path().join(name), dir: self.clone() }
    }

    /// Checks that neither the directory nor anything directly inside it is a symlink.
    ///
    /// # Errors
    /// Returns an error that names the first symlink.
    pub fn check(&self) -> Result<(), StoreError> {
        let dir = self.path();
        self.guard().check(&dir)?;
        // If the directory cannot be listed, using it will report the error later.
        let entries = fs::read_dir(&dir).into_iter().flatten().flatten();
        let is_link = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_symlink());
        let mut links: Vec<PathBuf> = entries.filter(is_link).map(|entry| entry.path()).collect();
        links.sort();
        links.into_iter().next().map_or(Ok(()), |link| Err(StoreError::Link(link)))
    }

    /// Returns the file for a kept object with this id; see [`StateDir::keep_object`].
    pub(crate) fn object(&self, id: &str) -> StateFile {
        self.file(Path::new(OBJECTS).join(id))
    }

    /// Keeps the loose object in `from`, which git may pack or remove, and no other. Usually the
    /// object gets a second name. Where that is not possible, it is copied, which is neither atomic
    /// nor synced: readers must be able to recognize a part of it.
    ///
    /// # Errors
    /// Returns an error if the object cannot be read or kept, or is reached through a symlink.
    pub(crate) fn keep_object(&self, id: &str, from: &Path) -> Result<(), StoreError> {
        let new = self.object(id);
        new.create_dirs("write")?;
        let dir = self.path().join(OBJECTS);
        let files = fs::read_dir(&dir).map_err(|cause| StoreError::new("read", &dir, cause))?;
        let files = files.flatten().map(|file| file.path());
        for file in files.chain([self.path().join(FORMER_OBJECT)]) {
            // An old file is never overwritten, because it may be an object. One that stays does no
            // harm.
            let _ = fs::remove_file(file);
        }
        // Not all file systems have hard links.
        if fs::hard_link(from, &new.path).is_ok() {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        let file = new.open("write", options.create_new(true).write(true))?;
        let copied = File::open(from).and_then(|from| {
            let mut whole = Splice::default();
            whole.copy(0..from.metadata()?.len());
            whole.put(from, file)
        });
        copied.map_err(|cause| StoreError::new("write", &new.path, cause))
    }

    /// Returns every path with wrong permissions in the directory, including the directory itself.
    /// Kept objects have the permissions of objects.
    pub fn with_wrong_permissions(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut paths = vec![self.path()];
        while let Some(path) = paths.pop() {
            let Ok(meta) = fs::symlink_metadata(&path) else { continue };
            if meta.is_dir() && !path.ends_with(OBJECTS) {
                paths.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|e| e.path()));
            }
            if self.sharing.missing_permissions(&meta).is_some() {
                found.push(path);
            }
        }
        found.sort();
        found
    }

    /// Fixes the permissions of a path in the directory.
    ///
    /// # Errors
    /// Returns an error if the file belongs to another user.
    pub fn correct_permissions(&self, path: &Path) -> Result<(), StoreError> {
        let corrected = self.sharing.correct_permissions(path);
        corrected.map_err(|cause| StoreError::new("set the permissions of", path, cause))
    }

    fn guard(&self) -> SymlinkGuard {
        SymlinkGuard::over([self.git_dir.clone()])
    }
}

impl StateFile {
    /// Returns its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the state directory.
    pub fn dir(&self) -> &StateDir {
        &self.dir
    }

    /// Reads the file; returns `None` if it does not exist.
    ///
    /// # Errors
    /// Returns an error if the file exists but cannot be read, or is reached through a symlink.
    pub fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.dir.guard().check(&self.path)?;
        self.refuse_special("read")?;
        read_file(&self.path)
    }

    /// Replaces the file's content atomically.
    ///
    /// # Errors
    /// Returns an error if the file cannot be replaced or is reached through a symlink.
    pub fn replace(&self, bytes: &[u8]) -> Result<(), StoreError> {
        self.replace_from(Scratch::beside(&self.path), bytes)
    }

    /// Like [`StateFile::replace`], but also syncs it to disk.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`StateFile::replace`].
    pub fn replace_synced(&self, bytes: &[u8]) -> Result<(), StoreError> {
        let dir = self.path.parent().unwrap_or(&self.dir.git_dir);
        let made = missing_dirs(dir);
        self.replace_from(Scratch::in_dir(&self.dir.git_dir).synced(SyncLevel::Full), bytes)?;
        // The file's directory is now synced, but not the directories above it.
        let above = dir.parent().filter(|_| made > 0);
        let synced = above.map_or(Ok(()), |above| SyncLevel::Full.dir(above, made - 1));
        synced.map_err(|cause| StoreError::new("sync", dir, cause))
    }

    /// Checks that there is room to replace the file with this content. The file is not changed.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`StateFile::replace`].
    pub fn check_replace(&self, bytes: &[u8]) -> Result<(), StoreError> {
        let scratch = Scratch::beside(&self.path);
        self.create_dirs("write")?;
        Replacement::prepare(&scratch.shared(self.dir.sharing), &self.path, bytes).map(drop)
    }

    fn replace_from(&self, scratch: Scratch, bytes: &[u8]) -> Result<(), StoreError> {
        self.create_dirs("write")?;
        Replacement::prepare(&scratch.shared(self.dir.sharing), &self.path, bytes)?.commit()
    }

    /// Appends to the file in a single write, creating it if it is missing.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written or is reached through a symlink.
    pub fn append(&self, lines: impl AsRef<[u8]>) -> Result<(), StoreError> {
        // In append mode, processes do not overwrite each other's writes.
        let mut file = self.open("append to", OpenOptions::new().create(true).append(true))?;
        pause("a state file is opened");
        let written = file.write_all(lines.as_ref());
        written.map_err(|cause| StoreError::new("append to", &self.path, cause))?;
        pause("a state file is written");
        Ok(())
    }

    /// Opens the file for `action`, creating its directories if they are missing.
    ///
    /// # Errors
    /// Returns an error if the file cannot be opened or is reached through a symlink.
    pub(super) fn open(
        &self,
        action: &'static str,
        options: &mut OpenOptions,
    ) -> Result<File, StoreError> {
        self.create_dirs(action)?;
        self.refuse_special(action)?;
        let opened = self.dir.sharing.open(options, &self.path);
        opened.map_err(|cause| StoreError::new(action, &self.path, cause))
    }

    /// Opens the file for reading; returns `None` if it does not exist.
    ///
    /// # Errors
    /// Returns an error if the file exists but cannot be opened, or is reached through a symlink.
    pub fn open_to_read(&self) -> Result<Option<File>, StoreError> {
        self.dir.guard().check(&self.path)?;
        self.refuse_special("read")?;
        if_exists(File::open(&self.path))
            .map_err(|error| StoreError::new("read", &self.path, error))
    }

    /// Like [`StateFile::remove`], but also syncs the directory to disk.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`StateFile::remove`].
    pub fn remove_synced(&self) -> Result<(), StoreError> {
        self.remove()?;
        self.sync_name()
    }

    /// Renames the file within its directory, and syncs the directory to disk.
    ///
    /// # Errors
    /// Returns an error if the file cannot be renamed.
    pub(super) fn rename_synced(&self, to: &StateFile) -> Result<(), StoreError> {
        let renamed = disk::rename(&self.path, &to.path);
        renamed.map_err(|error| StoreError::new("move", &self.path, error))?;
        self.sync_name()
    }

    fn sync_name(&self) -> Result<(), StoreError> {
        let Some(dir) = self.path.parent().filter(|dir| dir.is_dir()) else { return Ok(()) };
        SyncLevel::Full.dir(dir, 0).map_err(|cause| StoreError::new("sync", dir, cause))
    }

    /// Removes the file if it exists.
    ///
    /// # Errors
    /// Returns an error if the file cannot be removed or a directory above it is a symlink.
    pub fn remove(&self) -> Result<(), StoreError> {
        self.dir.guard().check_parent(&self.path)?;
        match disk::remove(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StoreError::new("remove", &self.path, error))
            }
            _ => Ok(()),
        }
    }

    /// Rejects anything but a regular file, because reading from or writing to a pipe may block
    /// forever.
    fn refuse_special(&self, action: &'static str) -> Result<(), StoreError> {
        match fs::symlink_metadata(&self.path) {
            Ok(meta) if !meta.is_file() && !meta.is_dir() => {
                let cause = io::Error::other("it is not a regular file");
                Err(StoreError::new(action, &self.path, cause))
            }
            _ => Ok(()),
        }
    }

    /// Creates the file's parent directories if they are missing.
    fn create_dirs(&self, action: &'static str) -> Result<(), StoreError> {
        self.dir.guard().check(&self.path)?;
        let failed = |cause| StoreError::new(action, &self.path, cause);
        let own = self.dir.path();
        let above: Vec<&Path> =
            self.path.ancestors().skip(1).take_while(|dir| dir.starts_with(&own)).collect();
        above.into_iter().rev().try_for_each(|dir| self.dir.sharing.create_dir(dir)).map_err(failed)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn state_files_are_private_and_not_behind_links() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let state = StateDir::of(temp.path(), Sharing::default());
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        let file = state.file("sub/file");
        file.append("a\n").expect("writable");
        assert_eq!(file.read().expect("readable").as_deref(), Some(&b"a\n"[..]));
        assert!(state.with_wrong_permissions().is_empty());
        let dir = state.path();
        for path in [&dir, &dir.join("sub"), file.path()] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o777)).expect("own file");
        }
        assert_eq!(state.with_wrong_permissions().len(), 3);
        file.append("b\n").expect("writable");
        assert_eq!([mode(&dir), mode(&dir.join("sub")), mode(file.path())], [0o700, 0o700, 0o600]);
        let shared = StateDir::of(temp.path(), Sharing::parse("group"));
        shared.file("sub/file").replace(b"c").expect("writable");
        assert_eq!([mode(&dir), mode(file.path())], [0o770, 0o660]);
        state.check().expect("no link");
        symlink("../elsewhere", dir.join("other")).expect("a link");
        let link = state.check().expect_err("a link");
        assert_eq!(link.link_path(), Some(&*dir.join("other")));
        for name in ["other", "other/below"] {
            let file = state.file(name);
            assert!(file.read().is_err() && file.replace(b"x").is_err());
            assert!(file.append("x").is_err());
        }
        assert!(!temp.path().join("elsewhere").exists());
        state.file("other").remove().expect("the link itself");
        state.check().expect("no link");
    }

    #[test]
    fn an_object_is_kept_and_no_other() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let object = temp.path().join("object");
        fs::write(&object, "content").expect("writable");
        fs::set_permissions(&object, fs::Permissions::from_mode(0o444)).expect("own file");
        let state = StateDir::of(temp.path(), Sharing::default());
        let file = state.object("one");
        state.object("other").append("before").expect("writable");
        for _ in 0..2 {
            state.keep_object("one", &object).expect("writable");
            assert!(state.object("other").read().expect("readable").is_none());
            assert_eq!(file.read().expect("readable").as_deref(), Some(&b"content"[..]));
        }
        // Its permissions are not to be changed.
        for mode in [0o444, 0o644] {
            fs::set_permissions(&object, fs::Permissions::from_mode(mode)).expect("own file");
            assert!(state.with_wrong_permissions().is_empty());
        }
        fs::remove_file(&object).expect("there");
        state.keep_object("one", &object).expect_err("nothing to link or copy");
        fs::write(&object, "other").expect("writable");
        state.keep_object("one", &object).expect("writable");
        assert_eq!(file.read().expect("readable").as_deref(), Some(&b"other"[..]));
    }
}
