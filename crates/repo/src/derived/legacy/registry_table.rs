//! A registry as a table, with a row for each record.

use std::borrow::Cow;
use std::collections::BTreeMap;

use idhooks_core::registry::{Allocation, Id, Json, Object, Registry, Scope, Status, hex, key};

use super::error::LegacyError;
use super::headless::with_head;

/// The columns that have a value for every record.
const COLUMNS: [&str; 8] =
    ["id", "path", "status", "type", "ns", "scope", "allocated_at", "origin"];
/// The columns that have a value for some records, named after the keys in `metadata`.
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
/// The alternative name for the path column.
const FILE_PATH: &str = "file_path";
/// The member in the preserved spelling that lists the column names in another program's order.
pub(super) const ORDER: &str = "columns";

/// Returns the column names.
pub fn table_header() -> impl Iterator<Item = &'static str> {
    COLUMNS.into_iter().chain(MORE).chain(REST)
}

/// Returns a record's row; `holder` is the identity that holds its path, if another record holds
/// it.
pub fn table_row(record: &Allocation, holder: Option<Id>) -> Vec<String> {
    let cells = cells(record, holder, &[]);
    table_header()
        .map(|name| cells.get(name).map(|cell| cell.to_string()).unwrap_or_default())
        .collect()
}

/// Returns a record's non-empty cells, keyed by column; `others` are columns named after the
/// record's unknown keys.
fn cells<'a>(
    record: &'a Allocation,
    holder: Option<Id>,
    others: &[String],
) -> BTreeMap<&'a str, Cow<'a, str>> {
    let id = record.id;
    let status = if holder.is_some() { Status::Superseded } else { record.status };
    let text = |value: &'a Json| value.as_str().map_or_else(|| value.compact().into(), Cow::from);
    let is_known = |name: &&String| MORE.contains(&name.as_str());
    let named = record.metadata.iter().filter(|(name, _)| is_known(name));
    let mut cells: BTreeMap<&str, Cow<'_, str>> =
        named.map(|(name, value)| (name.as_str(), text(value))).collect();
    // If the program knows about second identities, its table has a column for them.
    let has_column =
        others.iter().any(|name| name == key::DOC_ID) && !record.extra.contains_key(key::DOC_ID);
    let doc_id = record.text(key::DOC_ID).filter(|doc_id| has_column && !doc_id.is_empty());
    let is_doc_id = |name: &String| doc_id.is_some() && name == key::DOC_ID;
    let is_other = |name: &String| others.contains(name) && !is_doc_id(name);
    let shown = record.extra.iter().filter(|(name, _)| is_other(name));
    cells.extend(shown.map(|(name, value)| (name.as_str(), text(value))));
    cells.extend(doc_id.map(|doc_id| (key::DOC_ID, Cow::from(doc_id))));
    let aliases: Vec<String> = record.aliases.iter().map(Id::to_string).collect();
    let mut put = |name, cell: String| drop(cells.insert(name, cell.into()));
    put("id", id.to_string());
    put("path", record.path.to_string());
    put("status", status.as_str().to_owned());
    put("type", id.type_code().to_string());
    put("ns", id.namespace().to_string());
    put("scope", id.scope().to_string());
    put("allocated_at", record.allocated_at.to_string());
    put("origin", record.origin.to_string());
    put(key::ALIASES, aliases.join(" "));
    if record.claim != id {
        // The claim is only written if a merge displaced the record; otherwise, it equals the
        // identity.
        put(key::CLAIM, record.claim.to_string());
    }
    if record.path.as_str().is_none() {
        // A path that is not UTF-8 cannot be represented in a text table.
        put(key::PATH_HEX, hex::encode(record.path.as_bytes()));
    }
    if let Some(holder) = holder {
        put(key::SHADOWED, true.to_string());
        put(key::SUPERSEDED_BY, holder.to_string());
    }
    let json = |mut rest: Object, is_shown: &dyn Fn(&String) -> bool| {
        rest.retain(|name, _| !is_shown(name));
        if rest.is_empty() { String::new() } else { Json::Object(rest).compact() }
    };
    put("metadata", json(record.metadata.clone(), &|name| is_known(&name) || is_doc_id(name)));
    put("other", json(record.extra.clone(), &|name| is_other(name)));
    cells
}

/// Returns a registry's table. The columns used by the program that the registry came from are
/// first, in that program's order.
pub(super) fn table(registry: &Registry) -> String {
    let kept = registry.metadata.get(key::LEGACY_SPELLING).map(Json::expanded);
    let order = kept.as_deref().and_then(|kept| match kept {
        Json::Object(kept) => kept.get(ORDER),
        _ => None,
    });
    let order: Vec<String> = match order {
        Some(Json::Array(names)) => {
            names.iter().filter_map(Json::as_str).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    let has =
        |name: &str| order.iter().any(|own| own == name || (name == "path" && own == FILE_PATH));
    let rest: Vec<String> = table_header().filter(|name| !has(name)).map(str::to_owned).collect();
    // The columns named after the records' unknown keys.
    let others: Vec<String> = order.iter().filter(|name| !is_own(name)).cloned().collect();
    let columns: Vec<String> = order.into_iter().chain(rest).collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to a Vec cannot fail, and all rows have the same length.
    let _ = writer.write_record(&columns);
    for (record, holder) in registry.sorted() {
        let cells = cells(record, holder, &others);
        let cell = |name: &String| {
            let name = if *name == FILE_PATH { "path" } else { name.as_str() };
            cells.get(name).map_or("", |cell| cell)
        };
        let _ = writer.write_record(columns.iter().map(cell));
    }
    String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
}

/// Returns whether a column has a meaning for idhooks.
fn is_own(name: &str) -> bool {
    name == FILE_PATH || table_header().any(|own| own == name)
}

/// Reads a registry from a table that has at least the columns `id`, `path` and `allocated_at`.
/// Other columns become keys in the records.
pub(super) fn read(text: &str, scope: Scope) -> Result<Registry, LegacyError> {
    let form = |error: &csv::Error| LegacyError::Form(error.to_string());
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names: Vec<String> =
        reader.headers().map_err(|error| form(&error))?.iter().map(str::to_owned).collect();
    let has = |name: &str| names.iter().any(|own| own == name);
    for (name, other) in [("id", "id"), ("path", FILE_PATH), ("allocated_at", "allocated_at")] {
        if !has(name) && !has(other) {
            return Err(LegacyError::Form(format!("line 1: there is no column '{name}'")));
        }
    }
    let mut lines = vec![String::new()];
    for record in reader.records() {
        let record = record.map_err(|error| form(&error))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cells = names.iter().map(String::as_str).zip(&record);
        let json = read_row(cells).map_err(|column| {
            LegacyError::Form(format!("line {line}: '{column}' is not a JSON object"))
        })?;
        // A row may span several lines.
        lines.resize(lines.len().max(usize::try_from(line).unwrap_or(0) - 1), String::new());
        lines.push(json);
    }
    let whole = with_head(scope, lines.iter().map(String::as_str));
    let mut registry = Registry::parse_foreign(whole.as_bytes())?;
    let default: Vec<&str> = table_header().collect();
    // The column order is only kept if it is not the usual one.
    if names != default {
        let columns = names.into_iter().filter(|name| !name.is_empty()).map(Json::string);
        let kept = Object::from([(ORDER.to_owned(), Json::Array(columns.collect()))]);
        registry.metadata.insert(key::LEGACY_SPELLING.to_owned(), Json::Object(kept));
    }
    Ok(registry)
}

/// Returns a row's record as JSON, or the name of a column that should contain JSON but does not.
fn read_row<'a>(cells: impl Iterator<Item = (&'a str, &'a str)>) -> Result<String, &'a str> {
    let (mut record, mut metadata, mut doc_id) = (Object::new(), Object::new(), None);
    // If a table has no status column, all its records are active.
    record.insert("status".to_owned(), Json::string(Status::Active.as_str()));
    for (name, cell) in cells.filter(|(name, cell)| !name.is_empty() && !cell.is_empty()) {
        let parsed = || Json::parse(cell).map_err(|_| name);
        match name {
            "path" | FILE_PATH => drop(record.insert(FILE_PATH.to_owned(), Json::string(cell))),
            "type" | "ns" | "scope" => {}
            "metadata" | "other" => {
                let Json::Object(members) = parsed()? else { return Err(name) };
                if name == "other" { record.extend(members) } else { metadata.extend(members) }
            }
            key::ALIASES => {
                let aliases = cell.split(' ').map(Json::string).collect();
                metadata.insert(name.to_owned(), Json::Array(aliases));
            }
            key::SHADOWED | key::PURGED => drop(metadata.insert(name.to_owned(), parsed()?)),
            key::REASSIGNED_FROM if cell.starts_with('[') => {
                metadata.insert(name.to_owned(), parsed()?);
            }
            key::DOC_ID => doc_id = Some(Json::string(cell)),
            key::ORIGIN => drop(metadata.insert(name.to_owned(), Json::string(cell))),
            _ if MORE.contains(&name) => drop(metadata.insert(name.to_owned(), Json::string(cell))),
            _ => drop(record.insert(name.to_owned(), Json::string(cell))),
        }
    }
    if let Some(doc_id) = doc_id {
        // If the metadata has a second identity too, the column still belongs to the other program.
        let place = if metadata.contains_key(key::DOC_ID) { &mut record } else { &mut metadata };
        place.insert(key::DOC_ID.to_owned(), doc_id);
    }
    record.insert("metadata".to_owned(), Json::Object(metadata));
    Ok(Json::Object(record).compact())
}
