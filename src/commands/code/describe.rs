//! `idhooks describe`: extracts facts about Python files.

use std::ffi::OsString;
use std::path::Path;

use clap::{Args, ValueEnum};
use idhooks_code::DescribedFile;
use idhooks_core::check::count;
use idhooks_core::config::DescriptorKey;
use idhooks_ops::{
    DescribeOptions, DescribeSubjects, Descriptions, WriteFactsOptions, WrittenFacts, describe,
    json_text, open_to_change, write_facts,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, cell_text, json};
use crate::tables::RawArgs;

use crate::commands::revision_args::RevisionArgs;

/// Describe Python files: imports, definitions, entry points
///
/// Reads the content from the index, or from a commit with --rev. Descriptions are cached by blob in the
/// git directory, so the same content is never parsed twice. A file with syntax errors is described as
/// far as it can be parsed; see 'py_parse_status'.
///
/// The 'describe' table in idhooks.toml selects the files, the facts that every commit stores in
/// the registry ('store'), and a directory for full descriptors ('output').
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").args(["subjects", "all"]).required(true))]
#[command(after_help = "\
Examples:
  idhooks describe src/app.py
  idhooks describe 2020073814260118 --format json
  idhooks describe --all --format csv > modules.csv
  idhooks describe --all --stale          list files whose stored description is out of date
  idhooks describe --all --write          update the stored descriptions

Exit code: 0 done; 1 with --stale, a description is out of date; 2 an error")]
pub(in crate::commands) struct DescribeArgs {
    /// Files, directories or identities
    #[arg(value_name = "ID|PATH")]
    subjects: Vec<OsString>,
    /// Describe every file that 'describe' in idhooks.toml selects
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    source: RevisionArgs,
    /// Describe only files whose stored description is out of date
    #[arg(long)]
    stale: bool,
    /// Update the facts in the registry and the descriptors in 'output', if idhooks.toml asks for
    /// them
    ///
    /// With --all, also removes the descriptors of identities that no longer have a file.
    #[arg(long, conflicts_with_all = ["rev", "stale", "format"])]
    write: bool,
    /// With --write, show the changes; change nothing
    #[arg(long, requires = "write")]
    dry_run: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: DescribeFormat,
    #[command(flatten)]
    raw: RawArgs,
}

/// Output formats for descriptors.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum DescribeFormat {
    /// For people
    #[default]
    Text,
    /// One JSON document: a descriptor if one file is named, else a list
    Json,
    /// One JSON object per line
    Jsonl,
    /// A table with a header
    Csv,
}

impl DescribeArgs {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.write {
            return self.write_all(ui, dir);
        }
        let repo = self.source.open(dir)?;
        let options = DescribeOptions {
            subjects: self.subjects(),
            revision: self.source.revision(),
            is_stale_only: self.stale,
        };
        let described = describe(&repo, &options)?;
        self.show(ui, &described)?;
        let is_stale = self.stale && !described.files.is_empty();
        Ok(if is_stale { Exit::Findings } else { Exit::Fine })
    }

    /// Returns the files that the arguments name.
    fn subjects(&self) -> DescribeSubjects {
        match self.all {
            true => DescribeSubjects::All,
            false => DescribeSubjects::Named(self.subjects.clone()),
        }
    }

    fn show(&self, ui: &mut Ui, described: &Descriptions) -> CommandResult<()> {
        let Descriptions { files, is_one } = described;
        match (self.format, &files[..]) {
            (DescribeFormat::Json, [file]) if *is_one => {
                ui.data(&(json_text(&file.descriptor()) + "\n"));
            }
            (DescribeFormat::Json, _) => {
                let all: Vec<_> = files.iter().map(DescribedFile::descriptor).collect();
                ui.data(&json::document_of("descriptors", &all));
            }
            (DescribeFormat::Jsonl, _) => {
                for file in files {
                    // `json_text` is not used because it adds line breaks, and a newline ends the
                    // object here.
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
            (DescribeFormat::Text, [file]) if *is_one => ui.table(rows(file)),
            (DescribeFormat::Text, _) => ui.table(files.iter().map(row)),
        }
        Ok(())
    }

    /// Updates the stored descriptions.
    fn write_all(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let options = WriteFactsOptions { subjects: self.subjects(), is_dry_run: self.dry_run };
        let WrittenFacts { records, descriptors, removed } =
            write_facts(ui, &open_to_change(dir)?, &options)?;
        let verb = if self.dry_run { "would be removed" } else { "removed" };
        for path in removed {
            ui.status(&format!("'{path}' {verb}: its identity has no file"));
        }
        let verb = if self.dry_run { "would be written" } else { "written" };
        let records = count(records, "record", "records");
        let descriptors = count(descriptors, "descriptor", "descriptors");
        ui.status(&format!("{records} and {descriptors} {verb}"));
        Ok(Exit::Fine)
    }
}

/// Returns a file's cells in the CSV table.
fn cells(file: &DescribedFile) -> Vec<String> {
    let id = file.id.map(|id| id.to_string()).unwrap_or_default();
    let blob = file.blob.map(|blob| blob.to_string()).unwrap_or_default();
    let sum = file.source_sha256.clone().unwrap_or_default();
    let values = DescriptorKey::ALL.map(|key| cell_text(&file.value(key)));
    [id, file.path.to_string(), blob, sum].into_iter().chain(values).collect()
}

/// Returns a file's row in a list of files.
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

/// Returns the rows that describe a single file.
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
