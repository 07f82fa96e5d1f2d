//! Paths as git keeps them: bytes, relative to the top of the repository, forward slashes.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

/// A path inside the repository; never empty, never absolute, never leaving it.
///
/// Ordered by its bytes. Not necessarily UTF-8.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Box<[u8]>);

/// Why bytes are not a path inside the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathError(String);

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not a path inside the repository", self.0)
    }
}

impl std::error::Error for PathError {}

impl RepoPath {
    /// Returns the path with these bytes.
    ///
    /// # Errors
    /// Empty and absolute paths, NUL bytes, and the components ``, `.`, `..` and `.git`.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Result<Self, PathError> {
        let bytes = bytes.into();
        let bad = |part: &[u8]| matches!(part, b"" | b"." | b".." | b".git");
        if bytes.contains(&0) || bytes.split(|b| *b == b'/').any(bad) {
            return Err(PathError(String::from_utf8_lossy(&bytes).into_owned()));
        }
        Ok(RepoPath(bytes))
    }

    /// Returns the bytes as git has them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the path as text if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Returns the path as the operating system writes relative paths.
    #[cfg(unix)]
    pub fn to_os_path(&self) -> Cow<'_, Path> {
        use std::os::unix::ffi::OsStrExt;
        Cow::Borrowed(Path::new(std::ffi::OsStr::from_bytes(&self.0)))
    }

    /// Returns the path as the operating system writes relative paths.
    #[cfg(not(unix))]
    pub fn to_os_path(&self) -> Cow<'_, Path> {
        Cow::Owned(self.to_string().into())
    }

    /// Returns the last component.
    pub fn basename(&self) -> &[u8] {
        self.0.rsplit(|b| *b == b'/').next().unwrap_or(&self.0)
    }

    /// Returns what follows the last dot of the basename; nothing for `name` and `.name`.
    pub fn extension(&self) -> Option<&[u8]> {
        let name = self.basename();
        let dot = name.iter().rposition(|b| *b == b'.')?;
        (dot > 0 && dot + 1 < name.len()).then(|| &name[dot + 1..])
    }
}

impl fmt::Display for RepoPath {
    /// Writes the path as text, U+FFFD in place of what is not UTF-8.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes().to_vec()).expect("valid")
    }

    #[test]
    fn stays_inside_the_repository() {
        for text in
            ["", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "./a", "a\0b", ".git/config"]
        {
            assert!(RepoPath::new(text.as_bytes().to_vec()).is_err(), "{text:?}");
        }
        for text in ["a", "a/b c", "..a/...", "a\\..\\b", "\n"] {
            assert!(RepoPath::new(text.as_bytes().to_vec()).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn knows_its_name_and_extension() {
        assert_eq!(path("a/b.tar.gz").basename(), b"b.tar.gz");
        assert_eq!(path("a/b.tar.gz").extension(), Some(&b"gz"[..]));
        assert_eq!(path("a.d/b").extension(), None);
        assert_eq!(path("a/.b").extension(), None);
        assert_eq!(path("a/b.").extension(), None);
    }

    #[test]
    fn is_ordered_by_bytes() {
        assert!(path("a-b") < path("a/b"));
        assert!(path("Z") < path("a"));
    }
}
