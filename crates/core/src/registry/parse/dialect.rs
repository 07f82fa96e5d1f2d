//! [`Dialect`]: differences in registries that other programs of the schema wrote.

use std::fmt;
use std::str::FromStr;

use crate::registry::json::{JsonError, Parser};
use crate::registry::{Registry, Timestamp, key};

/// Keys that other programs write beside `metadata`, although they belong in it.
const MISPLACED: [&str; 2] = [key::SUPERSEDED_BY, key::DEPRECATED_REASON];
/// Keys of the metadata of the registry whose values differ with every change.
const DERIVED: [&str; 4] = ["version", "last_updated", "updated_at", "generated_at"];
/// The prefix of further keys of that kind.
const TOTAL: &str = "total";

/// The program that wrote a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// This program: dates and paths have one form.
    Own,
    /// Another program: dates with fractions or without a zone, paths with backslashes.
    Foreign,
}

impl Dialect {
    /// Parses a date.
    pub(super) fn instant(self, p: &mut Parser<'_>) -> Result<Timestamp, JsonError> {
        match self {
            Dialect::Own => text(p),
            Dialect::Foreign => {
                let text = p.string("a string")?;
                Timestamp::read_loosely(&text).map_err(|error| p.error(error.to_string()))
            }
        }
    }

    /// Converts a path, without validation.
    pub(super) fn path(self, p: &mut Parser<'_>) -> Result<String, JsonError> {
        let path = p.string("a path")?.into_owned();
        Ok(match self {
            Dialect::Own => path,
            Dialect::Foreign => {
                let path = path.replace('\\', "/");
                path.trim_start_matches("./").to_owned()
            }
        })
    }
}

/// Reads a string and parses it into a typed value.
pub(super) fn text<T: FromStr>(p: &mut Parser<'_>) -> Result<T, JsonError>
where
    T::Err: fmt::Display,
{
    let text = p.string("a string")?;
    text.parse().map_err(|error: T::Err| p.error(error.to_string()))
}

/// Moves keys to where this program has them, and drops those that it never stores.
pub(super) fn at_home(registry: &mut Registry) {
    let is_kept = |key: &String| !DERIVED.contains(&&**key) && !key.starts_with(TOTAL);
    registry.metadata.retain(|key, _| is_kept(key));
    for record in &mut registry.allocations {
        for key in MISPLACED {
            let Some(value) = record.extra.remove(key) else { continue };
            if value.as_str().is_some_and(|text| !text.is_empty()) {
                record.metadata.entry(key.to_owned()).or_insert(value);
            }
        }
    }
}
