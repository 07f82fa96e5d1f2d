//! Reads values that are written as strings.

use std::fmt;
use std::str::FromStr;

use crate::registry::json::{JsonError, Parser};

/// Reads a string and parses it into a typed value.
pub(super) fn text<T: FromStr>(p: &mut Parser<'_>) -> Result<T, JsonError>
where
    T::Err: fmt::Display,
{
    let text = p.string("a string")?;
    text.parse().map_err(|error: T::Err| p.error(error.to_string()))
}
