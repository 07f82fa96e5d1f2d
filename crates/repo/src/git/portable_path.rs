//! [`is_portable`]: git's own rules for paths.

use gix::validate::path::component;
use idhooks_core::registry::RepoPath;

/// Returns whether git would check out a file at a path on every system: no part of it is `.git`,
/// in any spelling that NTFS or HFS+ treat as that.
pub fn is_portable(path: &RepoPath) -> bool {
    // Names that are reserved only on Windows, such as `aux`, are valid here.
    let rules =
        component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
    let mut parts = path.as_bytes().split(|byte| *byte == b'/');
    parts.all(|part| component(part.into(), None, rules).is_ok())
}
