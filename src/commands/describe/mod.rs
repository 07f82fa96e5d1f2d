//! `idhooks describe`: facts about Python files.

mod describer;
mod leftovers;
mod stored;
mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::tables::RawArgs;
use clap::{Args, ValueEnum};
use idhooks_core::config::DescriptorKey;
use idhooks_core::registry::{Allocation, Id, Json, Registry, RepoPath};
use idhooks_describe::{DescribedFile, ParseStatus};
use idhooks_ops::{RegistryTransaction, RuledState, Writer, open_to_change};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{StoreError, replace_file};
use serde_json::Value;

use crate::error::{CommandError, CommandResult, Exit, PrintingWork};
use crate::output::{Ui, count, json};

use super::output_file::guard;
use super::revision_args::RevisionArgs;
use describer::{kept_text, stored_values};
use leftovers::leftovers;
use stored::set_facts;
use targets::{DescribeTarget, TargetFinder};

pub(super) use describer::{Describer, python_files};
pub(super) use stored::store_facts;

/// Describe Python files: imports, definitions, entry points
///
/// The content is that of the index, or of a commit. What it says is cached by blob in the git
/// directory, so that no content is parsed twice. A file with syntax errors is described as far as it
/// could be recognised; 'py_parse_status' says so.
///
/// 'describe' in idhooks.toml names the files, the facts that every commit keeps in the registry
/// ('store'), and a directory for full descriptors ('output').
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").args(["subjects", "all"]).required(true))]
#[command(after_help = "\
Examples:
  idhooks describe src/app.py
  idhooks describe 2020073814260118 --format json
  idhooks describe --all --format csv > modules.csv
  idhooks describe --all --stale          what the registry or 'output' has is out of date
  idhooks describe --all --write          and bring it up to date

Exit code: 0 done; 1 with --stale, something is out of date; 2 an error")]
pub(super) struct DescribeArgs {
    /// Files, directories or identities
    #[arg(value_name = "ID|PATH")]
    subjects: Vec<OsString>,
    /// Every file that 'describe' in idhooks.toml names
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    source: RevisionArgs,
    /// Only files of which the registry or the directory 'output' has something out of date
    #[arg(long)]
    stale: bool,
    /// Bring the registry and the directory 'output' up to date, as far as idhooks.toml uses them
    ///
    /// With --all, this also removes descriptors of identities that no longer have a file.
    #[arg(long, conflicts_with_all = ["rev", "stale", "format"])]
    write: bool,
    /// With --write, show what would change; change nothing
    #[arg(long, requires = "write")]
    dry_run: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: DescribeFormat,
    #[command(flatten)]
    raw: RawArgs,
}

/// How descriptors are printed.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum DescribeFormat {
    /// For people
    #[default]
    Text,
    /// One JSON document: the descriptor of the one file, or a list
    Json,
    /// One JSON object per line
    Jsonl,
    /// A table with a header
    Csv,
}

impl DescribeArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.write {
            return self.write_all(ui, dir);
        }
        let (repo, view) = self.source.open_view(dir)?;
        if view.is_adopted() {
            self.source.revision().registry(&repo, &view)?;
        }
        let state = RuledState::read(&repo, view)?;
        let finder = TargetFinder::new(&repo, &state);
        let targets = self.targets(dir, &finder)?;
        let is_one = !self.stale && matches!(&targets[..], [file] if file.is_named);
        let files = python_files(&state.view.tree);
        let mut describer = Describer::new(&repo, &state.config, &files);
        let mut described = Vec::new();
        for DescribeTarget { path, entry, id, .. } in targets {
            let file = describer.describe(&path, entry.map(|entry| entry.blob), id);
            let record = finder.records.get(&path).copied();
            if !self.stale || is_stale(&repo, &state, record, &file) {
                described.push(file);
            }
        }
        describer.save();
        self.show(ui, &described, is_one)?;
        Ok(if self.stale && !described.is_empty() { Exit::Findings } else { Exit::Fine })
    }

    /// Returns the files that the arguments name, each once.
    fn targets(&self, dir: &Path, finder: &TargetFinder<'_>) -> CommandResult<Vec<DescribeTarget>> {
        if self.all {
            return Ok(finder.all());
        }
        let mut targets: Vec<DescribeTarget> = Vec::new();
        for typed in &self.subjects {
            for target in finder.named(dir, typed)? {
                let is_new = targets.iter().all(|t| (&t.path, t.id) != (&target.path, target.id));
                targets.extend(Some(target).filter(|_| is_new));
            }
        }
        Ok(targets)
    }

    fn show(&self, ui: &mut Ui, files: &[DescribedFile], is_one: bool) -> CommandResult<()> {
        match (self.format, files) {
            (DescribeFormat::Json, [file]) if is_one => {
                ui.data(&(json::text(&file.descriptor()) + "\n"));
            }
            (DescribeFormat::Json, _) => {
                let all: Vec<_> = files.iter().map(DescribedFile::descriptor).collect();
                ui.data(&json::document_of("descriptors", &all));
            }
            (DescribeFormat::Jsonl, _) => {
                for file in files {
                    let line = serde_json::to_string(&file.descriptor());
                    let failed = CommandError::internal("cannot write a descriptor");
                    ui.data(&(line.map_err(|error| failed.because(&error))? + "\n"));
                }
            }
            (DescribeFormat::Csv, _) => {
                let keys = DescriptorKey::ALL.map(DescriptorKey::as_str);
                let header = ["id", "path", "blob", "source_sha256"].into_iter().chain(keys);
                ui.data(&self.raw.csv(header, files.iter().map(cells))?);
            }
            (DescribeFormat::Text, [file]) if is_one => ui.table(rows(file)),
            (DescribeFormat::Text, _) => ui.table(files.iter().map(row)),
        }
        Ok(())
    }

    /// Brings what is kept up to date.
    fn write_all(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        let writer = Writer::open(&repo, "describe")?;
        writer.work(ui, |ui, transaction| {
            let repo = transaction.repo;
            let state = RuledState::read(repo, self.source.revision().view(repo)?)?;
            if state.config.describe.store.is_empty() && state.config.describe.output.is_none() {
                return Err(CommandError::new("idhooks.toml says nothing to write")
                    .hint("set 'store' or 'output' in [describe]"));
            }
            check_directory(repo, state.config.describe.output.as_ref())?;
            let targets = self.targets(dir, &TargetFinder::new(repo, &state))?;
            let files = python_files(&state.view.tree);
            let mut describer = Describer::new(repo, &state.config, &files);
            let mut after = transaction.registry().clone();
            let records = after.allocations.iter().enumerate();
            let places: BTreeMap<Id, usize> = records.map(|(at, record)| (record.id, at)).collect();
            let mut outputs: Vec<(PathBuf, String)> = Vec::new();
            for DescribeTarget { path, entry, id, .. } in &targets {
                let (Some(entry), Some(id)) = (entry, id) else { continue };
                let file = describer.describe(path, Some(entry.blob), Some(*id));
                if let Some(place) = places.get(id) {
                    set_facts(&state.config, &file, &mut after.allocations[*place]);
                }
                if let Some(output) = &file.output
                    && file.facts.status != ParseStatus::Timeout
                {
                    let place = repo.top().join(output.to_os_path());
                    let text = kept_text(&file);
                    let old = repo.read_working(&output.to_string())?;
                    if old.as_deref() != Some(text.as_bytes()) {
                        outputs.push((place, text));
                    }
                }
            }
            describer.save();
            let output = state.config.describe.output.as_ref().filter(|_| self.all);
            let holders: BTreeSet<Id> = active_with_file(transaction).collect();
            let gone = output.map(|dir| leftovers(repo, dir, |id| holders.contains(&id)));
            let gone = gone.transpose()?.unwrap_or_default();
            self.apply(ui, transaction, &after, &outputs, &gone)
        })
    }

    fn apply(
        &self,
        ui: &mut Ui,
        transaction: &RegistryTransaction<'_>,
        after: &Registry,
        outputs: &[(PathBuf, String)],
        gone: &[(RepoPath, PathBuf)],
    ) -> CommandResult<Exit> {
        let before = transaction.registry();
        let differ = |(old, new): &(&Allocation, &Allocation)| old.metadata != new.metadata;
        let records = before.allocations.iter().zip(&after.allocations).filter(differ).count();
        outputs.iter().try_for_each(|(file, _)| guard(transaction.repo, file))?;
        if !self.dry_run {
            if records > 0 {
                transaction.write(ui, after)?;
            }
            let links = transaction.repo.link_guard();
            for (file, text) in outputs {
                replace_file(&links, file, text.as_bytes())?;
            }
            for (_, file) in gone {
                links.check(file)?;
                std::fs::remove_file(file).map_err(|e| StoreError::new("remove", file, e))?;
            }
        }
        let removed = if self.dry_run { "would be removed" } else { "removed" };
        for (path, _) in gone {
            ui.status(&format!("'{path}' {removed}: its identity has no file"));
        }
        let verb = if self.dry_run { "would be written" } else { "written" };
        let records = count(records, "record", "records");
        ui.status(&format!(
            "{records} and {} {verb}",
            count(outputs.len(), "descriptor", "descriptors")
        ));
        Ok(Exit::Fine)
    }
}

/// Refuses a directory for descriptors if something else is in its place.
fn check_directory(repo: &Repo, output: Option<&RepoPath>) -> CommandResult<()> {
    let paths = std::iter::successors(output.cloned(), RepoPath::parent);
    let is_in_the_way = |path: &RepoPath| {
        let place = repo.top().join(path.to_os_path());
        place.symlink_metadata().is_ok_and(|meta| !meta.is_dir() && !meta.is_symlink())
    };
    match (output, paths.into_iter().find(is_in_the_way)) {
        (Some(output), Some(path)) => {
            let what =
                format!("'{path}' is not a directory, and descriptors belong into '{output}'");
            let help =
                "move it away, or name another directory: 'output' in [describe] of idhooks.toml";
            Err(CommandError::new(what).hint(help))
        }
        _ => Ok(()),
    }
}

/// Returns the identities that have a file.
fn active_with_file(transaction: &RegistryTransaction<'_>) -> impl Iterator<Item = Id> {
    let records = transaction.registry().allocations.iter().filter(|record| record.is_active());
    records.filter(|record| transaction.has_file(&record.path)).map(|record| record.id)
}

/// Returns whether the registry or the descriptor in the index says something else about a file.
fn is_stale(
    repo: &Repo,
    state: &RuledState,
    record: Option<&Allocation>,
    file: &DescribedFile,
) -> bool {
    let differs = |(key, value): (DescriptorKey, Option<Json>)| {
        let stored = record.and_then(|record| record.metadata.get(key.as_str()));
        let is_used = state.config.describe.store.contains(&key);
        is_used && record.is_some() && stored != value.as_ref()
    };
    let Some(values) = stored_values(&state.config, file) else { return false };
    let is_kept_text = |output| {
        let text = kept_text(file);
        let blob = repo.blob_of(text.as_bytes(), text.len() as u64);
        blob.is_some() && state.view.tree.get(output).map(|entry| entry.blob) == blob
    };
    values.into_iter().any(differs) || file.output.as_ref().is_some_and(|o| !is_kept_text(o))
}

/// Returns the text of a value in a table.
pub(super) fn cell_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        value => value.to_string(),
    }
}

/// Returns the cells of a file in a table for machines.
fn cells(file: &DescribedFile) -> Vec<String> {
    let id = file.id.map(|id| id.to_string()).unwrap_or_default();
    let blob = file.blob.map(|blob| blob.to_string()).unwrap_or_default();
    let sum = file.source_sha256.clone().unwrap_or_default();
    let values = DescriptorKey::ALL.map(|key| cell_text(&file.value(key)));
    [id, file.path.to_string(), blob, sum].into_iter().chain(values).collect()
}

/// Returns the line of a file in a list.
fn row(file: &DescribedFile) -> [String; 5] {
    let facts = &file.facts;
    let doc = facts.error_first.as_ref().or(facts.docstring_1l.as_ref());
    [
        file.path.to_string(),
        facts.status.to_string(),
        count(facts.functions.len(), "function", "functions"),
        count(facts.classes.len(), "class", "classes"),
        doc.cloned().unwrap_or_default(),
    ]
}

/// Returns the rows about one file.
fn rows(file: &DescribedFile) -> Vec<[String; 2]> {
    let id = file.id.map(|id| id.to_string()).unwrap_or_default();
    let names = ["id", "path"].map(str::to_owned);
    let head = names.into_iter().zip([id, file.path.to_string()]);
    let cells = cells(file).into_iter().skip(4);
    let keys = DescriptorKey::ALL.map(|key| key.as_str().trim_start_matches("py_").to_owned());
    head.chain(keys.into_iter().zip(cells))
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| [key, value])
        .collect()
}
