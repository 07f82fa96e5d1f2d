//! The finding for a full counter, with the rules that make room.

use idhooks_core::check::{Finding, full};
use idhooks_core::registry::{CounterKey, RepoPath};
use idhooks_core::{config::Config, plan::RuleSuggestion};
use idhooks_repo::transaction::CommitInputs;

/// What to do in an adopted repository.
const STAGE: &str =
    "add these lines to idhooks.toml, run 'git add idhooks.toml', then the same command again";
/// What to do while the repository is being adopted.
const WRITE: &str =
    "add these lines to idhooks.toml at the top of the repository, then run the same command again";

/// Returns the finding for a counter that has nothing left for a file; `is_staged` says whether the
/// rules come from the index.
pub(super) fn full_counter(
    need: &RuleSuggestion<'_>,
    counter: CounterKey,
    path: &RepoPath,
    is_staged: bool,
) -> Finding {
    let lines = need.rules().map(|rules| rules.lines(need.config)).unwrap_or_default();
    full(counter, path, lines, if is_staged { STAGE } else { WRITE })
}

/// Like [`full_counter`], for the commit being made.
pub(super) fn full_in_commit(
    config: &Config,
    inputs: &CommitInputs,
    counter: CounterKey,
    path: &RepoPath,
) -> Finding {
    let registry = inputs.lineage.merged.as_ref().unwrap_or(&inputs.stored.registry);
    let (scope, tree) = (registry.scope, &inputs.state.tree);
    let need = RuleSuggestion { config, scope, tree, registry: Some(registry) };
    full_counter(&need, counter, path, true)
}
