//! Lets the programs under test write which of their lines ran, for `.ci/coverage`.

use std::ffi::OsString;

const VARIABLE: &str = "LLVM_PROFILE_FILE";

/// Returns the environment variable that says where to write that, if it is set.
pub(crate) fn profile() -> Option<(&'static str, OsString)> {
    std::env::var_os(VARIABLE).map(|file| (VARIABLE, file))
}
