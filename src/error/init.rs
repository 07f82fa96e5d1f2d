//! The errors of 'init' and of reading imported files, with their hints.

use idhooks_core::config::{CONFIG_PATH, LegacyFormat};
use idhooks_ops::{InitRefusal, SourceError};

use super::{CommandError, Exit};
use crate::output::count;

impl From<InitRefusal> for CommandError {
    fn from(refusal: InitRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            InitRefusal::Backups(last) => Self::new(format!(
                "this clone has backups of a registry, the last of {last}, whose identities 'idhooks init' does not keep"
            ))
            .hint("to restore the last: idhooks backup restore")
            .hint("to give all files new identities: idhooks init --force"),
            InitRefusal::OtherProgram(path, records) => {
                let records = records.map(|records| count(records, "record", "records"));
                let records = records.unwrap_or_else(|| "records".to_owned());
                Self::new(format!(
                    "'{path}' has {records} of identities, which 'idhooks init' does not keep"
                ))
                .hint("to take them over while the other program goes on: idhooks migrate plan")
                .hint(format!("to take them over once: idhooks import {}", path.shell_quoted()))
                .hint("if these are not the identities of your files, to go on anyway: idhooks init --force")
            }
            InitRefusal::OtherStrategy(..) => converted.hint(format!(
                "leave out --strategy, or change strategy in [allocation] of {CONFIG_PATH}"
            )),
            InitRefusal::OtherScope(..) => {
                converted.hint(format!("leave out --scope, or change scope in {CONFIG_PATH}"))
            }
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
            SourceError::Duplicates(_, twice) => CommandError { exit: Exit::Findings, ..converted }
                .listing(twice, usize::MAX)
                .hint("keep one of each in it, then run this again"),
        }
    }
}
