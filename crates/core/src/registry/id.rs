//! The 16-digit identity and its parts: TYPE, NS, SEQ and SCOPE.

use std::{fmt, str::FromStr};

use super::excerpt;

/// The error for malformed text, such as an invalid identity or part of one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is not {what}")]
pub struct TextError {
    what: &'static str,
    text: String,
}

impl TextError {
    /// Returns the error for text that is not a valid `what`.
    pub fn new(text: &str, what: &'static str) -> Self {
        TextError { what, text: excerpt(text).into_owned() }
    }
}

fn digits(text: &str, count: usize, what: &'static str) -> Result<u64, TextError> {
    let error = || TextError::new(text, what);
    if text.len() != count || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error());
    }
    text.parse().map_err(|_| error())
}

/// Parses eight decimal digits at once, because registries contain many of them.
fn eight_digits(digits: [u8; 8]) -> Option<u64> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let text = u64::from_le_bytes(digits);
    // A digit's high half is 3, and stays 3 when 6 is added.
    let high = |text: u64| text & (0xf0 * ONES);
    if high(text) != 0x30 * ONES || high(text.wrapping_add(6 * ONES)) != 0x30 * ONES {
        return None;
    }
    let digits = text & (0x0f * ONES);
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours * 10_000 + (fours >> 32)) & 0xffff_ffff)
}

/// A part of an identity, written with `N` digits; the default is all zeros.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdPart<const N: usize>(u32);

/// The TYPE: what kind of file it is, as two digits (`00` = other).
pub type TypeCode = IdPart<2>;

/// The NS: which part of the repository the file is in, as three digits (`999` = other).
pub type Namespace = IdPart<3>;

/// The SCOPE: the repository's six digits, fixed at adoption.
pub type Scope = IdPart<6>;

/// The SEQ: the number within a counter, 1 to 99999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sequence(u32);

impl TypeCode {
    /// The TYPE for files that no rule matches.
    pub const OTHER: TypeCode = IdPart(0);
}

impl Namespace {
    /// The namespace for paths that no rule matches.
    pub const OTHER: Namespace = IdPart(999);

    /// Returns the namespace with this number; `None` if it is above 999.
    pub fn new(number: u32) -> Option<Self> {
        (number < 1_000).then_some(IdPart(number))
    }

    /// Returns the namespace as a number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl Scope {
    /// The smallest scope, for use where the scope doesn't matter: a record is the same whatever
    /// its registry's scope.
    pub const SMALLEST: Scope = IdPart(0);
}

impl Sequence {
    /// The largest sequence in a counter.
    pub const MAX: u32 = 99_999;

    /// The first sequence in a counter.
    pub const FIRST: Sequence = Sequence(1);

    /// Returns the sequence with this `number`; `None` if it is outside 1 to 99999.
    pub fn new(number: u32) -> Option<Self> {
        (1..=Self::MAX).contains(&number).then_some(Sequence(number))
    }

    /// Returns the sequence as a number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<const N: usize> FromStr for IdPart<N> {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let what = match N {
            2 => "a TYPE of two digits",
            3 => "a namespace of three digits",
            _ => "a scope of six digits",
        };
        digits(text, N, what).map(|number| IdPart(number as u32))
    }
}

impl<const N: usize> fmt::Display for IdPart<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0N$}", self.0)
    }
}

/// The key of a counter: one namespace, one TYPE, one scope.
///
/// Written as `NS_TYPE_SCOPE`, for example `100_01_260118`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CounterKey {
    /// The namespace.
    pub namespace: Namespace,
    /// The TYPE.
    pub type_code: TypeCode,
    /// The scope.
    pub scope: Scope,
}

impl CounterKey {
    /// Returns the identity with `sequence` in this counter.
    pub fn id(self, sequence: Sequence) -> Id {
        let head = u64::from(self.type_code.0) * 1_000 + u64::from(self.namespace.0);
        Id((head * 100_000 + u64::from(sequence.0)) * 1_000_000 + u64::from(self.scope.0))
    }
}

impl fmt::Display for CounterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}_{}", self.namespace, self.type_code, self.scope)
    }
}

impl FromStr for CounterKey {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let parse = || {
            let (namespace, rest) = text.split_once('_')?;
            let (type_code, scope) = rest.split_once('_')?;
            Some(CounterKey {
                namespace: namespace.parse().ok()?,
                type_code: type_code.parse().ok()?,
                scope: scope.parse().ok()?,
            })
        };
        parse().ok_or_else(|| TextError::new(text, "a counter NS_TYPE_SCOPE"))
    }
}

/// A 16-digit identity `TTNNNSSSSSCCCCCC`; its sequence is never 00000.
///
/// Identities sort in the same order as their text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u64);

impl Id {
    /// The number of digits.
    pub const DIGITS: usize = 16;

    /// The text that means "to be allocated"; never a valid identity.
    pub const PLACEHOLDER: &'static str = "0000000000000000";

    /// Parses 16 digits; `None` if they are not an identity.
    pub fn from_digits(digits: &[u8; 16]) -> Option<Self> {
        let (head, tail) = digits.split_first_chunk()?;
        let id = Id(eight_digits(*head)? * 100_000_000 + eight_digits(*tail.first_chunk()?)?);
        // Sequence 00000 is never used, so 0000000000000000 is not an identity and can serve as the
        // placeholder.
        (id.sequence().0 != 0).then_some(id)
    }

    /// Returns the digits as a number.
    pub fn number(self) -> u64 {
        self.0
    }

    /// Returns the identity with these digits, if they form one.
    pub fn from_number(number: u64) -> Option<Self> {
        let id = Id(number);
        (number < 10_000_000_000_000_000 && id.sequence().0 != 0).then_some(id)
    }

    /// Returns the 16 digits.
    pub fn digits(self) -> [u8; 16] {
        let mut rest = self.0;
        let mut digits = [0; 16];
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        digits
    }

    /// Returns the TYPE the identity was allocated for.
    pub fn type_code(self) -> TypeCode {
        IdPart((self.0 / 100_000_000_000_000) as u32)
    }

    /// Returns the namespace the identity was allocated in.
    pub fn namespace(self) -> Namespace {
        IdPart((self.0 / 100_000_000_000 % 1_000) as u32)
    }

    /// Returns the sequence within the counter.
    pub fn sequence(self) -> Sequence {
        Sequence((self.0 / 1_000_000 % 100_000) as u32)
    }

    /// Returns the repository's scope.
    pub fn scope(self) -> Scope {
        IdPart((self.0 % 1_000_000) as u32)
    }

    /// Returns the first five digits, TYPE and namespace, as a number.
    pub fn group(self) -> u64 {
        self.0 / 100_000_000_000
    }

    /// Returns the identity's counter.
    pub fn counter(self) -> CounterKey {
        CounterKey { namespace: self.namespace(), type_code: self.type_code(), scope: self.scope() }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All digits are formatted at once, because a registry contains many identities.
        f.write_str(std::str::from_utf8(&self.digits()).unwrap_or_default())
    }
}

impl FromStr for Id {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let id = Id(digits(text, 16, "an identity of 16 digits")?);
        if id.sequence().0 == 0 {
            return Err(TextError::new(text, "an identity (sequence 00000 is never given)"));
        }
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_into_its_parts_and_back() {
        let id: Id = "2010012345260118".parse().expect("valid");
        assert_eq!(id.type_code().to_string(), "20");
        assert_eq!(id.namespace().to_string(), "100");
        assert_eq!(id.sequence().get(), 12345);
        assert_eq!(id.scope().to_string(), "260118");
        assert_eq!(id.counter().to_string(), "100_20_260118");
        assert_eq!(id.counter().id(id.sequence()), id);
        assert_eq!("100_20_260118".parse(), Ok(id.counter()));
        assert_eq!(id.to_string(), "2010012345260118");
        assert_eq!(Id::from_digits(b"2010012345260118"), Some(id));
        assert_eq!(Id::from_number(id.number()), Some(id));
        assert_eq!([0, 2010000000260118, u64::MAX].map(Id::from_number), [None; 3]);
    }

    #[test]
    fn only_digits_are_accepted() {
        for byte in 0..=u8::MAX {
            for at in 0..16 {
                let mut digits = *b"2010012345260118";
                digits[at] = byte;
                let text = String::from_utf8_lossy(&digits);
                assert_eq!(Id::from_digits(&digits), text.parse().ok(), "{text}");
            }
        }
    }

    #[test]
    fn refuses_what_is_no_identity() {
        for text in [
            "",
            "201001234526011",
            "20100123452601188",
            "20100123452601x8",
            "+010012345260118",
            "2010000000260118",
            Id::PLACEHOLDER,
        ] {
            assert!(text.parse::<Id>().is_err(), "{text}");
            let digits = text.as_bytes().try_into().ok();
            assert_eq!(digits.and_then(Id::from_digits), None, "{text}");
        }
        for text in ["100_20", "100_20_260118_1", "100-20-260118", "10_20_260118"] {
            assert!(text.parse::<CounterKey>().is_err(), "{text}");
        }
        assert_eq!(Sequence::new(0), None);
        assert_eq!(Sequence::new(100_000), None);
    }
}
