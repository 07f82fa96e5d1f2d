//! [`RequiredVersion`]: the oldest version of idhooks that can read an `idhooks.toml`.

use std::fmt;

/// The oldest version of idhooks that can read an `idhooks.toml`, such as `>=0.2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequiredVersion(String);

impl RequiredVersion {
    pub(super) fn parse(text: &str) -> Option<Self> {
        oldest(text).map(|_| RequiredVersion(text.to_owned()))
    }

    /// Returns whether a program of this version, such as `0.1.0`, can read the file. A suffix such as
    /// `-rc.1` does not count. A version that does not begin with numbers is accepted: it says
    /// nothing about its age.
    pub fn accepts(&self, version: &str) -> bool {
        numbers(version_numbers(version))
            .is_none_or(|version| oldest(&self.0).is_some_and(|oldest| version >= oldest))
    }
}

impl fmt::Display for RequiredVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Returns the numbers at the start of a version, such as `0.1.0` of `0.1.0-rc.1`: nothing else is
/// compared.
pub fn version_numbers(version: &str) -> &str {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.');
    &version[..end.unwrap_or(version.len())]
}

fn oldest(required: &str) -> Option<[u64; 3]> {
    numbers(required.strip_prefix(">=")?.trim())
}

/// Returns up to three numbers; those that are missing are 0.
fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    for (n, part) in version.split('.').enumerate() {
        *numbers.get_mut(n)? = part.parse().ok()?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (required, version, accepts) in [
            (">=0.2", "0.1.9", false),
            (">=0.2", "0.2.0", true),
            (">= 0.2", "0.10.0", true),
            (">=1", "0.99.99", false),
            (">=0.1.10", "0.1.9", false),
            (">=0.1", "unknown", true),
            (">=9.9.9", "0.2.0-rc.1", false),
            (">=0.2.0", "0.2.0-rc.1", true),
            (">=0.1.1", "0.1.0+build.5", false),
        ] {
            let parsed = RequiredVersion::parse(required).expect(required);
            assert_eq!(parsed.accepts(version), accepts, "{required} {version}");
            assert_eq!(parsed.to_string(), required);
        }
        for wrong in ["0.2", ">0.2", ">=", ">=0.2.1.1", ">=0.x"] {
            assert_eq!(RequiredVersion::parse(wrong), None, "{wrong}");
        }
    }
}
