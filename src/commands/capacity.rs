//! The finding for a full counter, with the rules that make room.

use idhooks_core::check::{Finding, full};
use idhooks_core::config::Config;
use idhooks_core::plan::RuleSuggestion;
use idhooks_core::registry::{CounterKey, RepoPath};
use idhooks_repo::transaction::CommitInputs;

/// What to do in an adopted repository.
const STAGE: &str =
    "add these lines to idhooks.toml, run 'git add idhooks.toml', then the same command again";
/// What to do while the repository is being adopted.
const WRITE: &str =
    "add these lines to idhooks.toml at the top of the repository, then run the same command again";

/// Returns the finding for a counter that has nothing left for a file.
pub(super) fn full_counter(
    need: &RuleSuggestion<'_>,
    counter: CounterKey,
    path: &RepoPath,
) -> Finding {
    with_next(need, counter, path, STAGE)
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
    full_counter(&RuleSuggestion { config, scope, tree, registry: Some(registry) }, counter, path)
}

/// Like [`full_counter`], while the repository is being adopted; `is_staged` says whether the rules
/// come from the index.
pub(super) fn full_at_adoption(
    need: &RuleSuggestion<'_>,
    counter: CounterKey,
    path: &RepoPath,
    is_staged: bool,
) -> Finding {
    with_next(need, counter, path, if is_staged { STAGE } else { WRITE })
}

fn with_next(
    need: &RuleSuggestion<'_>,
    counter: CounterKey,
    path: &RepoPath,
    next: &str,
) -> Finding {
    let lines = need.rules().map(|rules| rules.lines(need.config));
    full(counter, path, lines.unwrap_or_default(), next)
}
