//! A row in a scan.

use idhooks_core::config::{DescriptorKey, FileClass};
use idhooks_core::registry::{FileName, Id, RepoPath, Timestamp};
use idhooks_repo::store::{EntryKind, ScannedFile};
use serde::{Serialize, Serializer};
use serde_json::Value;
use std::path::Path;

use super::identities::ScanIdentities;
use super::mime::mime_type;

/// The columns that every scan has, in order.
const COLUMNS: [&str; 26] = [
    "scan_id",
    "scan_root",
    "first_seen_utc",
    "relative_path",
    "path",
    "name",
    "extension",
    "size_bytes",
    "mtime_utc",
    "created_time",
    "is_directory",
    "mime_type",
    "permissions",
    "content_hash",
    "doc_id",
    "has_id_prefix",
    "current_id_prefix",
    "needs_id",
    "0000000000000000_filename",
    "type_code",
    "ns_code",
    "scope",
    "planned_id",
    "planned_rel_path",
    "error",
    "error_kind",
];

/// The values shared by all rows in a scan.
pub(super) struct ScanContext<'s> {
    pub(super) id: String,
    pub(super) root: &'s Path,
    pub(super) at: Timestamp,
}

/// A row: the values of all columns, and their names.
#[derive(Debug)]
pub struct ScanRow(Vec<(&'static str, Value)>);

idhooks_core::words! {
    /// Further columns.
    pub enum ScanFacts, help {
        /// Facts about Python files.
        Describe = "describe", "The keys of 'idhooks describe' for Python files in the index";
        /// The class and kind.
        Class = "class", "The class and the kind of 'idhooks classify'";
    }
}

impl ScanFacts {
    /// Returns the names of the columns.
    fn columns(self) -> Vec<&'static str> {
        match self {
            ScanFacts::Describe => DescriptorKey::ALL.map(DescriptorKey::as_str).into(),
            ScanFacts::Class => vec!["class", "kind"],
        }
    }
}

impl Serialize for ScanRow {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl ScanRow {
    /// Returns the values of all columns, in order.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    /// Returns the row for the file at `path` under the root.
    pub(super) fn new(
        scan: &ScanContext<'_>,
        path: &RepoPath,
        file: &ScannedFile,
        identities: &ScanIdentities<'_>,
    ) -> Self {
        let own = &identities.own_path(path);
        let held = identities.held.get(own).copied();
        let needs_id = file.kind == EntryKind::File && identities.needs(own);
        let planned = identities.planned.get(own).copied();
        let name = FileName::of(path.basename());
        let id = held.map(|(id, _)| id);
        // The rules only matter for files that are going to be given an identity.
        let ruled = || needs_id.then(|| identities.config());
        let type_code = id.map(Id::type_code).or_else(|| Some(ruled()?.type_of(own)));
        let namespace = id.map(Id::namespace).or_else(|| Some(ruled()?.namespace_of(own)));
        let scope = id.map(Id::scope).or_else(|| ruled().and_then(|_| identities.scope()));
        let digits =
            id.or(name.id()).map_or_else(|| Id::PLACEHOLDER.to_owned(), |id| id.to_string());
        let fault = file.fault.as_ref();
        let values = [
            scan.id.as_str().into(),
            scan.root.display().to_string().into(),
            // If the file has no identity, this scan counts as the first to have seen it.
            held.map_or(scan.at, |(_, at)| at).to_string().into(),
            path.to_string().into(),
            scan.root.join(path.to_os_path()).display().to_string().into(),
            shown(path.basename()).into(),
            path.extension().map(|extension| shown(extension).to_lowercase()).into(),
            file.size.into(),
            text(file.modified),
            text(file.created),
            (file.kind == EntryKind::Directory).into(),
            mime_type(path, file.kind).into(),
            text(file.permissions.as_ref()),
            text(file.hash.as_ref()),
            text(id),
            name.digits.is_some().into(),
            text(name.digits),
            needs_id.into(),
            shown(&name.with(&digits)).into(),
            text(type_code),
            text(namespace),
            text(scope),
            text(planned),
            text(planned.and_then(|id| path.with_basename(&name.with(&id.to_string())).ok())),
            text(fault.map(|fault| &fault.message)),
            text(fault.map(|fault| fault.kind)),
        ];
        ScanRow(COLUMNS.into_iter().zip(values).collect())
    }

    /// Adds a file's class and kind.
    pub(super) fn add_class(&mut self, class: Option<FileClass<'_>>) {
        self.0.push(("class", class.and_then(|found| found.class).into()));
        self.0.push(("kind", text(class.map(|found| found.kind))));
    }

    /// Adds the facts about a Python file, in key order; other files have no facts.
    pub(super) fn add_facts(&mut self, values: Option<Vec<Value>>) {
        let mut values = values.unwrap_or_default().into_iter();
        let mut column = |key: DescriptorKey| (key.as_str(), values.next().unwrap_or_default());
        self.0.extend(DescriptorKey::ALL.map(&mut column));
    }
}

fn text(value: Option<impl ToString>) -> Value {
    value.map(|value| value.to_string()).into()
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Returns the names of a scan's columns, including these additional facts.
pub(super) fn columns(facts: &[ScanFacts]) -> Vec<&'static str> {
    COLUMNS.into_iter().chain(facts.iter().flat_map(|facts| facts.columns())).collect()
}
