//! The arguments and output shared by the commands about identifiers in code.

use std::path::Path;

use idhooks_code::{FormatChoice, Given, IdResult};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, json};
use crate::tables::read_typed;

use super::config_args::ConfigArgs;

/// The arguments of the commands that read identifiers.
#[derive(Debug, clap::Args)]
pub(super) struct ReadArgs {
    /// Identifiers; '-' reads them from standard input, one per line
    #[arg(value_name = "IDENTIFIER", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    pub(super) config: ConfigArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(super) format: Format,
}

impl ReadArgs {
    /// Returns the identifiers given as arguments; `-` stands for the lines of standard input.
    ///
    /// # Errors
    /// Returns an error if standard input cannot be read.
    pub(super) fn ids(&self) -> CommandResult<Vec<String>> {
        let mut ids = Vec::new();
        for id in &self.ids {
            match id.as_str() {
                "-" => ids.extend(standard_input()?.lines().map(str::to_owned)),
                id => ids.push(id.to_owned()),
            }
        }
        Ok(ids)
    }
}

/// Returns standard input as a lossy string. A line with invalid UTF-8 matches no format, and
/// appears only in the message about it.
fn standard_input() -> CommandResult<String> {
    let bytes = read_typed(Path::new(""), Path::new("-"), usize::MAX).map_err(|cause| {
        CommandError::new("cannot read standard input")
            .because(&cause)
            .hint("pipe identifiers into the command, one per line")
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A value given for a part.
#[derive(Debug, Clone)]
pub(super) struct GivenValue(String, String);

impl std::str::FromStr for GivenValue {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or("write PART=VALUE, such as thread=t1")?;
        Ok(GivenValue(name.to_owned(), value.to_owned()))
    }
}

/// Returns the values by part; if a part is given twice, the last value wins.
pub(super) fn given(values: Vec<GivenValue>) -> Given {
    values.into_iter().map(|GivenValue(name, value)| (name, value)).collect()
}

/// Returns the exit code for results: 0 if all are valid.
pub(super) fn exit(results: &[IdResult]) -> Exit {
    match results.iter().all(|result| result.valid) {
        true => Exit::Fine,
        false => Exit::Findings,
    }
}

impl Ui {
    /// Prints the results as a document or as lines.
    pub(super) fn ids(
        &mut self,
        format: Format,
        results: &[IdResult],
        line: impl Fn(&IdResult) -> String,
    ) {
        match format {
            Format::Json => self.data(&json::document_of("results", results)),
            Format::Text => self.lines(results.iter().map(line)),
        }
    }

    /// Prints on stderr why identifiers are invalid.
    pub(super) fn id_problems(&mut self, results: &[IdResult]) {
        for result in results.iter().filter(|result| !result.valid) {
            // This goes to stderr, so that stdout has exactly one line per identifier.
            self.say(&format!("{}:{}", result.id, with_reason(result)));
        }
    }
}

/// Returns the rest of a line about an identifier: the reason it is invalid, or nothing.
pub(super) fn with_reason(result: &IdResult) -> String {
    result.reason.as_ref().map_or(String::new(), |reason| format!(" invalid: {reason}"))
}

/// Returns the result for an identifier that matches several formats.
pub(super) fn of_several(id: &str, FormatChoice(names): &FormatChoice) -> IdResult {
    let names = names.join(", ");
    let reason = format!("matches several formats; name one of {names} with --as");
    IdResult::unread(id, None, &reason)
}
