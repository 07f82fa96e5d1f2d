//! The hints for units of the system that are not written.

use idhooks_ops::units::UnitRefusal;

use super::CommandError;

/// Advice on a directory whose path no timer can hold.
const RENAME: &str = "rename the directory, then install again";

impl From<UnitRefusal> for CommandError {
    fn from(refusal: UnitRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            UnitRefusal::Path(_, reason) => converted.because(&reason).hint(RENAME),
            UnitRefusal::TaskPath(_) => converted
                .because(&"the Task Scheduler treats '%' and '$(' as variables")
                .hint(RENAME),
            UnitRefusal::ChangedFile(_) | UnitRefusal::ForeignFile(_) => converted
                .hint("to see what would be written: --dry-run --force")
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
