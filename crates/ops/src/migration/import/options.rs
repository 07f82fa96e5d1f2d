//! Options for importing, and its results.

use std::path::PathBuf;

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::{Discrepancy, RepoPath};
use idhooks_repo::events::Edit;

use crate::AdoptedWith;

/// The name under which this run appears in locks and in the audit log.
pub(super) const NAME: &str = "import";

/// Which records to import, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The file with the records, as typed in the current directory.
    pub file: PathBuf,
    /// The directory with the files of another repository, as typed in the current directory. Then
    /// `file` is a commit of that repository, or a path.
    pub prefix: Option<PathBuf>,
    /// The format; by default, it depends on the file's name and content.
    pub format: Option<LegacyFormat>,
    /// Whether to take the imported values for records that differ.
    pub update: bool,
    /// Whether to adopt the repository even if another branch has a registry.
    pub force: bool,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of importing records, or of a dry run.
#[derive(Debug)]
pub enum ImportReport {
    /// The repository was adopted with the records.
    Adopted(AdoptedWith),
    /// The repository already had a registry, and the records were added to it.
    Added(ImportedRecords),
}

/// Records added to an adopted repository.
#[derive(Debug)]
pub struct ImportedRecords {
    /// The differences between imported records and records that the registry already has.
    pub differences: Vec<Discrepancy>,
    /// Whether nothing was imported because some records differ and the user did not ask to take
    /// the imported values.
    pub is_refused: bool,
    /// The changes to the registry, apart from the differences.
    pub edits: Vec<Edit>,
    /// The number of new records.
    pub new: usize,
    /// The number of records that differ.
    pub changed: usize,
    /// The number of records that the registry already has, including those that differ.
    pub known: usize,
}

/// Which settings or second identities to import, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportFileOptions {
    /// The file, as typed in the current directory.
    pub file: PathBuf,
    /// Whether to replace existing settings or second identities.
    pub force: bool,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of giving second identities to files.
#[derive(Debug)]
pub struct ImportedIds {
    /// The new second identities, with their files.
    pub new: Vec<(String, RepoPath)>,
    /// The number of second identities that the files already had.
    pub known: usize,
}

/// Rules made from another tool's settings.
#[derive(Debug)]
pub struct ImportedSettings {
    /// The text of `idhooks.toml`.
    pub text: String,
    /// The number of extensions in `idhooks.toml`.
    pub types: usize,
    /// The number of path rules in `idhooks.toml`.
    pub namespaces: usize,
    /// Whether the index contains a registry.
    pub is_adopted: bool,
    /// The registry that the settings name, if it exists.
    pub registry: Option<String>,
}
