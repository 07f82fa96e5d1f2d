//! The files that belong to idhooks itself.

use crate::registry::RepoPath;

/// The path of the configuration file in the repository.
pub const CONFIG_PATH: &str = "idhooks.toml";
/// The path of the attributes file that assigns the merge driver.
pub const ATTRIBUTES_PATH: &str = ".gitattributes";

impl RepoPath {
    /// Returns the path of the configuration file.
    pub fn config() -> Self {
        Self::constant(CONFIG_PATH)
    }

    /// Returns the path of the attributes file that assigns the merge driver.
    pub fn attributes() -> Self {
        Self::constant(ATTRIBUTES_PATH)
    }
}

/// Returns whether a path is one of idhooks' own files, which never get an identity.
pub fn is_own(path: impl AsRef<[u8]>) -> bool {
    let bytes = path.as_ref();
    bytes.starts_with(b".idhooks/")
        || bytes == CONFIG_PATH.as_bytes()
        || bytes == ATTRIBUTES_PATH.as_bytes()
}
