//! Permissions for the files that idhooks keeps in a git directory.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::{io, path::Path};

/// The value of `core.sharedRepository`, as a file mode. If it is not set, only the owner has
/// access, regardless of the umask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sharing {
    mode: u32,
    /// Whether git gives its own files exactly this mode, instead of adding it to what the umask
    /// allows.
    is_exact: bool,
}

impl Default for Sharing {
    fn default() -> Self {
        Sharing { mode: PRIVATE, is_exact: false }
    }
}

const PRIVATE: u32 = 0o600;
const GROUP: u32 = 0o660;
const EVERYONE: u32 = 0o664;
/// The mode bits for the group and for others.
const OTHERS: u32 = 0o077;

impl Sharing {
    /// Parses the value of `core.sharedRepository` as git does.
    pub fn parse(value: &str) -> Self {
        // git also refuses a mode that denies the owner access.
        let octal = || u32::from_str_radix(value, 8).ok().filter(|mode| mode & PRIVATE == PRIVATE);
        let named = |mode| Sharing { mode, is_exact: false };
        match value.to_ascii_lowercase().as_str() {
            "group" | "true" | "yes" | "on" | "1" => named(GROUP),
            "all" | "world" | "everybody" | "2" => named(EVERYONE),
            _ => octal().map_or_else(Sharing::default, |mode| Sharing {
                mode: mode & 0o666,
                is_exact: true,
            }),
        }
    }

    /// Returns whether other users have access.
    pub(super) fn is_shared(self) -> bool {
        self.mode != PRIVATE
    }

    /// Gives a new object, or a new directory of objects, the permissions that git would give it.
    ///
    /// # Errors
    /// Returns an error if the permissions cannot be read or set.
    pub fn share_object(self, path: &Path) -> io::Result<()> {
        if self == Sharing::default() {
            return Ok(());
        }
        let meta = fs::symlink_metadata(path)?;
        let Some(now) = mode_of(&meta.permissions()) else { return Ok(()) };
        let mut bits = self.mode;
        // An object is read-only.
        if now & 0o200 == 0 {
            bits &= !0o222;
        }
        let mut mode = if self.is_exact { now & !0o777 | bits } else { now | bits };
        if meta.is_dir() {
            mode |= (mode & 0o444) >> 2;
            mode |= if mode & 0o060 == 0 { 0 } else { 0o2000 };
        }
        match permissions_of(mode).filter(|_| mode != now) {
            Some(permissions) => fs::set_permissions(path, permissions),
            None => Ok(()),
        }
    }

    /// Returns the mode for a directory: everyone who can read the directory can also enter it, and
    /// files created in a shared directory belong to the directory's group.
    fn dir_mode(self) -> u32 {
        let group = if self.mode & OTHERS == 0 { 0 } else { 0o2000 };
        self.mode | (self.mode & 0o444) >> 2 | group
    }

    /// Creates a directory inside an existing directory. If it already exists, fixes its
    /// permissions.
    pub(super) fn create_dir(self, dir: &Path) -> io::Result<()> {
        // Nearly always, there is nothing to do.
        let is_right =
            |meta: fs::Metadata| meta.is_dir() && self.missing_permissions(&meta).is_none();
        if fs::symlink_metadata(dir).is_ok_and(is_right) {
            return Ok(());
        }
        let mut builder = DirBuilder::new();
        builder_mode(&mut builder, self.dir_mode());
        match builder.create(dir) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !dir.is_dir() => {
                Err(error)
            }
            _ => {
                // Only the directory's owner can do this.
                let _ = self.correct_permissions(dir);
                Ok(())
            }
        }
    }

    /// Opens a file. A new file has its final permissions from the start.
    pub(super) fn open(self, options: &mut OpenOptions, path: &Path) -> io::Result<File> {
        options_mode(options, self.mode);
        let file = options.open(path)?;
        let meta = file.metadata()?;
        if meta.is_file()
            && let Some(permissions) = self.missing_permissions(&meta)
        {
            // Only the owner can do this. Other users who can write to the file may use it with its
            // current permissions.
            let _ = file.set_permissions(permissions);
        }
        Ok(file)
    }

    /// Fixes the permissions of an existing path.
    pub(super) fn correct_permissions(self, path: &Path) -> io::Result<()> {
        match self.missing_permissions(&fs::symlink_metadata(path)?) {
            Some(permissions) => fs::set_permissions(path, permissions),
            None => Ok(()),
        }
    }

    /// Returns the permissions for a new file; `None` on systems without mode bits.
    pub(super) fn of_file(self) -> Option<fs::Permissions> {
        permissions_of(self.mode)
    }

    /// Returns the permissions that a file or directory should have, if its current ones are
    /// different.
    pub(super) fn missing_permissions(self, meta: &fs::Metadata) -> Option<fs::Permissions> {
        let now = mode_of(&meta.permissions())?;
        let expected = match (meta.is_dir(), meta.is_file()) {
            (true, _) => self.dir_mode(),
            (_, true) => self.mode,
            _ => return None,
        };
        // The owner's bits and an extra setgid bit do no harm, so they are ignored.
        let is_right = now & OTHERS == expected & OTHERS && expected & 0o2000 & !now == 0;
        permissions_of(expected).filter(|_| !is_right)
    }
}

/// Returns permissions with these mode bits; `None` on systems without mode bits.
#[cfg(unix)]
pub(crate) fn permissions_of(mode: u32) -> Option<fs::Permissions> {
    Some(std::os::unix::fs::PermissionsExt::from_mode(mode))
}

/// Returns `None`: this system has no mode bits.
#[cfg(not(unix))]
pub(crate) fn permissions_of(_: u32) -> Option<fs::Permissions> {
    None
}

/// Returns the mode bits of these permissions; `None` on systems without mode bits.
#[cfg(unix)]
pub(crate) fn mode_of(permissions: &fs::Permissions) -> Option<u32> {
    Some(std::os::unix::fs::PermissionsExt::mode(permissions))
}

/// Returns `None`: this system has no mode bits.
#[cfg(not(unix))]
pub(crate) fn mode_of(_: &fs::Permissions) -> Option<u32> {
    None
}

#[cfg(unix)]
fn builder_mode(builder: &mut DirBuilder, mode: u32) {
    std::os::unix::fs::DirBuilderExt::mode(builder, mode & 0o777);
}

#[cfg(not(unix))]
fn builder_mode(_: &mut DirBuilder, _: u32) {}

#[cfg(unix)]
fn options_mode(options: &mut OpenOptions, mode: u32) {
    std::os::unix::fs::OpenOptionsExt::mode(options, mode);
}

#[cfg(not(unix))]
fn options_mode(_: &mut OpenOptions, _: u32) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_mean_what_they_mean_to_git() {
        for (value, file, dir) in [
            ("", 0o600, 0o700),
            ("umask", 0o600, 0o700),
            ("false", 0o600, 0o700),
            ("0", 0o600, 0o700),
            ("group", 0o660, 0o2770),
            ("True", 0o660, 0o2770),
            ("1", 0o660, 0o2770),
            ("all", 0o664, 0o2775),
            ("everybody", 0o664, 0o2775),
            ("0640", 0o640, 0o2750),
            ("0664", 0o664, 0o2775),
            ("0700", 0o600, 0o700),
            ("0044", 0o600, 0o700),
            ("nonsense", 0o600, 0o700),
        ] {
            let sharing = Sharing::parse(value);
            assert_eq!((sharing.mode, sharing.dir_mode()), (file, dir), "{value}");
        }
    }
}
