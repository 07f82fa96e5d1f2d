//! Translates identifiers from one format to another without using the clock or random bytes, so
//! that every run produces the same result.

use idhooks_core::registry::hex;
use sha2::{Digest, Sha256};

use super::format::{FormatPiece, IdFormat, IdReading};
use super::mint::{Given, dated, uuid};
use super::template::PartKind;

/// Why an identifier could not be translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TranslateError {
    /// A part of the new format cannot be derived.
    #[error("the {from} identifier '{id}' does not contain the part {{{part}}} of {to}")]
    MissingPart {
        /// The identifier's format.
        from: String,
        /// The identifier.
        id: String,
        /// The part.
        part: String,
        /// The new format.
        to: String,
    },
    /// A kept part does not fit the new format.
    #[error("'{id}' would become '{translated}', which is not a {to} identifier")]
    Form {
        /// The identifier.
        id: String,
        /// The identifier that would result from the translation.
        translated: String,
        /// The new format.
        to: String,
    },
}

/// Translates an identifier to another format. Parts with the same name are kept, and `given`
/// provides values for parts that the identifier lacks. Missing random parts are derived from the
/// identifier's hash. The time is kept, whichever part contains it; a missing time or counter
/// becomes 0.
///
/// # Errors
/// Returns an error if a part of the new format cannot be derived.
pub(crate) fn translate(
    id: &str,
    reading: &IdReading<'_, '_>,
    to: &IdFormat,
    given: &Given,
) -> Result<String, TranslateError> {
    let mut translated = String::new();
    for piece in &to.pieces {
        let part = match piece {
            FormatPiece::Literal(text) => {
                translated.push_str(text);
                continue;
            }
            FormatPiece::Part(part) => part,
        };
        let derived = to.derives.iter().filter(|(_, of)| *of == part.name);
        // A derived field has the same value in both formats, even if the parts have different
        // names.
        let mut names = derived.map(|(field, _)| &**field).chain([&*part.name]);
        let known = |name: &str| reading.value(name).or_else(|| given.get(name).map(|v| &**v));
        let first = || match &part.kind {
            PartKind::First { of, length } => {
                known(of).map(|value| value.chars().take(*length).collect())
            }
            kind => replacement(kind, id, reading.made_at(), &to.name, &part.name),
        };
        let value = names.find_map(known).map(str::to_owned).or_else(first);
        let value = value.ok_or_else(|| TranslateError::MissingPart {
            from: reading.format.name.clone(),
            id: id.to_owned(),
            part: part.name.clone(),
            to: to.name.clone(),
        })?;
        translated.push_str(&value);
    }
    match to.read(&translated) {
        Some(_) => Ok(translated),
        None => Err(TranslateError::Form { id: id.to_owned(), translated, to: to.name.clone() }),
    }
}

/// Returns the value of a part that the original identifier lacks: for a part with a time, the
/// original's time if it has one; for a random part, a hash of the original; otherwise zeros.
fn replacement(
    kind: &PartKind,
    id: &str,
    made_at: Option<u64>,
    format: &str,
    part: &str,
) -> Option<String> {
    let millis = made_at.unwrap_or(0);
    let mut bytes = Vec::new();
    let mut hashed = |count: usize| {
        for block in 0u32.. {
            if bytes.len() >= count {
                break;
            }
            let mut hash = Sha256::new();
            // The part's name is hashed too, so that two random parts of an identifier differ.
            for field in [id, format, part, &block.to_string()] {
                hash.update(field);
                // The zero byte makes `a` followed by `bc` differ from `ab` followed by `c`.
                hash.update([0]);
            }
            bytes.extend(hash.finalize());
        }
        bytes[..count].to_vec()
    };
    Some(match kind {
        PartKind::Milliseconds => format!("{millis:013}"),
        PartKind::Counter => "0".to_owned(),
        PartKind::Hex(length) => hex::encode(&hashed(length.div_ceil(2)))[..*length].to_owned(),
        PartKind::Digits(length) => {
            hashed(*length).iter().map(|byte| char::from(b'0' + byte % 10)).collect()
        }
        PartKind::Uuid => uuid(hashed(16).try_into().ok()?),
        PartKind::Uuid7 | PartKind::Ulid => dated(kind, millis, hashed(16).try_into().ok()?),
        PartKind::First { .. } | PartKind::Text | PartKind::Identifier { .. } => return None,
    })
}
