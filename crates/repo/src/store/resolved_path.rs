//! Resolves paths, the only way to do that.

use std::io;
use std::path::{Path, PathBuf};

/// Returns an absolute path without symlinks for something that exists, in the form that other
/// programs understand.
///
/// # Errors
/// Returns an error if there is nothing at the path, or if it cannot be resolved.
pub fn resolve_path(path: &Path) -> io::Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the one place that corrects its result")]
    let real = path.canonicalize()?;
    if !cfg!(windows) {
        return Ok(real);
    }
    Ok(real.to_str().and_then(without_verbatim).map_or(real.clone(), PathBuf::from))
}

/// Returns a path of Windows without the prefix `\\\\?\\`, which git and most other programs do not
/// understand; `None` if it has none, or means something else without it.
fn without_verbatim(path: &str) -> Option<String> {
    let rest = path.strip_prefix(r"\\?\")?;
    if let Some(share) = rest.strip_prefix(r"UNC\") {
        return Some(format!(r"\\{share}"));
    }
    let is_drive =
        matches!(rest.as_bytes(), [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    is_drive.then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_resolved_in_the_usual_form() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = resolve_path(dir.path()).expect("there").join("file");
        std::fs::write(&file, "text").expect("writable");
        assert_eq!(resolve_path(&dir.path().join("none")).ok(), None);
        let found = resolve_path(&dir.path().join(".").join("file")).expect("there");
        assert_eq!(found, file);
        assert!(!found.to_string_lossy().contains('?'), "{}", found.display());
    }

    #[test]
    fn the_prefix_of_windows_is_removed() {
        for (path, plain) in [
            (r"\\?\C:\a b\c", Some(r"C:\a b\c")),
            (r"\\?\z:\", Some(r"z:\")),
            (r"\\?\UNC\server\share\a", Some(r"\\server\share\a")),
            // A volume without a letter has no other name.
            (r"\\?\Volume{b75e2c83-0000}\a", None),
            (r"\\.\pipe\a", None),
            (r"C:\a", None),
            ("/home/a", None),
        ] {
            assert_eq!(without_verbatim(path).as_deref(), plain, "{path}");
        }
    }
}
