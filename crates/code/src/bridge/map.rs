//! [`TranslationMap`]: the known pairs of old and new identifiers.

use std::collections::BTreeMap;

/// Pairs of old and new identifiers. No identifier occurs in two pairs, so translation is possible
/// in both directions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TranslationMap {
    to_new: BTreeMap<String, String>,
    to_old: BTreeMap<String, String>,
}

/// A pair that contradicts another pair.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{old}' and '{new}' cannot be a pair: '{taken}' is already paired with '{partner}'")]
pub struct MapError {
    /// The old identifier.
    pub old: String,
    /// The new identifier.
    pub new: String,
    /// The identifier that also occurs in another pair.
    pub taken: String,
    /// The other identifier in that pair.
    pub partner: String,
}

impl TranslationMap {
    /// Adds a pair, unless it is already known.
    ///
    /// # Errors
    /// Returns an error if either identifier is in another pair.
    pub fn add(&mut self, old: &str, new: &str) -> Result<(), MapError> {
        if self.to_new.get(old).is_some_and(|known| known == new) {
            return Ok(());
        }
        for taken in [old, new] {
            if let Some(partner) = self.partner(taken) {
                let [old, new, taken, partner] = [old, new, taken, partner].map(str::to_owned);
                return Err(MapError { old, new, taken, partner });
            }
        }
        self.to_new.insert(old.to_owned(), new.to_owned());
        self.to_old.insert(new.to_owned(), old.to_owned());
        Ok(())
    }

    /// Returns the identifier that is paired with this one.
    pub fn partner(&self, id: &str) -> Option<&str> {
        self.to_new.get(id).or_else(|| self.to_old.get(id)).map(|partner| &**partner)
    }

    /// Returns the pairs, each with the old identifier first, sorted by old identifier.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.to_new.iter().map(|(old, new)| (&**old, &**new))
    }

    /// Returns the number of pairs.
    pub fn len(&self) -> usize {
        self.to_new.len()
    }

    /// Returns whether there are no pairs.
    pub fn is_empty(&self) -> bool {
        self.to_new.is_empty()
    }
}
