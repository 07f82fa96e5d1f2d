//! Finds the path of the running program.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};
use std::{env, io, sync::OnceLock};

use super::{InstallMethod, StoreError, resolve_path};

/// The process's current directory at startup.
static STARTED_IN: OnceLock<PathBuf> = OnceLock::new();

/// Makes `dir` the process's current directory.
///
/// # Errors
/// Returns an error if the directory does not exist or cannot be entered.
pub fn enter(dir: &Path) -> io::Result<()> {
    if let Ok(here) = env::current_dir() {
        // The program's name on the command line may be relative to this directory.
        STARTED_IN.get_or_init(|| here);
    }
    env::set_current_dir(dir)
}

/// Returns the absolute path of the running program, based on the name it was invoked by if that is
/// known.
///
/// Symlinks are not resolved: package managers put a symlink on `PATH` that stays in place when an
/// update moves the program behind it, and the path in the hooks should survive an update.
///
/// # Errors
/// Returns an error if the system does not report the path, or if git configuration cannot hold it.
pub fn program_path() -> Result<PathBuf, StoreError> {
    let real = env::current_exe().map_err(|e| StoreError::new("find", "idhooks", e))?;
    let called = env::args_os().next().map(PathBuf::from).unwrap_or_default();
    // `argv[0]` may be anything, so it is used only if it leads to the running program.
    let path = candidates(&called).into_iter().find(|c| same_file(c, &real));
    writable(path.unwrap_or(real))
}

/// Returns the absolute path of a program that a user has named, as hooks and units can hold it.
///
/// # Errors
/// Returns an error if git configuration cannot hold the path.
pub fn named_program(named: &Path) -> Result<PathBuf, StoreError> {
    let path = std::path::absolute(named);
    let path = path.map_err(|cause| StoreError::new("use the path", named, cause))?;
    writable(without_parent_dirs(&path))
}

/// Returns a path without `..`, which would break if a directory before it were removed. Symlinks
/// are kept, because package managers update the program behind them.
fn without_parent_dirs(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        if part != Component::ParentDir {
            clean.push(part);
            continue;
        }
        // The parent of what a symlink leads to.
        if clean.is_symlink()
            && let Ok(real) = resolve_path(&clean)
        {
            clean = real;
        }
        clean.pop();
    }
    clean
}

/// Returns how the running program was installed.
pub fn own_install_method() -> InstallMethod {
    program_path().map_or(InstallMethod::Archive, |path| InstallMethod::of(&path))
}

/// Returns whether a path, with symlinks followed, is in a directory for temporary files.
pub fn is_temporary(path: &Path) -> bool {
    let real = |path: &Path| resolve_path(path).unwrap_or_else(|_| path.to_owned());
    let path = real(path);
    let named = if cfg!(windows) { Some(env::temp_dir().into()) } else { env::var_os("TMPDIR") };
    temporary_dirs(named).iter().any(|dir| path.starts_with(real(dir)))
}

/// Returns the directories for temporary files: the one that `TMPDIR` names, or else the usual ones.
fn temporary_dirs(named: Option<OsString>) -> Vec<PathBuf> {
    // A variable may contain anything, and every path is in the root.
    match named.map(PathBuf::from).filter(|dir| dir.is_absolute() && dir.parent().is_some()) {
        Some(dir) => vec![dir],
        None => ["/tmp", "/var/tmp", "/dev/shm"].map(PathBuf::from).to_vec(),
    }
}

/// Returns a path as hooks, git configuration and units can hold it.
fn writable(path: PathBuf) -> Result<PathBuf, StoreError> {
    let Some(text) = path.to_str().filter(|t| !t.contains(char::is_control)) else {
        let cause = io::Error::other("it has characters that git configuration cannot hold");
        return Err(StoreError::new("use the path", path, cause));
    };
    // Git for Windows runs hooks with its own sh, which does not treat a backslash as a separator.
    #[cfg(windows)]
    return Ok(PathBuf::from(text.trim_start_matches(r"\\?\").replace('\\', "/")));
    #[cfg(not(windows))]
    Ok(PathBuf::from(text))
}

/// Returns the absolute paths that the program's name on the command line may refer to.
fn candidates(called: &Path) -> Vec<PathBuf> {
    if called.components().count() == 1 && called.is_relative() {
        let path = env::var_os("PATH").unwrap_or_default();
        // A relative directory in `PATH` would mean a different program depending on the current
        // directory.
        let dirs = env::split_paths(&path).filter(|d| d.is_absolute());
        return dirs.map(|dir| without_parent_dirs(&dir.join(called))).collect();
    }
    let start = STARTED_IN.get().map(PathBuf::as_path).unwrap_or(Path::new(""));
    let path = std::path::absolute(start.join(called)).into_iter();
    path.map(|path| without_parent_dirs(&path)).collect()
}

fn same_file(a: &Path, b: &Path) -> bool {
    matches!((resolve_path(a), resolve_path(b)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_path_is_absolute() {
        let path = program_path().expect("a test program has a path");
        assert!(path.is_absolute() && path.is_file());
        let named = env::temp_dir().join("x/idhooks");
        assert_eq!(candidates(&named), [named]);
    }

    #[cfg(unix)]
    #[test]
    fn the_temporary_directory_is_the_named_one_or_the_usual_ones() {
        let named = |text: &str| temporary_dirs(Some(text.into()));
        assert_eq!(named("/home/ann/tmp"), [Path::new("/home/ann/tmp")]);
        for text in ["", "/", "tmp"] {
            assert_eq!(named(text), temporary_dirs(None), "{text:?}");
        }
        assert_eq!(temporary_dirs(None).len(), 3);
    }

    // Windows makes symbolic links only for those who may.
    #[cfg(unix)]
    #[test]
    fn a_path_leads_through_no_directory_that_it_leaves() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let top = resolve_path(dir.path()).expect("there");
        std::fs::create_dir_all(top.join("far/bin")).expect("writable");
        std::os::unix::fs::symlink("far/bin", top.join("link")).expect("writable");
        for (named, clean) in [
            ("work/../bin/idhooks", "bin/idhooks"),
            ("a/b/../../bin/./idhooks", "bin/idhooks"),
            ("link/idhooks", "link/idhooks"),
            ("link/../idhooks", "far/idhooks"),
            ("link/x/../idhooks", "link/idhooks"),
        ] {
            assert_eq!(named_program(&top.join(named)).ok(), Some(top.join(clean)), "{named}");
            assert_eq!(candidates(&top.join(named)), [top.join(clean)], "{named}");
        }
        assert_eq!(without_parent_dirs("/../../bin".as_ref()), Path::new("/bin"));
    }
}
