//! [`StatusReport`]: the state of the repository and this clone.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::Strategy;
use idhooks_core::registry::{
    CounterKey, CounterState, Registry, Scope, Status as State, in_order,
};
use idhooks_repo::git::{Repo, inspect};
use idhooks_repo::history::{Consistency, MissingObjects, check_consistency, missing_to_heal};
use idhooks_repo::state::{
    CommitState, Heads, RegistrySource, RegistryState, adopted_ref, how_to_take_over,
};
use serde::{Serialize, Serializer};

use crate::{OpsError, RuledState, WatcherDown, WriteStatistics};

/// The state of the repository and this clone.
#[derive(Debug, Serialize)]
pub struct StatusReport {
    /// Whether the repository is adopted here.
    pub adopted: bool,
    /// Whether the index has a registry, even a damaged one.
    #[serde(skip)]
    pub is_staged: bool,
    /// How to take over another program's identities, if the repository has them but is not adopted
    /// here.
    #[serde(skip)]
    pub take_over: Option<String>,
    /// Where else the registry is, if the repository is not adopted here.
    #[serde(skip)]
    pub source: Option<RegistrySource>,
    /// A ref that has a registry, if the repository is not adopted here.
    pub adopted_in: Option<String>,
    /// The scope, if known.
    pub scope: Option<Scope>,
    /// How numbers are allocated.
    pub strategy: Strategy,
    /// The missing or outdated parts of the hooks and merge driver.
    pub installation: Vec<Finding>,
    /// The git operation in progress, if any.
    pub operation: Option<String>,
    /// The reason that the watcher is not working, if it should be.
    pub watcher: Option<WatcherDown>,
    /// The registry in HEAD.
    pub head: HeadRegistry,
    /// The objects that healing HEAD needs but this clone lacks.
    #[serde(skip)]
    pub missing: Option<MissingObjects>,
    /// The findings about the index.
    #[serde(serialize_with = "by_severity")]
    pub index: Vec<Finding>,
    /// The number of files whose heads were not checked for duplicate identities.
    pub heads_unread: usize,
    /// The number of files and records.
    pub files: StatusFiles,
    /// The registry's counters.
    pub counters: BTreeMap<CounterKey, CounterState>,
    /// Statistics about registry writes in this clone.
    pub writes: WriteStatistics,
}

idhooks_core::words! {
    /// The state of the registry in HEAD.
    pub enum HeadRegistry {
        /// There is no commit.
        Unborn = "unborn",
        /// HEAD has no registry.
        NotAdopted = "not_adopted",
        /// The registry is consistent.
        Consistent = "consistent",
        /// The registry is inconsistent.
        Inconsistent = "inconsistent",
    }
}

/// The number of files that should have identities and, if known, the number of records in each
/// status.
#[derive(Debug, Serialize)]
pub struct StatusFiles {
    /// The number of files that should have identities.
    pub tracked: usize,
    /// The number of records in each status.
    #[serde(flatten, serialize_with = "in_order")]
    pub states: [(&'static str, Option<usize>); State::ALL.len()],
}

fn by_severity<S: Serializer>(findings: &[Finding], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(Severity::ALL.map(|severity| (severity, severity.count(findings))))
}

/// Reads the state of the index, HEAD and this clone. `watcher` is the reason that its watcher is
/// down, if it is.
///
/// # Errors
/// Returns an error if an object or git's settings cannot be read.
pub fn status(repo: &Repo, watcher: Option<WatcherDown>) -> Result<StatusReport, OpsError> {
    let state = RuledState::read(repo, CommitState::of_index(repo)?)?;
    let (adopted, registry) = (state.view.is_adopted(), state.registry());
    let problem = |problem| Finding::new(Code::NotInstalled, problem, "run 'idhooks install'");
    // The numbers are unknown, not zero, if the registry cannot be read.
    let states = if adopted { registry.map(record_states) } else { Some(BTreeMap::new()) };
    let count_of = |state| states.as_ref().map(|all| all.get(&state).copied().unwrap_or(0));
    let head = HeadRegistry::read(repo)?;
    // Reading the heads of all files would be too slow for a status.
    let checked = state.view.check_reading(repo, &state.config, Heads::Ruled)?;
    Ok(StatusReport {
        adopted,
        is_staged: adopted && !matches!(state.view.registry, RegistryState::Missing),
        take_over: if adopted { None } else { how_to_take_over(repo, &state.view.tree) },
        source: match adopted {
            true => None,
            false => RegistrySource::find(repo, &state.view.tree)?,
        },
        adopted_in: if adopted { None } else { adopted_ref(repo)? },
        scope: registry.map(|r| r.scope).or(state.config.scope),
        strategy: state.config.allocation.strategy,
        installation: inspect(&repo.git())?.problems().into_iter().map(problem).collect(),
        operation: repo.operation_in_progress()?,
        watcher,
        missing: missing(repo, head)?,
        head,
        index: checked.findings,
        heads_unread: checked.unread,
        files: StatusFiles {
            tracked: state.view.tracked(&state.config).count(),
            states: State::ALL.map(|state| (state.as_str(), count_of(state))),
        },
        counters: registry.map(Registry::counter_states).unwrap_or_default(),
        writes: WriteStatistics::read(repo, registry),
    })
}

/// Returns the number of records in each status; a record whose path is held by another record
/// counts as superseded.
pub fn record_states(registry: &Registry) -> BTreeMap<State, usize> {
    let shadowed = registry.shadowing();
    let mut states = BTreeMap::new();
    for record in &registry.allocations {
        let status = match record.status {
            State::Active if shadowed.contains_key(&record.origin) => State::Superseded,
            status => status,
        };
        *states.entry(status).or_default() += 1;
    }
    states
}

/// Returns the objects that healing HEAD needs but this clone lacks, if HEAD is inconsistent.
fn missing(repo: &Repo, head: HeadRegistry) -> Result<Option<MissingObjects>, OpsError> {
    let commit = repo.head()?.filter(|_| head == HeadRegistry::Inconsistent);
    Ok(commit.map(|id| missing_to_heal(repo, id)).transpose()?.flatten())
}

impl HeadRegistry {
    fn read(repo: &Repo) -> Result<Self, OpsError> {
        let Some(head) = repo.head()? else { return Ok(HeadRegistry::Unborn) };
        Ok(match check_consistency(repo, head)? {
            Consistency::NotAdopted => HeadRegistry::NotAdopted,
            Consistency::Consistent => HeadRegistry::Consistent,
            Consistency::Inconsistent(_) => HeadRegistry::Inconsistent,
        })
    }
}
