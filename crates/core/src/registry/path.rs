//! [`RepoPath`]: a path as git stores it, in bytes, relative to the root of the working tree, with
//! forward slashes.

use std::{borrow::Cow, fmt, path::Path};

use super::TextError;

/// The registry's path in the repository.
pub const REGISTRY_PATH: &str = ".idhooks/registry.json";

/// A path inside the repository; it is never empty or absolute, and never leads outside the
/// repository.
///
/// Paths are ordered by their bytes, which need not be UTF-8.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Box<[u8]>);

/// Returns whether these bytes form a path inside the repository.
pub(super) fn is_inside(bytes: &[u8]) -> bool {
    let mut from = 0;
    let mut ends = memchr::memchr_iter(b'/', bytes).chain([bytes.len()]);
    let is_bad = |end| {
        let part = &bytes[from..end];
        from = end + 1;
        // git refuses these components too; writing to `.git` could overwrite git's own files.
        matches!(part, b"" | b"." | b".." | b".git")
    };
    !ends.any(is_bad) && !bytes.contains(&0)
}

impl RepoPath {
    /// Returns the path that consists of these bytes.
    ///
    /// # Errors
    /// Returns an error if the path is empty or absolute, or contains a NUL byte or one of the
    /// components ``, `.`, `..` and `.git`.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Result<Self, TextError> {
        let bytes = bytes.into();
        if !is_inside(&bytes) {
            let text = String::from_utf8_lossy(&bytes);
            return Err(TextError::new(&text, "a path inside the repository"));
        }
        Ok(RepoPath(bytes))
    }

    /// Returns the registry's path.
    pub fn registry() -> Self {
        Self::constant(REGISTRY_PATH)
    }

    /// Returns a path that is built into the program and known to be valid.
    pub(crate) fn constant(path: &'static str) -> Self {
        Self::new(path.as_bytes()).expect("a constant path inside the repository")
    }

    /// Returns the bytes as git stores them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the path as a string, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Returns the path in the form that the operating system uses for relative paths.
    pub fn to_os_path(&self) -> Cow<'_, Path> {
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            Cow::Borrowed(Path::new(std::ffi::OsStr::from_bytes(&self.0)))
        }
        #[cfg(not(unix))]
        Cow::Owned(self.to_string().into())
    }

    /// Converts an operating system path that is relative to the root of the working tree.
    ///
    /// # Errors
    /// Returns the same errors as [`RepoPath::new`].
    pub fn of_os_path(path: &Path) -> Result<Self, TextError> {
        #[cfg(unix)]
        let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
        #[cfg(not(unix))]
        let bytes = path.to_string_lossy().replace('\\', "/").into_bytes();
        Self::new(bytes)
    }

    /// Returns the path of the file called `name` in the same directory.
    ///
    /// # Errors
    /// Returns the same errors as [`RepoPath::new`].
    pub fn with_basename(&self, name: &[u8]) -> Result<Self, TextError> {
        let dir = self.0.len() - self.basename().len();
        Self::new([&self.0[..dir], name].concat())
    }

    /// Returns whether this path is `dir` or is inside it.
    pub fn is_at_or_below(&self, dir: &RepoPath) -> bool {
        let rest = self.0.strip_prefix(dir.as_bytes());
        // `docs-old` begins with `docs`, but is not inside it.
        rest.is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'/'))
    }

    /// Returns the path of `below`, given its path relative to this directory.
    #[must_use]
    pub fn join(&self, below: &RepoPath) -> Self {
        RepoPath([&self.0, &b"/"[..], &below.0].concat().into())
    }

    /// Returns the path quoted for a shell whose current directory is the root of the working tree.
    pub fn shell_quoted(&self) -> String {
        // A path that begins with a dash would be mistaken for an option.
        let dash = if self.0.starts_with(b"-") { "./" } else { "" };
        // A control character could change what a terminal shows.
        match self.as_str().filter(|text| !text.contains(char::is_control)) {
            Some(text) => shell_quoted(&format!("{dash}{text}")),
            None => ansi_quoted(dash.bytes().chain(self.0.iter().copied())),
        }
    }

    /// Returns the parent directory, unless that is the root.
    pub fn parent(&self) -> Option<Self> {
        let slash = self.0.iter().rposition(|b| *b == b'/')?;
        Some(RepoPath(self.0[..slash].into()))
    }

    /// Returns the last component.
    pub fn basename(&self) -> &[u8] {
        self.0.rsplit(|b| *b == b'/').next().unwrap_or(&self.0)
    }

    /// Returns the extension: the part after the last dot; `None` for `name` and `.name`.
    pub fn extension(&self) -> Option<&[u8]> {
        let name = self.basename();
        let dot = name.iter().rposition(|b| *b == b'.')?;
        (dot > 0 && dot + 1 < name.len()).then(|| &name[dot + 1..])
    }
}

impl AsRef<[u8]> for RepoPath {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for RepoPath {
    /// Writes the path as text, with U+FFFD for bytes that are not UTF-8.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0))
    }
}

impl fmt::Debug for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", String::from_utf8_lossy(&self.0))
    }
}

/// Returns a string quoted for a shell.
pub fn shell_quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    // Inside single quotes, a shell takes every other character literally.
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Returns bytes quoted as `$'…'`, which shells understand: on a single line, and in ASCII.
pub(crate) fn ansi_quoted(bytes: impl Iterator<Item = u8>) -> String {
    format!("$'{}'", bytes.map(ansi_escaped).collect::<String>())
}

/// Returns the bytes that [`ansi_quoted`] quoted; `None` for any other text.
pub(crate) fn ansi_unquoted(text: &str) -> Option<Vec<u8>> {
    let mut rest = text.strip_prefix("$'")?.strip_suffix('\'')?.as_bytes();
    let mut bytes = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let byte = match first {
            b'\'' => return None,
            b'\\' => match rest.split_at_checked(3) {
                _ if rest.starts_with(b"'") || rest.starts_with(b"\\") => {
                    let (byte, after) = rest.split_first()?;
                    rest = after;
                    *byte
                }
                Some((digits, after)) => {
                    rest = after;
                    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()?
                }
                None => return None,
            },
            byte => *byte,
        };
        bytes.push(byte);
    }
    Some(bytes)
}

/// Returns how a byte is written inside `$'…'`.
fn ansi_escaped(byte: u8) -> String {
    match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        // Escapes always have three digits; otherwise, a digit after one would become part of it.
        _ => format!("\\{byte:03o}"),
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
        assert_eq!(path("a/b/c").parent(), Some(path("a/b")));
        assert_eq!(path("a").parent(), None);
        assert_eq!(path("a/b/c").with_basename(b"d"), Ok(path("a/b/d")));
        assert_eq!(path("a").with_basename(b"d"), Ok(path("d")));
        assert!(path("a").with_basename(b"..").is_err());
        assert_eq!(path("a/b").join(&path("c/d")), path("a/b/c/d"));
    }

    #[test]
    fn is_quoted_where_a_shell_would_read_more_into_it() {
        assert_eq!(path("docs/a-b.md").shell_quoted(), "docs/a-b.md");
        assert_eq!(path("it's $x é").shell_quoted(), r"'it'\''s $x é'");
        assert_eq!(path("-x").shell_quoted(), "./-x");
        assert_eq!(path("a\n'b").shell_quoted(), r"$'a\012\'b'");
        assert_eq!(RepoPath::new(*b"\xff\\").expect("valid").shell_quoted(), r"$'\377\\'");
        assert_eq!(shell_quoted(""), "''");
    }

    #[test]
    fn is_ordered_by_bytes() {
        assert!(path("a-b") < path("a/b"));
        assert!(path("Z") < path("a"));
    }
}
