//! [`Writable`]: the record fields that other programs may change with a patch.

use std::collections::BTreeSet;

use crate::registry::key;

use super::describe::DescriptorKey;

/// The record fields that a patch may write.
///
/// These fields never include an identity's number, origin, claim, aliases or date, or anything
/// else that only idhooks writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Writable {
    /// Whether the status may be written.
    pub status: bool,
    /// Whether the path may be written.
    pub path: bool,
    /// Whether all keys that idhooks does not use are writable.
    metadata: bool,
    /// The individual keys that are writable.
    keys: BTreeSet<String>,
}

/// The reason a patch can never write a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WritableError {
    /// Only idhooks writes the field with this name.
    #[error("only idhooks writes '{0}'")]
    Own(String),
    /// A patch cannot write a field with this name.
    #[error(
        "a patch cannot write '{0}'; it can write: metadata, metadata.<key>, status, file_path"
    )]
    Unknown(String),
}

impl Default for Writable {
    fn default() -> Self {
        Writable { metadata: true, ..Self::nothing() }
    }
}

impl Writable {
    /// Returns an empty set of fields.
    pub fn nothing() -> Self {
        Writable { status: false, path: false, metadata: false, keys: BTreeSet::new() }
    }

    /// Adds a field, given its name in `idhooks.toml`.
    ///
    /// # Errors
    /// Returns an error if a patch can never write the field.
    pub fn allow(&mut self, name: &str) -> Result<(), WritableError> {
        match (name, name.strip_prefix("metadata.")) {
            ("status", _) => self.status = true,
            ("file_path", _) => self.path = true,
            ("metadata", _) => self.metadata = true,
            (_, Some(key)) if Self::is_own_key(key) => {
                return Err(WritableError::Own(name.to_owned()));
            }
            (_, Some(key)) if !key.is_empty() => drop(self.keys.insert(key.to_owned())),
            _ => return Err(WritableError::Unknown(name.to_owned())),
        }
        Ok(())
    }

    /// Returns whether a metadata key is written only by idhooks itself.
    pub fn is_own_key(key: &str) -> bool {
        key::OWN.contains(&key) || DescriptorKey::parse(key).is_some()
    }

    /// Returns whether a metadata key may be written.
    pub fn has_key(&self, key: &str) -> bool {
        // Allowing `metadata` does not allow the second identity, which must stay unique.
        let is_free = !Self::is_own_key(key) && key != key::DOC_ID;
        self.keys.contains(key) || (self.metadata && is_free)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_idhooks_writes_are_refused() {
        let mut writable = Writable::default();
        assert!(writable.has_key("owner") && !writable.status && !writable.path);
        assert!(key::OWN.iter().all(|key| !writable.has_key(key)));
        assert!(!writable.has_key(key::DOC_ID) && !writable.has_key("py_docstring_1l"));
        assert!(writable.allow("metadata.py_docstring_1l").is_err());
        assert_eq!(writable.allow("metadata.doc_id"), Ok(()));
        assert!(writable.has_key(key::DOC_ID));
        for name in ["id", "", "metadata.", "metadata.claim", "allocated_at", "metadatas"] {
            assert!(writable.allow(name).is_err(), "{name}");
        }
    }
}
