//! Parses one record. [`Dialect`]: how registries written by other programs that use the schema
//! differ.

use std::{collections::BTreeSet, fmt, str::FromStr};

use crate::registry::json::{Json, JsonError, Object, Parser};
use crate::registry::legacy_spelling::{BESIDE, COUNTED, Spelling, TOTAL, is_total, plain_path};
use crate::registry::{
    Allocation, Id, Origin, Registry, RepoPath, Status, Timestamp, excerpt, hex, key,
};

use super::error::{MalformedId, RecordError, RecordPathError};

/// A record whose keys are being read.
#[derive(Default)]
pub(super) struct RecordDraft {
    id: Option<String>,
    file_path: Option<String>,
    allocated_at: Option<Timestamp>,
    status: Option<Status>,
    origin: Option<Origin>,
    spelling: Spelling,
    claim: Option<Id>,
    aliases: BTreeSet<Id>,
    shadowed: bool,
    path_hex: Option<String>,
    /// The remaining `metadata`.
    metadata: Object,
    extra: Object,
}

impl RecordDraft {
    pub(super) fn read(p: &mut Parser<'_>, dialect: Dialect) -> Result<Self, JsonError> {
        let mut draft = RecordDraft::default();
        p.object(|p, name| {
            match name {
                "id" => draft.id = Some(p.string("an identity of 16 digits")?.into_owned()),
                "file_path" => {
                    draft.file_path = Some(dialect.path(p, &mut draft.spelling.file_path)?);
                }
                "allocated_at" => {
                    let spelled = &mut draft.spelling.allocated_at;
                    draft.allocated_at = Some(dialect.instant(p, spelled)?);
                }
                "status" => draft.status = Some(read_status(p)?),
                "metadata" => p.object(|p, name| draft.read_metadata(p, name))?,
                _ => p.keep(&mut draft.extra, name)?,
            }
            Ok(())
        })?;
        Ok(draft)
    }

    fn read_metadata(&mut self, p: &mut Parser<'_>, name: &str) -> Result<(), JsonError> {
        match name {
            key::ORIGIN => self.origin = Some(text(p)?),
            key::CLAIM => self.claim = Some(text(p)?),
            key::ALIASES => p.array(|p| {
                self.aliases.insert(text(p)?);
                Ok(())
            })?,
            key::SHADOWED => self.shadowed = p.kept_value()? == Json::Bool(true),
            key::PATH_HEX => {
                self.path_hex = Some(p.string("a path in hexadecimal")?.into_owned());
            }
            _ => p.keep(&mut self.metadata, name)?,
        }
        Ok(())
    }

    pub(super) fn finish(mut self, p: &Parser<'_>) -> Result<Allocation, RecordError> {
        let missing = |name: &str| p.error(format!("the record lacks the key \"{name}\""));
        let id = self.id.ok_or_else(|| missing("id"))?;
        let file_path = self.file_path.ok_or_else(|| missing("file_path"))?;
        let allocated_at = self.allocated_at.ok_or_else(|| missing("allocated_at"))?;
        let status = self.status.ok_or_else(|| missing("status"))?;
        // The path is parsed before the identity, because a finding about a malformed identity
        // includes it.
        let path = read_path(file_path, self.path_hex);
        let path = path.map_err(|error| p.error(error.to_string()))?;
        let Ok(parsed) = id.parse::<Id>() else {
            return Err(MalformedId { id, path, line: p.line() }.into());
        };
        // A shadowed record is stored as superseded; with any other status, the mark means nothing.
        let shadowed = self.shadowed && status == Status::Superseded;
        // This key is derived, and computed again when the registry is written.
        if shadowed {
            self.metadata.remove(key::SUPERSEDED_BY);
        }
        // An identity is never its own alias.
        self.aliases.remove(&parsed);
        let spelling = self.spelling;
        let mut record = Allocation {
            id: parsed,
            path,
            allocated_at,
            status: if shadowed { Status::Active } else { status },
            origin_is_derived: self.origin.is_none(),
            // Other programs do not store an origin, but every clone derives the same one.
            origin: self.origin.unwrap_or_else(|| Origin::of_legacy(&id, allocated_at)),
            shadowed,
            claim: self.claim.unwrap_or(parsed),
            aliases: self.aliases,
            metadata: self.metadata,
            extra: self.extra,
        };
        if spelling != Spelling::default() {
            spelling.keep(&mut record);
        }
        Ok(record)
    }
}

fn read_status(p: &mut Parser<'_>) -> Result<Status, JsonError> {
    let word = p.string("a status")?;
    Status::parse(&word).ok_or_else(|| {
        let word = excerpt(&word);
        p.error(format!("status \"{word}\" is not active, deprecated or superseded"))
    })
}

fn read_path(file_path: String, path_hex: Option<String>) -> Result<RepoPath, RecordPathError> {
    let Some(path_hex) = path_hex else {
        return Ok(RepoPath::new(file_path.into_bytes())?);
    };
    let bytes = hex::decode(&path_hex).ok_or(RecordPathError::Hex)?;
    // If only one of the two keys was edited, it is unclear which path is meant.
    if String::from_utf8_lossy(&bytes) != file_path {
        return Err(RecordPathError::Different { file_path });
    }
    Ok(RepoPath::new(bytes)?)
}

/// Keys that other programs write beside `metadata`, although they belong inside it.
const MISPLACED: [&str; 2] = [key::SUPERSEDED_BY, key::DEPRECATED_REASON];
/// Keys in the registry's metadata that change with every change to the registry.
const DERIVED: [&str; 4] = ["version", "last_updated", "updated_at", "generated_at"];

/// The kind of program that wrote a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// This program, which writes dates and paths in a single form.
    Own,
    /// Another program, whose dates may have fractions or no time zone, and whose paths may have
    /// backslashes.
    Foreign,
}

impl Dialect {
    /// Parses a date; `spelled` is set to its text if this program would write it differently.
    fn instant(
        self,
        p: &mut Parser<'_>,
        spelled: &mut Option<String>,
    ) -> Result<Timestamp, JsonError> {
        match self {
            Dialect::Own => text(p),
            Dialect::Foreign => {
                let text = p.string("a string")?;
                let at = Timestamp::read_loosely(&text);
                let at = at.map_err(|error| p.error(error.to_string()))?;
                *spelled = (at.as_str() != text).then(|| text.into_owned());
                Ok(at)
            }
        }
    }

    /// Converts a path without validating it; `spelled` is set to its text if this program would
    /// write it differently.
    fn path(self, p: &mut Parser<'_>, spelled: &mut Option<String>) -> Result<String, JsonError> {
        let path = p.string("a path")?.into_owned();
        Ok(match self {
            Dialect::Own => path,
            Dialect::Foreign => {
                let plain = plain_path(&path);
                *spelled = (plain != path).then_some(path);
                plain
            }
        })
    }
}

/// Reads a string and parses it as a typed value.
pub(super) fn text<T: FromStr>(p: &mut Parser<'_>) -> Result<T, JsonError>
where
    T::Err: fmt::Display,
{
    let text = p.string("a string")?;
    text.parse().map_err(|error: T::Err| p.error(error.to_string()))
}

/// Moves a second identity from beside the metadata into it, and returns its key. If both places
/// have one, or the value is empty, the key stays where it is, as the other program's own.
fn take_second_id(record: &mut Allocation) -> Option<String> {
    let is_taken = record.extra.get(key::DOC_ID).is_some_and(|one| one.as_str() != Some(""))
        && !record.metadata.contains_key(key::DOC_ID);
    let value = is_taken.then(|| record.extra.remove(key::DOC_ID))??;
    if value != Json::Null {
        record.metadata.insert(key::DOC_ID.to_owned(), value);
    }
    Some(key::DOC_ID.to_owned())
}

/// Moves keys to where this program keeps them. Keys that this program never stores, and the other
/// keys' original places, are kept as the other program's spelling.
pub(super) fn at_home(registry: &mut Registry) {
    let is_kept = |key: &String| !DERIVED.contains(&&**key) && !key.starts_with(TOTAL);
    let (kept, mut dropped): (Object, Object) =
        std::mem::take(&mut registry.metadata).into_iter().partition(|(key, _)| is_kept(key));
    registry.metadata = kept;
    let counted = dropped.iter().filter(|(key, value)| is_total(key, value));
    let counted: Vec<Json> = counted.map(|(key, _)| Json::string(key.clone())).collect();
    dropped.retain(|key, value| !is_total(key, value));
    if !counted.is_empty() {
        dropped.insert(COUNTED.to_owned(), Json::Array(counted));
    }
    let beside = registry.extra.iter().filter(|(name, value)| is_total(name, value));
    let beside: Vec<String> = beside.map(|(name, _)| name.clone()).collect();
    registry.extra.retain(|name, _| !beside.contains(name));
    if !beside.is_empty() {
        let names = beside.into_iter().map(Json::string).collect();
        dropped.insert(BESIDE.to_owned(), Json::Array(names));
    }
    if !dropped.is_empty() {
        let dropped = Json::Object(dropped);
        registry.metadata.insert(key::LEGACY_SPELLING.to_owned(), dropped);
    }
    for record in &mut registry.allocations {
        let mut beside = Vec::new();
        for key in MISPLACED {
            let Some(value) = record.extra.remove(key) else { continue };
            beside.push(key.to_owned());
            if value.as_str().is_some_and(|text| !text.is_empty()) {
                record.metadata.entry(key.to_owned()).or_insert(value);
            }
        }
        beside.extend(take_second_id(record));
        if !beside.is_empty() {
            Spelling { beside, ..Spelling::of(record) }.keep(record);
        }
    }
}
