//! `idhooks list`: lists the records of the registry.

use std::{collections::BTreeMap, path::Path, str::FromStr};

use idhooks_core::check::{SequencesUsed, sequences_of, sequences_used};
use idhooks_core::config::{Config, ContentKind, FileClass, Globs, Strategy};
use idhooks_core::registry::{
    Allocation, CounterKey, CounterState, Id, Json, Namespace, Object, Origin, Registry, Status,
    TypeCode, format_record, key, stored_metadata,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, json};

use super::{choice::choice, revision_args::RevisionArgs};

/// List identities with their paths and status
///
/// Lists the records of the registry in the index, or of a commit, sorted by identity. A record must
/// match all the filters you give; repeat a filter to match any of its values, or '--where' to match
/// all of its conditions.
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
    /// Only identities in this namespace, three digits
    #[arg(long, value_name = "NS")]
    ns: Vec<Namespace>,
    /// Only identities with this TYPE, two digits
    #[arg(long = "type", value_name = "TYPE")]
    type_code: Vec<TypeCode>,
    /// Only paths with this class, by the rules of 'classify'; '-' for those without one
    #[arg(long, value_name = "CLASS", allow_hyphen_values = true)]
    class: Vec<String>,
    /// Only paths of this kind
    #[arg(long, value_name = "KIND", value_parser = choice(ContentKind::ALL, ContentKind::as_str, None))]
    kind: Vec<ContentKind>,
    /// Only identities whose metadata has this key, with this value (KEY=VALUE) or without it
    /// (KEY!=VALUE)
    ///
    /// Strings are compared as text, other values as JSON, however they are written. A key inside another one
    /// is written with a dot: review.state. KEY!=VALUE also matches records without the key.
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<Condition>,
    /// Sort by this key; with '-' before it, in descending order
    ///
    /// The date is that of the allocation. If you repeat it, the last key becomes the primary key. Equal records are sorted by identity.
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

/// A condition of `--where` on the metadata of a record.
#[derive(Debug, Clone)]
struct Condition {
    key: String,
    /// The value, and whether it must be equal.
    value: Option<(String, bool)>,
}

impl FromStr for Condition {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = match text.split_once('=') {
            None => (text, None),
            Some((key, value)) => match key.strip_suffix('!') {
                Some(key) => (key, Some((value.to_owned(), false))),
                None => (key, Some((value.to_owned(), true))),
            },
        };
        let is_double = value.as_ref().is_some_and(|(value, _)| value.starts_with('='));
        let has_operator = key.starts_with('!') || key.contains('~');
        if key.is_empty() || key.trim() != key || is_double || has_operator {
            return Err("write KEY, KEY=VALUE or KEY!=VALUE, such as owner=ann");
        }
        Ok(Condition { key: key.to_owned(), value })
    }
}

impl Condition {
    fn holds(&self, metadata: &Object) -> bool {
        let found = value_at(metadata, &self.key);
        match &self.value {
            None => found.is_some(),
            Some((wanted, is_equal)) => {
                let is_same = |found: Json| match found.as_str() {
                    Some(text) => text == wanted,
                    None => Json::parse(wanted).is_ok_and(|wanted| found.has_value_of(&wanted)),
                };
                found.is_some_and(is_same) == *is_equal
            }
        }
    }
}

/// Returns the value of a key, or of a key inside the values of others, such as `review.state`.
fn value_at(object: &Object, key: &str) -> Option<Json> {
    let inside = |at: usize| match &*object.get(&key[..at])?.expanded() {
        Json::Object(inner) => value_at(inner, &key[at + 1..]),
        _ => None,
    };
    let whole = object.get(key).cloned();
    whole.or_else(|| key.match_indices('.').find_map(|(at, _)| inside(at)))
}

impl List {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let globs = Globs::new(self.path.iter().map(String::as_str)).map_err(|error| {
            CommandError::new("cannot use the value of '--path'")
                .because(&error)
                .hint("write it as in a .gitignore: idhooks list --path 'docs/**'")
        })?;
        let (repo, view) = self.source.open_view(dir)?;
        let registry = &self.source.revision().registry(&repo, &view)?.registry;
        if self.counters {
            self.show_counters(ui, registry, view.config(&repo)?.strategy);
            return Ok(Exit::Fine);
        }
        let holders = registry.shadowing();
        let mut records = self.records(registry, &globs, &holders);
        if !(self.class.is_empty() && self.kind.is_empty()) {
            let config = view.config(&repo)?;
            records.retain(|record| self.has_class(&config, record));
        }
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

    fn has_class(&self, config: &Config, record: &Allocation) -> bool {
        let FileClass { class, kind } = config.classify(&record.path);
        let is_class = |wanted: &String| wanted == class.unwrap_or("-");
        (self.class.is_empty() || self.class.iter().any(is_class))
            && (self.kind.is_empty() || self.kind.contains(&kind))
    }

    fn show_counters(&self, ui: &mut Ui, registry: &Registry, strategy: Strategy) {
        let mut counters = registry.counter_states();
        counters.retain(|name, _| self.includes_counter(*name));
        if self.format == Format::Json {
            return ui.data(&json::document_of("counters", &counters));
        }
        let header = ["counter", "current", "allocated", "reserved", "used"].map(str::to_owned);
        let used = sequences_used(registry, strategy);
        let unused = SequencesUsed { used: 0, capacity: sequences_of(strategy) };
        let row = |(name, tally): (&CounterKey, &CounterState)| {
            let (current, reserved) = (format!("{:05}", tally.current), runs(&tally.reserved));
            let filling = used.get(name).copied().unwrap_or(unused).to_string();
            [name.to_string(), current, tally.allocated.to_string(), reserved, filling]
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
                && (self.conditions.is_empty() || {
                    let metadata = stored_metadata(record, holders.get(&record.origin).copied());
                    self.conditions.iter().all(|condition| condition.holds(&metadata))
                })
        };
        let mut records: Vec<_> = registry.allocations.iter().filter(is_listed).collect();
        records.sort_by_key(|record| (record.id, record.origin));
        for key in &self.sort {
            // The sort is stable, so the last key is the first to count.
            records.sort_by(|a, b| {
                let order = match key.trim_start_matches('-') {
                    "path" => a.path.cmp(&b.path),
                    "date" => a.allocated_at.cmp(&b.allocated_at),
                    "status" => stored_status(a, holders).cmp(&stored_status(b, holders)),
                    _ => a.id.cmp(&b.id),
                };
                if key.starts_with('-') { order.reverse() } else { order }
            });
        }
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

/// The number of runs that a line shows.
const MAX_RUNS: usize = 3;

/// Returns sequences in ascending order as runs: 00003 00007-00012. Of many runs, only the first are
/// shown.
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
    fn all_conditions_must_hold() {
        assert_eq!(rows(&["--where", "copied_from"]), [B]);
        assert_eq!(rows(&["--where", "shadowed=true"]), [SHADOWED]);
        assert_eq!(rows(&["--where", "origin!=0000000000000001"]), [SHADOWED, B]);
        assert_eq!(rows(&["--where", r#"aliases=["0110000009260118"]"#]), [A]);
        assert_eq!(rows(&["--where", "deprecated_reason", "--where", "copied_from=x"]), [""; 0]);
        let text =
            r#"{"a":{"b":{"c":"x"},"n":1,"l":[1,2],"o":{"b":[0e9],"z":1.0}},"a.b":"y","e":""}"#;
        let object = Object::from([("x".to_owned(), Json::parse(text).expect("valid"))]);
        let holds =
            |text: &str| format!("x.{text}").parse::<Condition>().expect("valid").holds(&object);
        for text in [
            "a.b.c",
            "a.b.c=x",
            "a.b=y",
            "a.n=1",
            "e=",
            "e",
            "none!=x",
            "a.b!=z",
            "a.b!=x=y",
            "a.n=1.0",
            "a.n=10e-1",
            "a.l=[1,2]",
            "a.l=[ 1.0, 2 ]",
            r#"a.o={"z": 1, "b": [0]}"#,
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            "a.x",
            "n",
            "a.b!=y",
            "none",
            "a.b.c.d",
            "e!=",
            "a.n=1.1",
            "a.n=-1",
            "a.l=[2,1]",
            "a.n=x",
        ] {
            assert!(!holds(text), "{text}");
        }
        for text in ["", "=x", "!=x", "a==b", "a = b", " a", "!a", "a~b"] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_last_sort_key_counts_first() {
        assert_eq!(rows(&["--sort", "path"]), [B, A, SHADOWED]);
        assert_eq!(rows(&["--sort=-path"]), [A, SHADOWED, B]);
        assert_eq!(rows(&["--sort", "-id"]), [B, SHADOWED, A]);
        assert_eq!(rows(&["--sort=status"]), [A, B, SHADOWED]);
        assert_eq!(rows(&["--sort=-status", "--sort=date"]), [B, A, SHADOWED]);
        assert_eq!(rows(&["--sort=-date"]), [SHADOWED, A, B]);
    }

    #[test]
    fn neighbours_are_one_run() {
        assert_eq!(runs(&[]), "");
        assert_eq!(runs(&[3, 7, 8, 9, 99_999]), "00003 00007-00009 99999");
        assert_eq!(runs(&[1, 3, 5, 6, 8, 10, 11]), "00001 00003 00005-00006 and 2 more");
    }
}
