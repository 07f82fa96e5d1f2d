//! What can be wrong, and the checks that find it. Pure.
//!
//! One file per family of checks; [`check`] runs them all, [`consistency`] those that decide whether
//! a commit is true.

mod baseline;
mod capacity;
mod carried;
mod code;
mod collision;
mod corrupt;
mod coverage;
mod doc_ids;
mod drift;
mod duplicates;
mod explain;
mod family;
mod finding;
mod form;
mod history;
mod identity;
mod in_use;
mod lost;
mod placement;
mod proof;
mod share;
mod unexplained;

use crate::config::Config;
use crate::registry::{Registry, RepoPath, Tree};
use crate::rename::Blobs;

pub use baseline::{Baseline, KnownFinding};
pub use capacity::{
    SEQUENCES, capacity_used, full, sequences_left, sequences_of, sequences_used, too_few_left,
};
pub use carried::{Carried, carried};
pub use code::{Code, UnknownCode};
pub use collision::{collisions, unmergeable};
pub use corrupt::{
    UPGRADE, collides_as_text, corrupt, given_up, linked, missing, unmerged, wrong_scope,
};
pub use coverage::required;
pub use drift::Drift;
pub use duplicates::duplicates;
pub use explain::Explanation;
pub use family::Family;
pub use finding::{Finding, Related, Severity};
pub use history::{
    AT_ONCE, Bond, CameBack, CommitFault, Faults, HistoryCommit, HistoryState, IdBinding, IdReuse,
    Loss, NotAName, Published, ReuseCause, examine, follows, led_to, losses, names, new_names,
    parted,
};
pub use identity::exact_renames;
pub use placement::{Parent, Placement, is_file, placement, placement_as_told};
pub use proof::{PathList, Proof, prove};
pub use share::{Coverage, Share, ShareError};
pub use unexplained::{Evidence, unrelated_files};

/// What is checked: a registry with its tree, against the rules and the parents.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The registry.
    pub registry: &'a Registry,
    /// Its bytes, as stored.
    pub bytes: &'a [u8],
    /// The tree or index it is about.
    pub tree: &'a Tree,
    /// The commit's parents that are at hand and have a registry.
    pub parents: &'a [Parent<'a>],
    /// What the parents' registries come to: the only one's, or the merge of all.
    pub merged: Option<&'a Registry>,
    /// Paths that keep the identity which a parent really showed, where parents are taken as
    /// they should have been.
    pub told: &'a Placement,
}

impl Subject<'_> {
    fn is_tracked(&self, path: &RepoPath) -> bool {
        is_tracked(self.config, self.tree, path)
    }
}

/// Returns whether a path of a tree gets an identity.
fn is_tracked(config: &Config, tree: &Tree, path: &RepoPath) -> bool {
    is_file(tree, path) && config.tracks(path)
}

/// Returns every finding, in the order of reports; of what files carry as far as that is known.
pub fn check(subject: &Subject<'_>, carriers: &[Carried], blobs: &dyn Blobs) -> Vec<Finding> {
    let Subject { config, registry, tree, .. } = *subject;
    let mut findings = consistency(subject);
    let carried = carried(config, registry, registry, tree, carriers);
    findings.extend(carried.into_iter().map(|(_, finding)| finding));
    findings.extend(identity::exact_renames(subject));
    findings.extend(unrelated_files(subject, blobs));
    findings.extend(doc_ids::doc_ids(subject.registry));
    findings.extend(form::form(subject));
    findings.extend(capacity::capacity(subject));
    findings.extend(in_use::in_use(subject));
    findings.sort();
    findings.dedup();
    findings
}

/// Returns the findings that keep a commit from being true, in the order of reports.
///
/// A commit is true when every tracked path has exactly one holder and every active record's
/// path is tracked; no identity, origin or held path is there twice; no record of a parent is
/// missing; every path that stayed has the identity it must keep; and every record that was
/// retired says why.
pub fn consistency(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = coverage::coverage(subject);
    findings.extend(duplicates(subject.registry));
    findings.extend(lost::lost(subject));
    findings.extend(identity::kept(subject));
    findings.extend(unexplained::statuses(subject));
    findings.sort();
    findings
}
