//! Options and reports of importing.

use std::path::PathBuf;

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::{Discrepancy, RepoPath};
use idhooks_repo::events::Edit;

use crate::AdoptedWith;

/// The name of the run in locks and in the audit log.
pub(super) const NAME: &str = "import";

/// Which records are imported, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportOptions {
    /// The file with the records, as typed in the current directory.
    pub file: PathBuf,
    /// Its format; otherwise its name and its content decide.
    pub format: Option<LegacyFormat>,
    /// Whether to take the values of records that differ.
    pub update: bool,
    /// Whether to adopt although another branch has a registry.
    pub force: bool,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

/// The result of importing records or of its dry run.
#[derive(Debug)]
pub enum ImportReport {
    /// The repository was adopted with the records.
    Adopted(AdoptedWith),
    /// The repository has a registry, to which the records were added.
    Added(ImportedRecords),
}

/// Records that an adopted repository takes.
#[derive(Debug)]
pub struct ImportedRecords {
    /// The differences in records that the registry already has.
    pub differences: Vec<Discrepancy>,
    /// Whether nothing was imported, since records differ and their values are not to be taken.
    pub is_refused: bool,
    /// The changes of the registry, besides the differences.
    pub edits: Vec<Edit>,
    /// The number of new records.
    pub new: usize,
    /// The number of records that differ.
    pub changed: usize,
    /// The number of records that the registry already has, including those that differ.
    pub known: usize,
}

/// Which settings or second identities are imported, and how.
#[derive(Debug, Clone, Default)]
pub struct ImportFileOptions {
    /// The file, as typed in the current directory.
    pub file: PathBuf,
    /// Whether to replace existing settings or second identities.
    pub force: bool,
    /// Whether nothing is written.
    pub is_dry_run: bool,
}

/// Second identities that files get.
#[derive(Debug)]
pub struct ImportedIds {
    /// The new ones, with their files.
    pub new: Vec<(String, RepoPath)>,
    /// The number of those that files have already.
    pub known: usize,
}

/// Rules that follow from the settings of another tool.
#[derive(Debug)]
pub struct ImportedSettings {
    /// The text of `idhooks.toml`.
    pub text: String,
    /// The number of extensions in it.
    pub types: usize,
    /// The number of path rules in it.
    pub namespaces: usize,
    /// Whether the index has a registry.
    pub is_adopted: bool,
    /// The registry that the settings name, if it is there.
    pub registry: Option<String>,
}
