//! The checks and the findings they return. Pure.
//!
//! One file per group of checks; [`check`] runs them all, [`consistency`] those that decide whether
//! a commit is consistent.

mod baseline;
mod capacity;
mod code;
mod collision;
mod corrupt;
mod coverage;
mod doc_ids;
mod drift;
mod duplicates;
mod family;
mod finding;
mod form;
mod history;
mod identity;
mod ids_in_files;
mod in_use;
mod lost;
mod placement;
mod point;
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
pub use code::{Code, CodeRow, UnknownCode};
pub use collision::{collisions, unmergeable};
pub use corrupt::{
    UPGRADE, collides_as_text, corrupt, linked, missing, removed, unmerged, wrong_scope,
};
pub use coverage::required;
pub use drift::Drift;
pub use duplicates::duplicates;
pub use family::Family;
pub use finding::{Finding, Related, Severity};
pub use history::{
    BindingKind, CommitFault, Faults, HistoryCommit, HistoryState, IdBinding, IdBindingError,
    IdReuse, Loss, MAX_STARTS, Published, RestoredIn, ReuseCause, bindings, examine, follows,
    led_to, losses, new_bindings, split_bindings,
};
pub use identity::exact_renames;
pub use ids_in_files::{Carried, carried};
pub use placement::{Parent, Placement, is_file, placement, placement_with_published};
pub use point::{Point, ratio};
pub use proof::{PathList, Proof, prove};
pub use share::{Coverage, Share, ShareError};
pub use unexplained::{Evidence, unrelated_files};

/// A registry with its tree, to be checked against the configuration and the parents.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// The registry.
    pub registry: &'a Registry,
    /// Its bytes, as stored.
    pub bytes: &'a [u8],
    /// The tree or index that it describes.
    pub tree: &'a Tree,
    /// The parents of the commit that are in the clone and have a registry.
    pub parents: &'a [Parent<'a>],
    /// The registry of the only parent, or the merge of the registries of all parents.
    pub merged: Option<&'a Registry>,
    /// Paths that keep the identity that a parent published, where the parents are healed.
    pub published: &'a Placement,
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

/// Returns every finding, sorted; `carriers` are the identities that files are known to carry.
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

/// Returns the findings that make a commit inconsistent, sorted.
///
/// A commit is consistent if every tracked path has exactly one holder and the path of every
/// active record is tracked; no identity, origin or held path occurs twice; no record of a parent
/// is missing; every path that stayed has the identity it must keep; and every deprecated or
/// superseded record says why.
pub fn consistency(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = coverage::coverage(subject);
    findings.extend(duplicates(subject.registry));
    findings.extend(lost::lost(subject));
    findings.extend(identity::kept(subject));
    findings.extend(unexplained::statuses(subject));
    findings.sort();
    findings
}
