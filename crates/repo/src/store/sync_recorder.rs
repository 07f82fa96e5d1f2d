//! Records, for tests, the changes that a power failure could undo. Release builds contain none of
//! this.
//!
//! If `IDHOOKS_RECORD` names a directory, each change is appended as a line of JSON (the operation
//! and its paths) to the `log` file there. A file about to be replaced or removed is first copied
//! to that directory, and the line ends with the copy's path. Before each sync,
//! [`super::failpoint`] can stop the program.

use std::path::Path;

/// Records an operation that is about to happen, or a file that has just been written or synced.
#[cfg(debug_assertions)]
pub(super) fn record(operation: &str, paths: &[&Path]) {
    use std::io::Write;
    use std::sync::atomic::{AtomicUsize, Ordering};
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let Some(dir) = std::env::var_os("IDHOOKS_RECORD").map(std::path::PathBuf::from) else {
        return;
    };
    let absolute = |path: &&Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut words = vec![operation.to_owned()];
    words.extend(paths.iter().map(|path| absolute(path).to_string_lossy().into_owned()));
    if let ("rename" | "remove", Some(target)) = (operation, paths.last())
        && target.is_file()
    {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let copy = dir.join(format!("{}-{number}", std::process::id()));
        let _ = std::fs::copy(target, &copy);
        words.push(copy.to_string_lossy().into_owned());
    }
    let line = serde_json::to_string(&words).unwrap_or_default() + "\n";
    let log = std::fs::OpenOptions::new().create(true).append(true).open(dir.join("log"));
    let _ = log.and_then(|mut log| log.write_all(line.as_bytes()));
}

/// Lets a test stop the program before a file or directory is synced.
#[cfg(debug_assertions)]
pub(super) fn reach(path: &Path) {
    if std::env::var_os("IDHOOKS_RECORD").is_some() {
        super::failpoint::pause(&format!("before a sync of {}", path.display()));
    }
}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(super) const fn record(_: &str, _: &[&Path]) {}

/// Does nothing.
#[cfg(not(debug_assertions))]
pub(super) const fn reach(_: &Path) {}
