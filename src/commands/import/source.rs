//! Reads what is imported: a named file, a registry.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use idhooks_core::config::LegacyFormat;
use idhooks_core::legacy::{self, LegacyError};
use idhooks_core::plan::second_id::refused_second_ids;
use idhooks_core::registry::{Registry, RepoPath, Scope};
use idhooks_repo::store::read_file;

use crate::error::{CommandError, CommandResult, Exit};

/// The number of reasons of one kind that are listed.
pub(super) const NAMED: usize = 20;

/// Reads a text file that was named on the command line; `wanted` is the hint if it does not exist.
pub(super) fn read_text(file: &Path, name: &str, wanted: &str) -> CommandResult<String> {
    let bytes = read_file(file)?
        .ok_or_else(|| CommandError::new(format!("no file '{name}'")).hint(wanted))?;
    String::from_utf8(bytes).map_err(|error| {
        CommandError::new(format!("'{name}' is not UTF-8 text"))
            .because(&error)
            .hint("save it as UTF-8, then import it again")
    })
}

/// Returns the scopes of records that differ from the scope of the registry.
pub(in crate::commands) fn legacy_scopes(registry: &Registry) -> BTreeSet<Scope> {
    let ids = registry.allocations.iter().flat_map(|record| [record.id, record.claim]);
    ids.map(idhooks_core::registry::Id::scope).filter(|scope| *scope != registry.scope).collect()
}

/// What is imported: a file with records.
pub(in crate::commands) struct ImportSource<'a> {
    /// The name of the file as typed.
    pub(in crate::commands) typed: &'a Path,
    /// Its format, if that was given.
    pub(in crate::commands) format: Option<LegacyFormat>,
}

impl ImportSource<'_> {
    /// Returns the format: as given, or as the ending of the file or its first byte says.
    pub(in crate::commands) fn format_of(&self, bytes: &[u8]) -> LegacyFormat {
        let ending = self.typed.extension().and_then(|ending| ending.to_str());
        let first = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start().first();
        self.format.unwrap_or_else(|| match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => LegacyFormat::Csv,
            Some("jsonl" | "ndjson") => LegacyFormat::Jsonl,
            _ if first.is_some_and(u8::is_ascii_alphabetic) => LegacyFormat::Csv,
            _ => LegacyFormat::Classic,
        })
    }

    /// Reads the bytes and the registry of the file in `dir`. A file without a head has the scope
    /// `scope` or, without that, the one of most of its records.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, is not a registry (with the place), or contains
    /// duplicates.
    pub(in crate::commands) fn read(
        &self,
        dir: &Path,
        scope: Option<Scope>,
    ) -> CommandResult<(Vec<u8>, Registry)> {
        let name = self.typed.display();
        let bytes = read_file(&dir.join(self.typed))?.ok_or_else(|| {
            CommandError::new(format!("no file '{name}'")).hint("name the registry to import")
        })?;
        let format = self.format_of(&bytes);
        let registry = parse(&bytes, format, scope).map_err(|error| {
            let named = if format == LegacyFormat::Classic { "" } else { " of the format " };
            let word = if named.is_empty() { "" } else { format.as_str() };
            let error = CommandError::new(format!("'{name}' is not a registry{named}{word}"))
                .because(&error);
            match format {
                LegacyFormat::Classic => error.hint("to see the format: idhooks schema registry"),
                _ => error.hint("if it has another format, name it: --format classic|csv|jsonl"),
            }
        })?;
        cleaned(registry, self.typed).map(|registry| (bytes, registry))
    }
}

/// Parses a registry; see [`ImportSource::read`] for the scope.
fn parse(
    bytes: &[u8],
    format: LegacyFormat,
    scope: Option<Scope>,
) -> Result<Registry, LegacyError> {
    let mut registry = legacy::read(bytes, format, scope.unwrap_or_default())?;
    if format != LegacyFormat::Classic && scope.is_none() {
        let mut records: BTreeMap<Scope, usize> = BTreeMap::new();
        for record in &registry.allocations {
            *records.entry(record.id.scope()).or_default() += 1;
        }
        let most = records.into_iter().max_by_key(|(scope, n)| (*n, std::cmp::Reverse(*scope)));
        let none = || LegacyError::Form("it has no records".to_owned());
        registry.scope = most.ok_or_else(none)?.0;
    }
    Ok(registry)
}

/// Returns a registry without reservations that its records have used up.
fn cleaned(mut registry: Registry, typed: &Path) -> CommandResult<Registry> {
    let name = typed.display();
    let twice = twice(&registry);
    if !twice.is_empty() {
        let error = CommandError::new(format!("'{name}' contains duplicates"))
            .listing(twice, usize::MAX)
            .hint("keep one of each in it, then run this again");
        return Err(CommandError { exit: Exit::Findings, ..error });
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

/// Asserts that all records of the file can be taken with their second identities.
///
/// # Errors
/// Returns an error that lists those records of which that is not so.
pub(super) fn assert_second_ids(registry: &Registry, typed: &Path) -> CommandResult<()> {
    let refused = refused_second_ids(registry);
    if refused.is_empty() {
        return Ok(());
    }
    let what = format!("'{}' has second identities that cannot be taken", typed.display());
    let error = CommandError::new(what)
        .listing(refused, NAMED)
        .hint("nothing was imported; correct these records in it, then run this again");
    Err(CommandError { exit: Exit::Findings, ..error })
}

/// Returns the duplicates: identities, origins, and paths of active records.
fn twice(registry: &Registry) -> Vec<String> {
    let ids = registry.duplicate_ids().into_iter().map(|id| format!("{id} is on two records"));
    let origins = registry.duplicate_origins();
    let origins = origins.into_iter().map(|origin| format!("origin {origin} is on two records"));
    let mut paths: BTreeMap<&RepoPath, usize> = BTreeMap::new();
    let own = registry.allocations.iter().filter(|record| record.is_active() && !record.shadowed);
    for record in own {
        *paths.entry(&record.path).or_default() += 1;
    }
    let paths = paths.into_iter().filter(|(_, records)| *records > 1);
    let paths = paths.map(|(path, n)| format!("'{path}' has {n} active identities"));
    ids.take(NAMED).chain(origins.take(NAMED)).chain(paths.take(NAMED)).collect()
}
