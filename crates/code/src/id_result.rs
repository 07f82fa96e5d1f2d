//! [`IdResult`]: an identifier in a report.

use std::collections::BTreeMap;

use serde::Serialize;

use super::format::{IdFormat, IdReading};
use super::formats::Formats;
use super::mint::Given;
use super::translate::{TranslateError, translate};

/// The reason given if an identifier matches no format.
const NO_FORMAT: &str = "matches no format";

/// An identifier with its formats, parts or faults, as listed in a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdResult {
    /// The identifier.
    pub id: String,
    /// The name of the identifier's format, if known.
    pub format: Option<String>,
    /// Whether the identifier passes the requested check.
    pub valid: bool,
    /// The values of the identifier's parts, and of the fields that are parts.
    pub parts: BTreeMap<String, String>,
    /// The identifier's age in milliseconds: -1 if it does not match its format, `None` if the
    /// format has no time.
    pub age_ms: Option<i64>,
    /// Whether the identifier's format is a legacy format.
    pub legacy: bool,
    /// Why the identifier is not valid.
    pub reason: Option<String>,
    /// The identifier converted to its format's successor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalized: Option<String>,
}

/// The formats that an identifier fits if there are several, so that the caller has to name one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatChoice(pub Vec<String>);

/// Why an identifier cannot be converted to its format's successor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum NormalizeError {
    /// No format succeeds this one.
    #[error("the legacy format '{0}' has no successor")]
    NoSuccessor(String),
    /// A part of the new format cannot be derived.
    #[error(transparent)]
    Translate(#[from] TranslateError),
}

impl IdResult {
    /// Returns the result for an identifier that no format matches.
    pub fn unread(id: &str, format: Option<&IdFormat>, reason: &(impl ToString + ?Sized)) -> Self {
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

    /// Returns the result for an identifier that matches a format. `now` is in milliseconds since
    /// the Unix epoch.
    fn read(reading: &IdReading<'_, '_>, id: &str, now: u64) -> Self {
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

    /// Marks the identifier as invalid for the given reason.
    fn refused(self, reason: &(impl ToString + ?Sized)) -> Self {
        IdResult { valid: false, reason: Some(reason.to_string()), ..self }
    }
}

/// Returns an identifier's age in milliseconds, if its format has a time. The age of an identifier
/// from the future is 0.
fn age(reading: &IdReading<'_, '_>, now: u64) -> Option<i64> {
    i64::try_from(now.saturating_sub(reading.made_at()?)).ok()
}

impl IdFormat {
    /// Returns the result for an identifier in this format. `now` is in milliseconds since the Unix
    /// epoch.
    pub fn check(&self, id: &str, now: u64) -> IdResult {
        match (self.read(id), self.validate(id, now)) {
            (Some(reading), _) => IdResult::read(&reading, id, now),
            (None, Err(invalid)) => IdResult::unread(id, Some(self), &invalid),
            (None, Ok(_)) => IdResult::unread(id, Some(self), "it cannot be read"),
        }
    }

    /// Returns the value of one part of an identifier, or of a field that is a part, even if the
    /// identifier is too old.
    pub fn extract(&self, id: &str, part: &str, now: u64) -> IdResult {
        let mut result = self.check(id, now);
        result.valid = !result.parts.is_empty();
        result.reason = result.reason.filter(|_| !result.valid);
        result.parts.retain(|name, _| name == part);
        result
    }

    /// Checks whether a field has the given value in an identifier.
    pub fn check_pair(&self, id: &str, field: &str, value: &str, now: u64) -> IdResult {
        let result = self.check(id, now);
        let found = self.read(id).and_then(|reading| reading.value(field).map(str::to_owned));
        match found {
            _ if !result.valid => result,
            Some(found) if found == value => result,
            _ => result.refused(&format!(
                "Inconsistent ID pair: {}='{id}' does not match {field}='{value}'",
                self.name
            )),
        }
    }
}

impl Formats {
    /// Returns the result for an identifier in the given format or, without one, for each format it
    /// matches.
    pub fn parse(&self, id: &str, format: Option<&IdFormat>, now: u64) -> Vec<IdResult> {
        let readings = self.readings(id);
        match format {
            Some(format) => vec![format.check(id, now)],
            None if readings.is_empty() => vec![IdResult::unread(id, None, NO_FORMAT)],
            None => readings.iter().map(|reading| IdResult::read(reading, id, now)).collect(),
        }
    }

    /// Returns an identifier's age, according to the given format or, without one, to all formats
    /// that fit.
    ///
    /// # Errors
    /// Returns an error if the age depends on the format.
    pub fn age(
        &self,
        id: &str,
        format: Option<&IdFormat>,
        now: u64,
    ) -> Result<IdResult, FormatChoice> {
        let mut readings = self.readings_as(id, format);
        let fits = !readings.is_empty();
        readings.retain(|reading| reading.made_at().is_some());
        let ages: Vec<_> = readings.iter().map(|reading| age(reading, now)).collect();
        match readings.first() {
            // If the formats agree on the time, there is no need to choose one.
            Some(reading) if ages.iter().all(|age| *age == ages[0]) => {
                Ok(IdResult { valid: true, reason: None, ..IdResult::read(reading, id, now) })
            }
            Some(_) => Err(FormatChoice::of(&readings)),
            None if fits => Ok(IdResult::unread(id, format, "it has no time")),
            None => Ok(self.unread(id, format, now)),
        }
    }

    /// Converts an identifier to its format's successor.
    ///
    /// # Errors
    /// Returns an error if several formats fit and none is named.
    pub fn normalize(
        &self,
        id: &str,
        format: Option<&IdFormat>,
        given: &Given,
        now: u64,
    ) -> Result<IdResult, FormatChoice> {
        let readings = self.readings_as(id, format);
        let reading = match &readings[..] {
            [] => return Ok(self.unread(id, format, now)),
            [reading] => reading,
            several => return Err(FormatChoice::of(several)),
        };
        let result = IdResult::read(reading, id, now);
        Ok(match self.successor_of(reading, id, given) {
            Ok(normalized) => {
                // An identifier that is too old can still be converted.
                IdResult { normalized: Some(normalized), valid: true, reason: None, ..result }
            }
            Err(error) => result.refused(&error),
        })
    }

    /// Converts an identifier to its format's successor, then to the successor's successor, and so
    /// on.
    fn successor_of(
        &self,
        reading: &IdReading<'_, '_>,
        id: &str,
        given: &Given,
    ) -> Result<String, NormalizeError> {
        let format = reading.format;
        if !format.is_legacy {
            return Ok(id.to_owned());
        }
        let to = format.successor.as_deref().and_then(|name| self.get(name));
        let to = to.ok_or_else(|| NormalizeError::NoSuccessor(format.name.clone()))?;
        let translated = translate(id, reading, to, given)?;
        match to.read(&translated) {
            // This recursion ends, because `Formats::compile` rejects successors that form a cycle.
            Some(reading) => self.successor_of(&reading, &translated, given),
            None => {
                Err(TranslateError::Form { id: id.to_owned(), translated, to: to.name.clone() }
                    .into())
            }
        }
    }

    /// Returns an identifier's readings in the given format or, without one, in all formats.
    fn readings_as<'f, 'i>(
        &'f self,
        id: &'i str,
        format: Option<&'f IdFormat>,
    ) -> Vec<IdReading<'f, 'i>> {
        match format {
            Some(format) => format.read(id).into_iter().collect(),
            None => self.readings(id),
        }
    }

    /// Returns the result for an identifier that does not match the given format or, without one,
    /// any format.
    fn unread(&self, id: &str, format: Option<&IdFormat>, now: u64) -> IdResult {
        match format {
            Some(format) => format.check(id, now),
            None => IdResult::unread(id, None, NO_FORMAT),
        }
    }
}

impl FormatChoice {
    fn of(readings: &[IdReading<'_, '_>]) -> Self {
        FormatChoice(readings.iter().map(|reading| reading.format.name.clone()).collect())
    }
}
