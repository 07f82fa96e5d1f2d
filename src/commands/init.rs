//! `idhooks init`: adopts a repository.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Args;
use idhooks_core::check::Finding;
use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH, Config, Strategy, TypeSource};
use idhooks_core::plan::{AdoptFrom, AllocationLog, EventKind, NewIds, PlanError, RuleSuggestion};
use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath, Scope};
use idhooks_ops::{RulesAt, full_counter};
use idhooks_repo::git::{IndexFile, Repo};
use idhooks_repo::state::find_registries;
use idhooks_repo::store::AllocationLogFile;
use idhooks_repo::transaction::audit::{self, Recording};
use idhooks_repo::transaction::{AdoptedIndex, adopted_files, append_new_ids, now};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Bar, Ui, count};

use super::adoption::{
    AdoptedRegistry, Adoption, Rules, attributes_with_line, refuse, rules, texts_with_scope, write,
};
use super::audit::recorder;
use super::choice::choice;
use super::import::source::ImportSource;

/// Create the registry and give every tracked file an identity
///
/// Writes and stages idhooks.toml, .idhooks/registry.json and a line in .gitattributes, and commits
/// nothing. An existing idhooks.toml stays; a scope and a table of TYPE codes are added if it has none.
/// Run 'idhooks install' next, once in every clone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks init --dry-run                  show what would change
  idhooks init --scope 260118             choose the last six digits
  idhooks init --adopt both --dry-run     keep the identities that files carry

Identities are unique within a scope. Two repositories with the same scope may give different files \
the same identity, so choose another scope for each.

Files that already carry 16-digit identities, in their names or as 'doc_id' at their heads, get new \
ones, which no other file carries, unless --adopt keeps theirs. To start over before you commit \
(leave out idhooks.toml if you wrote it yourself, and set 'scope' in it):
  git rm -q -f --ignore-unmatch .idhooks/registry.json idhooks.toml
  idhooks init --adopt both

To keep the identities at the heads of files up to date, add an [[embed]] rule to idhooks.toml: a \
commit then writes identities into all files of the rule that it changes.

Exit code: 0 adopted; 1 a counter has too few numbers for its files; 2 cannot adopt")]
pub(super) struct Init {
    /// Last six digits of every identity, permanently [default: today's date as YYMMDD]
    #[arg(long, value_name = "DIGITS")]
    scope: Option<Scope>,
    /// How new identities get their sequence number
    #[arg(long, value_parser = choice(Strategy::ALL, Strategy::as_str, Some(Strategy::help)), value_name = "STRATEGY")]
    strategy: Option<Strategy>,
    /// Keep the identities that files carry, in their names or as 'doc_id' at their heads
    ///
    /// Kept is a well-formed identity of the scope, or of legacy_scopes in idhooks.toml, that no other
    /// file carries. The others are listed with the reason, and their files get new identities. Without
    /// --scope, and without a scope in idhooks.toml, the scope is that of most identities found.
    #[arg(long, value_parser = choice(AdoptFrom::ALL, AdoptFrom::as_str, Some(AdoptFrom::help)), value_name = "WHERE")]
    adopt: Option<AdoptFrom>,
    /// Adopt even if another branch has a registry, this clone has backups of one, or a file has the
    /// identities of another program
    ///
    /// The registries of two adoptions can never be merged. The identities in a file of another program are
    /// not kept: to take them over, use 'idhooks migrate plan' or 'idhooks import FILE'.
    #[arg(long)]
    force: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// What an adoption gives and writes.
struct Planned {
    ids: NewIds,
    given: AllocationLog,
    adoption: Adoption,
    strategy: Strategy,
    scope: Scope,
    /// Whether an existing `idhooks.toml` gets a TYPE table.
    adds_types: bool,
    /// Whether an existing `idhooks.toml` gets the scope.
    adds_scope: bool,
}

impl Init {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let file = repo.index_file();
        let index = AdoptedIndex::read(&repo, &file)?;
        if index.own.contains_key(&RepoPath::registry()) {
            ui.status("this repository is already adopted; nothing was changed");
            ui.status("next: run 'idhooks install' in every clone; 'idhooks status' shows the current state");
            return Ok(Exit::Fine);
        }
        refuse(&repo, &index.own, index.is_unmerged, Some(self.force))?;
        if !self.force && self.adopt.is_none() {
            refuse_beside_other(&repo, &file)?;
            refuse_beside_backups(&repo)?;
        }
        let planned = match self.plan(&repo, &file, &index)? {
            Ok(planned) => planned,
            Err(finding) => {
                ui.complain(&[finding]);
                return Ok(Exit::Findings);
            }
        };
        refuse_other_registry(&repo, &planned.ids)?;
        if !self.dry_run {
            let Planned { ids, adoption, .. } = &planned;
            repo.begin("init");
            audit::look_ahead(&repo)?;
            let facts = [("scope", Some(&*planned.scope.to_string()))];
            let event = recorder::event(EventKind::Initialized, &facts);
            let adoption = adoption.clone();
            let recording = Recording::of(&repo, None, [event]);
            let text = |out: &mut dyn std::io::Write| ids.write(out);
            let text = AdoptedRegistry::Streamed(&text);
            let problem = write(&repo, &file, &index.own, adoption, recording, text)?;
            let others = append_new_ids(&repo, &planned.ids, &planned.given);
            problem.into_iter().chain(others).for_each(|problem| ui.warning(&problem));
        }
        self.report(ui, &planned);
        Ok(Exit::Fine)
    }

    /// Plans what to write; returns the finding if a counter has too few numbers.
    fn plan(
        &self,
        repo: &Repo,
        file: &IndexFile,
        index: &AdoptedIndex,
    ) -> CommandResult<Result<Planned, Finding>> {
        let AdoptedIndex { own, paths, .. } = index;
        let (config, rules) = rules(repo, own, self.strategy)?;
        let other = self.strategy.filter(|asked| *asked != config.strategy);
        if let Some(asked) = other.filter(|_| !matches!(rules, Rules::New)) {
            let written = config.strategy;
            return Err(CommandError::new(format!(
                "{CONFIG_PATH} sets strategy {written}, not {asked}"
            ))
            .hint(format!(
                "leave out --strategy, or change strategy in [allocation] of {CONFIG_PATH}"
            )));
        }
        let bar = Bar::start("reading the heads of files", *paths);
        let files = adopted_files(repo, file, &config, self.adopt, &|| bar.step())?;
        bar.finish();
        let scope = self.scope_of(&config, files.main_scope())?;
        let log = AllocationLogFile::in_dir(&repo.state_dir());
        let given = log.read().unwrap_or_else(|_| AllocationLog::default());
        let bar = Bar::start("allocating identities", *paths);
        let ids = match files.allocate(&config, scope, now(), &given, &|| bar.step()) {
            Err(PlanError::Capacity { counter, path }) => {
                let tree = &repo.index(file)?.tree;
                let need = RuleSuggestion { config: &config, scope, tree, registry: None };
                let is_staged = matches!(rules, Rules::Staged(_));
                return Ok(Err(full_counter(&need, counter, &path, RulesAt::of(is_staged))));
            }
            Ok(ids) => ids,
        };
        bar.finish();
        let attributes = attributes_with_line(repo, own)?;
        Ok(Ok(Planned {
            ids,
            given,
            scope,
            strategy: config.strategy,
            adds_types: config.types.source == TypeSource::New && !matches!(rules, Rules::New),
            adds_scope: config.scope.is_none() && !matches!(rules, Rules::New),
            adoption: Adoption {
                config: texts_with_scope(repo, own, rules, &config, scope)?,
                attributes,
            },
        }))
    }

    /// Returns the scope; `carried` is that of the identities to keep.
    fn scope_of(&self, config: &Config, carried: Option<Scope>) -> CommandResult<Scope> {
        match (self.scope, config.scope.or(carried.filter(|_| self.scope.is_none()))) {
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

    fn report(&self, ui: &mut Ui, planned: &Planned) {
        let new = planned.ids.count() - planned.ids.kept;
        let files = match self.adopt {
            None => count(new, "tracked file", "tracked files"),
            Some(_) => count(new, "other tracked file", "other tracked files"),
        };
        let scope = planned.scope;
        let (allocated, staged, added) = match self.dry_run {
            true => ("would allocate", "would stage", "would add"),
            false => ("allocated", "staged", "added"),
        };
        let strategy = match planned.strategy {
            Strategy::Sequential => {
                "strategy sequential: numbers are dense, but merging parallel branches renumbers one side"
            }
            Strategy::Scattered => {
                "identities are scattered: merging branches does not renumber them"
            }
        };
        let carriers = planned.ids.carriers_of_others();
        let first = carriers.first().and_then(|first| RepoPath::new(*first).ok());
        let first = first.filter(|_| self.adopt.is_none());
        let carried = first.map_or_else(String::new, |first| {
            let files = count(
                carriers.len(),
                "file already carries an identity",
                "files already carry an identity",
            );
            format!("note: {files}, such as '{first}', and init gives a new one; to keep the old: idhooks init --adopt both")
        });
        let kept = self.report_kept(ui, planned);
        let scope_added = format!("{added} the scope to {CONFIG_PATH}, which had none");
        let added = format!("{added} the table of TYPE codes to {CONFIG_PATH}, which had none");
        for line in [
            &*kept,
            &*format!("{allocated} identities for {files}, scope {scope}"),
            "identities are unique within a scope; give every repository its own: idhooks init --scope <DIGITS>",
            strategy,
            &carried,
            if planned.adds_scope { &scope_added } else { "" },
            if planned.adds_types { &added } else { "" },
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

impl Init {
    /// Lists the identities that are not kept; returns the line about those that are.
    fn report_kept(&self, ui: &mut Ui, planned: &Planned) -> String {
        if self.adopt.is_none() {
            return String::new();
        }
        let NewIds { kept, unkept, .. } = &planned.ids;
        ui.lines(unkept.iter().map(|unkept| format!("not kept: {unkept}")));
        let keep = if self.dry_run { "would keep" } else { "kept" };
        let ids = count(*kept, "identity", "identities");
        let others =
            if unkept.is_empty() { String::new() } else { format!(", not {}", unkept.len()) };
        format!("{keep} {ids} that files carry{others}")
    }
}

/// Refuses if this clone has backups of a registry: the files would not get the identities that they had.
fn refuse_beside_backups(repo: &Repo) -> CommandResult<()> {
    let backups = repo.backups()?;
    let Some(last) = backups.last() else { return Ok(()) };
    let what = format!(
        "this clone has backups of a registry, the last of {}, whose identities 'idhooks init' does not keep",
        last.at
    );
    Err(CommandError::new(what)
        .hint("to restore the last: idhooks backup restore")
        .hint("to give all files new identities: idhooks init --force"))
}

/// Refuses if a tracked file has the identities of another program: every file would get a new one.
fn refuse_beside_other(repo: &Repo, file: &IndexFile) -> CommandResult<()> {
    let all = find_registries(repo, &repo.index(file)?.tree)?;
    let Some(path) = all.first() else { return Ok(()) };
    let source = ImportSource { typed: &path.to_os_path(), format: None };
    let records = source.read(repo.top(), None).ok();
    let records = records.map_or_else(
        || "records".to_owned(),
        |(_, registry)| count(registry.allocations.len(), "record", "records"),
    );
    let what = format!("'{path}' has {records} of identities, which 'idhooks init' does not keep");
    Err(CommandError::new(what)
        .hint("to take them over while the other program goes on: idhooks migrate plan")
        .hint(format!("to take them over once: idhooks import {}", path.shell_quoted()))
        .hint(
            "if these are not the identities of your files, to go on anyway: idhooks init --force",
        ))
}

/// Refuses if an untracked registry exists, unless an interrupted `init` has left it.
fn refuse_other_registry(repo: &Repo, ids: &NewIds) -> CommandResult<()> {
    let Some(bytes) = repo.read_working(REGISTRY_PATH)? else { return Ok(()) };
    let mut text = Vec::new();
    let adopted = ids.write(&mut text).ok().and_then(|()| Registry::parse(&text).ok());
    let left = Registry::parse(&bytes).ok();
    if let Some((left, mut part)) = left.zip(adopted) {
        // Apart from dates, it has left a part of the registry that is created now.
        let records = left.allocations.iter();
        let dates: BTreeMap<_, _> = records.map(|r| (r.id, r.allocated_at)).collect();
        part.allocations.retain(|record| dates.contains_key(&record.id));
        for record in &mut part.allocations {
            record.allocated_at = dates[&record.id];
        }
        if part.format() == left.format() {
            return Ok(());
        }
    }
    Err(CommandError::new(format!("'{REGISTRY_PATH}' exists, but is not tracked")).hint(format!(
        "to use it, run 'git add --force {REGISTRY_PATH}'; to start over, move it away"
    )))
}
