//! A strict, lossless JSON reader and the canonical JSON writer.
//!
//! Why not `serde_json`: a registry is evidence. Its reader must refuse duplicate keys (the
//! last one silently wins in most readers), must keep number literals exactly as they were
//! written, and must name the line and column of what it refuses. The writer is the canonical
//! form of the registry, byte for byte.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// How deeply arrays and objects may be nested; deeper input is refused, not followed.
pub const MAX_DEPTH: u32 = 128;

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

/// Reads JSON as a stream, so that known keys go straight into typed fields.
#[derive(Debug)]
pub struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    /// Starts at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Parser { text, at: 0, depth: 0 }
    }

    /// Returns the current line, counted from 1.
    pub fn line(&self) -> usize {
        self.position(self.at).0
    }

    /// Returns an error that points at the current place.
    pub fn error(&self, message: impl Into<String>) -> JsonError {
        let (line, column) = self.position(self.at);
        JsonError { line, column, message: message.into() }
    }

    fn position(&self, at: usize) -> (usize, usize) {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = 1 + before.iter().filter(|b| **b == b'\n').count();
        let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
        (line, 1 + before.len() - start)
    }

    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    fn expect(&mut self, wanted: u8, what: &str) -> Result<(), JsonError> {
        match self.peek() {
            Some(byte) if byte == wanted => {
                self.at += 1;
                Ok(())
            }
            Some(_) => Err(self.error(format!("expected {what}"))),
            None => Err(self.error(format!("expected {what}, but the text ends here"))),
        }
    }

    fn descend(&mut self) -> Result<(), JsonError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(())
    }

    /// Succeeds when nothing but white space is left.
    ///
    /// # Errors
    /// Anything after the value.
    pub fn end(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("expected nothing more after the value")),
        }
    }

    /// Reads an object and calls `member` at each value with its key.
    ///
    /// # Errors
    /// Anything but an object, a duplicate key, and every error of `member`.
    pub fn object<E: From<JsonError>>(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'{', "an object")?;
        self.descend()?;
        let mut seen = Seen::default();
        if self.peek() == Some(b'}') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            self.peek();
            let start = self.at;
            let key = self.string("a key in double quotes")?;
            if !seen.insert(&key) {
                self.at = start;
                return Err(self.error(format!("duplicate key \"{key}\"")).into());
            }
            self.expect(b':', "':' after a key")?;
            self.peek();
            member(self, &key)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => {
                    self.expect(b'}', "',' or '}'")?;
                    self.depth -= 1;
                    return Ok(());
                }
            }
        }
    }

    /// Reads an array and calls `element` at each value.
    ///
    /// # Errors
    /// Anything but an array, and every error of `element`.
    pub fn array<E: From<JsonError>>(
        &mut self,
        mut element: impl FnMut(&mut Self) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'[', "an array")?;
        self.descend()?;
        if self.peek() == Some(b']') {
            self.at += 1;
            self.depth -= 1;
            return Ok(());
        }
        loop {
            self.peek();
            element(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                _ => {
                    self.expect(b']', "',' or ']'")?;
                    self.depth -= 1;
                    return Ok(());
                }
            }
        }
    }

    /// Reads a string; `what` names it in an error.
    ///
    /// # Errors
    /// Anything but a string, and a string that is not Unicode text.
    pub fn string(&mut self, what: &str) -> Result<Cow<'a, str>, JsonError> {
        self.expect(b'"', what)?;
        let start = self.at;
        let mut owned: Option<String> = None;
        let mut from = start;
        loop {
            let Some(byte) = self.text.as_bytes().get(self.at).copied() else {
                return Err(self.error("the text ends inside a string"));
            };
            match byte {
                b'"' => {
                    let tail = &self.text[from..self.at];
                    self.at += 1;
                    return Ok(match owned {
                        None => Cow::Borrowed(tail),
                        Some(mut text) => {
                            text.push_str(tail);
                            Cow::Owned(text)
                        }
                    });
                }
                b'\\' => {
                    let text = owned.get_or_insert_with(String::new);
                    text.push_str(&self.text[from..self.at]);
                    let unescaped = self.escape()?;
                    owned.get_or_insert_with(String::new).push(unescaped);
                    from = self.at;
                }
                0..=0x1f => return Err(self.error("a control character inside a string")),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let code = self.text.as_bytes().get(self.at + 1).copied();
        let simple = match code {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.error("an unknown escape in a string")),
        };
        self.at += 2;
        Ok(simple)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let first = self.hex_unit()?;
        let code = match first {
            0xd800..=0xdbff if self.text[self.at..].starts_with("\\u") => {
                let second = self.hex_unit()?;
                if !(0xdc00..=0xdfff).contains(&second) {
                    return Err(self.error("half of a surrogate pair in a string"));
                }
                0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| self.error("half of a surrogate pair in a string"))
    }

    fn hex_unit(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at + 2..self.at + 6);
        let unit = digits
            .filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .ok_or_else(|| self.error("expected four hexadecimal digits after \\u"))?;
        self.at += 6;
        Ok(unit)
    }

    /// Reads any value.
    ///
    /// # Errors
    /// What is not JSON, has a duplicate key or is nested too deeply.
    pub fn value(&mut self) -> Result<Json, JsonError> {
        match self.peek() {
            Some(b'{') => {
                let mut members = Object::new();
                self.object(|p, key| {
                    let value = p.value()?;
                    members.insert(key.to_owned(), value);
                    Ok::<(), JsonError>(())
                })?;
                Ok(Json::Object(members))
            }
            Some(b'[') => {
                let mut elements = Vec::new();
                self.array(|p| {
                    elements.push(p.value()?);
                    Ok::<(), JsonError>(())
                })?;
                Ok(Json::Array(elements))
            }
            Some(b'"') => Ok(Json::String(self.string("a string")?.into_owned())),
            Some(b'-' | b'0'..=b'9') => self.number().map(|n| Json::Number(n.to_owned())),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(_) => Err(self.error("expected a value")),
            None => Err(self.error("expected a value, but the text ends here")),
        }
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        if self.text[self.at..].starts_with(word) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.error("expected a value"))
    }

    fn digits(&mut self) -> usize {
        let bytes = self.text.as_bytes();
        let start = self.at;
        while bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        self.at - start
    }

    /// Reads a number and returns its literal.
    ///
    /// # Errors
    /// Anything that is not a number of JSON's grammar.
    pub fn number(&mut self) -> Result<&'a str, JsonError> {
        self.peek();
        let bytes = self.text.as_bytes();
        let start = self.at;
        if bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let leading_zero = bytes.get(self.at) == Some(&b'0');
        let count = self.digits();
        if count == 0 || (leading_zero && count > 1) {
            self.at = start;
            return Err(self.error("expected a number"));
        }
        if bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.error("expected digits after the decimal point"));
            }
        }
        if matches!(bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.error("expected digits in the exponent"));
            }
        }
        Ok(&self.text[start..self.at])
    }

    /// Reads a whole number from 0 up.
    ///
    /// # Errors
    /// Anything else, and numbers above `u32::MAX`.
    pub fn whole_number(&mut self) -> Result<u32, JsonError> {
        self.peek();
        let start = self.at;
        let parsed = self.number()?.parse();
        parsed.map_err(|_| {
            self.at = start;
            self.error("expected a whole number from 0 up")
        })
    }
}

/// The keys met in one object; a short list first, since most objects have few keys.
#[derive(Default)]
struct Seen {
    few: Vec<String>,
    many: HashSet<String>,
}

impl Seen {
    const FEW: usize = 16;

    fn insert(&mut self, key: &str) -> bool {
        if self.many.is_empty() && self.few.len() < Self::FEW {
            if self.few.iter().any(|k| k == key) {
                return false;
            }
            self.few.push(key.to_owned());
            return true;
        }
        if self.many.is_empty() {
            self.many.extend(self.few.drain(..));
        }
        self.many.insert(key.to_owned())
    }
}

/// Appends `text` as a JSON string: escaped only where JSON demands it.
pub fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            0x0c => "\\f",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        from = at + 1;
        if escaped.is_empty() {
            out.push_str(&format!("\\u{byte:04x}"));
        } else {
            out.push_str(escaped);
        }
    }
    out.push_str(&text[from..]);
    out.push('"');
}

/// Appends the compact canonical text of a value.
pub fn write_value(out: &mut String, value: &Json) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(true) => out.push_str("true"),
        Json::Bool(false) => out.push_str("false"),
        Json::Number(literal) => out.push_str(literal),
        Json::String(text) => write_string(out, text),
        Json::Array(elements) => {
            out.push('[');
            for (n, element) in elements.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                write_value(out, element);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            let mut list = Members::new(out);
            for (key, member) in members {
                list.member(key, member);
            }
            out.push('}');
        }
    }
}

/// Writes members of an object one after the other, with commas between them.
#[derive(Debug)]
pub struct Members<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Members<'a> {
    /// Starts after an opening brace that is already written.
    pub fn new(out: &'a mut String) -> Self {
        Members { out, first: true }
    }

    /// Writes the key and hands out the text to append its value to.
    pub fn key(&mut self, key: &str) -> &mut String {
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        write_string(self.out, key);
        self.out.push(':');
        self.out
    }

    /// Writes a key with a string as its value.
    pub fn string(&mut self, key: &str, text: &str) {
        write_string(self.key(key), text);
    }

    /// Writes a key with any value.
    pub fn member(&mut self, key: &str, value: &Json) {
        write_value(self.key(key), value);
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
