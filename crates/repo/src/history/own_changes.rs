//! [`with_own_changes`]: what an inconsistent commit itself changed, on top of what its parents
//! should have been.

use idhooks_core::check::{Parent, is_file};
use idhooks_core::config::Config;
use idhooks_core::merge::merge;
use idhooks_core::registry::{Registry, RepoPath, Tree};

use crate::state::StateError;

use super::heal_own::{
    find_kept_paths, follow_files, healed_paths, restore_paths, with_known_identities,
};
use super::lineage::Lineage;

/// Returns the merge of the parents' healed registries, with the changes made in the commit's own
/// registry applied.
pub(super) fn with_own_changes(
    own: Option<&Registry>,
    merged: &Registry,
    lineage: &Lineage,
    parents: &[Parent<'_>],
    config: &Config,
    tree: &Tree,
) -> Result<Registry, StateError> {
    let is_tracked = |path: &RepoPath| is_file(tree, path) && config.tracks(path);
    // If the commit has no readable registry, or one with another scope, use its parents' registry.
    let own = own.filter(|own| own.scope == merged.scope);
    let stored = lineage.merged.as_ref().unwrap_or(merged);
    let committed = own.unwrap_or(stored);
    let followed = own.and_then(|own| follow_files(own, stored, merged, tree));
    let own = followed.as_ref().or(own);
    let known = |own: &Registry| with_known_identities(own, merged, parents, tree, &is_tracked);
    let Some(mut own) = own.and_then(known) else { return Ok(merged.clone()) };
    let mut before = stored.clone();
    let kept_paths = find_kept_paths(&own, parents, tree);
    if !kept_paths.is_empty() {
        restore_paths(&mut own, &kept_paths);
        // A record that has been moved back no longer supersedes anything at the path it left.
        own = known(&own).unwrap_or(own);
    }
    // The commit did not rename the files at the recorded paths. If healing found another file
    // there, that file is not a twin of theirs and does not move with them.
    let healed_paths = healed_paths([committed, &own], &before, merged);
    restore_paths(&mut before, &healed_paths);
    // A three-way merge keeps both the changes made by healing and the changes that the commit
    // itself recorded.
    Ok(merge(&before, merged, &own)?)
}
