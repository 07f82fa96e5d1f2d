//! [`check`] and [`consistency`] run the checks.

use crate::rename::Blobs;

use super::capacity::capacity;
use super::coverage::coverage;
use super::doc_ids::doc_ids;
use super::duplicates::duplicates;
use super::finding::Finding;
use super::form::form;
use super::identity::{exact_renames, kept};
use super::ids_in_files::{Carried, carried};
use super::in_use::in_use;
use super::lost::lost;
use super::subject::Subject;
use super::unexplained::{statuses, unrelated_files};

/// Returns every finding, sorted; `carriers` are the identities that files are known to carry.
pub fn check(subject: &Subject<'_>, carriers: &[Carried], blobs: &dyn Blobs) -> Vec<Finding> {
    let Subject { config, registry, tree, .. } = *subject;
    let mut findings = consistency(subject);
    let carried = carried(config, registry, registry, tree, carriers);
    findings.extend(carried.into_iter().map(|(_, finding)| finding));
    findings.extend(exact_renames(subject));
    findings.extend(unrelated_files(subject, blobs));
    findings.extend(doc_ids(subject.registry));
    findings.extend(form(subject));
    findings.extend(capacity(subject));
    findings.extend(in_use(subject));
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
