//! Reads values and keeps them as compact text to save memory.

use std::collections::BTreeMap;

use super::{Json, JsonError, Members, Parser, write_value};

/// The minimum length of an identity or origin in JSON: 16 characters and the quotes.
const LINK: usize = 18;

impl Parser<'_> {
    /// Reads any value, but leaves arrays and objects unparsed, except for lists of links.
    ///
    /// A registry may contain any user data, and a short text can represent a large tree:
    /// `[[],[],[]]` takes a hundred times more memory once it is parsed.
    ///
    /// # Errors
    /// Returns the same errors as [`Parser::value`].
    pub fn kept_value(&mut self) -> Result<Json, JsonError> {
        let Some(b'{' | b'[') = self.peek() else { return self.value() };
        let mut text = String::new();
        match self.compact(&mut text)? {
            // Lists of links are compared element by element, so they have to be parsed.
            true => Json::parse(&text),
            false => Ok(Json::Compact(text.into_boxed_str())),
        }
    }

    /// Appends the compact canonical text of the next value; returns whether the value is a list of
    /// strings that may be identities or origins, and so may link to other records.
    fn compact(&mut self, out: &mut String) -> Result<bool, JsonError> {
        match self.peek() {
            Some(b'{') => {
                let mut members = BTreeMap::new();
                self.object(|p, key| {
                    let mut member = String::new();
                    p.compact(&mut member)?;
                    members.insert(key.to_owned(), member);
                    Ok(())
                })?;
                out.push('{');
                let mut list = Members::new(out);
                for (key, member) in members {
                    list.key(&key).push_str(&member);
                }
                out.push('}');
                Ok(false)
            }
            Some(b'[') => {
                let (mut are_links, mut is_first) = (true, true);
                out.push('[');
                self.array(|p| {
                    if !std::mem::take(&mut is_first) {
                        out.push(',');
                    }
                    let is_string = p.peek() == Some(b'"');
                    let start = out.len();
                    p.compact(out)?;
                    are_links &= is_string && out.len() - start >= LINK;
                    Ok(())
                })?;
                out.push(']');
                Ok(are_links)
            }
            _ => {
                write_value(out, &self.value()?);
                Ok(false)
            }
        }
    }
}
