//! Updates the stored descriptions of files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use idhooks_code::ParseStatus;
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{StoreError, replace_file};

use super::describer::{Describer, kept_text, python_files};
use super::orphaned_descriptors::leftovers;
use super::refusal::DescribeRefusal;
use super::stored::set_facts;
use super::targets::{DescribeSubjects, DescribeTarget, TargetFinder};
use crate::{Observer, OpsError, RegistryTransaction, Revision, RuledState, Writer, guard_output};

/// Which facts to write.
#[derive(Debug)]
pub struct WriteFactsOptions {
    /// Which files to describe; when describing all of them, descriptors whose identity has no file
    /// are removed as well.
    pub subjects: DescribeSubjects,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of writing descriptions.
#[derive(Debug)]
pub struct WrittenFacts {
    /// The number of records changed.
    pub records: usize,
    /// The number of descriptors written.
    pub descriptors: usize,
    /// The descriptors that were removed.
    pub removed: Vec<RepoPath>,
}

/// Writes the facts that the rules ask for to the registry and the descriptor directory.
///
/// # Errors
/// Returns an error if the rules do not ask for any facts, if a file is refused, or if something
/// cannot be written.
pub fn write_facts(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &WriteFactsOptions,
) -> Result<WrittenFacts, OpsError> {
    let WriteFactsOptions { subjects, is_dry_run } = options;
    Writer::open(repo, "describe")?.run(&mut &mut *observer, |observer, transaction| {
        let planned = PlannedFacts::new(transaction, subjects)?;
        let PlannedFacts { records, outputs, gone, .. } = &planned;
        // All paths are checked before the first change, so that a refusal does not leave the work
        // half done.
        outputs.iter().try_for_each(|(file, _)| guard_output(repo, file))?;
        if !is_dry_run {
            planned.apply(observer, transaction)?;
        }
        let removed = gone.iter().map(|(path, _)| path.clone()).collect();
        Ok(WrittenFacts { records: *records, descriptors: outputs.len(), removed })
    })
}

/// The descriptions to write.
struct PlannedFacts {
    after: Registry,
    /// The number of records that will change.
    records: usize,
    /// The descriptors to be written.
    outputs: Vec<(PathBuf, String)>,
    /// The descriptors to be removed.
    gone: Vec<(RepoPath, PathBuf)>,
}

impl PlannedFacts {
    fn new(
        transaction: &RegistryTransaction<'_>,
        subjects: &DescribeSubjects,
    ) -> Result<Self, OpsError> {
        let repo = transaction.repo;
        let state = RuledState::read(repo, Revision::default().view(repo)?)?;
        let rules = &state.config.describe;
        if rules.store.is_empty() && rules.output.is_none() {
            return Err(DescribeRefusal::NothingKept.into());
        }
        check_directory(repo, rules.output.as_ref())?;
        let targets = TargetFinder::new(repo, &state).find(subjects)?;
        let files = python_files(&state.view.tree);
        let mut describer = Describer::new(repo, &state.config, &files);
        let mut after = transaction.registry().clone();
        let records = after.allocations.iter().enumerate();
        let places: BTreeMap<Id, usize> = records.map(|(at, record)| (record.id, at)).collect();
        let mut outputs: Vec<(PathBuf, String)> = Vec::new();
        for DescribeTarget { path, entry, id, .. } in &targets {
            let (Some(entry), Some(id)) = (entry, id) else { continue };
            let file = describer.describe(path, Some(entry.blob), Some(*id));
            if let Some(place) = places.get(id) {
                set_facts(&state.config, &file, &mut after.allocations[*place]);
            }
            // A file that timed out on a slow machine must not lose facts that its descriptor
            // already has.
            if let Some(output) = &file.output
                && file.facts.status != ParseStatus::Timeout
            {
                let place = repo.top().join(output.to_os_path());
                let text = kept_text(&file);
                let old = repo.read_working(&output.to_string())?;
                // An unchanged descriptor keeps its timestamp, because build tools rely on it.
                if old.as_deref() != Some(text.as_bytes()) {
                    outputs.push((place, text));
                }
            }
        }
        describer.save();
        // Only a run over all files can tell which descriptors are left over.
        let output = rules.output.as_ref().filter(|_| *subjects == DescribeSubjects::All);
        let holders: BTreeSet<Id> = active_with_file(transaction).collect();
        let gone = output.map(|dir| leftovers(repo, dir, |id| holders.contains(&id)));
        let gone = gone.transpose()?.unwrap_or_default();
        let before = transaction.registry();
        let differ = |(old, new): &(&Allocation, &Allocation)| old.metadata != new.metadata;
        let records = before.allocations.iter().zip(&after.allocations).filter(differ).count();
        Ok(PlannedFacts { after, records, outputs, gone })
    }

    fn apply(
        &self,
        observer: &mut dyn Observer,
        transaction: &RegistryTransaction<'_>,
    ) -> Result<(), OpsError> {
        if self.records > 0 {
            transaction.write(observer, &self.after)?;
        }
        let links = transaction.repo.link_guard();
        for (file, text) in &self.outputs {
            replace_file(&links, file, text.as_bytes())?;
        }
        for (_, file) in &self.gone {
            // A directory may have been replaced by a symlink since the paths were checked.
            links.check(file)?;
            std::fs::remove_file(file).map_err(|e| StoreError::new("remove", file, e))?;
        }
        Ok(())
    }
}

/// Returns an error if something else exists at the path of a descriptor directory.
fn check_directory(repo: &Repo, output: Option<&RepoPath>) -> Result<(), DescribeRefusal> {
    let paths = std::iter::successors(output.cloned(), RepoPath::parent);
    let is_in_the_way = |path: &RepoPath| {
        let place = repo.top().join(path.to_os_path());
        place.symlink_metadata().is_ok_and(|meta| !meta.is_dir() && !meta.is_symlink())
    };
    match (output, paths.into_iter().find(is_in_the_way)) {
        (Some(output), Some(path)) => {
            Err(DescribeRefusal::NotADirectory { path, output: output.clone() })
        }
        _ => Ok(()),
    }
}

/// Returns the identities that have a file.
fn active_with_file(transaction: &RegistryTransaction<'_>) -> impl Iterator<Item = Id> {
    let records = transaction.registry().allocations.iter().filter(|record| record.is_active());
    records.filter(|record| transaction.has_file(&record.path)).map(|record| record.id)
}
