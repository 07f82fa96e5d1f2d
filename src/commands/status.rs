//! `idhooks status`: shows one screen about the repository and this clone.

use std::{collections::BTreeMap, path::Path};

use idhooks_core::check::{Code, Finding, Severity, unsearched};
use idhooks_core::config::Strategy;
use idhooks_core::registry::{
    CounterKey, CounterState, Registry, Scope, Status as State, in_order,
};
use idhooks_ops::RuledState;
use idhooks_repo::git::{Repo, inspect};
use idhooks_repo::history::{Consistency, Lacking, check_consistency, missing_to_heal};
use idhooks_repo::state::{
    CommitState, Heads, RegistrySource, RegistryState, adopted_ref, how_to_take_over,
};
use idhooks_report::{metrics::states, reports::WatchFacts};
use idhooks_watch::liveness::WatcherDown;
use serde::{Serialize, Serializer};

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, WriteStatistics, count, json, summary};

/// The number of counters on the screen.
const TOP_COUNTERS: usize = 5;

/// Show whether hooks are installed and the registry is consistent
///
/// Reports the hooks and the merge driver of this clone, whether the registry is consistent in HEAD
/// and in the index, and the number of identities. A git operation in progress, and a watcher that does
/// not work although it should, have a line of their own. The exit code is 0 whatever the state is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks status                  one screen for people
  idhooks status --format json    for scripts")]
pub(super) struct StatusArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The content of the screen.
#[derive(Serialize)]
struct StatusReport {
    adopted: bool,
    /// Whether the index has a registry, even a damaged one.
    #[serde(skip)]
    is_staged: bool,
    /// If this repository is not adopted here: how to begin.
    #[serde(skip)]
    begin: String,
    /// If this repository is not adopted here: where the registry is instead.
    #[serde(skip)]
    source: Option<RegistrySource>,
    /// If this repository is not adopted here: a ref that has a registry.
    adopted_in: Option<String>,
    scope: Option<Scope>,
    strategy: Strategy,
    installation: Vec<Finding>,
    /// Which git operation is in progress, if one is.
    operation: Option<String>,
    /// Why the watcher does not work, if it does not although it should.
    watcher: Option<WatcherDown>,
    head: HeadRegistry,
    /// What this clone lacks to heal HEAD.
    #[serde(skip)]
    missing: Option<Lacking>,
    #[serde(serialize_with = "by_severity")]
    index: Vec<Finding>,
    /// How many files have a head that was not read for a duplicate identity.
    heads_unread: usize,
    files: StatusFiles,
    counters: BTreeMap<CounterKey, CounterState>,
    writes: WriteStatistics,
}

idhooks_core::words! {
    /// The state of the registry in HEAD.
    enum HeadRegistry, describe {
        Unborn = "unborn", "no commit yet";
        NotAdopted = "not_adopted", "has no registry";
        Consistent = "consistent", "its registry is consistent";
        Inconsistent = "inconsistent",
            "its registry is inconsistent; see: idhooks check --rev HEAD; the next commit heals it";
    }
}

impl StatusArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let report = StatusReport::of(&repo)?;
        match self.format {
            Format::Json => ui.data(&json::document(&report)),
            Format::Text => ui.table(report.rows()),
        }
        Ok(Exit::Fine)
    }
}

/// The number of files that get identities, and of records with each status, if it is known.
#[derive(Serialize)]
struct StatusFiles {
    tracked: usize,
    #[serde(flatten, serialize_with = "in_order")]
    states: [(&'static str, Option<usize>); State::ALL.len()],
}

fn by_severity<S: Serializer>(findings: &[Finding], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(Severity::ALL.map(|severity| (severity, severity.count(findings))))
}

impl StatusReport {
    fn of(repo: &Repo) -> CommandResult<Self> {
        let state = RuledState::read(repo, CommitState::of_index(repo)?)?;
        let (adopted, registry) = (state.view.is_adopted(), state.registry());
        let problem = |problem| Finding::new(Code::NotInstalled, problem, "run 'idhooks install'");
        let states = if adopted { registry.map(states) } else { Some(BTreeMap::new()) };
        let count_of = |state| states.as_ref().map(|all| all.get(&state).copied().unwrap_or(0));
        let head = HeadRegistry::of(repo)?;
        let checked = state.view.check_reading(repo, &state.config, Heads::Ruled)?;
        Ok(StatusReport {
            adopted,
            is_staged: adopted && !matches!(state.view.registry, RegistryState::Missing),
            begin: match adopted {
                true => String::new(),
                false => how_to_take_over(repo, &state.view.tree)
                    .unwrap_or_else(|| "to begin: idhooks init".to_owned()),
            },
            source: match adopted {
                true => None,
                false => RegistrySource::find(repo, &state.view.tree)?,
            },
            adopted_in: if adopted { None } else { adopted_ref(repo)? },
            scope: registry.map(|r| r.scope).or(state.config.scope),
            strategy: state.config.strategy,
            installation: inspect(&repo.git())?.problems().into_iter().map(problem).collect(),
            operation: repo.operation_in_progress()?,
            watcher: WatchFacts::down(repo),
            missing: missing(repo, head)?,
            head,
            index: checked.findings,
            heads_unread: checked.unread,
            files: StatusFiles {
                tracked: state.view.tracked(&state.config).count(),
                states: State::ALL.map(|state| (state.as_str(), count_of(state))),
            },
            counters: registry.map(Registry::counter_states).unwrap_or_default(),
            writes: WriteStatistics::of(repo, registry),
        })
    }

    fn rows(&self) -> Vec<[String; 2]> {
        let mut rows: Vec<[String; 2]> = Vec::new();
        let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
        match &self.source {
            _ if self.adopted => {
                let scope = self.scope.map_or_else(|| "unknown".to_owned(), |s| s.to_string());
                row("repository", format!("scope {scope}, strategy {}", self.strategy));
            }
            Some(RegistrySource { name, how }) => {
                row("repository", format!("not adopted here, but '{name}' has a registry"));
                row("", how.clone());
            }
            None => row("repository", format!("not adopted; {}", self.begin)),
        }
        match self.installation.as_slice() {
            [] => row("installed", "yes".to_owned()),
            problems if self.adopted => {
                row("installed", "no; to install: idhooks install".to_owned());
                problems.iter().for_each(|problem| row("", problem.message.clone()));
            }
            _ => row("installed", "no".to_owned()),
        }
        self.exceptions().into_iter().for_each(|(name, what)| row(name, what));
        let head = match self.head {
            HeadRegistry::NotAdopted if self.is_staged => "the registry is not committed yet",
            HeadRegistry::Inconsistent if self.missing.is_some() => {
                "its registry is inconsistent; see: idhooks check --rev HEAD"
            }
            head => head.describe(),
        };
        row("HEAD", head.to_owned());
        if let Some(missing) = self.missing {
            row("", missing.outlook());
        }
        if !self.adopted {
            row("files", count(self.files.tracked, "file", "files") + " could get identities");
            return rows;
        }
        match self.index.is_empty() {
            true => row("index", "no findings".to_owned()),
            false => row("index", format!("{}; see: idhooks check", summary(&self.index))),
        }
        if self.heads_unread > 0 {
            let unread = unsearched(self.heads_unread);
            row("", format!("{unread}; see: idhooks check --all-heads"));
        }
        row("files", format!("{} tracked", self.files.tracked));
        let states = self.files.states.map(|(state, count)| Some(format!("{} {state}", count?)));
        let states = states.into_iter().collect::<Option<Vec<String>>>();
        let states = states.map(|states| states.join(", "));
        row("identities", states.unwrap_or_else(|| self.unreadable()));
        for (n, line) in self.top_counters().into_iter().enumerate() {
            row(if n == 0 { "counters" } else { "" }, line);
        }
        row("writes", self.writes.to_string());
        rows
    }

    /// Returns the rows that there are only if something is in progress or does not work.
    fn exceptions(&self) -> Vec<(&'static str, String)> {
        let operation = self.operation.clone().map(|operation| ("git", operation));
        let watcher = self.watcher.as_ref();
        let watcher = watcher.map(|down| ("watcher", format!("{}; {}", down.reason, down.remedy)));
        operation.into_iter().chain(watcher).collect()
    }

    /// Returns why the identities are unknown, and what to do.
    fn unreadable(&self) -> String {
        let why = self.index.iter().find(|finding| finding.code.is_of_unreadable());
        let why = why.map(|fault| format!("unknown: {}; {}", fault.message, fault.help));
        why.unwrap_or_else(|| "unknown".to_owned())
    }

    /// Returns a line for each of the counters with the most records.
    fn top_counters(&self) -> Vec<String> {
        let mut counters: Vec<_> = self.counters.iter().collect();
        counters.sort_by_key(|(name, tally)| (std::cmp::Reverse(tally.allocated), **name));
        let top = counters.iter().take(TOP_COUNTERS);
        let mut lines: Vec<_> = top.map(|(name, t)| format!("{name}  {}", t.allocated)).collect();
        if let Some(more) = counters.len().checked_sub(TOP_COUNTERS).filter(|more| *more > 0) {
            lines.push(format!("and {more} more; see: idhooks list --counters"));
        }
        lines
    }
}

/// Returns what this clone lacks to heal HEAD, if HEAD is inconsistent.
fn missing(repo: &Repo, head: HeadRegistry) -> CommandResult<Option<Lacking>> {
    let commit = repo.head()?.filter(|_| head == HeadRegistry::Inconsistent);
    Ok(commit.map(|id| missing_to_heal(repo, id)).transpose()?.flatten())
}

impl HeadRegistry {
    fn of(repo: &Repo) -> CommandResult<Self> {
        let Some(head) = repo.head()? else { return Ok(HeadRegistry::Unborn) };
        Ok(match check_consistency(repo, head)? {
            Consistency::NotAdopted => HeadRegistry::NotAdopted,
            Consistency::Consistent => HeadRegistry::Consistent,
            Consistency::Inconsistent(_) => HeadRegistry::Inconsistent,
        })
    }
}
