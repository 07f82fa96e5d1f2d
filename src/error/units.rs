//! Hints for units and tasks that cannot be installed.

use idhooks_ops::units::UnitRefusal;

use super::CommandError;

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
