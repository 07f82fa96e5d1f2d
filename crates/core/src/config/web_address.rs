//! [`WebAddress`]: a web address to which a name can be appended.

use std::fmt;
use std::str::FromStr;

use crate::registry::{TextError, is_web_address};

/// The expected form of a web address, as shown in messages.
pub(super) const ADDRESS_FORM: &str =
    "a web address without a query and a password, such as \"https://ids.example.org/id\"";

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
