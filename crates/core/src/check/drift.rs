//! [`Drift`]: findings grouped by how registry and tree disagree, or soon will.

use super::{Code, Finding};

/// A kind of drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drift {
    /// Files without an identity.
    Missing,
    /// Identities in files that the registry does not have, or has for another file.
    Unregistered,
    /// Identities of files that are not tracked.
    Stale,
    /// Deprecated identities of files that still exist.
    DeprecatedInUse,
    /// Counters near their limit.
    Capacity,
    /// A registry that contradicts its history, or cannot be read.
    Registry,
}

impl Drift {
    /// Every kind, in the order of a report.
    pub const ALL: [Drift; 6] = [
        Drift::Missing,
        Drift::Unregistered,
        Drift::Stale,
        Drift::DeprecatedInUse,
        Drift::Capacity,
        Drift::Registry,
    ];

    /// Returns the word for machine formats.
    pub fn as_str(self) -> &'static str {
        match self {
            Drift::Missing => "missing",
            Drift::Unregistered => "unregistered",
            Drift::Stale => "stale",
            Drift::DeprecatedInUse => "deprecated_in_use",
            Drift::Capacity => "capacity",
            Drift::Registry => "registry",
        }
    }

    /// Returns the title for people.
    pub fn title(self) -> &'static str {
        match self {
            Drift::Missing => "Missing identities",
            Drift::Unregistered => "Unregistered identities",
            Drift::Stale => "Stale paths",
            Drift::DeprecatedInUse => "Deprecated identities in use",
            Drift::Capacity => "Counters near their limit",
            Drift::Registry => "The registry itself",
        }
    }

    /// Returns the kind that a code belongs to.
    pub fn of(code: Code) -> Self {
        match code {
            Code::MissingId => Drift::Missing,
            Code::Unregistered | Code::PathMismatch | Code::DuplicateInFs => Drift::Unregistered,
            Code::StalePath => Drift::Stale,
            Code::DeprecatedInUse => Drift::DeprecatedInUse,
            Code::Capacity => Drift::Capacity,
            _ => Drift::Registry,
        }
    }

    /// Returns the findings by kind; the last kind only if it has any.
    pub fn sections(findings: &[Finding]) -> Vec<(Drift, Vec<&Finding>)> {
        let of = |kind: Drift| {
            let found = findings.iter().filter(|finding| Drift::of(finding.code) == kind);
            (kind, found.collect::<Vec<_>>())
        };
        let is_shown =
            |(kind, found): &(Drift, Vec<_>)| *kind != Drift::Registry || !found.is_empty();
        Drift::ALL.into_iter().map(of).filter(is_shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finding_is_in_a_section() {
        let findings: Vec<Finding> =
            Code::ALL.into_iter().map(|code| Finding::new(code, "m", "h")).collect();
        let sections = Drift::sections(&findings);
        assert_eq!(sections.iter().map(|(_, found)| found.len()).sum::<usize>(), findings.len());
        assert_eq!(sections.len(), 6);
        let none = Drift::sections(&[]);
        assert!(none.len() == 5 && none.iter().all(|(_, found)| found.is_empty()));
    }
}
