//! Handles old and new identifiers side by side: detects an identifier's format, finds the
//! identifiers that denote the same thing, translates old identifiers, and reports whether a set of
//! them can be migrated.

mod detect;
mod id_matching;
mod map;
mod migration_report;
mod scan;
mod scanned_text;
#[cfg(test)]
mod tests;

pub use detect::{Candidate, Detection};
pub use id_matching::{Answer, Matches};
pub use map::{MapError, TranslationMap};
pub use migration_report::{DuplicateMapping, MigrationReport};
pub use scan::{Counts, Scanner, TextCounter};
pub use scanned_text::{MixedPair, ReferenceColumns, ScannedText, WrongReference};

use std::collections::BTreeSet;

use idhooks_core::config::{BridgeRule, Config, ConfigError};

use super::format::{IdFormat, IdReading};
use super::formats::Formats;
use super::mint::{Given, given_names};
use super::translate::{TranslateError, translate};

/// A configuration's formats, and the rules for replacing them.
#[derive(Debug, Clone, Default)]
pub struct Bridge {
    /// The formats.
    pub formats: Formats,
    /// The rules for replacing one format with another.
    pub links: Vec<Link>,
}

/// A format that is replaced by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The old format.
    pub from: String,
    /// The new format.
    pub to: String,
    /// The file that lists the known pairs.
    pub map: Option<String>,
    /// The part that both formats share, whose value is unique to each thing.
    pub keep: Option<String>,
}

/// Why an identifier could not be translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BridgeError {
    /// No format fits.
    #[error("'{0}' fits no format")]
    NoFormat(String),
    /// Several formats fit, and they have no common successor.
    #[error("'{id}' fits several formats: {}", formats.join(", "))]
    SeveralFormats {
        /// The identifier.
        id: String,
        /// The names of the formats.
        formats: Vec<String>,
    },
    /// The format has no successor, and the caller did not name a target format.
    #[error("nothing says what replaces the {format} identifier '{id}'")]
    NoSuccessor {
        /// The identifier.
        id: String,
        /// Its format.
        format: String,
    },
    /// The new identifier cannot be built.
    #[error(transparent)]
    Translate(#[from] TranslateError),
}

/// An identifier's translation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdTranslation {
    /// The identifier.
    pub original: String,
    /// The identifier in the new format; unchanged if it already has that format.
    pub translated: String,
    /// The original identifier's format; `None` if several fit, or if the identifier is only known
    /// from the map.
    pub from: Option<String>,
    /// Whether the translation comes from the map.
    pub is_mapped: bool,
}

impl IdTranslation {
    /// Returns whether the new identifier differs from the old one.
    pub fn is_needed(&self) -> bool {
        self.original != self.translated
    }
}

impl Bridge {
    /// Compiles a configuration's formats and bridge rules.
    ///
    /// # Errors
    /// Returns an error with its position if a format is invalid, or if a rule names a format or
    /// part that does not exist.
    pub fn compile(rules: &Config) -> Result<Self, ConfigError> {
        let formats = Formats::compile(rules)?;
        let mut links = Vec::new();
        for rule in &rules.bridge {
            check_keep(rule, formats.known(&rule.from)?, formats.known(&rule.to)?)?;
            let text = |text: &idhooks_core::config::PlacedText| text.text.clone();
            links.push(Link {
                from: text(&rule.from),
                to: text(&rule.to),
                map: rule.map.as_ref().map(text),
                keep: rule.keep.as_ref().map(text),
            });
        }
        for format in &formats.all {
            let Some(successor) = &format.successor else { continue };
            let is_known = |link: &Link| link.from == format.name && link.to == *successor;
            // An explicit rule for the same two formats takes precedence, because it contains more
            // information, such as which part is kept.
            if !links.iter().any(is_known) {
                let (from, to) = (format.name.clone(), successor.clone());
                links.push(Link { from, to, map: None, keep: None });
            }
        }
        Ok(Bridge { formats, links })
    }

    /// Returns an identifier's readings, but omits a legacy format if its successor fits too: a new
    /// identifier often looks like an old one with longer free text.
    fn readings<'i>(&self, id: &'i str) -> Vec<IdReading<'_, 'i>> {
        let mut readings = self.formats.readings(id);
        let names: Vec<&str> = readings.iter().map(|reading| &*reading.format.name).collect();
        let is_replaced = |format: &IdFormat| {
            self.links.iter().any(|link| link.from == format.name && names.contains(&&*link.to))
        };
        let keep: Vec<bool> = readings.iter().map(|reading| !is_replaced(reading.format)).collect();
        let mut keep = keep.into_iter();
        readings.retain(|_| keep.next().unwrap_or(true));
        readings
    }

    /// Returns the names by which a caller can supply values for a translation.
    pub fn value_names(&self) -> BTreeSet<&str> {
        let mut all = BTreeSet::new();
        for format in &self.formats.all {
            all.extend(format.parts().flat_map(|part| given_names(format, part)));
            all.extend(format.parts().map(|part| &*part.name));
        }
        all
    }

    /// Returns the rule for replacing one of two formats with the other, in either direction.
    fn link(&self, one: &IdFormat, other: &IdFormat) -> Option<&Link> {
        self.links.iter().find(|link| {
            (link.from == one.name && link.to == other.name)
                || (link.from == other.name && link.to == one.name)
        })
    }

    /// Converts an identifier to the format `to` or, if `to` is `None`, to the successor of its own
    /// format. Pairs in the map take precedence, in both directions; otherwise the new identifier
    /// is derived from the old one alone, so every run produces the same result.
    ///
    /// # Errors
    /// Returns an error if the identifier's format or its successor is unknown, or if a part of the
    /// new format cannot be derived.
    pub fn translate(
        &self,
        id: &str,
        to: Option<&IdFormat>,
        given: &Given,
        map: &TranslationMap,
    ) -> Result<IdTranslation, BridgeError> {
        let readings = self.readings(id);
        let done = |translated: &str, from: Option<&IdFormat>, is_mapped| IdTranslation {
            original: id.to_owned(),
            translated: translated.to_owned(),
            from: from.map(|format| format.name.clone()),
            is_mapped,
        };
        let fits = |other: &str| to.is_none_or(|to| to.read(other).is_some());
        // A recorded pair is a decision that takes precedence, even if the identifiers' parts are
        // inconsistent.
        if let Some(other) = map.partner(id).filter(|other| fits(other)) {
            let from = readings.first().map(|reading| reading.format);
            return Ok(done(other, from.filter(|_| readings.len() == 1), true));
        }
        if let Some(reading) = to.and_then(|to| readings.iter().find(|r| r.format.name == to.name))
        {
            return Ok(done(id, Some(reading.format), false));
        }
        let leads_on = |from: &IdFormat| match to {
            Some(to) => self.links.iter().any(|link| link.from == from.name && link.to == to.name),
            None => from.is_legacy || self.successor(from).is_some(),
        };
        let sources: Vec<&IdReading<'_, '_>> =
            readings.iter().filter(|reading| leads_on(reading.format)).collect();
        let reading = match (&*sources, &*readings) {
            ([reading], _) => *reading,
            (_, []) => return Err(BridgeError::NoFormat(id.to_owned())),
            ([], [only]) => only,
            // All readings are in current formats, so there is nothing to translate.
            ([], _) if to.is_none() => return Ok(done(id, None, false)),
            _ => {
                let formats = readings.iter().map(|reading| reading.format.name.clone()).collect();
                return Err(BridgeError::SeveralFormats { id: id.to_owned(), formats });
            }
        };
        let to = match to.or_else(|| self.successor(reading.format)) {
            Some(to) => to,
            None if !reading.format.is_legacy => return Ok(done(id, Some(reading.format), false)),
            None => {
                let (id, format) = (id.to_owned(), reading.format.name.clone());
                return Err(BridgeError::NoSuccessor { id, format });
            }
        };
        let translated = translate(id, reading, to, given)?;
        Ok(done(&translated, Some(reading.format), false))
    }

    /// Returns the names of the formats that replace another format.
    pub fn successors<'b>(&'b self, format: &'b str) -> impl Iterator<Item = &'b str> {
        self.links.iter().filter(move |link| link.from == format).map(|link| &*link.to)
    }

    /// Returns the format that replaces the given one.
    fn successor(&self, format: &IdFormat) -> Option<&IdFormat> {
        let link = self.links.iter().find(|link| link.from == format.name)?;
        self.formats.get(&link.to)
    }
}

/// Rejects a kept part that is not random or that one of the formats lacks.
fn check_keep(rule: &BridgeRule, from: &IdFormat, to: &IdFormat) -> Result<(), ConfigError> {
    let Some(keep) = &rule.keep else { return Ok(()) };
    for format in [from, to] {
        let is_random = format.part(&keep.text).map(|part| part.kind.is_random());
        let why = match is_random {
            Some(true) => continue,
            Some(false) => "is not random, so different things may have the same",
            None => "does not exist",
        };
        let (part, name) = (&keep.text, &format.name);
        return Err(keep.error(format!("the part {{{part}}} of the format '{name}' {why}")));
    }
    Ok(())
}
