//! Makes new identifiers.

use std::collections::BTreeMap;

use idhooks_core::registry::hex;

use super::format::{FormatPiece, IdFormat, Part};
use super::formats::{Formats, UnknownFormat};
use super::template::{CROCKFORD, PartKind};

/// A source of times and random bytes.
pub trait Source {
    /// Returns the milliseconds since the Unix epoch.
    fn now(&mut self) -> u64;

    /// Fills a buffer with cryptographically secure random bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// The values that the caller passes when minting. A value's key is the name of the part, of the
/// value that the part truncates, or of the field derived from the part.
pub type Given = BTreeMap<String, String>;

/// Why an identifier could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// A value is missing or empty.
    #[error("{0} cannot be empty")]
    Empty(String),
    /// A value does not match its part's pattern.
    #[error("Invalid {name} format: '{value}'")]
    Form {
        /// The name of the part or field.
        name: String,
        /// The value.
        value: String,
    },
    /// A value does not belong to any part.
    #[error("{format} has no part '{name}'")]
    NoPart {
        /// The name of the format.
        format: String,
        /// The value's name.
        name: String,
    },
    /// No format has this name.
    #[error(transparent)]
    Unknown(#[from] UnknownFormat),
    /// No context has this name.
    #[error("there is no context '{0}'")]
    NoContext(String),
    /// The identifier would be too long.
    #[error("the identifier would be longer than {} bytes", super::MAX_BYTES)]
    TooLong,
}

/// Makes identifiers. Identifiers from the same process differ in their counter, and identifiers
/// from different processes in their time and random part.
#[derive(Debug, Default)]
pub struct Minter {
    counter: u64,
}

/// The parts shared by identifiers that are minted together.
#[derive(Debug, Clone)]
struct Common {
    now: u64,
    counter: u64,
    random: BTreeMap<String, String>,
}

impl Minter {
    /// Makes several identifiers that all have the same time.
    ///
    /// # Errors
    /// Returns an error if a value is missing, does not match its part's pattern, or belongs to no
    /// part.
    pub fn mint(
        &mut self,
        format: &IdFormat,
        given: &Given,
        count: usize,
        source: &mut impl Source,
    ) -> Result<Vec<String>, MintError> {
        check_names(&[format], given)?;
        let now = source.now();
        (0..count)
            .map(|_| {
                let common = self.next(now, format, source);
                build(format, given, &common)
            })
            .collect()
    }

    /// Makes identifiers that belong together, one in each of the formats, in order. A format that
    /// shares another's counter and random part copies them from the identifier made earlier in
    /// that format.
    ///
    /// # Errors
    /// Returns the same errors as [`Minter::mint`].
    pub fn mint_together(
        &mut self,
        formats: &[&IdFormat],
        given: &Given,
        source: &mut impl Source,
    ) -> Result<Vec<String>, MintError> {
        check_names(formats, given)?;
        let now = source.now();
        let mut made: Vec<(&str, Common)> = Vec::new();
        let mut identifiers = Vec::new();
        for format in formats {
            // If a format comes before the one it shares with, it gets its own values.
            let shared = format.shares.as_deref().and_then(|other| {
                made.iter().find(|(name, _)| *name == other).map(|(_, common)| common.clone())
            });
            let common = shared.unwrap_or_else(|| self.next(now, format, source));
            identifiers.push(build(format, given, &common)?);
            made.push((&format.name, common));
        }
        Ok(identifiers)
    }

    fn next(&mut self, now: u64, format: &IdFormat, source: &mut impl Source) -> Common {
        self.counter += 1;
        let random = format.parts().filter(|part| part.kind.is_random());
        let random = random.map(|part| (part.name.clone(), random_text(&part.kind, now, source)));
        Common { now, counter: self.counter, random: random.collect() }
    }
}

/// Rejects values that do not belong to any part.
fn check_names(formats: &[&IdFormat], given: &Given) -> Result<(), MintError> {
    for name in given.keys() {
        let takes = |format: &&IdFormat| {
            format.parts().any(|part| given_names(format, part).contains(&&**name))
        };
        // This check keeps a misspelled name from being silently ignored.
        if !formats.iter().any(takes) {
            let format = formats.first().map_or(String::new(), |format| format.name.clone());
            return Err(MintError::NoPart { format, name: name.clone() });
        }
    }
    Ok(())
}

/// Returns the names by which a caller can supply a part's value; messages use the first name.
pub(crate) fn given_names<'f>(format: &'f IdFormat, part: &'f Part) -> Vec<&'f str> {
    let fields =
        format.derives.iter().filter(|(_, of)| *of == part.name).map(|(field, _)| &**field);
    let mut names: Vec<&str> = fields.collect();
    if let PartKind::First { of, .. } = &part.kind {
        names.push(of);
    }
    if part.kind.is_given() {
        names.push(&part.name);
    }
    names
}

fn build(format: &IdFormat, given: &Given, common: &Common) -> Result<String, MintError> {
    let mut identifier = String::new();
    let mut values = Vec::new();
    for piece in &format.pieces {
        let part = match piece {
            FormatPiece::Literal(text) => {
                identifier.push_str(text);
                continue;
            }
            FormatPiece::Part(part) => part,
        };
        let value = match &part.kind {
            PartKind::Milliseconds => format!("{:013}", common.now),
            PartKind::Counter => common.counter.to_string(),
            kind if kind.is_random() => common.random.get(&part.name).cloned().unwrap_or_default(),
            kind => {
                let names = given_names(format, part);
                let label = names.first().copied().unwrap_or(&part.name);
                let value =
                    names.iter().find_map(|name| given.get(*name)).map_or("", |value| value);
                if value.is_empty() {
                    return Err(MintError::Empty(label.to_owned()));
                }
                match kind {
                    PartKind::First { length, .. } => value.chars().take(*length).collect(),
                    _ => value.to_owned(),
                }
            }
        };
        if identifier.len() + value.len() > super::MAX_BYTES {
            return Err(MintError::TooLong);
        }
        identifier.push_str(&value);
        values.push((part, value));
    }
    // The identifier is read back, because a value that contains a separator would make it split
    // differently.
    let reading = format.read(&identifier);
    let read = reading.iter().flat_map(|reading| reading.values.iter().map(|(_, value)| *value));
    if read.eq(values.iter().map(|(_, value)| &**value)) {
        return Ok(identifier);
    }
    let is_wrong = |(part, value): &&(&Part, String)| part.kind.is_given() && !part.fits(value);
    // If every value fits, it must be the literals that make the identifier too long.
    let wrong = values.iter().find(is_wrong);
    Err(wrong.map_or(MintError::TooLong, |(part, value)| MintError::Form {
        name: given_names(format, part).first().map_or(String::new(), |name| (*name).to_owned()),
        value: value.clone(),
    }))
}

fn random_text(kind: &PartKind, now: u64, source: &mut impl Source) -> String {
    match kind {
        PartKind::Hex(length) => {
            hex::encode(&random_bytes(length.div_ceil(2), source))[..*length].to_owned()
        }
        PartKind::Digits(length) => {
            let mut digits = String::new();
            while digits.len() < *length {
                // 250 is the largest multiple of ten that fits into a byte. Rejecting bytes from
                // 250 up makes every digit equally likely.
                let bytes = random_bytes(*length, source).into_iter().filter(|byte| *byte < 250);
                digits.extend(bytes.map(|byte| char::from(b'0' + byte % 10)));
            }
            digits.truncate(*length);
            digits
        }
        PartKind::Uuid => {
            let mut bytes = [0; 16];
            source.fill(&mut bytes);
            uuid(bytes)
        }
        PartKind::Uuid7 | PartKind::Ulid => {
            let mut bytes = [0; 16];
            source.fill(&mut bytes);
            dated(kind, now, bytes)
        }
        _ => String::new(),
    }
}

fn random_bytes(count: usize, source: &mut impl Source) -> Vec<u8> {
    let mut bytes = vec![0; count];
    source.fill(&mut bytes);
    bytes
}

/// Returns the version 4 UUID made from these bytes.
pub(crate) fn uuid(bytes: [u8; 16]) -> String {
    uuid_of_version(4, bytes)
}

/// Returns the ULID or version 7 UUID with this time in milliseconds, followed by these bytes.
pub(crate) fn dated(kind: &PartKind, millis: u64, mut bytes: [u8; 16]) -> String {
    // Both formats begin with 48 bits of milliseconds.
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    if *kind == PartKind::Uuid7 {
        return uuid_of_version(7, bytes);
    }
    let number = u128::from_be_bytes(bytes);
    let digit = |at: u32| char::from(CROCKFORD[(number >> (5 * at) & 31) as usize]);
    (0..26).rev().map(digit).collect()
}

fn uuid_of_version(version: u8, mut bytes: [u8; 16]) -> String {
    // The version and variant (RFC 9562) replace six of the random bits.
    bytes[6] = bytes[6] & 0x0f | version << 4;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

impl Formats {
    /// Makes identifiers in the named format. They all have the same time.
    ///
    /// # Errors
    /// Returns an error if there is no such format, or if a value is missing, does not match its
    /// part's pattern, or belongs to no part.
    pub fn mint(
        &self,
        name: &str,
        given: &Given,
        count: usize,
        source: &mut impl Source,
    ) -> Result<Vec<(&IdFormat, String)>, MintError> {
        let format = self.named(name)?;
        let ids = Minter::default().mint(format, given, count, source)?;
        Ok(ids.into_iter().map(|id| (format, id)).collect())
    }

    /// Makes `count` sets of identifiers, each with one identifier in every format of a context.
    ///
    /// # Errors
    /// Returns the same errors as [`Formats::mint`].
    pub fn mint_contexts(
        &self,
        name: &str,
        given: &Given,
        count: usize,
        source: &mut impl Source,
    ) -> Result<Vec<(&IdFormat, String)>, MintError> {
        let formats = self.context(name).ok_or_else(|| MintError::NoContext(name.to_owned()))?;
        // A single minter makes all identifiers, because it holds the counter.
        let (mut minter, mut minted) = (Minter::default(), Vec::new());
        for _ in 0..count {
            let ids = minter.mint_together(&formats, given, source)?;
            minted.extend(formats.iter().copied().zip(ids));
        }
        Ok(minted)
    }

    /// Returns a context's formats.
    pub(crate) fn context(&self, name: &str) -> Option<Vec<&IdFormat>> {
        let context = self.contexts.iter().find(|context| context.name == name)?;
        context.formats.iter().map(|name| self.get(name)).collect()
    }
}
