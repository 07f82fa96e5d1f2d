//! `idhooks export`: prints the registry as CSV or JSON, or writes redirects.

mod redirects;

use std::path::{Path, PathBuf};

use crate::tables::RawArgs;
use idhooks_core::registry::{Allocation, Registry, format_record};
use idhooks_ops::{CommitState, LegacyFile, Repo, classic_text, table_header, table_row};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, json};

use super::output_file::{OverwriteArgs, write};
use super::revision_args::RevisionArgs;
use redirects::RedirectArgs;

/// Export the registry as CSV or JSON, or as redirects for a website
///
/// csv: one row per record. json: the output of 'idhooks list --format json'. eafix: the whole registry
/// in its classic form, pretty-printed and with complete counters; 'idhooks import' reads it. legacy: the
/// legacy file that dual_write in idhooks.toml describes, byte for byte. redirects: files that make a
/// website lead from each identity, and each path that a file had before, to its present page; they are
/// made from a commit, HEAD by default.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks export --format csv > identities.csv
  idhooks export --format json --rev v1.0
  idhooks export --format eafix --output registry.json
  idhooks export --format redirects --form netlify --output public")]
pub(super) struct Export {
    #[command(flatten)]
    source: RevisionArgs,
    #[command(flatten)]
    redirects: RedirectArgs,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: ExportFormat,
    /// Write to this file, replacing it, instead of standard output; redirects go to this directory
    #[arg(long, value_name = "DIR|FILE", required_if_eq("format", "redirects"))]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
    #[command(flatten)]
    raw: RawArgs,
}

/// Output formats for a registry.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ExportFormat {
    /// A table
    Csv,
    /// A list of records
    Json,
    /// The classic registry
    Eafix,
    /// The legacy file described by dual_write in idhooks.toml
    Legacy,
    /// Redirects from identities and former paths
    Redirects,
}

impl Export {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        self.assert_consistent()?;
        if let (ExportFormat::Redirects, Some(output)) = (self.format, &self.output) {
            let repo = Repo::open_to_read(dir)?;
            return self.redirects.run(ui, &repo, self.source.revision().name(), [dir, output]);
        }
        let (repo, view) = self.source.open_view(dir)?;
        let registry = &self.source.revision().registry(&repo, &view)?.registry;
        // A shadowed record is exported as superseded; if its holder were not named, it would
        // appear to be active.
        let holders = registry.shadowing();
        let mut records: Vec<&Allocation> = registry.allocations.iter().collect();
        // The records are sorted, because the file may not be in canonical order. This way, two
        // exports can be compared line by line.
        records.sort_by_key(|record| (record.id, record.origin));
        let records = records.into_iter().map(|r| (r, holders.get(&r.origin).copied()));
        let text = match self.format {
            ExportFormat::Csv => self
                .raw
                .csv(table_header(), records.map(|(record, holder)| table_row(record, holder)))?,
            ExportFormat::Json => {
                let texts = records.map(|(record, holder)| format_record(record, holder));
                json::list(&texts.collect::<Vec<_>>())
            }
            ExportFormat::Eafix => classic_text(registry),
            ExportFormat::Legacy | ExportFormat::Redirects => legacy_text(&repo, &view, registry)?,
        };
        match &self.output {
            None => ui.data(&text),
            Some(file) => write(&repo, &dir.join(file), &text, self.overwrite)?,
        }
        Ok(Exit::Fine)
    }
}

impl Export {
    /// Refuses options that the format does not have.
    fn assert_consistent(&self) -> CommandResult<()> {
        let (what, option) = match self.format {
            ExportFormat::Redirects if self.overwrite.is_given() => ("redirects", "--overwrite"),
            ExportFormat::Redirects if self.raw.is_given() => ("redirects", "--raw"),
            ExportFormat::Redirects if self.output.as_deref() == Some(Path::new("-")) => {
                return Err(CommandError::new(
                    "redirects are files, and cannot be written to standard output",
                )
                .hint("name a directory; './-' is one with this name"));
            }
            ExportFormat::Redirects => return self.redirects.assert_consistent(),
            _ => match self.redirects.given() {
                Some(option) => ("this format", option),
                None => return Ok(()),
            },
        };
        Err(CommandError::new(format!("{what} cannot be exported with {option}"))
            .hint("see: idhooks export --help"))
    }
}

/// Returns the content of the legacy file, according to the rules in the commit or the index.
fn legacy_text(repo: &Repo, view: &CommitState, registry: &Registry) -> CommandResult<String> {
    let file = LegacyFile::of(repo, &view.tree)?.ok_or_else(|| {
        CommandError::new(
            "idhooks.toml does not describe a legacy file: it has no table [dual_write]",
        )
        .hint("name a format: idhooks export --format eafix")
    })?;
    // The text is based on the committed version, so that the legacy file keeps its order and
    // style.
    Ok(file.text_over(registry, file.entry(&view.tree)))
}
