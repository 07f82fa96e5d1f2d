//! A strict, lossless JSON reader and the canonical JSON writer.
//!
//! Why not `serde_json`: a registry is evidence. Its reader must refuse duplicate keys (the
//! last one silently wins in most readers), must keep number literals exactly as they were
//! written, and must name the line and column of what it refuses. The writer is the canonical
//! form of the registry, byte for byte.

mod indent;
mod parser;
mod writer;

use std::collections::BTreeMap;
use std::fmt;

pub use indent::indented;
pub use parser::{MAX_DEPTH, Parser};
pub use writer::{Members, write_string, write_value};

/// A JSON value that loses nothing but white space, escapes and the order of object keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as its literal was read.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object; keys are kept in byte order.
    Object(Object),
}

/// The members of a JSON object in byte order of their keys.
pub type Object = BTreeMap<String, Json>;

impl Json {
    /// Returns a string value.
    pub fn string(text: impl Into<String>) -> Self {
        Json::String(text.into())
    }

    /// Returns the text of a string value, and nothing for any other kind.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the compact canonical text of the value: no spaces, keys sorted.
    pub fn compact(&self) -> String {
        let mut out = String::new();
        write_value(&mut out, self);
        out
    }

    /// Parses one whole JSON document.
    ///
    /// # Errors
    /// What is not JSON, has a duplicate key or is nested deeper than [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        let mut parser = Parser::new(text);
        let value = parser.value()?;
        parser.end()?;
        Ok(value)
    }
}

/// Where and why a text is not the JSON that was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in bytes, counted from 1.
    pub column: usize,
    /// What is wrong, without a full stop.
    pub message: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for JsonError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Json::parse(text).expect_err("must be refused").to_string()
    }

    #[test]
    fn keeps_number_literals_and_sorts_keys() {
        let value = Json::parse(" {\"b\" : 1.50e+3, \"a\":[ -0, 12345678901234567890123 ]}\r\n");
        assert_eq!(
            value.expect("valid").compact(),
            r#"{"a":[-0,12345678901234567890123],"b":1.50e+3}"#
        );
    }

    #[test]
    fn escapes_only_what_json_demands() {
        let value = Json::parse(r#""\u00e9\/\u0007\b\ud83d\ude00\u007f\n""#).expect("valid");
        assert_eq!(value.as_str(), Some("é/\u{7}\u{8}😀\u{7f}\n"));
        assert_eq!(value.compact(), "\"é/\\u0007\\b😀\u{7f}\\n\"");
    }

    #[test]
    fn names_the_place_of_what_it_refuses() {
        assert_eq!(error("{\"a\":1,\n \"a\":2}"), "line 2, column 2: duplicate key \"a\"");
        assert_eq!(error("{\"a\":01}"), "line 1, column 6: expected a number");
        assert_eq!(error("[1,]"), "line 1, column 4: expected a value");
        assert_eq!(error("[1] 2"), "line 1, column 5: expected nothing more after the value");
        assert_eq!(error(r#""\ud800x""#), "line 1, column 8: half of a surrogate pair in a string");
        assert_eq!(error("\"a\tb\""), "line 1, column 3: a control character inside a string");
        assert_eq!(
            error("{"),
            "line 1, column 2: expected a key in double quotes, but the text ends here"
        );
        assert!(error(&"[".repeat(100_000)).contains("nested deeper than 128"));
    }

    #[test]
    fn finds_duplicates_among_many_keys() {
        let keys: Vec<String> = (0..40).map(|n| format!("\"k{n}\":0")).collect();
        assert!(Json::parse(&format!("{{{}}}", keys.join(","))).is_ok());
        assert!(
            error(&format!("{{{},\"k3\":1}}", keys.join(","))).contains("duplicate key \"k3\"")
        );
    }
}
