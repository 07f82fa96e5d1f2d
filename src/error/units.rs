//! Hints for units and tasks that cannot be installed.

use std::path::PathBuf;

use idhooks_ops::units::UnitRefusal;

use super::CommandError;
use crate::output::shell_quoted;

/// Advice on a program that a unit cannot call.
const NAME_A_PATH: &str = "name the path of idhooks: --program <path>";
/// Advice on a directory whose path cannot be used in a unit.
const RENAME: &str = "rename the directory, then install again";

impl From<UnitRefusal> for CommandError {
    fn from(refusal: UnitRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            UnitRefusal::Path(_, reason) => converted.because(&reason).hint(RENAME),
            UnitRefusal::TaskPath(_) => converted
                .because(&"the Task Scheduler treats '%' and '$(' as variables")
                .hint(RENAME),
            UnitRefusal::InCache(_, cache) => {
                converted.hint_lasting_program(cache, "--program <path>")
            }
            UnitRefusal::NoProgram(_) | UnitRefusal::NotIdhooks(_) => converted.hint(NAME_A_PATH),
            UnitRefusal::NotSearched { dirs, on_path, .. } => {
                let dirs: Vec<_> = dirs.iter().map(|dir| dir.display().to_string()).collect();
                let reason = match dirs.is_empty() {
                    true => "it takes only absolute paths".to_owned(),
                    false => format!("it only searches {}", dirs.join(", ")),
                };
                let by_path = |path: PathBuf| {
                    format!("name its path: --program {}", shell_quoted(&path.to_string_lossy()))
                };
                converted.because(&reason).hint(on_path.map_or(NAME_A_PATH.to_owned(), by_path))
            }
            UnitRefusal::ChangedFile(_) | UnitRefusal::ForeignFile(_) => converted
                .hint("to see the new content: --dry-run --force")
                .hint("to replace it: --force"),
            UnitRefusal::NoUnits => converted
                .because(&"neither HOME nor XDG_CONFIG_HOME names a directory")
                .hint("write them elsewhere: --output <dir>"),
            UnitRefusal::NoAgents => converted
                .because(&"HOME names no directory")
                .hint("write the file elsewhere: --output <dir>"),
        }
    }
}
