//! The checks: one file for each group, listed in [`CHECKS`].

macro_rules! checks {
    ($($name:ident)+) => {
        $(pub(super) mod $name;)+

        /// All checks.
        const CHECKS: &[fn(&Subject<'_>) -> Vec<Finding>] = &[$($name::check),+];
    };
}

checks! {
    capacity coverage doc_ids duplicates form identity ids_in_files in_use lost unexplained
}

use super::finding::Finding;
use super::subject::Subject;

/// Returns every finding, sorted.
pub fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(subject)).collect();
    findings.sort();
    findings.dedup();
    findings
}

/// Returns the findings that make a commit inconsistent, sorted.
///
/// A commit is consistent if every tracked path has exactly one holder and the path of every
/// active record is tracked; no identity, origin or held path occurs twice; no record of a parent
/// is missing; every path that stayed has the identity it must keep; and every deprecated or
/// superseded record says why.
pub fn consistency(subject: &Subject<'_>) -> Vec<Finding> {
    let checks =
        [coverage::check, duplicates::check, lost::check, identity::kept, unexplained::statuses];
    let mut findings: Vec<Finding> = checks.iter().flat_map(|check| check(subject)).collect();
    findings.sort();
    findings
}
