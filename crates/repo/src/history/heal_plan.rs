//! Plans the registries of commits that are healed.

use std::rc::Rc;

use idhooks_core::check::{Subject, consistency};
use idhooks_core::config::Config;
use idhooks_core::plan::{Plan, PlanError, PlanInput, PlanOptions, Undecided, plan};
use idhooks_core::registry::{Registry, Timestamp, Tree};

use crate::git::Repo;
use crate::state::Stored;

use super::healed_registries::HealedCommit;

/// The content of a commit that may not exist yet.
pub(crate) struct Content<'a> {
    pub tree: &'a Tree,
    /// The commit's registry, if it can be trusted.
    pub own: Option<Rc<Stored>>,
    pub author_time: i64,
}

/// Plans a registry. If a counter has reached its maximum, new files stay without identities until
/// a commit's rules allow more.
pub(super) fn plan_with_room(repo: &Repo, situation: PlanInput<'_>) -> Result<Plan, PlanError> {
    repo.with_contents(situation.config.rename.fetch_limit(), |blobs| {
        let situation = &mut PlanInput { blobs, ..situation };
        plan(situation).or_else(|PlanError::Capacity { .. }| {
            situation.options.allocate = false;
            plan(situation)
        })
    })
}

/// Heals a commit before which there is no registry. A rewritten history or an orphan may begin
/// with moved files, and only its own registry shows whose they are.
pub(super) fn heal_root(
    repo: &Repo,
    content: &Content<'_>,
    config: &Config,
    own: &Registry,
    undecided: Undecided,
    allocate: bool,
) -> Result<HealedCommit, PlanError> {
    if consistency(&Subject::new(config, own, content.tree)).is_empty() {
        return Ok(HealedCommit::new(own.clone(), undecided));
    }
    let situation = PlanInput {
        config,
        scope: own.scope,
        index: content.tree,
        parents: &[],
        merged: None,
        base: Some(own),
        staged: None,
        blobs: repo,
        now: Timestamp::from_unix(content.author_time).unwrap_or(Timestamp::EPOCH),
        options: PlanOptions {
            allocate,
            undecided: &undecided,
            is_healing: true,
            keeps_skipped: true,
            ..PlanOptions::default()
        },
    };
    let planned = plan_with_room(repo, situation)?;
    Ok(HealedCommit::planned(planned))
}
