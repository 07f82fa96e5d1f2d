//! `idhooks list`: lists the records in the registry.

use std::path::Path;

use idhooks_core::config::{ContentKind, Globs};
use idhooks_core::registry::{Id, Namespace, Status, TypeCode, format_record, key};
use idhooks_ops::{
    CounterFilter, ListKey, ListOptions, ListOrder, ListedCounters, ListedRecord,
    MetadataCondition, list, list_counters,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, json};

use super::{revision_args::RevisionArgs, value_parsers::choice};

/// List identities with their paths and status
///
/// Lists the registry's records in the index, or in a commit, sorted by identity. Records must
/// match all given filters. A repeated filter matches any of its values, but all repeated '--where'
/// conditions must hold.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks list --status active --path 'docs/**'
  idhooks list --where owner=ann --where 'review.state!=done'
  idhooks list --where copied_from --sort=-date   the newest copies first
  idhooks list --counters         how many numbers each counter has used")]
pub(super) struct List {
    #[command(flatten)]
    source: RevisionArgs,
    /// Only identities with this status
    #[arg(long, value_name = "STATUS", value_parser = choice(Status::ALL, Status::as_str, None))]
    status: Vec<Status>,
    /// Only paths that match this glob, as in a .gitignore at the repository root
    #[arg(long, value_name = "GLOB")]
    path: Vec<String>,
    /// Only identities in this three-digit namespace
    #[arg(long, value_name = "NS")]
    ns: Vec<Namespace>,
    /// Only identities with this two-digit TYPE
    #[arg(long = "type", value_name = "TYPE")]
    type_code: Vec<TypeCode>,
    /// Only paths with this class according to the 'classify' rules; '-' for paths without one
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    class: Vec<String>,
    /// Only paths of this kind
    #[arg(long, value_name = "KIND", value_parser = choice(ContentKind::ALL, ContentKind::as_str, None))]
    kind: Vec<ContentKind>,
    /// Only identities whose metadata has this key (KEY), has this value for it (KEY=VALUE), or
    /// does not have this value (KEY!=VALUE)
    ///
    /// Strings are compared as text, and other values as JSON, regardless of formatting. Nested
    /// keys are separated by dots: review.state. KEY!=VALUE also matches records without the key.
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<MetadataCondition>,
    /// Sort by this key, in descending order if it begins with '-'
    ///
    /// 'date' is the allocation date. If the option is repeated, the last key is the primary one.
    /// Records with equal keys are sorted by identity.
    #[arg(long, value_name = "KEY", value_parser = SORT_KEYS, allow_hyphen_values = true)]
    sort: Vec<String>,
    /// List the counters instead of identities
    #[arg(long, conflicts_with_all = ["status", "path", "class", "kind", "conditions", "sort"])]
    counters: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

/// The values of `--sort`.
const SORT_KEYS: [&str; 8] = ["id", "path", "date", "status", "-id", "-path", "-date", "-status"];

impl List {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let globs = Globs::new(self.path.iter().map(String::as_str)).map_err(|error| {
            CommandError::new("cannot use the value of '--path'")
                .because(&error)
                .hint("write it as in a .gitignore: idhooks list --path 'docs/**'")
        })?;
        let (repo, revision) = (self.source.open(dir)?, self.source.revision());
        let counters = CounterFilter { types: self.type_code, namespaces: self.ns };
        if self.counters {
            show_counters(ui, self.format, &list_counters(&repo, &revision, &counters)?);
            return Ok(Exit::Fine);
        }
        let options = ListOptions {
            statuses: self.status,
            paths: (!self.path.is_empty()).then_some(globs),
            counters,
            classes: self.class,
            kinds: self.kind,
            conditions: self.conditions,
            // clap has already rejected all other words.
            sort: self.sort.iter().filter_map(|text| sort_key(text)).collect(),
        };
        let records = list(&repo, &revision, &options)?;
        match self.format {
            Format::Json => {
                let texts = records.iter().map(|one| format_record(&one.record, one.holder));
                ui.data(&json::list(&texts.collect::<Vec<_>>()));
            }
            Format::Text => ui.table(records.iter().map(row)),
        }
        Ok(Exit::Fine)
    }
}

fn sort_key(text: &str) -> Option<ListOrder> {
    let by = ListKey::parse(text.trim_start_matches('-'))?;
    Some(ListOrder { by, is_descending: text.starts_with('-') })
}

fn show_counters(ui: &mut Ui, format: Format, listed: &ListedCounters) {
    if format == Format::Json {
        return ui.data(&json::document_of("counters", &listed.counters));
    }
    let header = ["counter", "current", "allocated", "reserved", "used"].map(str::to_owned);
    let rows = listed.counters.iter().zip(listed.used.values()).map(|((name, state), used)| {
        let (current, reserved) = (format!("{:05}", state.current), runs(&state.reserved));
        [name.to_string(), current, state.allocated.to_string(), reserved, used.to_string()]
    });
    ui.table([header].into_iter().chain(rows));
}

fn row(listed: &ListedRecord) -> [String; 3] {
    let status = listed.status().as_str().to_owned();
    let (record, notes) = (&listed.record, notes(listed));
    let path = match notes.is_empty() {
        true => record.path.to_string(),
        false => format!("{}  ({})", record.path, notes.join("; ")),
    };
    [record.id.to_string(), status, path]
}

/// Returns notes about a record, such as why it is deprecated.
fn notes(ListedRecord { record, holder }: &ListedRecord) -> Vec<String> {
    let mut notes: Vec<String> = record.text(key::DOC_ID).map(str::to_owned).into_iter().collect();
    // The `superseded_by` of a shadowed record is derived from the same holder.
    if let Some(holder) = holder {
        notes.push(format!("shadowed by {holder}"));
    } else if let Some(by) = record.text(key::SUPERSEDED_BY) {
        notes.push(format!("superseded by {by}"));
    }
    if let Some(reason) = record.text(key::DEPRECATED_REASON) {
        notes.push(reason.to_owned());
    }
    if let Some(address) = record.moved_to() {
        notes.push(format!("now at {address}"));
    }
    if let Some(from) = record.text(key::COPIED_FROM) {
        notes.push(format!("copied from {from}"));
    }
    if !record.aliases.is_empty() {
        let aliases: Vec<_> = record.aliases.iter().map(Id::to_string).collect();
        notes.push(format!("also {}", aliases.join(", ")));
    }
    notes
}

/// The maximum number of runs shown on a line.
const MAX_RUNS: usize = 3;

/// Formats ascending sequences as runs: 00003 00007-00012. If there are many runs, shows only the
/// first ones.
fn runs<'s>(sequences: impl IntoIterator<Item = &'s u32>) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for &n in sequences {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == n => *last = n,
            _ => runs.push((n, n)),
        }
    }
    let shown = |(first, last): (u32, u32)| match first == last {
        true => format!("{first:05}"),
        false => format!("{first:05}-{last:05}"),
    };
    // Sequences are scattered, so a thousand reserved sequences form about a thousand runs.
    let more = runs.len().saturating_sub(MAX_RUNS);
    let mut words: Vec<String> = runs.into_iter().take(MAX_RUNS).map(shown).collect();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_one_run() {
        assert_eq!(runs(&[]), "");
        assert_eq!(runs(&[3, 7, 8, 9, 99_999]), "00003 00007-00009 99999");
        assert_eq!(runs(&[1, 3, 5, 6, 8, 10, 11]), "00001 00003 00005-00006 and 2 more");
    }
}
