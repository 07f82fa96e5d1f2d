//! `idhooks list`: lists the records of the registry.

use std::{collections::BTreeMap, path::Path};

use idhooks_core::config::Globs;
use idhooks_core::registry::{
    Allocation, CounterKey, CounterState, Id, Namespace, Origin, Registry, Status, TypeCode,
    format_record, key,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, json};

use super::{choice::choice, revision_args::RevisionArgs};

/// List identities with their paths and status
///
/// Lists the records of the registry in the index, or of a commit, sorted by identity. A record must
/// match all the filters you give; repeat a filter to match any of its values.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks list --status active --path 'docs/**'
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
    /// Only identities in this namespace, three digits
    #[arg(long, value_name = "NS")]
    ns: Vec<Namespace>,
    /// Only identities with this TYPE, two digits
    #[arg(long = "type", value_name = "TYPE")]
    type_code: Vec<TypeCode>,
    /// List the counters instead of identities
    #[arg(long, conflicts_with_all = ["status", "path"])]
    counters: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl List {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let globs = Globs::new(self.path.iter().map(String::as_str)).map_err(|error| {
            CommandError::new("cannot use the value of '--path'")
                .because(&error)
                .hint("write it as in a .gitignore: idhooks list --path 'docs/**'")
        })?;
        let (_, view) = self.source.open_view(dir)?;
        let registry = &self.source.registry(&view)?.registry;
        if self.counters {
            self.show_counters(ui, registry);
            return Ok(Exit::Fine);
        }
        let holders = registry.shadowing();
        let records = self.records(registry, &globs, &holders);
        match self.format {
            Format::Json => {
                let holder = |record: &Allocation| holders.get(&record.origin).copied();
                let texts: Vec<_> = records.iter().map(|r| format_record(r, holder(r))).collect();
                ui.data(&json::list(&texts));
            }
            Format::Text => ui.table(records.iter().map(|record| row(record, &holders))),
        }
        Ok(Exit::Fine)
    }

    fn includes_counter(&self, counter: CounterKey) -> bool {
        let among_types = self.type_code.is_empty() || self.type_code.contains(&counter.type_code);
        among_types && (self.ns.is_empty() || self.ns.contains(&counter.namespace))
    }

    fn show_counters(&self, ui: &mut Ui, registry: &Registry) {
        let mut counters = registry.counter_states();
        counters.retain(|name, _| self.includes_counter(*name));
        if self.format == Format::Json {
            return ui.data(&json::document_of("counters", &counters));
        }
        let header = ["counter", "current", "allocated", "reserved"].map(str::to_owned);
        let row = |(name, tally): (&CounterKey, &CounterState)| {
            let (current, reserved) = (format!("{:05}", tally.current), runs(&tally.reserved));
            [name.to_string(), current, tally.allocated.to_string(), reserved]
        };
        ui.table([header].into_iter().chain(counters.iter().map(row)));
    }

    fn records<'a>(
        &self,
        registry: &'a Registry,
        globs: &Globs,
        holders: &BTreeMap<Origin, Id>,
    ) -> Vec<&'a Allocation> {
        let is_listed = |record: &&Allocation| {
            let status = stored_status(record, holders);
            (self.status.is_empty() || self.status.contains(&status))
                && (self.path.is_empty() || globs.matches(&record.path))
                && self.includes_counter(record.id.counter())
        };
        let mut records: Vec<_> = registry.allocations.iter().filter(is_listed).collect();
        records.sort_by_key(|record| (record.id, record.origin));
        records
    }
}

/// Returns the status with which the registry stores a record.
fn stored_status(record: &Allocation, holders: &BTreeMap<Origin, Id>) -> Status {
    if holders.contains_key(&record.origin) { Status::Superseded } else { record.status }
}

fn row(record: &Allocation, holders: &BTreeMap<Origin, Id>) -> [String; 3] {
    let status = stored_status(record, holders).as_str().to_owned();
    let notes = notes(record, holders.get(&record.origin).copied());
    let path = match notes.is_empty() {
        true => record.path.to_string(),
        false => format!("{}  ({})", record.path, notes.join("; ")),
    };
    [record.id.to_string(), status, path]
}

/// Returns notes about a record; `holder` is the identity that holds its path instead.
fn notes(record: &Allocation, holder: Option<Id>) -> Vec<String> {
    let mut notes: Vec<String> = record.text(key::DOC_ID).map(str::to_owned).into_iter().collect();
    if let Some(holder) = holder {
        notes.push(format!("shadowed by {holder}"));
    } else if let Some(by) = record.text(key::SUPERSEDED_BY) {
        notes.push(format!("superseded by {by}"));
    }
    if let Some(reason) = record.text(key::DEPRECATED_REASON) {
        notes.push(reason.to_owned());
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

/// Returns sequences in ascending order as runs: 00003 00007-00012.
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
    runs.into_iter().map(shown).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = r#"{"schema_version":"1.0","scope":"260118","allocations":[
        {"id":"0110000001260118","file_path":"docs/a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"origin":"0000000000000001","aliases":["0110000009260118"]}},
        {"id":"0110000002260118","file_path":"docs/a.md","allocated_at":"2026-01-19T22:00:00Z","status":"superseded","metadata":{"origin":"0000000000000002","shadowed":true,"superseded_by":"0110000001260118"}},
        {"id":"2099900003260118","file_path":"b.py","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated","metadata":{"origin":"0000000000000003","copied_from":"0110000001260118","deprecated_reason":"deleted"}}]}"#;

    fn rows(args: &[&str]) -> Vec<String> {
        #[derive(clap::Parser)]
        struct ListCli {
            #[command(flatten)]
            list: List,
        }
        let args = std::iter::once("list").chain(args.iter().copied());
        let list = <ListCli as clap::Parser>::try_parse_from(args).expect("valid").list;
        let registry = Registry::parse(REGISTRY.as_bytes()).expect("valid");
        let globs = Globs::new(list.path.iter().map(String::as_str)).expect("valid");
        let holders = registry.shadowing();
        let records = list.records(&registry, &globs, &holders);
        records.iter().map(|record| row(record, &holders).join(" ")).collect()
    }

    const A: &str = "0110000001260118 active docs/a.md  (also 0110000009260118)";
    const SHADOWED: &str = "0110000002260118 superseded docs/a.md  (shadowed by 0110000001260118)";
    const B: &str = "2099900003260118 deprecated b.py  (deleted; copied from 0110000001260118)";

    #[test]
    fn filters_of_different_kinds_must_all_hold() {
        assert_eq!(rows(&[]), [A, SHADOWED, B]);
        assert_eq!(rows(&["--status", "superseded"]), [SHADOWED]);
        assert_eq!(rows(&["--status", "active", "--status", "deprecated"]), [A, B]);
        assert_eq!(rows(&["--path", "*.py"]), [B]);
        assert_eq!(rows(&["--path", "docs/**", "--status", "active"]), [A]);
        assert_eq!(rows(&["--ns", "100"]), [A, SHADOWED]);
        assert_eq!(rows(&["--type", "20"]), [B]);
        assert_eq!(rows(&["--type", "20", "--ns", "100"]), [""; 0]);
    }

    #[test]
    fn neighbours_are_one_run() {
        assert_eq!(runs(&[]), "");
        assert_eq!(runs(&[3, 7, 8, 9, 99_999]), "00003 00007-00009 99999");
    }
}
