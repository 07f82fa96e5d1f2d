//! `idhooks status`: shows one screen about the repository and this clone.

use std::collections::BTreeMap;
use std::path::Path;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::Config;
use idhooks_core::registry::{
    CounterKey, CounterState, Json, REGISTRY_PATH, Registry, Status as State,
};
use idhooks_repo::git::{Repo, inspect};
use idhooks_repo::history::{Consistency, check_consistency};
use idhooks_repo::transaction::{Held, View};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Format, Ui, aligned, count, json, summary};

use super::list::write_tallies;

/// The number of counters on the screen.
const TOP_COUNTERS: usize = 5;
/// The statuses in the order of the report.
const STATES: [State; 3] = [State::Active, State::Deprecated, State::Superseded];

/// Show whether hooks are installed and the registry is consistent
///
/// Reports the hooks and the merge driver of this clone, whether the registry is consistent in HEAD
/// and in the index, and the number of identities. The exit code is 0 whatever the state is.
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
struct StatusReport {
    adopted: bool,
    /// Whether the index has a registry, even a damaged one.
    is_staged: bool,
    /// If this repository is not adopted here: a ref that has a registry.
    adopted_in: Option<String>,
    config: Config,
    scope: Option<String>,
    installation: Vec<Finding>,
    head: HeadRegistry,
    index: Vec<Finding>,
    /// The number of files that get identities.
    tracked: usize,
    /// The number of records with each status, if the registry can be read.
    states: Option<BTreeMap<State, usize>>,
    counters: BTreeMap<CounterKey, CounterState>,
}

/// The state of the registry in HEAD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HeadRegistry {
    Unborn,
    NotAdopted,
    Consistent,
    Inconsistent,
}

impl StatusArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open(dir)?;
        let report = StatusReport::of(&repo)?;
        match self.format {
            Format::Json => ui.data(&report.json()),
            Format::Text => {
                for line in report.lines() {
                    ui.line(&line);
                }
            }
        }
        Ok(Exit::Fine)
    }
}

/// Returns the problems of the installation in this clone.
fn installation(repo: &Repo) -> Result<Vec<Finding>, CommandError> {
    let problems = inspect(&repo.git())?.problems();
    let finding = |problem| Finding::new(Code::NotInstalled, problem, "run 'idhooks install'");
    Ok(problems.into_iter().map(finding).collect())
}

impl StatusReport {
    fn of(repo: &Repo) -> Result<Self, CommandError> {
        let view = View::of_index(repo)?;
        let config = view.config(repo)?;
        let adopted = !matches!(view.held, Held::NotAdopted);
        let registry = view.stored().map(|stored| &stored.registry);
        let scope = registry.map(|r| r.scope).or(config.scope);
        Ok(StatusReport {
            adopted,
            is_staged: adopted && !matches!(view.held, Held::Missing),
            adopted_in: if adopted { None } else { repo.ref_with(REGISTRY_PATH)? },
            scope: scope.map(|scope| scope.to_string()),
            installation: installation(repo)?,
            head: HeadRegistry::of(repo)?,
            index: view.check(repo, &config)?,
            tracked: view.tracked(&config).count(),
            states: match adopted {
                true => registry.map(states),
                false => Some(BTreeMap::new()),
            },
            counters: registry.map(Registry::counter_states).unwrap_or_default(),
            config,
        })
    }

    /// Returns the number of records with a status; nothing if that is unknown.
    fn of_state(&self, state: State) -> Option<usize> {
        self.states.as_ref().map(|states| states.get(&state).copied().unwrap_or(0))
    }

    fn lines(&self) -> Vec<String> {
        let mut rows: Vec<[String; 2]> = Vec::new();
        let mut row = |name: &str, value: String| rows.push([name.to_owned(), value]);
        let strategy = self.config.strategy.as_str();
        match (&self.scope, &self.adopted_in) {
            _ if self.adopted => {
                let scope = self.scope.as_deref().unwrap_or("unknown");
                row("repository", format!("scope {scope}, strategy {strategy}"));
            }
            (_, Some(name)) => {
                row("repository", format!("not adopted here, but '{name}' has a registry"));
                row("", format!("merge it: git merge {name}"));
            }
            (_, None) => row("repository", "not adopted; to begin: idhooks init".to_owned()),
        }
        match self.installation.as_slice() {
            [] => row("installed", "yes".to_owned()),
            problems if self.adopted => {
                row("installed", "no; to install: idhooks install".to_owned());
                problems.iter().for_each(|problem| row("", problem.message.clone()));
            }
            _ => row("installed", "no".to_owned()),
        }
        let head = match self.head {
            HeadRegistry::NotAdopted if self.is_staged => "the registry is not committed yet",
            head => head.describe(),
        };
        row("HEAD", head.to_owned());
        if !self.adopted {
            row("files", count(self.tracked, "file", "files") + " could get identities");
            return aligned(&rows);
        }
        match self.index.is_empty() {
            true => row("index", "no findings".to_owned()),
            false => row("index", format!("{}; see: idhooks check", summary(&self.index))),
        }
        row("files", format!("{} tracked", self.tracked));
        let states = STATES.map(|s| Some(format!("{} {}", self.of_state(s)?, s.as_str())));
        row(
            "identities",
            match states.into_iter().collect::<Option<Vec<String>>>() {
                Some(states) => states.join(", "),
                None => self.unreadable(),
            },
        );
        for (n, line) in self.top_counters().into_iter().enumerate() {
            row(if n == 0 { "counters" } else { "" }, line);
        }
        aligned(&rows)
    }

    /// Returns why the identities are unknown, and what to do.
    fn unreadable(&self) -> String {
        let why = self.index.iter().find(|finding| finding.code.is_of_unreadable());
        why.map_or_else(
            || "unknown".to_owned(),
            |fault| format!("unknown: {}; {}", fault.message, fault.help),
        )
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

    fn json(&self) -> String {
        let number = |n: usize| Json::Number(n.to_string());
        json::document(|top| {
            top.member("adopted", &Json::Bool(self.adopted));
            json::optional(top.key("adopted_in"), self.adopted_in.as_deref());
            json::optional(top.key("scope"), self.scope.as_deref());
            top.string("strategy", self.config.strategy.as_str());
            json::write_findings(top.key("installation"), &self.installation);
            top.string("head", self.head.word());
            json::object(top.key("index"), |index| {
                for severity in [Severity::Error, Severity::Warning, Severity::Info] {
                    let of = self.index.iter().filter(|f| f.severity == severity).count();
                    index.member(severity.as_str(), &number(of));
                }
            });
            json::object(top.key("files"), |files| {
                files.member("tracked", &number(self.tracked));
                for state in STATES {
                    files.member(state.as_str(), &self.of_state(state).map_or(Json::Null, number));
                }
            });
            write_tallies(top.key("counters"), &self.counters);
        })
    }
}

/// Returns how many records are written with each status.
fn states(registry: &Registry) -> BTreeMap<State, usize> {
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

impl HeadRegistry {
    fn of(repo: &Repo) -> Result<Self, CommandError> {
        let Some(head) = repo.head()? else { return Ok(HeadRegistry::Unborn) };
        Ok(match check_consistency(repo, head)? {
            Consistency::NotAdopted => HeadRegistry::NotAdopted,
            Consistency::Consistent => HeadRegistry::Consistent,
            Consistency::Inconsistent(_) => HeadRegistry::Inconsistent,
        })
    }

    fn word(self) -> &'static str {
        match self {
            HeadRegistry::Unborn => "unborn",
            HeadRegistry::NotAdopted => "not_adopted",
            HeadRegistry::Consistent => "consistent",
            HeadRegistry::Inconsistent => "inconsistent",
        }
    }

    fn describe(self) -> &'static str {
        match self {
            HeadRegistry::Unborn => "no commit yet",
            HeadRegistry::NotAdopted => "has no registry",
            HeadRegistry::Consistent => "its registry is consistent",
            HeadRegistry::Inconsistent => {
                "its registry is inconsistent; see: idhooks check --rev HEAD; the next commit heals it"
            }
        }
    }
}
