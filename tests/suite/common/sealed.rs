//! The environment of every program that a test starts. `tests/sealed` has taken from the tests
//! themselves what the machine and its user have set.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// Where a program writes which of its lines ran, for `.ci/coverage`.
const PROFILE: &str = "LLVM_PROFILE_FILE";

/// Returns a command in a directory, with another one as home. It sees neither the variables of
/// the tests, but for `PATH` and `TMPDIR`, nor any configuration of git outside `home`.
pub(crate) fn sealed(program: impl AsRef<OsStr>, dir: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).env_clear();
    command.envs(std::env::var_os(PROFILE).map(|file| (PROFILE, file)));
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TMPDIR", std::env::temp_dir()).env("HOME", home);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_EDITOR", ":");
    command.env("LC_ALL", "C").env("TZ", "UTC");
    // Clearing a huge page, of which a run in a small repository uses a part, is a tenth of its time.
    command.env("MIMALLOC_ALLOW_THP", "0");
    command
}
