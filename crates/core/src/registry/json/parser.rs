//! [`Parser`]: reads JSON as a stream.

use std::{borrow::Cow, collections::HashSet};

use foldhash::fast::RandomState;

use super::{Json, JsonError, Object};
use crate::registry::excerpt;

/// The maximum nesting depth of arrays and objects; anything deeper is refused.
pub const MAX_DEPTH: u32 = 128;

/// Reads JSON as a stream, so that callers can store known keys directly in typed fields.
#[derive(Debug)]
pub struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Parser<'a> {
    /// Returns a parser at the beginning of `text`.
    pub fn new(text: &'a str) -> Self {
        Parser { text, at: 0, depth: 0 }
    }

    /// Returns the current line, counted from 1.
    pub fn line(&self) -> usize {
        // Lines are counted only here, because most files contain no errors.
        self.error("").line
    }

    /// Returns the current position.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Returns an error at the current position.
    pub fn error(&self, message: impl Into<String>) -> JsonError {
        JsonError::after(&self.text.as_bytes()[..self.at.min(self.text.len())], message)
    }

    /// Skips white space, and returns the next byte without consuming it.
    pub fn peek(&mut self) -> Option<u8> {
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

    /// Checks that only white space is left.
    ///
    /// # Errors
    /// Returns an error if anything follows the value.
    pub fn end(&mut self) -> Result<(), JsonError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("expected nothing more after the value")),
        }
    }

    /// Reads an object, calling `member` with each key once the parser is at the key's value.
    ///
    /// # Errors
    /// Returns an error if the value is not an object or has a duplicate key, and passes on any
    /// error from `member`.
    pub fn object(
        &mut self,
        mut member: impl FnMut(&mut Self, &str) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.object_with_keys(|p, key| member(p, &key))
    }

    /// Like [`Self::object`], but borrows keys from the text unless they contain escapes.
    ///
    /// # Errors
    /// Returns the same errors as [`Self::object`].
    pub fn object_with_keys(
        &mut self,
        mut member: impl FnMut(&mut Self, Cow<'a, str>) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        // This capacity is enough for a record's keys.
        let mut seen: HashSet<Cow<'a, str>, RandomState> =
            HashSet::with_capacity_and_hasher(14, RandomState::default());
        self.elements(b"{}", ["an object", "',' or '}'"], |p| {
            let start = p.at;
            let key = p.string("a key in double quotes")?;
            if !seen.insert(key.clone()) {
                p.at = start;
                return Err(p.error(format!("duplicate key \"{}\"", excerpt(&key))));
            }
            p.expect(b':', "':' after a key")?;
            // White space is skipped first, so that an error from `member` points at the value.
            p.peek();
            member(p, key)
        })
    }

    /// Reads an array, calling `element` each time the parser is at an element.
    ///
    /// # Errors
    /// Returns an error if the value is not an array, and passes on any error from `element`.
    pub fn array(
        &mut self,
        element: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.elements(b"[]", ["an array", "',' or ']'"], element)
    }

    /// Reads comma-separated items between two brackets.
    fn elements(
        &mut self,
        [open, close]: &[u8; 2],
        [what, next]: [&str; 2],
        mut element: impl FnMut(&mut Self) -> Result<(), JsonError>,
    ) -> Result<(), JsonError> {
        self.expect(*open, what)?;
        self.depth += 1;
        // Each nesting level calls this function again, so deep input could exhaust the stack.
        if self.depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let mut is_open = self.peek() != Some(*close);
        while is_open {
            self.peek();
            element(self)?;
            is_open = self.peek() == Some(b',');
            if is_open {
                self.at += 1;
            }
        }
        self.depth -= 1;
        self.expect(*close, next)
    }

    /// Reads a value and adds it to an object's members; see [`Parser::kept_value`].
    ///
    /// # Errors
    /// Returns the same errors as [`Parser::value`].
    pub fn keep(&mut self, members: &mut Object, name: &str) -> Result<(), JsonError> {
        members.insert(name.to_owned(), self.kept_value()?);
        Ok(())
    }

    /// Reads a string; error messages call it `what`.
    ///
    /// # Errors
    /// Returns an error if the value is not a string, or if the string is not valid Unicode.
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
    /// Returns an error if the value is not JSON, has a duplicate key or is nested too deeply.
    pub fn value(&mut self) -> Result<Json, JsonError> {
        match self.peek() {
            Some(b'{') => {
                let mut members = Object::new();
                self.object(|p, key| {
                    let value = p.value()?;
                    members.insert(key.to_owned(), value);
                    Ok(())
                })?;
                Ok(Json::Object(members))
            }
            Some(b'[') => {
                let mut elements = Vec::new();
                self.array(|p| {
                    elements.push(p.value()?);
                    Ok(())
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

    /// Reads a literal, a number or a string, and returns its text as written.
    ///
    /// # Errors
    /// Returns an error for anything else.
    pub fn scalar(&mut self) -> Result<&'a str, JsonError> {
        match self.peek() {
            Some(b'{' | b'[') => Err(self.error("expected a scalar")),
            first => {
                let start = self.at;
                match first {
                    Some(b'"') => drop(self.string("a string")?),
                    Some(b'-' | b'0'..=b'9') => drop(self.number()?),
                    _ => drop(self.value()?),
                }
                Ok(&self.text[start..self.at])
            }
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
    /// Returns an error if the value is not a JSON number.
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

    /// Reads a whole number.
    ///
    /// # Errors
    /// Returns an error if the value is not a whole number, or if it is above `u32::MAX`.
    pub fn whole_number(&mut self) -> Result<u32, JsonError> {
        self.peek();
        let start = self.at;
        let parsed = self.number()?.parse();
        parsed.map_err(|_| {
            self.at = start;
            self.error("expected a whole number, 0 or more")
        })
    }
}
