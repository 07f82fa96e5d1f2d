//! What the commands print about identifiers, and the arguments that they share.

use std::collections::BTreeMap;
use std::path::Path;

use crate::tables::read_typed;
use idhooks_identifiers::{Formats, Given, IdFormat, IdReading, UnknownFormat};
use idhooks_repo::store::clock::since_epoch;
use serde::Serialize;

use crate::commands::config_args::ConfigArgs;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, json};

/// What is known about an identifier.
#[derive(Debug, Serialize)]
pub(in crate::commands) struct IdResult {
    pub(super) id: String,
    pub(super) format: Option<String>,
    pub(super) valid: bool,
    pub(super) parts: BTreeMap<String, String>,
    /// The age in milliseconds: -1 if the identifier does not have the form, nothing if the form has no
    /// time.
    pub(super) age_ms: Option<i64>,
    pub(super) legacy: bool,
    pub(super) reason: Option<String>,
    /// The identifier in the format that replaces its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) normalized: Option<String>,
}

impl IdResult {
    /// Returns the result for an identifier that no format reads.
    pub(in crate::commands) fn unread(
        id: &str,
        format: Option<&IdFormat>,
        reason: &(impl ToString + ?Sized),
    ) -> Self {
        IdResult {
            id: id.to_owned(),
            format: format.map(|format| format.name.clone()),
            valid: false,
            parts: BTreeMap::new(),
            age_ms: Some(-1),
            legacy: format.is_some_and(|format| format.is_legacy),
            reason: Some(reason.to_string()),
            normalized: None,
        }
    }

    /// Returns the result for an identifier that has the form of a format.
    pub(super) fn read(id: &str, reading: &IdReading<'_, '_>, now: u64) -> Self {
        let parts = reading.values.iter().map(|(part, value)| (&*part.name, *value));
        let derived = reading.format.derives.iter();
        let derived = derived.filter_map(|(field, _)| Some((&**field, reading.value(field)?)));
        let reason = reading.format.validate(id, now).err().map(|invalid| invalid.to_string());
        IdResult {
            id: id.to_owned(),
            format: Some(reading.format.name.clone()),
            valid: reason.is_none(),
            parts: parts.chain(derived).map(|(a, b)| (a.to_owned(), b.to_owned())).collect(),
            age_ms: age(reading, now),
            legacy: reading.format.is_legacy,
            reason,
            normalized: None,
        }
    }

    /// Returns the result for an identifier of a format.
    pub(in crate::commands) fn of(id: &str, format: &IdFormat, now: u64) -> Self {
        match (format.read(id), format.validate(id, now)) {
            (Some(reading), _) => Self::read(id, &reading, now),
            (None, Err(invalid)) => Self::unread(id, Some(format), &invalid),
            (None, Ok(_)) => Self::unread(id, Some(format), "it cannot be read"),
        }
    }

    /// Makes the identifier invalid for another reason.
    pub(super) fn refused(self, reason: &(impl ToString + ?Sized)) -> Self {
        IdResult { valid: false, reason: Some(reason.to_string()), ..self }
    }
}

/// Returns the age of an identifier in milliseconds, if its format has a time. One from the future has
/// the age 0.
pub(super) fn age(reading: &IdReading<'_, '_>, now: u64) -> Option<i64> {
    i64::try_from(now.saturating_sub(reading.made_at()?)).ok()
}

/// Prints results: the document, or the lines of each.
pub(super) fn show(
    ui: &mut Ui,
    format: Format,
    results: &[IdResult],
    line: impl Fn(&IdResult) -> String,
) -> Exit {
    match format {
        Format::Json => ui.data(&json::document_of("results", results)),
        Format::Text => ui.lines(results.iter().map(line)),
    }
    match results.iter().all(|result| result.valid) {
        true => Exit::Fine,
        false => Exit::Findings,
    }
}

/// Returns the time now in milliseconds since 1970.
pub(in crate::commands) fn now() -> u64 {
    u64::try_from(since_epoch().as_millis()).unwrap_or(u64::MAX)
}

/// Prints on stderr why identifiers are not valid.
pub(super) fn show_problems(ui: &mut Ui, results: &[IdResult]) {
    for result in results.iter().filter(|result| !result.valid) {
        ui.say(&format!("{}:{}", result.id, with_reason(result)));
    }
}

/// Returns the end of a line about an identifier: why it is not valid, if it is not.
pub(super) fn with_reason(result: &IdResult) -> String {
    result.reason.as_ref().map_or(String::new(), |reason| format!(" not valid: {reason}"))
}

/// The arguments of the commands that read identifiers.
#[derive(Debug, clap::Args)]
pub(in crate::commands) struct ReadArgs {
    /// Identifiers; '-' reads them from standard input, one on each line
    #[arg(value_name = "IDENTIFIER", required = true)]
    ids: Vec<String>,
    #[command(flatten)]
    pub(in crate::commands) config: ConfigArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(in crate::commands) format: Format,
}

impl ReadArgs {
    /// Returns the identifiers that were typed; `-` stands for the lines of standard input.
    ///
    /// # Errors
    /// Returns an error if standard input cannot be read.
    pub(in crate::commands) fn ids(&self) -> CommandResult<Vec<String>> {
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

/// Returns the text of standard input. Bytes that are no text are in no identifier, so that they only
/// have to stay visible.
fn standard_input() -> CommandResult<String> {
    let bytes = read_typed(Path::new(""), Path::new("-"), usize::MAX).map_err(|cause| {
        CommandError::new("cannot read standard input")
            .because(&cause)
            .hint("pipe identifiers into the command, one on each line")
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the format with a name.
///
/// # Errors
/// Returns an error with the nearest name if there is none.
pub(in crate::commands) fn named<'f>(
    formats: &'f Formats,
    name: &str,
) -> CommandResult<&'f IdFormat> {
    formats.named(name).map_err(|unknown: UnknownFormat| {
        let error = CommandError::new(unknown.to_string()).hint(unknown.hint);
        match formats.all.is_empty() {
            true => error,
            false => error.hint("run 'idhooks ids formats' to see all"),
        }
    })
}

/// A value that is given for a part.
#[derive(Debug, Clone)]
pub(in crate::commands) struct GivenValue(String, String);

impl std::str::FromStr for GivenValue {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text.split_once('=').ok_or("write PART=VALUE, such as thread=t1")?;
        Ok(GivenValue(name.to_owned(), value.to_owned()))
    }
}

/// Returns the values by the names of their parts; the last one of a part counts.
pub(in crate::commands) fn given(values: Vec<GivenValue>) -> Given {
    values.into_iter().map(|GivenValue(name, value)| (name, value)).collect()
}

/// Returns names in a list for people.
pub(in crate::commands) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    names.into_iter().collect::<Vec<_>>().join(", ")
}
