//! The codes of findings: their stable names, severities and families.

use std::fmt;

use super::{Family, Severity};

/// The kind of fault that a finding reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A commit with an inconsistent registry that a later commit heals.
    Behind,
    /// A counter that is over 95 % used, or full.
    Capacity,
    /// An identity that a merge with another branch would change.
    Collision,
    /// A file with a deprecated identity.
    DeprecatedInUse,
    /// Two records with the same identity.
    DuplicateId,
    /// Two files that carry the same identity.
    DuplicateInFs,
    /// Two records with the same origin.
    DuplicateOrigin,
    /// A path with two active identities.
    DuplicatePath,
    /// A path that stayed, or an exact rename, that has another identity than before.
    IdentityChanged,
    /// An identity that named two different files over a history.
    IdReused,
    /// An identity that is not 16 digits, has sequence 00000 or an unknown scope.
    MalformedId,
    /// A tracked file without an identity.
    MissingId,
    /// A valid registry that is not in canonical form.
    NotCanonical,
    /// Hooks, merge driver or attributes that are missing or outdated in this clone.
    NotInstalled,
    /// A file that carries the identity of another one.
    PathMismatch,
    /// A record of a parent commit that is missing.
    RecordLost,
    /// A registry that cannot be parsed, or has the wrong schema, the wrong scope or conflict
    /// markers.
    RegistryCorrupt,
    /// An active record of a path that is not tracked.
    StalePath,
    /// A file that carries an identity that the registry does not have.
    Unregistered,
}

impl Code {
    /// Every code, in the order of their names.
    pub const ALL: [Code; 19] = [
        Code::Behind,
        Code::Capacity,
        Code::Collision,
        Code::DeprecatedInUse,
        Code::DuplicateId,
        Code::DuplicateInFs,
        Code::DuplicateOrigin,
        Code::DuplicatePath,
        Code::IdentityChanged,
        Code::IdReused,
        Code::MalformedId,
        Code::MissingId,
        Code::NotCanonical,
        Code::NotInstalled,
        Code::PathMismatch,
        Code::RecordLost,
        Code::RegistryCorrupt,
        Code::StalePath,
        Code::Unregistered,
    ];

    /// Returns the stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::Behind => "BEHIND",
            Code::Capacity => "CAPACITY",
            Code::Collision => "COLLISION",
            Code::DeprecatedInUse => "DEPRECATED_IN_USE",
            Code::DuplicateId => "DUPLICATE_ID",
            Code::DuplicateInFs => "DUPLICATE_IN_FS",
            Code::DuplicateOrigin => "DUPLICATE_ORIGIN",
            Code::DuplicatePath => "DUPLICATE_PATH",
            Code::IdentityChanged => "IDENTITY_CHANGED",
            Code::IdReused => "ID_REUSED",
            Code::MalformedId => "MALFORMED_ID",
            Code::MissingId => "MISSING_ID",
            Code::NotCanonical => "NOT_CANONICAL",
            Code::NotInstalled => "NOT_INSTALLED",
            Code::PathMismatch => "PATH_MISMATCH",
            Code::RecordLost => "RECORD_LOST",
            Code::RegistryCorrupt => "REGISTRY_CORRUPT",
            Code::StalePath => "STALE_PATH",
            Code::Unregistered => "UNREGISTERED",
        }
    }

    /// Returns the default severity of findings of this code.
    pub fn severity(self) -> Severity {
        match self {
            Code::Behind
            | Code::Capacity
            | Code::Collision
            | Code::DeprecatedInUse
            | Code::NotCanonical
            | Code::NotInstalled => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Returns the family of the code.
    ///
    /// `CAPACITY` is a matter of format: a counter runs full because a sequence has five digits.
    pub fn family(self) -> Family {
        match self {
            Code::Collision
            | Code::DuplicateId
            | Code::DuplicateInFs
            | Code::DuplicateOrigin
            | Code::DuplicatePath
            | Code::IdReused => Family::Uniqueness,
            Code::Behind
            | Code::DeprecatedInUse
            | Code::IdentityChanged
            | Code::NotInstalled
            | Code::PathMismatch
            | Code::RecordLost
            | Code::StalePath
            | Code::Unregistered => Family::Sync,
            Code::Capacity | Code::MalformedId | Code::NotCanonical | Code::RegistryCorrupt => {
                Family::Format
            }
            Code::MissingId => Family::Coverage,
        }
    }
}

impl std::str::FromStr for Code {
    type Err = UnknownCode;

    /// Parses the name of a code, in any case.
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let same = |code: &Code| code.as_str().eq_ignore_ascii_case(text);
        Code::ALL.into_iter().find(same).ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

/// The error for a text that is not the name of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCode(String);

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not a finding code", self.0)
    }
}

impl std::error::Error for UnknownCode {}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_ordered_by_name() {
        let mut by_name = Code::ALL;
        by_name.sort_by_key(|code| code.as_str());
        let mut by_variant = Code::ALL;
        by_variant.sort();
        assert_eq!(by_name, Code::ALL);
        assert_eq!(by_variant, Code::ALL);
        for code in Code::ALL {
            assert_eq!(code.as_str().to_lowercase().parse(), Ok(code));
        }
    }
}
