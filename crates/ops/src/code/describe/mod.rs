//! Describes Python files and stores facts about them.

mod describer;
mod facts_writing;
mod orphaned_descriptors;
mod refusal;
mod stored;
mod targets;

use idhooks_code::DescribedFile;
use idhooks_core::config::DescriptorKey;
use idhooks_core::registry::{Allocation, Json};
use idhooks_repo::git::Repo;

use crate::{OpsError, Revision, RuledState};
use describer::{Describer, kept_text, python_files, stored_values};
use targets::{DescribeTarget, TargetFinder};

pub(crate) use describer::describe_files;
pub use facts_writing::{WriteFactsOptions, WrittenFacts, write_facts};
pub use refusal::DescribeRefusal;
pub(crate) use stored::store_facts;
pub use targets::DescribeSubjects;

/// Which files to describe.
#[derive(Debug)]
pub struct DescribeOptions {
    /// The files.
    pub subjects: DescribeSubjects,
    /// The index or commit to read the files from.
    pub revision: Revision,
    /// Whether to describe only files whose stored description is out of date.
    pub is_stale_only: bool,
}

/// Files and the facts about them.
#[derive(Debug)]
pub struct Descriptions {
    /// The files.
    pub files: Vec<DescribedFile>,
    /// Whether the user named a single file.
    pub is_one: bool,
}

/// Describes files.
///
/// # Errors
/// Returns an error if the commit, its registry or its rules cannot be read, or if a file is refused.
pub fn describe(repo: &Repo, options: &DescribeOptions) -> Result<Descriptions, OpsError> {
    let DescribeOptions { subjects, revision, is_stale_only } = options;
    let view = revision.view(repo)?;
    // A repository without a registry can be described, but a damaged registry is an error.
    if view.is_adopted() {
        revision.registry(repo, &view)?;
    }
    let state = RuledState::read(repo, view)?;
    let finder = TargetFinder::new(repo, &state);
    let targets = finder.find(subjects)?;
    let is_one = !is_stale_only && matches!(&targets[..], [file] if file.is_named);
    let files = python_files(&state.view.tree);
    let mut describer = Describer::new(repo, &state.config, &files);
    let mut described = Vec::new();
    for DescribeTarget { path, entry, id, .. } in targets {
        let file = describer.describe(&path, entry.map(|entry| entry.blob), id);
        let record = finder.records.get(&path).copied();
        if !is_stale_only || is_stale(repo, &state, record, &file) {
            described.push(file);
        }
    }
    describer.save();
    Ok(Descriptions { files: described, is_one })
}

/// Returns whether the stored values, or the descriptor in the index, differ from a file's
/// description.
fn is_stale(
    repo: &Repo,
    state: &RuledState,
    record: Option<&Allocation>,
    file: &DescribedFile,
) -> bool {
    let differs = |(key, value): (DescriptorKey, Option<Json>)| {
        let stored = record.and_then(|record| record.metadata.get(key.as_str()));
        let is_used = state.config.describe.store.contains(&key);
        // A file without a record has no stored values that could be outdated.
        is_used && record.is_some() && stored != value.as_ref()
    };
    // Without new values, there is no way to tell whether the stored ones are outdated.
    let Some(values) = stored_values(&state.config, file) else { return false };
    let is_kept_text = |output| {
        let text = kept_text(file);
        let blob = repo.blob_of(text.as_bytes(), text.len() as u64);
        blob.is_some() && state.view.tree.get(output).map(|entry| entry.blob) == blob
    };
    values.into_iter().any(differs) || file.output.as_ref().is_some_and(|o| !is_kept_text(o))
}
