//! [`ImportSource`]: a file with records from another registry or program.

use std::collections::BTreeMap;
use std::path::Path;

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::{Registry, RepoPath, Scope};
use idhooks_repo::derived::legacy::{self, LegacyError};
use idhooks_repo::store::{StoreError, read_file};

/// The maximum number of reasons to list for each kind.
pub const MOST_REASONS: usize = 20;

/// Why a file's records cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The file cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file does not exist.
    #[error("no file '{0}'")]
    NoFile(String),
    /// The file is not a registry in this format.
    #[error("'{name}' is not a registry{of}", of = of_format(*.format))]
    NotRegistry {
        /// The file name as typed.
        name: String,
        /// The format that was tried.
        format: LegacyFormat,
        /// What is wrong, and where.
        error: LegacyError,
    },
    /// The file with this name contains these duplicates.
    #[error("'{0}' contains duplicates")]
    Duplicates(String, Vec<String>),
}

fn of_format(format: LegacyFormat) -> String {
    match format {
        LegacyFormat::Classic => String::new(),
        format => format!(" of the format {}", format.as_str()),
    }
}

/// The source for an import: a file with records.
#[derive(Debug, Clone, Copy)]
pub struct ImportSource<'a> {
    /// The file name as typed.
    pub typed: &'a Path,
    /// The format, if given.
    pub format: Option<LegacyFormat>,
}

impl ImportSource<'_> {
    /// Returns the format that the user gave, or the one suggested by the file's extension or first
    /// byte.
    pub fn format_of(&self, bytes: &[u8]) -> LegacyFormat {
        let ending = self.typed.extension().and_then(|ending| ending.to_str());
        // Editors on Windows write a byte order mark.
        let first = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start().first();
        self.format.unwrap_or_else(|| match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => LegacyFormat::Csv,
            Some("jsonl" | "ndjson") => LegacyFormat::Jsonl,
            // A table begins with a column name, whereas JSON begins with a bracket.
            _ if first.is_some_and(u8::is_ascii_alphabetic) => LegacyFormat::Csv,
            _ => LegacyFormat::Classic,
        })
    }

    /// Reads the file's bytes and its registry; the path is relative to `dir`. A file without a
    /// header is given the scope `scope` or, if there is none, the most common scope among its
    /// records.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is not a registry (the error says where it
    /// fails), or contains duplicates.
    pub fn read(
        &self,
        dir: &Path,
        scope: Option<Scope>,
    ) -> Result<(Vec<u8>, Registry), SourceError> {
        let name = self.typed.display().to_string();
        let bytes = read_file(&dir.join(self.typed))?;
        let bytes = bytes.ok_or_else(|| SourceError::NoFile(name.clone()))?;
        let format = self.format_of(&bytes);
        let registry = parse(&bytes, format, scope).map_err(|error| SourceError::NotRegistry {
            name: name.clone(),
            format,
            error,
        })?;
        cleaned(registry, name).map(|registry| (bytes, registry))
    }
}

/// Parses a registry; see [`ImportSource::read`] for the scope.
fn parse(
    bytes: &[u8],
    format: LegacyFormat,
    scope: Option<Scope>,
) -> Result<Registry, LegacyError> {
    let mut registry = legacy::read(bytes, format, scope.unwrap_or_default())?;
    // A classic file states its own scope.
    if format != LegacyFormat::Classic && scope.is_none() {
        let mut records: BTreeMap<Scope, usize> = BTreeMap::new();
        for record in &registry.allocations {
            *records.entry(record.id.scope()).or_default() += 1;
        }
        // A tie goes to the smaller scope, so that the order of the records does not matter.
        let most = records.into_iter().max_by_key(|(scope, n)| (*n, std::cmp::Reverse(*scope)));
        let none = || LegacyError::Form("it has no records".to_owned());
        registry.scope = most.ok_or_else(none)?.0;
    }
    Ok(registry)
}

/// Removes the reservations that the registry's own records have used up; returns an error if there
/// are duplicates.
fn cleaned(mut registry: Registry, name: String) -> Result<Registry, SourceError> {
    let twice = twice(&registry);
    if !twice.is_empty() {
        return Err(SourceError::Duplicates(name, twice));
    }
    let given = registry.allocations.iter().map(|record| record.claim);
    for claim in given.collect::<Vec<_>>() {
        if let Some(counter) = registry.counters.get_mut(&claim.counter()) {
            counter.reserved.remove(&claim.sequence().get());
        }
    }
    registry.counters.retain(|_, counter| !counter.is_empty());
    Ok(registry)
}

/// Returns descriptions of the duplicate identities, origins, and paths of active records.
fn twice(registry: &Registry) -> Vec<String> {
    let ids = registry.duplicate_ids().into_iter().map(|id| format!("{id} is on two records"));
    let origins = registry.duplicate_origins();
    let origins = origins.into_iter().map(|origin| format!("origin {origin} is on two records"));
    let mut paths: BTreeMap<&RepoPath, usize> = BTreeMap::new();
    // A shadowed record shares its path with the record that holds the path.
    let own = registry.allocations.iter().filter(|record| record.is_active() && !record.shadowed);
    for record in own {
        *paths.entry(&record.path).or_default() += 1;
    }
    let paths = paths.into_iter().filter(|(_, records)| *records > 1);
    let paths = paths.map(|(path, n)| format!("'{path}' has {n} active identities"));
    ids.take(MOST_REASONS)
        .chain(origins.take(MOST_REASONS))
        .chain(paths.take(MOST_REASONS))
        .collect()
}
