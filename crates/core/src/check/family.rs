//! [`Family`]: groups of codes to which a check can be limited; [`Drift`]: kinds of findings,
//! according to how the registry and the tree disagree or soon will.

use super::{Code, Finding, Severity};

crate::words! {
    /// A group of codes that check the same property.
    pub enum Family, help {
        /// No identity names two files, and no file has two identities.
        Uniqueness = "uniqueness", "No identity names two files, and no file has two";
        /// The registry, the tree and the history agree, and nothing is lost.
        Sync = "sync", "Registry, tree and history agree, and nothing is lost";
        /// The registry is readable, its identities are well-formed, and no counter is full.
        Format = "format",
            "The registry can be read, its identities are well-formed, and no counter is full";
        /// Every tracked file has an identity.
        Coverage = "coverage", "Every tracked file has an identity";
        /// Identifiers in code have a declared format.
        Identifiers = "identifiers", "Identifiers in code have a declared format";
    }
}

impl Family {
    /// The families that 'idhooks check' covers; the others belong to 'idhooks lint'.
    pub const OF_CHECK: [Family; 4] =
        [Family::Uniqueness, Family::Sync, Family::Format, Family::Coverage];

    /// Returns what a check without findings guarantees, phrased to follow a colon in a sentence.
    pub fn meaning(self) -> String {
        let (first, rest) = self.help().split_at(1);
        first.to_lowercase() + rest
    }

    /// Returns whether a check limited to the family reports the code. These are the family's own
    /// codes and the codes for an unreadable registry, which make any check impossible.
    pub fn includes(self, code: Code) -> bool {
        code.family() == self || code.is_of_unreadable()
    }
}

crate::words! {
    /// A kind of drift.
    pub enum Drift, title {
        /// Files without an identity.
        Missing = "missing", "Missing identities";
        /// Identities that files carry, but that are missing from the registry or registered for
        /// another file.
        Unregistered = "unregistered", "Unregistered identities";
        /// Identities whose files are not tracked.
        Stale = "stale", "Stale paths";
        /// Deprecated identities whose files still exist.
        DeprecatedInUse = "deprecated_in_use", "Deprecated identities in use";
        /// Counters near their limit.
        Capacity = "capacity", "Counters near their limit";
        /// A registry that contradicts its history, or is unreadable.
        Registry = "registry", "The registry itself";
        /// Identifiers in code that have no declared format.
        Identifiers = "identifiers", "Identifiers in code";
        /// References to missing or changed targets.
        References = "references", "References between files";
    }
}

impl Drift {
    /// Counts the findings of this kind, except remarks.
    pub fn count(self, findings: &[Finding]) -> usize {
        let is_it = |finding: &&Finding| {
            finding.severity != Severity::Info && finding.code.row().drift == self
        };
        findings.iter().filter(is_it).count()
    }

    /// Returns the findings grouped by kind; the last three kinds are included only if they have
    /// findings.
    pub fn sections(findings: &[Finding]) -> Vec<(Drift, Vec<&Finding>)> {
        let of = |kind: Drift| {
            let found = findings.iter().filter(|finding| finding.code.row().drift == kind);
            (kind, found.collect::<Vec<_>>())
        };
        let is_shown =
            |(kind, found): &(Drift, Vec<_>)| *kind < Drift::Registry || !found.is_empty();
        Drift::ALL.into_iter().map(of).filter(is_shown).collect()
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

#[cfg(test)]
mod drift_tests {
    use super::*;
    use crate::check::Code;

    #[test]
    fn every_finding_is_in_a_section() {
        let findings: Vec<Finding> =
            Code::ALL.into_iter().map(|code| Finding::new(code, "m", "h")).collect();
        let sections = Drift::sections(&findings);
        assert_eq!(sections.iter().map(|(_, found)| found.len()).sum::<usize>(), findings.len());
        assert_eq!(sections.len(), 8);
        let none = Drift::sections(&[]);
        assert!(none.len() == 5 && none.iter().all(|(_, found)| found.is_empty()));
    }
}
