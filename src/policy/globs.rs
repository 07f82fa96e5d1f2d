//! Lists of gitignore-style globs over repository paths.

use std::fmt;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::registry::RepoPath;

/// A list of globs as in a `.gitignore` at the top of the repository: the last match decides,
/// `!` takes back.
#[derive(Debug, Clone)]
pub struct Globs {
    rules: Gitignore,
    everything: bool,
}

/// Why a text is not a glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobError(String);

impl fmt::Display for GlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for GlobError {}

impl Default for Globs {
    /// Returns the list that matches nothing.
    fn default() -> Self {
        Globs { rules: Gitignore::empty(), everything: false }
    }
}

impl Globs {
    /// Returns the list that matches every path.
    pub fn everything() -> Self {
        Globs { rules: Gitignore::empty(), everything: true }
    }

    /// Returns the list of these globs.
    ///
    /// # Errors
    /// A glob that is not valid.
    pub fn new<'a>(globs: impl IntoIterator<Item = &'a str>) -> Result<Self, GlobError> {
        let mut builder = GitignoreBuilder::new("");
        let mut everything = true;
        for glob in globs {
            everything &= glob == "**";
            strict(glob)?;
            builder.add_line(None, glob).map_err(|e| GlobError(e.to_string()))?;
        }
        let rules = builder.build().map_err(|e| GlobError(e.to_string()))?;
        everything &= !rules.is_empty();
        Ok(Globs { rules, everything })
    }

    /// Returns whether the list matches every path.
    pub fn is_everything(&self) -> bool {
        self.everything
    }

    /// Returns whether the list matches no path.
    pub fn is_nothing(&self) -> bool {
        !self.everything && self.rules.is_empty()
    }

    /// Returns whether the path, or a directory it is in, is matched.
    pub fn matches(&self, path: &RepoPath) -> bool {
        if self.everything || self.rules.is_empty() {
            return self.everything;
        }
        self.rules.matched_path_or_any_parents(path.to_os_path(), false).is_ignore()
    }
}

/// Refuses what git takes for a pattern that never matches, such as an open bracket.
fn strict(glob: &str) -> Result<(), GlobError> {
    match globset::Glob::new(glob) {
        Ok(_) => Ok(()),
        Err(error) => Err(GlobError(error.kind().to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(globs: &[&str], path: &[u8]) -> bool {
        let globs = Globs::new(globs.iter().copied()).expect("valid globs");
        globs.matches(&RepoPath::new(path.to_vec()).expect("a valid path"))
    }

    #[test]
    fn follows_gitignore() {
        assert!(matches(&["docs/**"], b"docs/a/b"));
        assert!(!matches(&["docs/**"], b"a/docs/b"));
        assert!(matches(&["*.md"], b"a/b.md"));
        assert!(!matches(&["/*.md"], b"a/b.md"));
        assert!(matches(&["vendor/"], b"a/vendor/x"));
        assert!(!matches(&["*.md", "!keep.md"], b"keep.md"));
        assert!(matches(&["**"], b"anything"));
        assert!(!matches(&[], b"anything"));
        assert!(!matches(&["**", "!x"], b"x"));
        assert!(matches(&["a/**"], b"a/\xff"));
        assert!(Globs::new(["a[z-a]"]).is_err() && Globs::new(["["]).is_err());
    }
}
