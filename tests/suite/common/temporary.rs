//! Where temporary directories are made.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

use super::program::{start, write_script};

/// The least room in memory, in KiB.
const LEAST: u64 = 4_000_000;

/// In memory, if `TMPDIR` does not say otherwise: creating and removing thousands of small repositories takes a
/// disk half as much processor time again, and waits for it.
static PLACE: LazyLock<PathBuf> = LazyLock::new(|| {
    let memory = Path::new("/dev/shm");
    match std::env::var_os("TMPDIR") {
        None if is_roomy(memory) && runs_programs(memory) => memory.to_owned(),
        _ => std::env::temp_dir(),
    }
});

/// Creates a temporary directory whose name begins with `prefix`.
pub(crate) fn temporary(prefix: &str) -> TempDir {
    TempDir::with_prefix_in(prefix, &*PLACE).expect("a temporary directory can be made")
}

fn is_roomy(directory: &Path) -> bool {
    let answer = Command::new("df").arg("-Pk").arg(directory).output();
    let lines = answer.map(|answer| String::from_utf8_lossy(&answer.stdout).into_owned());
    let lines = lines.unwrap_or_default();
    let free = lines.lines().nth(1).and_then(|row| row.split_whitespace().nth(3)?.parse().ok());
    free.is_some_and(|free: u64| free > LEAST)
}

/// Hooks are programs, and a container may have forbidden them there.
fn runs_programs(directory: &Path) -> bool {
    let Ok(directory) = TempDir::with_prefix_in("idhooks-", directory) else { return false };
    let program = directory.path().join("probe");
    write_script(&program, "#!/bin/sh\n");
    let ended = start(&mut Command::new(program)).and_then(|mut child| child.wait());
    ended.is_ok_and(|status| status.success())
}
