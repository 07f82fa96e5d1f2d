//! A strict, lossless JSON reader and the canonical JSON writer.
//!
//! `serde_json` is not used because a registry is evidence. A registry's reader must refuse
//! duplicate keys (in most readers, the last one silently wins), must preserve number literals
//! exactly as written, and must report the line and column of an error. The writer defines the
//! registry's canonical form, byte for byte.

mod compact_value;
mod parser;
mod writer;

use std::{borrow::Cow, collections::BTreeMap};

pub use parser::{MAX_DEPTH, Parser};
pub use writer::{Members, indented, string_end, write_indented, write_string, write_value};

/// A JSON value that preserves everything except white space, escapes and the order of object keys.
///
/// Values are equal if their compact texts are equal, whether or not they are parsed.
#[derive(Debug, Clone)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, kept as the literal that was read.
    Number(String),
    /// A string, unescaped.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object; its keys are in bytewise order.
    Object(Object),
    /// The compact canonical text of an unparsed array or object. See [`Parser::kept_value`].
    Compact(Box<str>),
}

/// The members of a JSON object, in bytewise order of their keys.
pub type Object = BTreeMap<String, Json>;

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Json::String(one), Json::String(other)) => one == other,
            (one, other) => one.compact() == other.compact(),
        }
    }
}

impl Eq for Json {}

impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        // The value is serialized as raw text, so that numbers keep their literals.
        let text = serde_json::value::RawValue::from_string(self.compact());
        text.map_err(serde::ser::Error::custom)?.serialize(to)
    }
}

impl Json {
    /// Returns the value with any unparsed array or object parsed.
    pub fn expanded(&self) -> Cow<'_, Json> {
        match self {
            Json::Compact(text) => {
                Cow::Owned(Json::parse(text).expect("the text was written from a value"))
            }
            value => Cow::Borrowed(value),
        }
    }

    /// Returns a string value.
    pub fn string(text: impl Into<String>) -> Self {
        Json::String(text.into())
    }

    /// Returns a string value's text; `None` for any other kind of value.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the value's compact canonical text: no spaces, keys sorted.
    pub fn compact(&self) -> String {
        let mut out = String::new();
        write_value(&mut out, self);
        out
    }

    /// Returns the value as text, without quotes if it is a string.
    pub fn to_text(&self) -> String {
        self.as_str().map_or_else(|| self.compact(), str::to_owned)
    }

    /// Parses one complete JSON document.
    ///
    /// # Errors
    /// Returns an error if the text is not JSON, has a duplicate key, or is nested deeper than
    /// [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        let mut parser = Parser::new(text);
        let value = parser.value()?;
        parser.end()?;
        Ok(value)
    }
}

/// An error in JSON, with its position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct JsonError {
    /// The line, counted from 1.
    pub line: usize,
    /// The column in bytes, counted from 1.
    pub column: usize,
    /// The problem, without a full stop.
    pub message: String,
}

impl JsonError {
    /// Returns an error located after these bytes.
    pub fn after(before: &[u8], message: impl Into<String>) -> Self {
        let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        JsonError {
            line: 1 + before.iter().filter(|b| **b == b'\n').count(),
            column: 1 + before.len() - start,
            message: message.into(),
        }
    }
}

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
    fn a_kept_value_is_the_one_that_was_written() {
        let kept = |text: &str| Parser::new(text).kept_value().expect("valid");
        for (text, compact) in [
            ("{\"b\" : [1, {}], \"a\":{ \"\\u0041\":null}}", r#"{"a":{"A":null},"b":[1,{}]}"#),
            ("[ 1 , \"x\", [ ] ]", r#"[1,"x",[]]"#),
            ("[\"a\", \"b\"]", r#"["a","b"]"#),
            (" -1.50e3 ", "-1.50e3"),
            ("{}", "{}"),
        ] {
            let (kept, parsed) = (kept(text), Json::parse(text).expect("valid"));
            assert_eq!(kept.compact(), compact);
            assert_eq!(kept, parsed);
            assert_eq!(parsed, kept);
            assert_eq!(*kept.expanded(), parsed);
        }
        assert!(matches!(kept(r#"["2099927563260118"]"#), Json::Array(_)));
        assert!(matches!(kept(r#"["2099927563260118",1]"#), Json::Compact(_)));
        assert!(matches!(kept(r#"["a"]"#), Json::Compact(_)));
        assert_ne!(kept("{\"a\":1}"), kept("{\"a\":1.0}"));
        let refused = |text: &str| Parser::new(text).kept_value().expect_err("refused").to_string();
        assert_eq!(refused("{\"a\":1,\n \"a\":2}"), "line 2, column 2: duplicate key \"a\"");
        assert!(refused(&"[".repeat(100_000)).contains("nested deeper than 128"));
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
