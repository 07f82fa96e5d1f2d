//! Hints for errors from `idhooks init`, and for imported files that cannot be read.

use idhooks_core::config::{CONFIG_PATH, LegacyFormat};
use idhooks_ops::{InitRefusal, SourceError};

use super::{CommandError, Exit};
use crate::output::count;

impl From<InitRefusal> for CommandError {
    fn from(refusal: InitRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            InitRefusal::Backups(last) => Self::new(format!(
                "this clone has backups of a registry (the last of {last}), and 'idhooks init' does not keep its identities"
            ))
            .hint("restore the last backup: idhooks backup restore")
            .hint("to give all files new identities: idhooks init --force"),
            InitRefusal::OtherProgram(path, records) => {
                let records = records.map(|records| count(records, "record", "records"));
                let records = records.unwrap_or_else(|| "records".to_owned());
                Self::new(format!(
                    "'{path}' has {records} with identities, and 'idhooks init' does not keep them"
                ))
                .hint("to keep them while the other program is still in use: idhooks migrate plan")
                // This hint comes second, because an import does not pick up later changes by the
                // other program.
                .hint(format!("to import them once: idhooks import {}", path.shell_quoted()))
                .hint("if these are not identities of your files: idhooks init --force")
            }
            InitRefusal::OtherStrategy(..) => converted.hint(format!(
                "leave out --strategy, or change strategy in [allocation] of {CONFIG_PATH}"
            )),
            InitRefusal::OtherScope(..) => {
                converted.hint(format!("leave out --scope, or change scope in {CONFIG_PATH}"))
            }
            InitRefusal::Former { .. } => converted
                .hint("to resume them, with every record: idhooks init")
                .hint("to begin again, with other identities: idhooks init --force --scope <ANOTHER SCOPE>"),
            InitRefusal::NotResumable(_) => converted
                .hint("to see why: idhooks check --history")
                .hint("to begin again, with other identities: idhooks init --force --scope <ANOTHER SCOPE>"),
            InitRefusal::NoDate => CommandError { exit: Exit::Internal, ..converted },
        }
    }
}

impl From<SourceError> for CommandError {
    fn from(error: SourceError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            SourceError::Store(error) => error.into(),
            SourceError::NoFile(_) => converted.hint("name the registry to import"),
            SourceError::NotRegistry { format, error, .. } => {
                converted.because(&error).hint(match format {
                    LegacyFormat::Classic => "to see the format: idhooks schema registry",
                    _ => "if it has another format, name it: --format classic|csv|jsonl",
                })
            }
            // A human must choose between the records, as with findings, so the exit code is 1.
            SourceError::Duplicates(_, twice) => CommandError { exit: Exit::Findings, ..converted }
                .listing(twice, usize::MAX)
                .hint("keep one of each in it, then run this again"),
        }
    }
}
