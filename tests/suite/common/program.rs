//! Programs that tests write, and programs that they start: never at the same moment. A new process has
//! all that is open in this one until it runs its program, and Linux refuses to run a file that
//! anyone has open for writing ("Text file busy").

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{PoisonError, RwLock};

use super::record::skip;

/// Held to start a program, by one alone to write one.
static STARTS: RwLock<()> = RwLock::new(());

/// Starts a program.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    let _started = STARTS.read().unwrap_or_else(PoisonError::into_inner);
    command.spawn()
}

/// Writes a file that may be a script.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let is_script = bytes.starts_with(b"#!");
    let _written = is_script.then(|| STARTS.write().unwrap_or_else(PoisonError::into_inner));
    fs::write(path, bytes)
}

/// Writes a script that everybody may run.
pub(crate) fn write_script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file has a directory")).expect("writable");
    write_file(path, text.as_bytes()).expect("a script can be written");
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("own file");
}

/// Copies the program under test by another process: some tests start programs without [`start`].
pub(crate) fn copy_program(to: &Path) {
    fs::create_dir_all(to.parent().expect("a file has a directory")).expect("writable");
    let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_idhooks")).arg(to).status();
    assert!(copied.expect("cp runs").success());
}

/// Returns whether a program can be started. In CI it must be there.
pub(crate) fn has(program: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    assert!(found || !is_ci, "{program} is not installed, and CI=true says that it must be");
    if !found {
        skip(&format!("{program} is not installed"));
    }
    found
}
