//! Plans the registry that a commit must contain.

use std::borrow::Cow;

use idhooks_core::config::{Config, DualWrite};
use idhooks_core::plan::{
    AllocationLog, MoveLog, Plan, PlanInput, PlanOptions, ReplaySource, plan,
};
use idhooks_core::registry::{Registry, Scope, Timestamp};

use crate::git::{CommitId, GitError, Repo, commit_date, committer_date};
use crate::history::{Lineage, excluded_file::has_stayed, recent, witness::Witnesses};
use crate::state::{CommitState, DualWriteSwitch, StateError, if_plannable};

/// The input to a plan.
pub struct Request<'a> {
    /// The rules.
    pub config: &'a Config,
    /// The repository's six-digit scope.
    pub scope: Scope,
    /// The content to be committed.
    pub state: &'a CommitState,
    /// The commit's parents.
    pub lineage: &'a Lineage,
    /// The identities that this clone has allocated for the commit being made.
    pub given: Option<&'a AllocationLog>,
    /// The renames that were reported in this working tree, if the plan is for its next commit.
    pub moved: Option<&'a MoveLog>,
    /// Other registries in this clone that may have allocated identities to files in the index.
    pub offered: &'a [Registry],
    /// The date for new records, in seconds since the Unix epoch; `None` for the commit being made.
    pub now: Option<i64>,
    /// Whether new files get identities.
    pub allocate: bool,
    /// The commits being cherry-picked or reverted.
    pub picks: &'a [Pick],
    /// If the commit was rewritten, the registries of its former parents: anything repeated from
    /// them is not a change made by this commit.
    pub former: &'a [Registry],
}

/// A commit being cherry-picked or reverted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// The commit.
    pub commit: CommitId,
    /// Whether it is being reverted.
    pub reverting: bool,
}

impl Pick {
    /// Returns the commits that git is currently cherry-picking or reverting.
    ///
    /// # Errors
    /// Returns an error if git's `CHERRY_PICK_HEAD` or `REVERT_HEAD` cannot be read.
    pub fn in_progress(repo: &Repo) -> Result<Vec<Pick>, GitError> {
        let mut picks = Vec::new();
        for (file, reverting) in [("CHERRY_PICK_HEAD", false), ("REVERT_HEAD", true)] {
            picks.extend(repo.noted_head(file)?.map(|commit| Pick { commit, reverting }));
        }
        Ok(picks)
    }
}

/// Returns the plan for a commit with this content.
///
/// # Errors
/// Returns an error if objects cannot be read, if registries cannot be merged, or if a counter is
/// full.
pub fn prepare(repo: &Repo, request: &Request<'_>) -> Result<Plan, StateError> {
    let parents = request.lineage.with_registry();
    let base = request.lineage.merged.as_ref();
    let staged = request.state.registry().map(|staged| staged.with_origins_of(base));
    let staged = staged.map(|staged| {
        let followed = request.lineage.follow_files(&staged, &request.state.tree);
        followed.map_or(staged, Cow::Owned)
    });
    let sources = sources(repo, request.picks)?;
    let sources: Vec<ReplaySource<'_>> =
        sources.iter().filter_map(|picked| picked.as_source(request.scope)).collect();
    // Whatever a registry merely repeats from an outdated registry was not decided by this commit.
    let mut outdated = request.lineage.outdated();
    outdated.extend(request.former);
    let lineage = request.lineage;
    let recent = |generation| recent(repo, &lineage.commits, &lineage.healed, generation);
    let witnesses = Witnesses::of(repo);
    let config = &*config_in_effect(repo, request);
    let limit = config.rename.fetch_limit();
    let planned = repo.with_contents(limit, |blobs| {
        plan(&PlanInput {
            config,
            scope: request.scope,
            index: &request.state.tree,
            parents: &parents,
            merged: base,
            base,
            staged: staged.as_deref(),
            blobs,
            now: date(request.now.unwrap_or_else(|| commit_date(repo.environment()))),
            options: PlanOptions {
                offered: request.offered,
                published: &request.lineage.published,
                is_contested: request.lineage.contest.is_some(),
                sources: &sources,
                outdated: &outdated,
                reverting: request.picks.iter().any(|pick| pick.reverting),
                recent: &recent,
                has_stayed: &|path, origin| has_stayed(repo, &lineage.commits, path, origin),
                witness: &|origin, path| witnesses.confirm(origin, path),
                given: request.given,
                moved: request.moved,
                is_healed: request.lineage.was_inconsistent(),
                keeps_skipped: request.now.is_some(),
                allocate: request.allocate,
                undecided: &request.lineage.undecided,
                ..PlanOptions::default()
            },
        })
    })?;
    Ok(planned)
}

/// Returns the rules; for the commit being made, they include the environment's dual write setting.
fn config_in_effect<'c>(repo: &Repo, request: &Request<'c>) -> Cow<'c, Config> {
    let config = request.config;
    let rules = config.dual_write.as_deref().filter(|_| request.now.is_none());
    // The environment applies only to the present. A commit that is healed later must get the same
    // registry in every clone.
    match rules.map(|rules| (rules, DualWriteSwitch::of(repo.environment(), rules).is_on)) {
        Some((rules, is_on)) if is_on != rules.enabled => {
            let mut config = config.clone();
            config.dual_write = Some(Box::new(DualWrite { enabled: is_on, ..rules.clone() }));
            Cow::Owned(config)
        }
        _ => Cow::Borrowed(config),
    }
}

/// A commit being cherry-picked or reverted and its first parent, both with the registries they
/// should have had: a registry in a commit made without hooks is no evidence.
struct PickedCommit {
    commit: Lineage,
    before: Lineage,
}

impl PickedCommit {
    /// Returns the evidence in this commit for a commit with this scope. Another adoption's
    /// identities are none.
    fn as_source(&self, scope: Scope) -> Option<ReplaySource<'_>> {
        let [commit, before] = [&self.commit, &self.before].map(|lineage| {
            let own = lineage.with_registry().pop();
            own.filter(|parent| parent.registry.scope == scope)
        });
        Some(ReplaySource { commit: commit?, before })
    }
}

/// Reads the commits being cherry-picked or reverted. If several are combined into one commit, only
/// the parent of the first counts: a later parent, for example a fixup's, may already contain the
/// first commit.
fn sources(repo: &Repo, picks: &[Pick]) -> Result<Vec<PickedCommit>, StateError> {
    let healed = |id: Option<CommitId>| {
        let mut lineage = Lineage::of_witnesses(repo, id.as_slice())?;
        if_plannable(lineage.heal(repo, None, &|_| {}))?;
        Ok::<_, StateError>(lineage)
    };
    let mut picked = Vec::new();
    // The commit may be missing from a shallow or partial clone. The plan is then made without this
    // evidence.
    for pick in picks.iter().filter(|pick| repo.has_commit(pick.commit)) {
        let mut parent = repo.commit(pick.commit)?.parents.first().copied();
        if let Some(before) = parent
            && has_any_of(repo, before, picks)?
        {
            parent = None;
        }
        picked.push(PickedCommit { commit: healed(Some(pick.commit))?, before: healed(parent)? });
    }
    Ok(picked)
}

/// Returns whether a commit is one of the commits being picked, or a descendant of one.
fn has_any_of(repo: &Repo, commit: CommitId, picks: &[Pick]) -> Result<bool, StateError> {
    for pick in picks.iter().filter(|_| picks.len() > 1) {
        let is_there = repo.has_commit(pick.commit) && repo.has_commit(commit);
        if is_there && repo.is_in_history(pick.commit, commit)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns the date for records made now.
pub fn now(repo: &Repo) -> Timestamp {
    date(commit_date(repo.environment()))
}

/// Returns the current date for the commit being made, even if its author date is earlier, as in an
/// amended commit.
pub fn committed_now(repo: &Repo) -> Timestamp {
    date(committer_date(repo.environment()))
}

/// Returns the timestamp, or the Unix epoch if the year cannot be represented.
pub(super) fn date(seconds: i64) -> Timestamp {
    Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH)
}
