//! [`FileName`]: file names that begin with an identity, such as `2099900007260118_app.py`.
//!
//! If a name must not begin with a digit, as in a Python module, `P_` comes before the identity.

use std::ops::RangeInclusive;

use super::Id;

/// The separator between an identity and the rest of the name.
const SEPARATOR: &[u8] = b"_";
/// The prefix before an identity in a name that must not begin with a digit.
const LEAD: &[u8] = b"P_";
/// How many leading digits look like a malformed identity.
const NEARLY: RangeInclusive<usize> = 5..=24;

/// A file name, split into its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileName<'a> {
    lead: &'a [u8],
    /// The 16 digits at the start, which may be the placeholder.
    pub digits: Option<&'a str>,
    /// The name without the prefix, digits and separator.
    pub rest: &'a [u8],
}

impl<'a> FileName<'a> {
    /// Splits a file name into its parts.
    pub fn of(name: &'a [u8]) -> Self {
        match split(name).filter(|(_, digits, _)| digits.len() == Id::DIGITS) {
            Some((lead, digits, rest)) => FileName { lead, digits: Some(digits), rest },
            None => FileName { lead: b"", digits: None, rest: name },
        }
    }

    /// Returns a name's leading digits if they look like a malformed identity. The placeholder does
    /// not count as malformed.
    pub fn malformed(name: &'a [u8]) -> Option<&'a str> {
        let (_, digits, _) = split(name)?;
        let is_wrong = NEARLY.contains(&digits.len())
            && digits != Id::PLACEHOLDER
            && digits.parse::<Id>().is_err();
        is_wrong.then_some(digits)
    }

    /// Returns a name without its leading digits, however many there are.
    pub fn undigited(name: &[u8]) -> Option<&[u8]> {
        let (_, digits, rest) = split(name)?;
        (!digits.is_empty() && !rest.is_empty()).then_some(rest)
    }

    /// Returns the identity at the start of the name.
    pub fn id(&self) -> Option<Id> {
        self.digits.and_then(|digits| digits.parse().ok())
    }

    /// Returns the part before the name: prefix, digits and separator, if any.
    pub fn head(&self) -> Vec<u8> {
        match self.digits {
            Some(digits) => [self.lead, digits.as_bytes(), SEPARATOR].concat(),
            None => Vec::new(),
        }
    }

    /// Returns the part before a name that begins with `id`; set `has_lead` if the name must not
    /// begin with a digit.
    pub fn head_of(id: Id, has_lead: bool) -> Vec<u8> {
        let lead = if has_lead { LEAD } else { b"" };
        [lead, &id.digits(), SEPARATOR].concat()
    }

    /// Returns the name with its leading digits, if any, replaced by these.
    pub fn with(&self, digits: &str) -> Vec<u8> {
        [self.lead, digits.as_bytes(), SEPARATOR, self.rest].concat()
    }
}

/// Splits a name that begins with digits and the separator into the prefix, the digits (however
/// many), and the rest.
fn split(name: &[u8]) -> Option<(&[u8], &str, &[u8])> {
    let (lead, after) = match name.strip_prefix(LEAD) {
        Some(after) => (LEAD, after),
        None => (&b""[..], name),
    };
    let end = after.iter().position(|byte| !byte.is_ascii_digit())?;
    let (digits, rest) = after.split_at(end);
    // Digits without the separator are part of the name, as in `2024.md`.
    Some((lead, std::str::from_utf8(digits).ok()?, rest.strip_prefix(SEPARATOR)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_digits_and_a_line_are_a_prefix() {
        let digits = |name: &str| FileName::of(name.as_bytes()).digits.map(str::to_owned);
        let id = Some("2099900007260118".to_owned());
        assert_eq!(digits("2099900007260118_app.py"), id);
        assert_eq!(digits("P_2099900007260118_app.py"), id);
        assert_eq!(digits("0000000000000000_app.py").as_deref(), Some(Id::PLACEHOLDER));
        for name in [
            "app.py",
            "",
            "P_app.py",
            "2099900007260118",
            "2099900007260118.py",
            "209990000726011_app.py",
            "20999000072601188_app.py",
            "p_2099900007260118_app.py",
            "20999000072601é_app.py",
        ] {
            assert_eq!(digits(name), None, "{name}");
        }
    }

    #[test]
    fn malformed_identities_are_recognized() {
        for name in
            ["12345_x", "P_209990000726011_x.py", "20999000072601188_x", "2099900000260118_x"]
        {
            assert!(FileName::malformed(name.as_bytes()).is_some(), "{name}");
        }
        let many = format!("{}_x", "1".repeat(25));
        for name in ["x", "1234_x", &many, "2099900007260118_x", "0000000000000000_x", "12345.x"] {
            assert_eq!(FileName::malformed(name.as_bytes()), None, "{name}");
        }
        let undigited = ["12345_x", "P_12345_x_y", "P_x", "12345_", "x"];
        let undigited = undigited.map(|name| FileName::undigited(name.as_bytes()));
        assert_eq!(undigited, [Some(&b"x"[..]), Some(b"x_y"), None, None, None]);
    }

    #[test]
    fn a_prefix_is_replaced_never_doubled() {
        let with = |name: &str| FileName::of(name.as_bytes()).with("2099900007260118");
        assert_eq!(with("app.py"), b"2099900007260118_app.py");
        assert_eq!(with("0000000000000000_app.py"), b"2099900007260118_app.py");
        assert_eq!(with("P_0000000000000000_app.py"), b"P_2099900007260118_app.py");
        let name = FileName::of(b"P_2099900007260118_app.py");
        let parts = [name.head(), name.rest.to_vec()].concat();
        assert_eq!(parts, b"P_2099900007260118_app.py");
        let id = name.id().expect("an identity");
        assert_eq!(
            [true, false].map(|lead| FileName::head_of(id, lead)),
            [name.head(), name.head()[2..].to_vec()]
        );
        let plain = FileName::of(b"P_app.py");
        assert_eq!((plain.head(), plain.rest), (vec![], &b"P_app.py"[..]));
        assert_eq!(FileName::of(b"0000000000000000_x").id(), None);
        assert_eq!(FileName::of(&with("x")).id(), "2099900007260118".parse().ok());
    }
}
