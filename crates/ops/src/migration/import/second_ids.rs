//! Imports files' second identities.

use idhooks_migration::{MapContext, MapFault, MapOutcome, MapProblem, apply_map};
use std::path::Path;

use idhooks_repo::git::Repo;
use idhooks_repo::store::read_file;

use super::options::NAME;
use super::{ImportFileOptions, ImportRefusal, ImportedIds, ImportedText, RefusedLine};
use crate::{
    HERE, MOST_REASONS, Observer, OpsError, PathAdvice, Reach, RegistryTransaction, Writer, advice,
    note_import,
};

/// Gives files the second identities listed in a map: either all of them or none.
///
/// # Errors
/// Returns an error if the map cannot be read, if there are invalid lines, or if the registry
/// cannot be read or written. In that case nothing was changed.
pub fn import_second_ids(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ImportFileOptions,
) -> Result<ImportedIds, OpsError> {
    let text = read_text(&options.file, ImportedText::SecondIds)?;
    // A second identity must be unique in the whole registry.
    let writer = Writer::open_for(repo, NAME, Reach::Everything)?;
    writer.run(observer, |observer, transaction| {
        let holders = transaction.holders();
        let context = MapContext {
            registry: transaction.registry(),
            holder: &|path| holders.get(path).map(|record| record.origin),
            replace: options.force,
        };
        let MapOutcome { registry, new, known } = apply_map(&text, &context).map_err(|faults| {
            let faults = faults.into_iter().enumerate();
            let lines = faults.map(|(n, fault)| refused(transaction, fault, n < MOST_REASONS));
            ImportRefusal::Lines(options.file.display().to_string(), lines.collect())
        })?;
        if !options.is_dry_run {
            transaction.write(observer, &registry)?;
            note_import(observer, repo, &options.file);
        }
        Ok(ImportedIds { new, known })
    })
}

/// Returns a line that cannot be used. With `is_advised`, adds advice, which is slow in a large
/// registry.
fn refused(
    transaction: &RegistryTransaction<'_>,
    fault: MapFault,
    is_advised: bool,
) -> RefusedLine {
    let advice = match &fault.problem {
        MapProblem::NoIdentity(path) if is_advised => Some(match transaction.has_file(path) {
            true => PathAdvice::Allocate,
            false => advice(transaction.repo, transaction.registry(), path),
        }),
        _ => None,
    };
    RefusedLine { fault, advice }
}

/// Reads a text file that was named on the command line.
pub(super) fn read_text(file: &Path, text: ImportedText) -> Result<String, OpsError> {
    let name = file.display().to_string();
    let Some(bytes) = read_file(&Path::new(HERE).join(file))? else {
        return Err(ImportRefusal::NoFile(name, text).into());
    };
    Ok(String::from_utf8(bytes).map_err(|error| ImportRefusal::NotText(name, error))?)
}
