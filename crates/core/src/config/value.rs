//! Values in `idhooks.toml` with their positions, so that every error has a line and column.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::registry::{TypeCode, Word, excerpt, with_excerpts};

use super::type_table::{TypeSource, TypeTable};
use super::{config_error::ConfigError, glob_error::GlobError, globs::Globs, time_span::TimeSpan};

/// The maximum length of a glob in bytes.
const MAX_GLOB_BYTES: usize = 1_024;

/// A table with its source text, which is used to locate errors.
pub(super) struct ConfigTable<'a> {
    pub(super) text: &'a str,
    pub(super) table: &'a DeTable<'a>,
    pub(super) name: &'static str,
}

impl<'a> ConfigTable<'a> {
    /// Returns a key's value.
    pub(super) fn value(&self, key: &str) -> Option<Value<'a>> {
        let mut members = self.table.iter();
        let (_, value) = members.find(|(name, _)| name.get_ref() == key)?;
        Some(Value { text: self.text, value })
    }
}

/// A value with its source text.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) text: &'a str,
    pub(super) value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    pub(super) fn error(&self, message: String) -> ConfigError {
        place(self.text, self.value.span(), message)
    }

    /// Returns the line where the value begins, counted from 1.
    pub(super) fn line(&self) -> usize {
        self.error(String::new()).line
    }

    fn expected(&self, form: &str) -> ConfigError {
        self.error(format!("expected {form}, found {}", self.value.get_ref().type_str()))
    }

    pub(super) fn string(&self, form: &str) -> Result<&'a str, ConfigError> {
        self.value.get_ref().as_str().ok_or_else(|| self.expected(form))
    }

    pub(super) fn parsed<T: std::str::FromStr>(&self, form: &str) -> Result<T, ConfigError> {
        let text = self.string(form)?;
        text.parse().map_err(|_| self.error(format!("expected {form}, found '{}'", excerpt(text))))
    }

    pub(super) fn boolean(&self) -> Result<bool, ConfigError> {
        self.value.get_ref().as_bool().ok_or_else(|| self.expected("true or false"))
    }

    pub(super) fn number(&self, range: Range<usize>, form: &str) -> Result<usize, ConfigError> {
        let integer = self.value.get_ref().as_integer().ok_or_else(|| self.expected(form))?;
        // TOML integers can also be hexadecimal, octal or binary.
        let number = usize::from_str_radix(integer.as_str(), integer.radix()).ok();
        let number = number.filter(|n| range.contains(n));
        number.ok_or_else(|| self.error(format!("expected {form}, found {}", integer.as_str())))
    }

    /// Reads a time span such as `30s`; a number without a unit means seconds.
    pub(super) fn time(&self, range: RangeInclusive<Duration>) -> Result<Duration, ConfigError> {
        let [least, most] = [range.start(), range.end()].map(|time| TimeSpan(*time));
        let form = format!("a time from {least} to {most} in quotes, such as \"30s\"");
        let (TimeSpan(time), text) = (self.parsed(&form)?, self.string(&form)?);
        let is_allowed = range.contains(&time);
        is_allowed
            .then_some(time)
            .ok_or_else(|| self.error(format!("expected {form}, found '{}'", excerpt(text))))
    }

    /// Returns the enum value for this word.
    pub(super) fn one_of<T: Word>(&self) -> Result<T, ConfigError> {
        let names: Vec<&str> = T::ALL.iter().map(|value| value.word()).collect();
        let form = format!("\"{}\"", names.join("\" or \""));
        let text = self.string(&form)?;
        let found = T::ALL.iter().copied().find(|value| value.word() == text);
        found.ok_or_else(|| ConfigError {
            hint: Some(nearest(text, &names)),
            ..self.error(format!("expected {form}, found '{}'", excerpt(text)))
        })
    }

    /// Reads a table that maps extensions to TYPEs; `form` describes the valid values.
    pub(super) fn types(&self, form: &str) -> Result<TypeTable, ConfigError> {
        let mut types: Vec<(String, TypeCode)> = Vec::new();
        for (name, value) in self.members("a table [types]")? {
            let code = value.parsed(form).map_err(|error| {
                // A key appended to the end of the file ends up in the last table.
                let help = "the keys of [types] are extensions: put another key above the first table, \
                            or below the line '[table]' of its own";
                let message = format!("'{}' in [types]: {}", excerpt(name), error.message);
                ConfigError { message, hint: Some(help.to_owned()), ..error }
            })?;
            types.push((name.trim_start_matches('.').to_owned(), code));
        }
        Ok(TypeTable::new(TypeSource::Config, types))
    }

    /// Returns the members of a table that allows any keys.
    pub(super) fn members(&self, form: &str) -> Result<Vec<(&'a str, Value<'a>)>, ConfigError> {
        let table = self.value.get_ref().as_table().ok_or_else(|| self.expected(form))?;
        let member = |(key, value)| -> (&'a str, Value<'a>) {
            let key: &'a Spanned<Cow<'a, str>> = key;
            (key.get_ref(), Value { text: self.text, value })
        };
        Ok(table.iter().map(member).collect())
    }

    pub(super) fn array(&self) -> Result<Vec<Value<'a>>, ConfigError> {
        let array = self.value.get_ref().as_array().ok_or_else(|| self.expected("an array"))?;
        Ok(array.iter().map(|value| Value { text: self.text, value }).collect())
    }

    /// Returns the error for a rule that lacks a key.
    pub(super) fn lacks(&self, rule: &str, key: &str) -> ConfigError {
        self.error(format!("this [[{rule}]] rule lacks the key '{key}'"))
    }

    /// Returns each glob with the value it comes from.
    pub(super) fn strings(&self) -> Result<Vec<(&'a str, Value<'a>)>, ConfigError> {
        let form = "a glob or an array of globs";
        let items = match self.value.get_ref().as_str() {
            Some(_) => vec![*self],
            // The error must say that a single glob is valid too, not only an array.
            None => self.array().map_err(|_| self.expected(form))?,
        };
        items.into_iter().map(|item| Ok((item.string(form)?, item))).collect()
    }

    pub(super) fn globs(&self) -> Result<Globs, ConfigError> {
        self.globs_by(|texts| Globs::new(texts.iter().copied()))
    }

    /// Reads globs that match letters regardless of case.
    pub(super) fn globs_in_any_case(&self) -> Result<Globs, ConfigError> {
        self.globs_by(|texts| Globs::in_any_case(texts.iter().copied()))
    }

    /// Reads globs and compiles them with `make`.
    pub(super) fn globs_by(
        &self,
        make: fn(&[&str]) -> Result<Globs, GlobError>,
    ) -> Result<Globs, ConfigError> {
        let (items, mut texts) = (self.strings()?, Vec::new());
        for (text, item) in &items {
            if text.len() > MAX_GLOB_BYTES {
                let bytes = text.len();
                return Err(item.error(format!(
                    "the glob has {bytes} bytes, but the limit is {MAX_GLOB_BYTES}"
                )));
            }
            let globs = make(&[*text])
                .map_err(|e| item.error(format!("'{}' is not a glob: {e}", excerpt(text))))?;
            // A single glob is already the whole list, so there is no need to build it twice.
            if items.len() == 1 {
                return Ok(globs);
            }
            texts.push(*text);
        }
        make(&texts).map_err(|e| {
            self.error(format!(
                "these globs are too complex in total ({e}); use fewer or simpler ones"
            ))
        })
    }

    pub(super) fn table(&self, name: &'static str) -> Result<ConfigTable<'a>, ConfigError> {
        let table = self.value.get_ref().as_table();
        let table = table.ok_or_else(|| self.expected(&format!("a table [{name}]")))?;
        Ok(ConfigTable { text: self.text, table, name })
    }
}

/// Returns a hint with the closest valid name, or with all valid names.
pub fn nearest(word: &str, known: &[&str]) -> String {
    let score = |k: &&&str| (strsim::jaro_winkler(word, k) * 1000.0) as u32;
    // A poor match would mislead, so all names are listed instead.
    let best = known.iter().max_by_key(score).filter(|k| score(k) >= 700);
    match best {
        Some(best) => format!("did you mean '{}'?", excerpt(best)),
        None => with_excerpts(format!("the valid names are: {}", known.join(", "))),
    }
}

/// Returns an error located at the line and column where `span` begins.
pub(super) fn place(text: &str, span: Range<usize>, message: String) -> ConfigError {
    let before = text.get(..span.start).unwrap_or(text);
    let line = 1 + before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |n| n + 1);
    // Editors count the characters in a line, not the bytes.
    ConfigError::new(line, 1 + before[start..].chars().count(), message)
}
