//! [`Spelling`]: how another program spelled values that this program writes differently.

use super::json::{Json, Object};
use super::{Allocation, Registry, RepoPath, Timestamp, key};

/// The member that lists the keys written beside `metadata`.
pub(super) const BESIDE: &str = "beside";
/// The member that lists the totals in the head; they are counted when the legacy file is written.
pub(super) const COUNTED: &str = "counted";
/// The prefix in the names of totals.
pub(super) const TOTAL: &str = "total";
/// The members that hold the values as the other program wrote them.
const FILE_PATH: &str = "file_path";
const ALLOCATED_AT: &str = "allocated_at";

/// Another program's spelling of a record, to be reused when its legacy file is written.
///
/// A value's spelling is used only as long as it matches the record's value: after a rename, the
/// record is written with its new path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spelling {
    /// The path, which may contain backslashes, for example.
    pub(super) file_path: Option<String>,
    /// The time of the allocation, which may lack a time zone, for example.
    pub(super) allocated_at: Option<String>,
    /// The keys that the other program writes beside `metadata`, while this program writes them
    /// inside it.
    pub(super) beside: Vec<String>,
}

impl Spelling {
    /// Returns the spelling stored in a record's metadata.
    pub(super) fn of(record: &Allocation) -> Self {
        let Some(kept) = record.metadata.get(key::LEGACY_SPELLING) else { return Self::default() };
        let kept = kept.expanded();
        let Json::Object(kept) = &*kept else { return Self::default() };
        let text = |name: &str| kept.get(name).and_then(Json::as_str).map(str::to_owned);
        let beside = match kept.get(BESIDE) {
            Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        };
        Spelling {
            file_path: text(FILE_PATH),
            allocated_at: text(ALLOCATED_AT),
            beside: beside.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Stores the spelling in a record's metadata, or removes it if it is empty.
    pub(super) fn keep(self, record: &mut Allocation) {
        let mut kept = Object::new();
        let texts = [(FILE_PATH, self.file_path), (ALLOCATED_AT, self.allocated_at)];
        for (name, text) in texts {
            kept.extend(text.map(|text| (name.to_owned(), Json::string(text))));
        }
        if !self.beside.is_empty() {
            let names = self.beside.into_iter().map(Json::string).collect();
            kept.insert(BESIDE.to_owned(), Json::Array(names));
        }
        if kept.is_empty() {
            record.metadata.remove(key::LEGACY_SPELLING);
        } else {
            record.metadata.insert(key::LEGACY_SPELLING.to_owned(), Json::Object(kept));
        }
    }

    /// Returns the path as the other program spells it.
    pub(super) fn path(&self, path: &RepoPath) -> Option<&str> {
        let text = self.file_path.as_deref()?;
        // After a rename, the old spelling would put the old path back into the legacy file.
        (plain_path(text).as_bytes() == path.as_bytes()).then_some(text)
    }

    /// Returns the time of the allocation as the other program spells it.
    pub(super) fn instant(&self, at: Timestamp) -> Option<&str> {
        let text = self.allocated_at.as_deref()?;
        (Timestamp::read_loosely(text) == Ok(at)).then_some(text)
    }
}

impl Allocation {
    /// Copies the time of the allocation and its spelling from another version of the record.
    pub fn take_time_of(&mut self, other: &Allocation) {
        let allocated_at = Spelling::of(other).allocated_at;
        self.allocated_at = other.allocated_at;
        Spelling { allocated_at, ..Spelling::of(self) }.keep(self);
    }
}

impl Registry {
    /// Returns the head's metadata and unknown keys as the legacy file has them; `total` computes
    /// the value of each total.
    pub fn legacy_head(&self, total: impl Fn(&str) -> Json) -> [Object; 2] {
        let (mut metadata, mut extra) = (self.metadata.clone(), self.extra.clone());
        // idhooks' notes about the legacy file mean nothing to its readers.
        metadata.retain(|name, _| !key::OF_LEGACY_FILE.contains(&name.as_str()));
        let kept = metadata.remove(key::LEGACY_SPELLING).map(|kept| kept.expanded().into_owned());
        let Some(Json::Object(kept)) = kept else { return [metadata, extra] };
        for (name, value) in kept {
            match value {
                Json::Array(names) if name == BESIDE => {
                    for name in names.iter().filter_map(Json::as_str) {
                        extra.entry(name.to_owned()).or_insert_with(|| total(name));
                    }
                }
                Json::Array(names) if name == COUNTED => {
                    for name in names.iter().filter_map(Json::as_str) {
                        metadata.entry(name.to_owned()).or_insert_with(|| total(name));
                    }
                }
                // Earlier versions stored totals this way.
                value => {
                    let value = if is_total(&name, &value) { total(&name) } else { value };
                    metadata.entry(name).or_insert(value);
                }
            }
        }
        [metadata, extra]
    }

    /// Returns the registry without stale spellings, which do not affect the legacy file: they
    /// belong to values that the records no longer have, such as the path before a rename.
    #[must_use]
    pub fn without_stale_values(&self) -> Self {
        let mut registry = self.clone();
        for record in &mut registry.allocations {
            if record.metadata.contains_key(key::LEGACY_SPELLING) {
                let mut spelling = Spelling::of(record);
                spelling.file_path = spelling.path(&record.path).map(str::to_owned);
                spelling.allocated_at = spelling.instant(record.allocated_at).map(str::to_owned);
                spelling.keep(record);
            }
        }
        registry
    }
}

/// Returns whether a member of the head is a total; totals are counted when the legacy file is
/// written.
pub fn is_total(name: &str, value: &Json) -> bool {
    name.starts_with(TOTAL) && matches!(value, Json::Number(_))
}

/// Returns another program's path in the form this program uses.
pub(super) fn plain_path(text: &str) -> String {
    let path = text.replace('\\', "/");
    path.trim_start_matches("./").to_owned()
}
