//! Stores facts about files in the registry, as configured by `[describe] store`.

use std::time::Instant;

use idhooks_code::DescribedFile;
use idhooks_core::config::Config;
use idhooks_core::registry::{Allocation, Registry, RepoPath, Tree};
use idhooks_repo::git::Repo;

use super::describer::{Describer, PATIENCE, python_files, stored_values};

/// Sets the facts in the changed files' records. Returns the number of files left out for lack of
/// time.
pub(crate) fn store_facts(
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    mut changed: Vec<&RepoPath>,
    registry: &mut Registry,
) -> usize {
    let (files, begin) = (python_files(tree), Instant::now());
    let patience = config.describe.timeout * PATIENCE;
    let mut describer = Describer::new(repo, config, &files);
    let mut left_out = 0;
    changed.sort_unstable();
    for record in &mut registry.allocations {
        let is_changed = record.is_active() && changed.binary_search(&&record.path).is_ok();
        let Some(entry) = tree.get(&record.path).filter(|_| is_changed) else { continue };
        // A commit is waiting, so the total time spent on slow files must be limited.
        if begin.elapsed() > patience {
            left_out += 1;
            continue;
        }
        let file = describer.describe(&record.path, Some(entry.blob), Some(record.id));
        if !set_facts(config, &file, record) {
            left_out += 1;
        }
    }
    describer.save();
    left_out
}

/// Sets the facts in a file's record; returns whether the facts are known.
pub(super) fn set_facts(config: &Config, file: &DescribedFile, record: &mut Allocation) -> bool {
    let Some(values) = stored_values(config, file) else { return false };
    for (key, value) in values {
        match value {
            Some(value) => drop(record.metadata.insert(key.as_str().to_owned(), value)),
            None => drop(record.metadata.remove(key.as_str())),
        }
    }
    true
}
