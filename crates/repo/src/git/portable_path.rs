//! [`is_portable`]: whether git's own rules allow a path on every operating system.

use gix::validate::path::component;
use idhooks_core::registry::RepoPath;

/// Returns whether git would check out a file at this path on every operating system: no part of
/// the path may be `.git`, or a spelling that NTFS or HFS+ treats as `.git`.
pub fn is_portable(path: &RepoPath) -> bool {
    // Names that are reserved only on Windows, such as `aux`, are valid here.
    let rules =
        component::Options { protect_windows: false, protect_hfs: true, protect_ntfs: true };
    let mut parts = path.as_bytes().split(|byte| *byte == b'/');
    parts.all(|part| component(part.into(), None, rules).is_ok())
}
