//! `idhooks export`: the registry as CSV or JSON.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use idhooks_core::registry::{Allocation, Id, Json, Status, format_record, hex, key};

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, json};

use super::{csv_output::RawArgs, output_file::write, revision_args::RevisionArgs};

/// Export the registry as CSV or JSON
///
/// csv: a row for each record. json: the same records as 'idhooks list --format json'. eafix: the
/// whole registry in its classic form, on several lines and with complete counters, which
/// 'idhooks import' reads.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks export --format csv > identities.csv
  idhooks export --format json --rev v1.0
  idhooks export --format eafix --output registry.json")]
pub(super) struct Export {
    #[command(flatten)]
    source: RevisionArgs,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: ExportFormat,
    /// Write to this file, replacing it, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    raw: RawArgs,
}

/// How a registry is written.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ExportFormat {
    /// A table
    Csv,
    /// A list of records
    Json,
    /// The classic registry
    Eafix,
}

/// The columns that every record fills.
const COLUMNS: [&str; 8] =
    ["id", "path", "status", "type", "ns", "scope", "allocated_at", "origin"];
/// The columns that some records fill, named after the keys in `metadata`.
const MORE: [&str; 12] = [
    key::CLAIM,
    key::ALIASES,
    key::SHADOWED,
    key::DEPRECATED_AT,
    key::DEPRECATED_REASON,
    key::LAST_BLOB,
    key::SUPERSEDED_BY,
    key::SUPERSEDES,
    key::COPIED_FROM,
    key::REASSIGNED_FROM,
    key::PATH_HEX,
    key::PURGED,
];
/// The columns for everything else, as JSON.
const REST: [&str; 2] = ["metadata", "other"];

impl Export {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, view) = self.source.open_view(dir)?;
        let registry = &self.source.registry(&view)?.registry;
        let holders = registry.shadowing();
        let mut records: Vec<&Allocation> = registry.allocations.iter().collect();
        records.sort_by_key(|record| (record.id, record.origin));
        let records = records.into_iter().map(|r| (r, holders.get(&r.origin).copied()));
        let text = match self.format {
            ExportFormat::Csv => {
                let header = COLUMNS.iter().chain(&MORE).chain(&REST);
                self.raw.csv(header, records.map(|(record, holder)| row(record, holder)))?
            }
            ExportFormat::Json => {
                let texts = records.map(|(record, holder)| format_record(record, holder));
                json::list(&texts.collect::<Vec<_>>())
            }
            ExportFormat::Eafix => registry.format_classic(),
        };
        match &self.output {
            None => ui.data(&text),
            Some(file) => write(&repo, &dir.join(file), &text)?,
        }
        Ok(Exit::Fine)
    }
}

/// Returns the row of a record; `holder` is the identity that holds its path, if that is another
/// one.
fn row(record: &Allocation, holder: Option<Id>) -> Vec<String> {
    let id = record.id;
    let status = if holder.is_some() { Status::Superseded } else { record.status };
    let mut row = vec![
        id.to_string(),
        record.path.to_string(),
        status.as_str().to_owned(),
        id.type_code().to_string(),
        id.namespace().to_string(),
        id.scope().to_string(),
        record.allocated_at.to_string(),
        record.origin.to_string(),
    ];
    let values = values(record, holder);
    row.extend(MORE.iter().map(|key| values.get(key).cloned().unwrap_or_default()));
    let mut rest = record.metadata.clone();
    rest.retain(|key, _| !MORE.contains(&key.as_str()));
    let rest = [rest, record.extra.clone()].map(|object| match object.is_empty() {
        true => String::new(),
        false => Json::Object(object).compact(),
    });
    row.extend(rest);
    row
}

/// Returns the values of a record that have columns of their own.
fn values(record: &Allocation, holder: Option<Id>) -> BTreeMap<&str, String> {
    let text = |value: &Json| value.as_str().map_or_else(|| value.compact(), str::to_owned);
    let values = record.metadata.iter().map(|(key, value)| (key.as_str(), text(value)));
    let mut values: BTreeMap<&str, String> = values.collect();
    if record.claim != record.id {
        values.insert(key::CLAIM, record.claim.to_string());
    }
    let aliases: Vec<String> = record.aliases.iter().map(Id::to_string).collect();
    values.insert(key::ALIASES, aliases.join(" "));
    if record.path.as_str().is_none() {
        values.insert(key::PATH_HEX, hex::encode(record.path.as_bytes()));
    }
    if let Some(holder) = holder {
        values.insert(key::SHADOWED, true.to_string());
        values.insert(key::SUPERSEDED_BY, holder.to_string());
    }
    values
}
