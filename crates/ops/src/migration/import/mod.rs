//! Importing records, second identities and settings from other registries and tools.

mod classic_settings;
mod options;
mod other_repository;
mod records;
mod refusal;
mod second_ids;
mod undo;

use idhooks_core::registry::{Registry, RepoPath};
use idhooks_repo::git::Repo;

use crate::{
    AdoptedRecords, HERE, ImportSource, Observer, OpsError, adopt_records, adoption_rules,
    assert_settled, import_event, scope_in_index,
};
pub use classic_settings::import_settings;
use options::NAME;
pub use options::{
    ImportFileOptions, ImportOptions, ImportReport, ImportedIds, ImportedRecords, ImportedSettings,
};
pub(crate) use records::{matched, updated};
pub use refusal::{ImportRefusal, ImportedText, RefusedLine};
pub use second_ids::import_second_ids;
pub use undo::undo_import;

/// Adopts a repository with the records from a registry, or adds them to the repository's existing
/// registry, all or nothing. With [`ImportOptions::prefix`], the records are those of another
/// repository whose files are in a directory of this one.
///
/// # Errors
/// Returns an error if the records cannot be read, if a record conflicts with the registry, or if
/// something cannot be read or written. In that case nothing was changed.
pub fn import(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ImportOptions,
) -> Result<ImportReport, OpsError> {
    let ImportOptions { file: typed, format, force, is_dry_run, .. } = options;
    if let Some(prefix) = &options.prefix {
        let joined = other_repository::join(observer, repo, options, prefix)?;
        return Ok(ImportReport::Added(joined));
    }
    let source = ImportSource { typed, format: *format };
    let file = repo.index_file();
    let index = repo.index(&file)?;
    if index.tree.contains_key(&RepoPath::registry()) {
        let (_, registry) = source.read(HERE.as_ref(), scope_in_index(repo, &index)?)?;
        let registry = without_count(registry);
        return Ok(ImportReport::Added(records::add(observer, repo, options, &registry)?));
    }
    if !is_dry_run {
        // The leftovers from a killed import would look like another program's files.
        assert_settled(repo)?;
    }
    let (config, _) = adoption_rules(repo, &index.tree, None)?;
    let (bytes, registry) = source.read(HERE.as_ref(), config.scope)?;
    let records = AdoptedRecords {
        registry: without_count(registry),
        bytes,
        source: typed.display().to_string(),
        command: NAME,
        event: import_event(typed),
        force: Some(*force),
        is_dry_run: *is_dry_run,
    };
    Ok(ImportReport::Adopted(adopt_records(observer, repo, &file, &index, records)?))
}

/// Returns an imported registry without the state that matters only if its own program keeps
/// assigning numbers. This registry is imported once, so the only floors that matter are those
/// above its records.
fn without_count(imported: Registry) -> Registry {
    imported.retaining_floors(|_, floor, highest| floor > highest)
}

#[cfg(test)]
mod tests;
