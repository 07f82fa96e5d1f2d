//! The environment of every program that a test starts. `tests/sealed` has taken from the tests
//! themselves what the machine and its user have set.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

/// What each program gets as the tests have it: with what `tests/sealed` keeps the machine's attributes,
/// its templates and a repository above from git; where a program writes which of its lines ran, for
/// `.ci/coverage`.
const KEPT: [&str; 4] =
    ["GIT_ATTR_NOSYSTEM", "GIT_CEILING_DIRECTORIES", "GIT_TEMPLATE_DIR", "LLVM_PROFILE_FILE"];

/// Returns a command in a directory, with another one as home. It sees neither the variables of
/// the tests, but for `PATH`, `TMPDIR` and those of [`KEPT`], nor any configuration of git outside `home`.
pub(crate) fn sealed(program: impl AsRef<OsStr>, dir: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(dir).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("TMPDIR", std::env::temp_dir()).env("HOME", home);
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_EDITOR", ":");
    for name in KEPT {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command.env("LC_ALL", "C").env("TZ", "UTC");
    // Clearing a huge page, of which a run in a small repository uses a part, is a tenth of its time.
    command.env("MIMALLOC_ALLOW_THP", "0");
    command
}
