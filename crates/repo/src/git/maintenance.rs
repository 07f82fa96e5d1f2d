//! Whether git may be asked to pack objects now: what its own automatic maintenance respects.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::system::{host_name, is_running};

use super::Repo;

/// The age from which git takes a lock file of its garbage collection for one left behind.
const STALE: Duration = Duration::from_secs(12 * 60 * 60);
/// Variables with which git or the user directs objects elsewhere.
const REDIRECTING: [&str; 2] = ["GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY"];

impl Repo {
    /// Returns whether the user wants no automatic maintenance.
    pub(super) fn is_maintenance_off(&self) -> bool {
        let config = self.gix.config_snapshot();
        config.boolean("maintenance.auto") == Some(false)
            // git treats a negative number like zero.
            || config.integer("gc.auto").is_some_and(|objects| objects <= 0)
    }

    /// Returns whether new objects do not go to the repository's own object directory.
    pub(super) fn redirects_objects(&self) -> bool {
        REDIRECTING.iter().any(|name| self.environment().is_set(name))
            || self.objects.alternates.redirects_writes()
    }

    /// Returns whether git is packing objects or collecting garbage in this repository.
    pub(super) fn is_being_maintained(&self) -> bool {
        let objects = self.gix.objects.store_ref().path();
        is_collecting(&self.common_dir().join("gc.pid"))
            || is_recent(&objects.join("maintenance.lock"))
    }
}

/// Returns whether a file exists and is not older than any run of git.
fn is_recent(file: &Path) -> bool {
    let Ok(written) = fs::symlink_metadata(file).and_then(|meta| meta.modified()) else {
        return false;
    };
    // A time in the future is a recent one.
    !SystemTime::now().duration_since(written).is_ok_and(|age| age > STALE)
}

/// Returns whether a process that is still running has written git's lock file. It names the
/// process and its machine; on another machine, every process is taken for a running one.
fn is_collecting(file: &Path) -> bool {
    if !is_recent(file) {
        return false;
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    let mut words = text.split_whitespace();
    let (Some(process), Some(host)) = (words.next().and_then(|p| p.parse().ok()), words.next())
    else {
        return false;
    };
    host_name().is_none_or(|own| own != host) || is_running(process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_counts_as_long_as_its_process_runs() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let file = dir.path().join("gc.pid");
        let (own, host) = (std::process::id(), host_name().unwrap_or("a machine".into()));
        assert!(!is_collecting(&file));
        for (text, is_held) in [
            (format!("{own} {host}"), true),
            (format!("{} {host}", i32::MAX), cfg!(not(unix))),
            (format!("{} another", i32::MAX), true),
            ("".to_owned(), false),
            (host.clone(), false),
        ] {
            fs::write(&file, &text).expect("writable");
            assert_eq!(is_collecting(&file), is_held, "{text}");
        }
        fs::write(&file, format!("{own} {host}")).expect("writable");
        let written = SystemTime::now() - STALE - Duration::from_secs(1);
        let opened = fs::File::options().write(true).open(&file).expect("writable");
        opened.set_modified(written).expect("own file");
        assert!(!is_collecting(&file) && !is_recent(&file));
    }
}
