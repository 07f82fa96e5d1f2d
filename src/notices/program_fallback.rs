//! Tells the user that a hook or a merge driver runs this program because the installed one is gone.

use std::env;
use std::path::Path;

use idhooks_ops::unreported_fallback;

use crate::output::{Ui, shell_quoted};

/// The variable in which hooks and merge drivers pass the path of the program that cannot be run.
const VARIABLE: &str = "IDHOOKS_FALLBACK_FOR";

/// Warns, once a day, if this program replaces another one.
pub fn warn_of_fallback(ui: &mut Ui, dir: &Path) {
    let Some(missing) = env::var_os(VARIABLE) else { return };
    let missing = Path::new(&missing);
    if let Some(program) = unreported_fallback(dir, missing) {
        // It may not be on PATH, or another one may come before it.
        let install = format!("{} install", shell_quoted(&program.to_string_lossy()));
        let (missing, program) = (missing.display(), program.display());
        ui.warning(&format!(
            "idhooks: '{missing}' cannot be run; '{program}' (version {}) runs in its place",
            env!("CARGO_PKG_VERSION")
        ));
        ui.hint(&format!("to use it from now on: {install}"));
    }
}
