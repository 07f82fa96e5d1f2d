//! Runs this program and others without the variables that name one repository for all directories.

use std::ffi::OsString;
use std::process::Command;

use crate::environment::Environment;

use super::SystemError;

/// The variables with which git names its repository to a hook or an editor that it has called.
const NAMES_REPOSITORY: [&str; 8] = [
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
];

/// Runs this program again with these arguments, in the same process if the system can, if the
/// environment names a repository. Returns its exit code; `None` if the environment names none.
///
/// # Errors
/// Returns an error if it cannot be run.
pub fn run_in_any_repository(args: &[OsString]) -> Result<Option<u8>, SystemError> {
    let environment = Environment::read();
    if !NAMES_REPOSITORY.iter().any(|name| environment.is_set(name)) {
        return Ok(None);
    }
    let failed = |cause| SystemError { program: "idhooks".to_owned(), cause };
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.args(args);
    for name in NAMES_REPOSITORY {
        command.env_remove(name);
    }
    #[cfg(unix)]
    return Err(failed(std::os::unix::process::CommandExt::exec(&mut command)));
    #[cfg(not(unix))]
    {
        let status = command.status().map_err(failed)?;
        Ok(Some(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(3)))
    }
}

/// Hides git's variables from a program. In a hook, any git command that it runs would otherwise use
/// the index of the commit being made.
pub(super) fn hide_repository(command: &mut Command) {
    for name in Environment::read().names_of_git() {
        command.env_remove(name);
    }
}
