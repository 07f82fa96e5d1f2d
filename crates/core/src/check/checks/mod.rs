//! The checks: one file for each group, listed in [`CHECKS`].

macro_rules! checks {
    ($($name:ident)+) => {
        $(pub(super) mod $name;)+

        /// All checks.
        const CHECKS: &[fn(&CheckInput<'_>) -> Vec<Finding>] = &[$($name::check),+];
    };
}

checks! {
    capacity coverage doc_ids duplicates form identity ids_in_files in_use lost unexplained
}

use crate::rename::Blobs;

use coverage::coverage;
use duplicates::duplicates;
use identity::kept;
use lost::lost;
use unexplained::statuses;

use super::carried::Carried;
use super::finding::Finding;
use super::subject::{CheckInput, Subject};

/// Returns every finding, sorted; `carriers` are the identities that files are known to carry.
pub fn check(subject: &Subject<'_>, carriers: &[Carried], blobs: &dyn Blobs) -> Vec<Finding> {
    let input = CheckInput { subject, carriers, blobs };
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&input)).collect();
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
    let mut findings = coverage(subject);
    findings.extend(duplicates(subject.registry));
    findings.extend(lost(subject));
    findings.extend(kept(subject));
    findings.extend(statuses(subject));
    findings.sort();
    findings
}
