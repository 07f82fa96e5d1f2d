//! `--program`: how scripts for shells call idhooks.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use idhooks_ops::program_path;

use crate::error::CommandResult;

/// The option of commands that write a script for a shell, which finds names on `PATH`.
#[derive(Debug, clap::Args)]
pub(super) struct ProgramArgs {
    /// Name or path to call idhooks by, instead of the path of this program
    #[arg(long, value_name = "PROGRAM", value_parser = NonEmptyStringValueParser::new())]
    program: Option<String>,
}

impl ProgramArgs {
    /// Returns the name or path, or else the path of this program.
    ///
    /// # Errors
    /// Returns an error if the path of this program is not known.
    pub(super) fn or_own(&self) -> CommandResult<PathBuf> {
        self.program.as_ref().map_or_else(|| Ok(program_path()?), |named| Ok(named.into()))
    }
}
