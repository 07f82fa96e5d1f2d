//! [`Family`]: groups of codes that a check can be limited to.

use super::Code;

/// A group of codes that check the same property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// No identity names two files, and no file has two.
    Uniqueness,
    /// Registry, tree and history agree, and nothing is lost.
    Sync,
    /// The registry can be read, its identities are well-formed, and its counters are not full.
    Format,
    /// Every tracked file has an identity.
    Coverage,
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 4] =
        [Family::Uniqueness, Family::Sync, Family::Format, Family::Coverage];

    /// Returns the word for the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Uniqueness => "uniqueness",
            Family::Sync => "sync",
            Family::Format => "format",
            Family::Coverage => "coverage",
        }
    }

    /// Returns what is guaranteed if there are no findings, in one line without a full stop.
    pub fn meaning(self) -> &'static str {
        match self {
            Family::Uniqueness => "no identity names two files, and no file has two",
            Family::Sync => "registry, tree and history agree, and nothing is lost",
            Family::Format => {
                "the registry can be read, its identities are well-formed, and no counter is full"
            }
            Family::Coverage => "every tracked file has an identity",
        }
    }

    /// Returns whether a check that is limited to the family reports the code: its own codes, and
    /// those of a registry that cannot be read, which no check can examine.
    pub fn includes(self, code: Code) -> bool {
        code.family() == self || code.is_of_unreadable()
    }
}

impl Code {
    /// Returns whether the code means that the registry cannot be read, so that nothing else can
    /// be checked.
    pub fn is_of_unreadable(self) -> bool {
        matches!(self, Code::RegistryCorrupt | Code::MalformedId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_codes_and_reports_unreadable_registries() {
        for family in Family::ALL {
            assert!(Code::ALL.iter().any(|code| code.family() == family), "{family:?}");
            assert!(family.includes(Code::RegistryCorrupt));
        }
        assert!(!Family::Coverage.includes(Code::StalePath));
        assert!(Family::Coverage.includes(Code::MissingId));
    }
}
