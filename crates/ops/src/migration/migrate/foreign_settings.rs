//! Finds another program's settings among the tracked files.

use idhooks_core::registry::{RepoPath, Scope, Tree};
use idhooks_migration::Classic;
use idhooks_repo::git::Repo;
use idhooks_repo::state::each_small_file;

use super::plan::MigrationNote;
use crate::OpsError;

/// The extensions of files that may be settings.
const SETTINGS: [&str; 2] = [".yaml", ".yml"];
/// The maximum size of files that are searched for settings.
const MOST_BYTES: u64 = 1 << 20;

/// Returns notes about another program's tracked settings if the repository has no `idhooks.toml`
/// yet. `scope` is the registry's scope.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn offers(
    repo: &Repo,
    tree: &Tree,
    scope: Scope,
) -> Result<Vec<MigrationNote>, OpsError> {
    if tree.contains_key(&RepoPath::config()) {
        return Ok(Vec::new());
    }
    let mut found: Vec<(RepoPath, Classic)> = Vec::new();
    each_small_file(repo, tree, &SETTINGS, MOST_BYTES, |path, bytes| {
        let classic = std::str::from_utf8(bytes).ok().and_then(|text| Classic::parse(text).ok());
        // Any file may have a key named 'scope' or 'types', so finding just one of them proves
        // nothing.
        let is_of_ids =
            |one: &Classic| !one.template.types.is_empty() && !one.template.namespaces.is_empty();
        found.extend(classic.filter(is_of_ids).map(|classic| (path.clone(), classic)));
    })?;
    // Settings with a different scope cannot be imported alongside the registry.
    let fits = |classic: &Classic| classic.template.scope.is_none_or(|own| own == scope);
    let fitting = found.iter().filter(|(_, classic)| fits(classic));
    let mut notes: Vec<MigrationNote> =
        fitting.map(|(path, _)| MigrationNote::Settings(path.clone())).collect();
    let others = found.into_iter().filter(|(_, classic)| !fits(classic));
    let others: Vec<(RepoPath, Scope)> =
        others.filter_map(|(path, classic)| Some((path, classic.template.scope?))).collect();
    if !others.is_empty() {
        notes.push(MigrationNote::OtherScopes { settings: others, registry: scope });
    }
    Ok(notes)
}
