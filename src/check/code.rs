//! The codes of findings: stable names, severities, explanations.

use std::fmt;

use super::{Family, Severity};

/// What kind of fault a finding reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A commit whose registry is not true, but a later one heals it.
    Behind,
    /// A counter over 95 % used, or full.
    Capacity,
    /// An identity that a merge with another branch would change.
    Collision,
    /// A file whose identity was given up.
    DeprecatedInUse,
    /// One identity on two registry records.
    DuplicateId,
    /// One identity in two files.
    DuplicateInFs,
    /// One origin on two registry records.
    DuplicateOrigin,
    /// Two active identities for one path.
    DuplicatePath,
    /// A path that stayed, or an exact rename, has another identity than before.
    IdentityChanged,
    /// Over a history, one identity named two different files.
    IdReused,
    /// Not 16 digits, sequence 00000, or an unknown scope.
    MalformedId,
    /// A tracked file without an allocation.
    MissingId,
    /// A valid registry that is not in canonical form.
    NotCanonical,
    /// Hooks, driver or attributes missing or outdated in this clone.
    NotInstalled,
    /// A file carries the identity of another one.
    PathMismatch,
    /// A record that a parent commit holds is gone.
    RecordLost,
    /// Not parseable, wrong schema, wrong scope, or conflict markers.
    RegistryCorrupt,
    /// An active record whose file is not there.
    StalePath,
    /// A file carries an identity that the registry does not hold.
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

    /// Returns the severity findings of this code have unless something raises or lowers it.
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

    /// Returns the family it belongs to: the question that it answers.
    ///
    /// A counter runs full because an identity has five digits for the sequence, so that is a
    /// matter of form.
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

    /// Finds the code with that name, in any case.
    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        let same = |code: &Code| code.as_str().eq_ignore_ascii_case(text);
        Code::ALL.into_iter().find(same).ok_or_else(|| UnknownCode(text.to_owned()))
    }
}

/// A text that is the name of no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownCode(String);

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is not a code of findings", self.0)
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
