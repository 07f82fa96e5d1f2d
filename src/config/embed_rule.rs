//! A rule by which files carry their identity inside, and where it stands.

use crate::registry::RepoPath;

use super::globs::{Globs, glob_of};

/// Which files carry their identity inside, or do not.
#[derive(Debug, Clone)]
pub struct EmbedRule {
    pub(super) globs: Globs,
    pub(super) is_to_carry: bool,
    pub(super) line: usize,
}

impl EmbedRule {
    /// Returns the line of `idhooks.toml` on which it begins, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the glob by which it names a path.
    pub fn glob_of(&self, path: &RepoPath) -> Option<&str> {
        self.globs.matching(path)
    }

    /// Returns the keys of a rule that takes this file alone out, in the form of TOML; nothing
    /// where no glob can name it.
    pub fn exclusion(path: &RepoPath) -> Option<String> {
        let glob = toml::Value::from(glob_of(path)?);
        Some(format!("path = {glob} and embed = false"))
    }
}
