//! Explains how the next commit will handle findings about files without an identity and identities
//! without a file.

use std::{borrow::Cow, collections::BTreeMap, rc::Rc};

use idhooks_core::check::{Code, Finding, is_file, required};
use idhooks_core::config::{Config, OnNew};
use idhooks_core::plan::{Plan, Undecided};
use idhooks_core::registry::{FileName, Id, RepoPath};

use crate::git::Repo;
use crate::history::Lineage;
use crate::history::heal::heal_over;
use crate::history::heal_plan::Content;
use crate::history::healed_registries::HealedCommit;
use crate::state::{CommitState, RegistryState, StateError, Stored, if_plannable};
use crate::store::AllocationLogFile;
use crate::transaction::{PendingCommit, Prospects, missing_injections};

/// The codes of findings that the next commit fixes by writing into a file.
const CARRIED: [Code; 3] = [Code::DuplicateInFs, Code::PathMismatch, Code::DeprecatedInUse];

/// Adds to a view's findings how the next commit handles them. In the index, additions, renames and
/// removals that the next commit handles by itself become notes. Returns the undecided files and
/// identities discovered along the way.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn explain(
    repo: &Repo,
    state: &CommitState,
    stored: &Stored,
    config: &Config,
    lineage: &Lineage,
    findings: &mut Vec<Finding>,
) -> Result<Undecided, StateError> {
    let has = |code| findings.iter().any(|finding| finding.code == code);
    // A rename shows up as two findings, one of each kind.
    let may_move = has(Code::MissingId) && has(Code::StalePath);
    let before = || stored.registry.with_origins_of(lineage.merged.as_ref());
    if !state.is_index {
        if may_move
            && let Some(after) = if_plannable(expected_commit(repo, state, stored))?.flatten()
        {
            Prospects::between(&before(), &after.registry).explain(findings, &|_| false);
            return Ok(after.undecided);
        }
        return Ok(Undecided::new());
    }
    let is_carried = |finding: &Finding| CARRIED.contains(&finding.code);
    let may_write = config.embeds_anything() && findings.iter().any(is_carried);
    // Planning the next commit reads file contents, which is unnecessary for a clean index.
    if !has(Code::MissingId) && !has(Code::StalePath) && !may_write {
        return Ok(Undecided::new());
    }
    let head = HeadState::of(repo, state, lineage)?;
    let places = head.as_ref().map(HeadState::places).unwrap_or_default();
    let is_staged =
        |finding: &Finding| head.as_ref().is_none_or(|head| !head.has(finding, &places));
    if !may_move && !may_write && !findings.iter().any(is_staged) {
        return Ok(Undecided::new());
    }
    if let Some(next) = if_plannable(NextCommit::of(repo, state, config))?.flatten() {
        Prospects::between(&before(), &next.plan.registry).explain(findings, &is_staged);
        findings.iter_mut().for_each(|finding| next.explain(finding, config));
        return Ok(next.plan.undecided);
    }
    Ok(Undecided::new())
}

/// Returns the healed registry for a commit or a proposed merge.
fn expected_commit(
    repo: &Repo,
    state: &CommitState,
    stored: &Stored,
) -> Result<Option<HealedCommit>, StateError> {
    let own = stored.registry.is_consistent().then(|| Rc::new(stored.clone()));
    heal_over(repo, &Content { tree: &state.tree, own, author_time: 0 }, &state.parents)
}

/// The plan for the next commit, made from the index.
struct NextCommit {
    plan: Plan,
    /// The files that the commit writes an identity into, each with its identity.
    written: BTreeMap<RepoPath, Id>,
}

impl NextCommit {
    /// Makes the plan; `None` if findings prevent it.
    fn of(repo: &Repo, state: &CommitState, config: &Config) -> Result<Option<Self>, StateError> {
        let pending = PendingCommit::open(repo)?;
        let Some(inputs) = pending.read(None, &|_| {})? else { return Ok(None) };
        if !pending.faults(&inputs, config).is_empty() {
            return Ok(None);
        }
        let given = AllocationLogFile::in_dir(&repo.state_dir()).read().unwrap_or_default();
        let plan = |allocate| pending.plan(&inputs, config, &given, allocate);
        let plan = match plan(config.allocation.on_new == OnNew::Allocate) {
            // Renames can be planned even if no more identities can be allocated.
            Err(StateError::Plan(_)) => plan(false),
            plan => plan,
        }?;
        let (before, tree) = (inputs.lineage.merged.as_ref(), &inputs.state.tree);
        let written =
            missing_injections(repo, config, before, &plan.registry, tree, &state.parents)?;
        Ok(Some(NextCommit { plan, written }))
    }

    /// Adds to a finding about a single file how the next commit handles it.
    fn explain(&self, finding: &mut Finding, config: &Config) {
        let Some(path) = &finding.path else { return };
        match finding.code {
            // The paths are sorted bytewise.
            Code::MissingId
                if config.allocation.on_new == OnNew::Require
                    && self.plan.missing.binary_search(path).is_ok() =>
            {
                *finding = required(path);
            }
            code if CARRIED.contains(&code) => {
                let named = FileName::of(path.basename()).id();
                let is_other = |id: Id| Some(id.to_string()) != finding.id;
                if self.written.get(path).is_some_and(|id| is_other(*id))
                    && named.is_none_or(is_other)
                {
                    Prospects::make_note(
                        finding,
                        "the next commit writes its own identity into it",
                    );
                }
            }
            _ => {}
        }
    }
}

/// The state of HEAD, which shows the findings that are already committed.
struct HeadState<'a> {
    state: Cow<'a, CommitState>,
    config: Config,
}

impl<'a> HeadState<'a> {
    /// Reads HEAD; `None` if HEAD is unborn or has no registry, and therefore no findings.
    fn of(
        repo: &Repo,
        index: &CommitState,
        lineage: &'a Lineage,
    ) -> Result<Option<Self>, StateError> {
        let Some(head) = index.parents.first() else { return Ok(None) };
        let known = lineage.commits.iter().position(|id| id == head);
        let state = match known.and_then(|n| lineage.parents.get(n)) {
            Some(state) => Cow::Borrowed(state),
            None => Cow::Owned(CommitState::of_witness(repo, repo.commit(*head)?.tree)?),
        };
        if matches!(state.registry, RegistryState::NotAdopted | RegistryState::Missing) {
            return Ok(None);
        }
        let config = state.config(repo).unwrap_or_default();
        Ok(Some(HeadState { state, config }))
    }

    /// Returns the path in each of HEAD's records.
    fn places(&self) -> BTreeMap<Id, &RepoPath> {
        let records = self.state.registry().into_iter().flat_map(|r| &r.allocations);
        records.map(|record| (record.id, &record.path)).collect()
    }

    /// Returns whether a finding already applied in HEAD. `places` are the paths in HEAD's records.
    fn has(&self, finding: &Finding, places: &BTreeMap<Id, &RepoPath>) -> bool {
        let Some(path) = &finding.path else { return true };
        match finding.code {
            Code::MissingId => self.tracks(path),
            Code::StalePath if self.state.stored().is_none() => !self.tracks(path),
            Code::StalePath => {
                let id = finding.id.as_ref().and_then(|id| id.parse().ok());
                let place = id.and_then(|id: Id| places.get(&id));
                place.is_some_and(|place| *place != path || !self.tracks(path))
            }
            _ => true,
        }
    }

    fn tracks(&self, path: &RepoPath) -> bool {
        is_file(&self.state.tree, path) && self.config.tracks(path)
    }
}
