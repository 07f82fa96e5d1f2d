//! [`Family`]: groups of codes that a check can be limited to.

use super::Code;

crate::words! {
    /// A group of codes that check the same property.
    pub enum Family, help {
        /// No identity names two files, and no file has two.
        Uniqueness = "uniqueness", "No identity names two files, and no file has two";
        /// Registry, tree and history agree, and nothing is lost.
        Sync = "sync", "Registry, tree and history agree, and nothing is lost";
        /// The registry can be read, its identities are well-formed, and no counter is full.
        Format = "format",
            "The registry can be read, its identities are well-formed, and no counter is full";
        /// Every tracked file has an identity.
        Coverage = "coverage", "Every tracked file has an identity";
    }
}

impl Family {
    /// Returns what is guaranteed if there are no findings, to follow a colon.
    pub fn meaning(self) -> String {
        let (first, rest) = self.help().split_at(1);
        first.to_lowercase() + rest
    }

    /// Returns whether a check that is limited to the family reports the code: its own codes, and
    /// those of a registry that cannot be read, which no check can examine.
    pub fn includes(self, code: Code) -> bool {
        code.family() == self || code.is_of_unreadable()
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
