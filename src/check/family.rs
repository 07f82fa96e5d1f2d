//! The families of codes, to which a check can be narrowed.

use super::Code;

/// What codes have in common: the question they answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Family {
    /// No identity names two files, and no file has two.
    Uniqueness,
    /// Registry, tree and history agree, and nothing is lost.
    Sync,
    /// The registry can be read, and its identities have the right form and room.
    Format,
    /// Every tracked file has an identity.
    Coverage,
}

impl Family {
    /// Every family.
    pub const ALL: [Family; 4] =
        [Family::Uniqueness, Family::Sync, Family::Format, Family::Coverage];

    /// Returns the word by which it is asked for.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Uniqueness => "uniqueness",
            Family::Sync => "sync",
            Family::Format => "format",
            Family::Coverage => "coverage",
        }
    }

    /// Returns what holds where it has no findings, in one line without a full stop.
    pub fn meaning(self) -> &'static str {
        match self {
            Family::Uniqueness => "no identity names two files, and no file has two",
            Family::Sync => "registry, tree and history agree, and nothing is lost",
            Family::Format => {
                "the registry can be read, and its identities have the right form and room"
            }
            Family::Coverage => "every tracked file has an identity",
        }
    }

    /// Returns whether a check that is narrowed to the family reports the code: its own ones, and
    /// those of a registry that cannot be read, of which nothing else can be said.
    pub fn includes(self, code: Code) -> bool {
        code.family() == self || code.is_of_unreadable()
    }
}

impl Code {
    /// Returns whether the registry cannot be read where it is found, so that nothing else can be
    /// said of it.
    pub fn is_of_unreadable(self) -> bool {
        matches!(self, Code::RegistryCorrupt | Code::MalformedId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_codes_and_none_hides_a_registry_that_cannot_be_read() {
        for family in Family::ALL {
            assert!(Code::ALL.iter().any(|code| code.family() == family), "{family:?}");
            assert!(family.includes(Code::RegistryCorrupt));
        }
        assert!(!Family::Coverage.includes(Code::StalePath));
        assert!(Family::Coverage.includes(Code::MissingId));
    }
}
