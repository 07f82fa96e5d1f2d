//! The finding for a full counter; it suggests rules that make room.

use idhooks_core::check::{Finding, full};
use idhooks_core::config::Config;
use idhooks_core::registry::{CounterKey, RepoPath};
use idhooks_repo::transaction::CommitInputs;

use crate::config_template::lines_to_add;
use crate::rule_suggestion::RuleSuggestion;

/// Where to add the rules that make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RulesAt {
    /// The index, if the repository is adopted.
    Index,
    /// The file in the working tree, while the repository is being adopted.
    WorkingFile,
    /// From HEAD.
    Head,
}

impl RulesAt {
    /// Returns the index if the rules are staged, or else the file in the working tree.
    pub fn of(is_staged: bool) -> Self {
        if is_staged { RulesAt::Index } else { RulesAt::WorkingFile }
    }

    /// Returns instructions for putting the lines into effect.
    fn remedy(self) -> &'static str {
        match self {
            RulesAt::Index => {
                "add these lines to idhooks.toml, run 'git add idhooks.toml', then the same command again"
            }
            RulesAt::WorkingFile => {
                "add these lines to idhooks.toml at the top of the repository, then run the same command again"
            }
            RulesAt::Head => {
                "add these lines to idhooks.toml at the top of the repository, commit that, then run the same command again"
            }
        }
    }
}

/// Returns the finding for a counter that has no free number left for a file.
pub fn full_counter(
    need: &RuleSuggestion<'_>,
    counter: CounterKey,
    path: &RepoPath,
    rules_at: RulesAt,
) -> Finding {
    // Even without a suggestion, the finding names the counter.
    let lines = need.rules().map(|rules| lines_to_add(&rules, need.config)).unwrap_or_default();
    full(counter, path, lines, rules_at.remedy())
}

/// Like [`full_counter`], for the commit being made.
pub(crate) fn full_in_commit(
    config: &Config,
    inputs: &CommitInputs,
    counter: CounterKey,
    path: &RepoPath,
) -> Finding {
    let registry = inputs.lineage.merged.as_ref().unwrap_or(&inputs.stored.registry);
    let (scope, tree) = (registry.scope, &inputs.state.tree);
    let need = RuleSuggestion { config, scope, tree, registry: Some(registry) };
    full_counter(&need, counter, path, RulesAt::Index)
}
