//! [`WebAddress`]: a web address to which a name can be appended.

use std::fmt;
use std::str::FromStr;

use crate::registry::TextError;

/// The expected form of a web address, as shown in messages.
pub(super) const ADDRESS_FORM: &str =
    "a web address without a query and a password, such as \"https://ids.example.org/id\"";
/// The longest address or template in bytes.
pub(super) const MOST_BYTES: usize = 2_000;

/// A web address to which a name can be appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(String);

impl WebAddress {
    /// Returns the address of this name below it.
    pub fn of(&self, name: impl fmt::Display) -> String {
        format!("{}/{name}", self.0)
    }

    /// Returns the scheme and the host, and the path, which may be empty.
    pub fn origin_and_path(&self) -> (&str, &str) {
        let host = self.0.find("://").map_or(0, |at| at + 3);
        let path = self.0[host..].find('/').map_or(self.0.len(), |at| host + at);
        self.0.split_at(path)
    }
}

impl FromStr for WebAddress {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        match is_web_address(text) && !text.contains(['?', '#', '{', '}']) {
            true => Ok(WebAddress(text.trim_end_matches('/').to_owned())),
            false => Err(TextError::new(text, ADDRESS_FORM)),
        }
    }
}

/// Returns whether a text is a web address without credentials.
pub(super) fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    is_printable(text) && !host.is_empty() && !host.contains('@')
}

/// Returns whether a text is short and has no characters that need quoting.
pub(super) fn is_printable(text: &str) -> bool {
    let is_bad = |c: char| c.is_control() || c.is_whitespace() || "\"<>\\^`|".contains(c);
    text.len() <= MOST_BYTES && !text.is_empty() && !text.contains(is_bad)
}
