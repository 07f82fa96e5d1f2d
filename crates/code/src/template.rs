//! Templates such as `run_{thread}_{hex8}`, which consist of literal text and parts in braces.

use idhooks_core::config::{ConfigError, PlacedText};

/// The maximum length of a part such as `{hex64}`.
const MAX_LENGTH: usize = 256;

/// The digits of a ULID: Crockford's Base32.
pub(crate) const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// The kinds of parts, for use in messages.
pub(crate) const KINDS: &str = "{ms}, {counter}, {uuid}, {uuid7}, {ulid}, {hex8}, {digits6}";
/// The words at the start of the names of kinds, both in this program and in others.
const KIND_WORDS: [&str; 16] = [
    "ms",
    "counter",
    "uuid",
    "uuidv",
    "guid",
    "ulid",
    "hex",
    "digits",
    "ksuid",
    "cuid",
    "nanoid",
    "tsid",
    "xid",
    "snowflake",
    "objectid",
    "typeid",
];

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TemplatePiece {
    Literal(String),
    Part { name: String, kind: PartKind },
}

/// The content of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartKind {
    /// `{ms}`: the milliseconds since the Unix epoch, 13 digits.
    Milliseconds,
    /// `{counter}`: the identifier's number within its process, starting at 1.
    Counter,
    /// `{hexN}`: N random lower-case hexadecimal digits.
    Hex(usize),
    /// `{digitsN}`: N random digits.
    Digits(usize),
    /// `{uuid}`: a version 4 UUID.
    Uuid,
    /// `{uuid7}`: a version 7 UUID, which begins with a time (RFC 9562).
    Uuid7,
    /// `{ulid}`: a ULID, which begins with a time.
    Ulid,
    /// `{nameN}`: the first N characters of a value, or the whole value if it is shorter.
    First {
        /// The value's name.
        of: String,
        /// The number of characters.
        length: usize,
    },
    /// `{name}`: a value that the caller passes when minting.
    Text,
    /// `{name}`: an identifier in another format.
    Identifier {
        /// The format's name.
        format: String,
    },
}

impl PartKind {
    /// Returns the kind of part that a name denotes.
    fn of_name(name: &str) -> Option<Self> {
        let word = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let length = &name[word.len()..];
        Some(match (word, length) {
            ("ms", "") => PartKind::Milliseconds,
            ("counter", "") => PartKind::Counter,
            ("uuid", "") => PartKind::Uuid,
            ("uuid", "7") => PartKind::Uuid7,
            ("ulid", "") => PartKind::Ulid,
            (_, "") => PartKind::Text,
            (word, length) => {
                let length =
                    length.parse().ok().filter(|length| (1..=MAX_LENGTH).contains(length))?;
                match word {
                    "hex" => PartKind::Hex(length),
                    "digits" => PartKind::Digits(length),
                    word => PartKind::First { of: word.to_owned(), length },
                }
            }
        })
    }

    /// Returns the default pattern for a part whose pattern is not declared.
    pub(crate) fn pattern(&self) -> String {
        match self {
            PartKind::Milliseconds => "[0-9]{13}".to_owned(),
            PartKind::Counter => "[0-9]+".to_owned(),
            PartKind::Hex(length) => format!("[0-9a-f]{{{length}}}"),
            PartKind::Digits(length) => format!("[0-9]{{{length}}}"),
            PartKind::Uuid => uuid_pattern('4'),
            PartKind::Uuid7 => uuid_pattern('7'),
            // 26 digits of 5 bits each hold 130 bits, two more than needed, so the first digit is
            // at most 7.
            PartKind::Ulid => "[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}".to_owned(),
            PartKind::First { length, .. } => format!("[\\-0-9A-Za-z]{{1,{length}}}"),
            PartKind::Text | PartKind::Identifier { .. } => {
                "[0-9A-Za-z][\\-0-9A-Z_a-z]*".to_owned()
            }
        }
    }

    /// Returns whether the caller must supply the value when minting.
    pub fn is_given(&self) -> bool {
        matches!(self, PartKind::First { .. } | PartKind::Text | PartKind::Identifier { .. })
    }

    /// Returns whether the part is random.
    pub fn is_random(&self) -> bool {
        matches!(self, PartKind::Hex(_) | PartKind::Digits(_) | PartKind::Uuid)
            || matches!(self, PartKind::Uuid7 | PartKind::Ulid)
    }

    /// Returns whether the part contains the time the identifier was made.
    pub fn is_dated(&self) -> bool {
        matches!(self, PartKind::Milliseconds | PartKind::Uuid7 | PartKind::Ulid)
    }

    /// Returns the time in a value of this kind, in milliseconds since the Unix epoch.
    pub(crate) fn millis(&self, value: &str) -> Option<u64> {
        match self {
            PartKind::Milliseconds => value.parse().ok(),
            // The 48 bits are written as twelve hexadecimal digits, with a hyphen after the eighth.
            PartKind::Uuid7 => u64::from_str_radix(&value.get(..13)?.replace('-', ""), 16).ok(),
            PartKind::Ulid => value.get(..10)?.bytes().try_fold(0, |millis, digit| {
                let digit = digit.to_ascii_uppercase();
                let value = CROCKFORD.iter().position(|known| *known == digit)?;
                Some(millis << 5 | value as u64)
            }),
            _ => None,
        }
    }
}

/// Returns the pattern for UUIDs of the given version.
fn uuid_pattern(version: char) -> String {
    let hex = |count: usize| format!("[0-9A-Fa-f]{{{count}}}");
    let variant = format!("[89ABab]{}", hex(3));
    [hex(8), hex(4), format!("{version}{}", hex(3)), variant, hex(12)].join("-")
}

/// Returns whether a value's name would be mistaken for the name of a kind that does not exist,
/// such as `{uuid9}` or `{nanoid}`.
pub(crate) fn looks_like_a_kind(name: &str) -> bool {
    // Names such as `{uuid_v7}` and `{hex_8}` were probably also meant to be kinds.
    let word = name.replace('_', "");
    // Letters after the number are probably a mistake, as in `{hex8x}`.
    let number = word.find(|c: char| c.is_ascii_digit()).unwrap_or(word.len());
    KIND_WORDS.contains(&&word[..number])
}

/// Splits a template into its pieces. Adjacent literals form one piece.
///
/// # Errors
/// Returns an error with its position if a brace is not closed, if a part's name is invalid or
/// occurs twice, or if the text contains characters that are not allowed in an identifier.
pub(crate) fn pieces(template: &PlacedText) -> Result<Vec<TemplatePiece>, ConfigError> {
    let refuse =
        |why: String| Err(template.error(format!("the template '{}' {why}", template.text)));
    let (mut pieces, mut rest) = (Vec::new(), &*template.text);
    while !rest.is_empty() {
        let literal = rest.split(['{', '}']).next().unwrap_or(rest);
        if let Some(c) = literal.chars().find(|c| !c.is_ascii_graphic()) {
            return refuse(format!(
                "contains {c:?}; identifiers are printable ASCII without spaces"
            ));
        }
        if !literal.is_empty() {
            pieces.push(TemplatePiece::Literal(literal.to_owned()));
            rest = &rest[literal.len()..];
            continue;
        }
        let Some((name, after)) = rest.strip_prefix('{').and_then(|part| part.split_once('}'))
        else {
            return refuse("has a brace without the other one".to_owned());
        };
        let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_');
        let Some(kind) = PartKind::of_name(name).filter(|_| is_name) else {
            let form = format!("a part is {KINDS} or a name such as {{thread}}");
            return refuse(format!("has the part {{{name}}}; {form}"));
        };
        if pieces
            .iter()
            .any(|piece| matches!(piece, TemplatePiece::Part { name: other, .. } if other == name))
        {
            return refuse(format!("has the part {{{name}}} twice"));
        }
        pieces.push(TemplatePiece::Part { name: name.to_owned(), kind });
        rest = after;
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<TemplatePiece>, ConfigError> {
        pieces(&PlacedText { text: text.to_owned(), line: 2, column: 12 })
    }

    #[test]
    fn a_template_has_literals_and_parts() {
        let part = |name: &str, kind| TemplatePiece::Part { name: name.to_owned(), kind };
        let literal = |text: &str| TemplatePiece::Literal(text.to_owned());
        assert_eq!(
            read("run_{thread}_{ms}{hex8}").expect("valid"),
            [
                literal("run_"),
                part("thread", PartKind::Text),
                literal("_"),
                part("ms", PartKind::Milliseconds),
                part("hex8", PartKind::Hex(8)),
            ]
        );
        let kinds = read("{uuid}{uuid7}{ulid}").expect("valid");
        let expected = [
            part("uuid", PartKind::Uuid),
            part("uuid7", PartKind::Uuid7),
            part("ulid", PartKind::Ulid),
        ];
        assert_eq!(kinds, expected);
        let first = PartKind::First { of: "user".to_owned(), length: 8 };
        assert_eq!(read("{user8}").expect("valid"), [part("user8", first)]);
        for (text, expected) in [
            ("a{b", "2:12: the template 'a{b' has a brace without the other one"),
            ("a}b", "has a brace"),
            ("{}", "has the part {}"),
            ("{A}", "has the part {A}"),
            ("{hex0}", "has the part {hex0}"),
            ("{hex999}", "has the part {hex999}"),
            ("{a}{a}", "has the part {a} twice"),
            ("a b", "contains ' '"),
            ("ä", "contains 'ä'"),
        ] {
            let error = read(text).expect_err("must be refused").to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
    #[test]
    fn the_time_of_the_examples_in_the_specifications_is_read() {
        for (kind, value, millis) in [
            // This example is from RFC 9562, appendix A.6.
            (PartKind::Uuid7, "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", Some(1_645_557_742_000)),
            (PartKind::Uuid7, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", Some(1_645_557_742_000)),
            // These examples are from the ULID specification and its reference implementation.
            (PartKind::Ulid, "01ARYZ6S41TSV4RRFFQ69G5FAV", Some(1_469_918_176_385)),
            (PartKind::Ulid, "01aryz6s41tsv4rrffq69g5fav", Some(1_469_918_176_385)),
            (PartKind::Ulid, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", Some((1 << 48) - 1)),
            (PartKind::Ulid, "01ARYZ6S4UTSV4RRFFQ69G5FAV", None),
            (PartKind::Uuid, "919108f7-52d1-4320-9bac-f847db4148a8", None),
        ] {
            assert_eq!(kind.millis(value), millis, "{value}");
        }
    }

    #[test]
    fn a_name_that_looks_like_a_kind_is_recognised() {
        for name in [
            "uuid9", "uuid_v7", "uuidv4", "guid", "ulid26", "hex", "digits", "nanoid21", "hex8x",
            "uuid7a",
        ] {
            assert!(looks_like_a_kind(name), "{name}");
        }
        for name in ["user8", "thread", "hexagon", "counter_id", "time", "uuids"] {
            assert!(!looks_like_a_kind(name), "{name}");
        }
    }
}
