//! [`EmbedRule`]: a rule that decides which files carry their identity inside.

use crate::registry::RepoPath;

use super::globs::{Globs, glob_of};

/// A rule for files that carry their identity inside, or do not.
#[derive(Debug, Clone)]
pub struct EmbedRule {
    pub(super) globs: Globs,
    pub(super) is_to_carry: bool,
    pub(super) line: usize,
}

impl EmbedRule {
    /// Returns the line of `idhooks.toml` on which the rule begins, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Returns the glob of the rule that matches a path.
    pub fn glob_of(&self, path: &RepoPath) -> Option<&str> {
        self.globs.matching(path)
    }

    /// Returns the keys of a rule that excludes only this file, as TOML; `None` if no glob can name
    /// the file.
    pub fn exclusion(path: &RepoPath) -> Option<String> {
        let glob = toml::Value::from(glob_of(path)?);
        Some(format!("path = {glob} and embed = false"))
    }
}
