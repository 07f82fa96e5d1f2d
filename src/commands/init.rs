//! `idhooks init`: adopts a repository.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use idhooks_core::check::Finding;
use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH, Config, Strategy, TypeSource, template};
use idhooks_core::plan::{AllocationLog, PlanError, RuleSuggestion};
use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath, Scope, Tree};
use idhooks_repo::git::{Index, IndexFile, Repo};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{Snapshot, StateError};
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::transaction::{
    Request, Unlisted, append_allocations, append_new_ids, now, prepare,
};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Bar, Ui, count};

use super::adoption::{
    Adoption, ConfigTexts, Identities, Rules, attributes_with_line, refuse, rules, write,
};
use super::capacity::full_at_adoption;
use super::choice::choice;

/// Create the registry and give every tracked file an identity
///
/// Writes and stages idhooks.toml, .idhooks/registry.json and a line in .gitattributes, and commits
/// nothing. An existing idhooks.toml stays; if it has no table of TYPE codes, one is added. Run
/// 'idhooks install' next, once in every clone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks init --dry-run                  show what would change
  idhooks init --scope 260118             choose the last six digits

Exit code: 0 adopted; 1 a counter has too few numbers for its files; 2 cannot adopt")]
pub(super) struct Init {
    /// Last six digits of every identity, permanently [default: today's date as YYMMDD]
    #[arg(long, value_name = "DIGITS")]
    scope: Option<Scope>,
    /// How new identities get their sequence number
    #[arg(long, value_parser = choice(Strategy::ALL, Strategy::as_str, Strategy::help), value_name = "STRATEGY")]
    strategy: Option<Strategy>,
    /// Adopt even if another branch has a registry; the two can never be merged
    #[arg(long)]
    force: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// The result of planning an adoption.
enum Planned {
    Adoption(Adoption),
    /// A counter has too few numbers.
    Full(Finding),
    /// The index must be read as a whole first.
    Nothing,
}

/// The source of the files to adopt.
enum FileSource {
    /// An index of which only the paths were read.
    Unlisted(Unlisted),
    /// An index that was read as a whole.
    Indexed(Index),
}

impl FileSource {
    /// Returns the entries of our own files, and possibly others.
    fn own(&self) -> &Tree {
        match self {
            FileSource::Unlisted(files) => &files.own,
            FileSource::Indexed(index) => &index.tree,
        }
    }

    fn are_unmerged(&self) -> bool {
        matches!(self, FileSource::Indexed(index) if !index.unmerged.is_empty())
    }

    /// Allocates an identity for every tracked file; returns nothing if the index must be read as a
    /// whole for that.
    fn adopted(
        self,
        repo: &Repo,
        config: &Config,
        scope: Scope,
    ) -> Result<Option<Identities>, StateError> {
        let label = "allocating identities";
        let tree = match self {
            FileSource::Unlisted(files) => {
                let bar = Bar::start(label, files.paths);
                let new_ids = files.give(config, scope, &|| bar.step())?;
                bar.finish();
                return Ok(new_ids.map(Identities::Gifts));
            }
            FileSource::Indexed(index) => index.tree,
        };
        // The index has no registry.
        let snapshot = Snapshot { tree, stored: None, is_complete: true };
        let given = AllocationLogFile::in_dir(&repo.state_dir())
            .read()
            .unwrap_or_else(|_| AllocationLog::default());
        let bar = Bar::start(label, snapshot.tree.len() as u64);
        let request = Request {
            config,
            scope,
            snapshot: &snapshot,
            lineage: &Lineage::default(),
            given: &given,
            offered: &[],
            now: None,
            allocate: true,
            picks: &[],
            progress: &|| bar.step(),
        };
        let plan = prepare(repo, &request)?;
        bar.finish();
        Ok(Some(Identities::Registry(plan.registry)))
    }
}

impl Init {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open(dir)?;
        let file = repo.index_file();
        if let Some(files) = Unlisted::of_index(&repo, &file)?
            && let Some(exit) = self.adopt(ui, &repo, &file, FileSource::Unlisted(files))?
        {
            return Ok(exit);
        }
        let index = repo.index(&file)?;
        let exit = self.adopt(ui, &repo, &file, FileSource::Indexed(index))?;
        Ok(exit.unwrap_or(Exit::Fine))
    }

    /// Adopts files and returns the exit code. Returns nothing, and has changed nothing, if the index
    /// must be read as a whole first.
    fn adopt(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        file: &IndexFile,
        files: FileSource,
    ) -> Result<Option<Exit>, CommandError> {
        if files.own().contains_key(&RepoPath::registry()) {
            ui.status("this repository is already adopted; nothing was changed");
            ui.status("next: run 'idhooks install' in every clone; 'idhooks status' shows the current state");
            return Ok(Some(Exit::Fine));
        }
        refuse(repo, files.own(), files.are_unmerged(), self.force)?;
        let adoption = match self.plan(repo, file, files)? {
            Planned::Adoption(adoption) => adoption,
            Planned::Full(finding) => {
                ui.complain(&[finding]);
                return Ok(Some(Exit::Findings));
            }
            Planned::Nothing => return Ok(None),
        };
        if let Identities::Registry(registry) = &adoption.identities {
            refuse_other_registry(repo, registry)?;
        }
        if !self.dry_run {
            if !write(repo, file, &adoption)? {
                return Ok(None);
            }
            let problem = match &adoption.identities {
                Identities::Gifts(new_ids) => append_new_ids(repo, new_ids),
                Identities::Registry(registry) => append_allocations(repo, None, registry),
            };
            if let Some(problem) = problem {
                ui.warning(&problem);
            }
        }
        self.report(ui, &adoption);
        Ok(Some(Exit::Fine))
    }

    /// Plans what to write.
    fn plan(
        &self,
        repo: &Repo,
        file: &IndexFile,
        files: FileSource,
    ) -> Result<Planned, CommandError> {
        let (config, rules) = rules(repo, files.own(), self.strategy)?;
        self.check_strategy(&config, &rules)?;
        let scope = self.scope_of(&config)?;
        let attributes = files.own().get(&RepoPath::attributes()).copied();
        let identities = match files.adopted(repo, &config, scope) {
            Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
                let tree = &repo.index(file)?.tree;
                let need = RuleSuggestion { config: &config, scope, tree, registry: None };
                let is_staged = matches!(rules, Rules::Staged(_));
                let finding = full_at_adoption(&need, counter, &path, is_staged);
                return Ok(Planned::Full(finding));
            }
            identities => identities?,
        };
        let Some(identities) = identities else { return Ok(Planned::Nothing) };
        let [staged_attributes, working_attributes] = attributes_with_line(repo, attributes)?;
        Ok(Planned::Adoption(Adoption {
            identities,
            scope,
            strategy: config.strategy,
            adds_types: config.types.source == TypeSource::New && !matches!(rules, Rules::New),
            config: match rules {
                Rules::Staged(texts) => texts,
                Rules::Written(text) => ConfigTexts::same(text),
                Rules::New => ConfigTexts::same(template::render(scope, config.strategy)),
            },
            staged_attributes,
            working_attributes,
        }))
    }

    fn check_strategy(&self, config: &Config, rules: &Rules) -> Result<(), CommandError> {
        match self.strategy.filter(|asked| *asked != config.strategy) {
            Some(asked) if !matches!(rules, Rules::New) => {
                let (written, asked) = (config.strategy.as_str(), asked.as_str());
                Err(CommandError::new(format!(
                    "{CONFIG_PATH} sets strategy {written}, not {asked}"
                ))
                .hint(format!(
                    "leave out --strategy, or change strategy in [allocation] of {CONFIG_PATH}"
                )))
            }
            _ => Ok(()),
        }
    }

    fn scope_of(&self, config: &Config) -> Result<Scope, CommandError> {
        match (self.scope, config.scope) {
            (Some(asked), Some(written)) if asked != written => {
                Err(CommandError::new(format!("{CONFIG_PATH} sets scope {written}, not {asked}"))
                    .hint(format!("leave out --scope, or change scope in {CONFIG_PATH}")))
            }
            (Some(scope), _) | (None, Some(scope)) => Ok(scope),
            (None, None) => {
                let today = now().to_string();
                let digits = format!("{}{}{}", &today[2..4], &today[5..7], &today[8..10]);
                digits.parse().map_err(|_| CommandError::internal("cannot determine today's date"))
            }
        }
    }

    fn report(&self, ui: &mut Ui, adoption: &Adoption) {
        let files = match &adoption.identities {
            Identities::Gifts(new_ids) => new_ids.count(),
            Identities::Registry(registry) => registry.allocations.len(),
        };
        let files = count(files, "tracked file", "tracked files");
        let scope = adoption.scope;
        let (allocated, staged, added) = match self.dry_run {
            true => ("would allocate", "would stage", "would add"),
            false => ("allocated", "staged", "added"),
        };
        let strategy = match adoption.strategy {
            Strategy::Sequential => {
                "strategy sequential: numbers are dense, but merging parallel branches renumbers one side"
            }
            Strategy::Scattered => {
                "identities are scattered: merging branches does not renumber them"
            }
        };
        let added = format!("{added} the table of TYPE codes to {CONFIG_PATH}, which had none");
        for line in [
            &*format!("{allocated} identities for {files}, scope {scope}"),
            strategy,
            if adoption.adds_types { &added } else { "" },
            &*format!("{staged} {REGISTRY_PATH}, {CONFIG_PATH} and {ATTRIBUTES_PATH}"),
            "next: 'idhooks install' (once in every clone), then: git commit -m 'adopt idhooks'",
            "then commit and merge as usual; 'idhooks status' shows the current state",
        ]
        .into_iter()
        .filter(|line| !line.is_empty())
        {
            // In a dry run, this is the requested output.
            if self.dry_run { ui.line(line) } else { ui.report(line) }
        }
    }
}

/// Refuses if an untracked registry exists, unless an interrupted `init` has left it.
fn refuse_other_registry(repo: &Repo, adopted: &Registry) -> Result<(), CommandError> {
    let Some(bytes) = repo.read_working(REGISTRY_PATH)? else { return Ok(()) };
    if Registry::parse(&bytes).is_ok_and(|left| is_part_of(&left, adopted)) {
        return Ok(());
    }
    Err(CommandError::new(format!("'{REGISTRY_PATH}' exists, but is not tracked")).hint(format!(
        "to use it, run 'git add --force {REGISTRY_PATH}'; to start over, move it away"
    )))
}

/// Returns whether a registry is a part of the one that adoption creates, apart from dates.
fn is_part_of(left: &Registry, adopted: &Registry) -> bool {
    let dates: BTreeMap<_, _> = left.allocations.iter().map(|r| (r.id, r.allocated_at)).collect();
    let mut part = adopted.clone();
    part.allocations.retain(|record| dates.contains_key(&record.id));
    for record in &mut part.allocations {
        record.allocated_at = dates[&record.id];
    }
    part.format() == left.format()
}
