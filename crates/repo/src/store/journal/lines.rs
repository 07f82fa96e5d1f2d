//! How paths and entries are written in a journal file: [`path`], [`entry`].

/// A path, written in hexadecimal because it need not be valid UTF-8.
pub(super) mod path {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use idhooks_core::registry::{RepoPath, hex};

    pub(crate) fn serialize<S: Serializer>(path: &RepoPath, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&hex::encode(path.as_bytes()))
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<RepoPath, D::Error> {
        let bytes = hex::decode(&String::deserialize(from)?);
        let path = bytes.and_then(|bytes| RepoPath::new(bytes).ok());
        path.ok_or_else(|| D::Error::custom("not a path"))
    }
}

/// An index entry, if there is one, written as its blob and an executable flag.
pub(super) mod entry {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use idhooks_core::registry::{Entry, Mode};

    pub(crate) fn serialize<S: Serializer>(
        entry: &Option<Entry>,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        let pair = |entry: Entry| (entry.mode == Mode::Executable, entry.blob.to_string());
        entry.map(pair).serialize(out)
    }

    pub(crate) fn deserialize<'d, D: Deserializer<'d>>(from: D) -> Result<Option<Entry>, D::Error> {
        let Some((is_executable, blob)) = Option::<(bool, String)>::deserialize(from)? else {
            return Ok(None);
        };
        let mode = if is_executable { Mode::Executable } else { Mode::Regular };
        Ok(Some(Entry { mode, blob: blob.parse().map_err(D::Error::custom)? }))
    }
}
