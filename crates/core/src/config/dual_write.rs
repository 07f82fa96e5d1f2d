//! The table `[dual_write]`: a legacy registry file that every commit keeps in step with the registry.

use std::collections::BTreeMap;

use crate::registry::RepoPath;

use super::rules::Enforce;

/// The path of the legacy file, unless another one is named.
const LEGACY_PATH: &str = "registry/ID_REGISTRY.json";

crate::words! {
    /// The side whose changes count while both are written.
    #[derive(Default)]
    pub enum Leading {
        /// The registry: the legacy file is derived from it, and only idhooks may change that file.
        #[default]
        Registry = "registry",
        /// The legacy file: what other programs change in it is taken into the registry.
        Legacy = "legacy",
    }
}

crate::words! {
    /// The form of a legacy file.
    #[derive(Default)]
    pub enum LegacyFormat {
        /// A registry as one indented JSON document, with complete counters.
        #[default]
        Classic = "classic",
        /// A table with a row for each record.
        Csv = "csv",
        /// A record as JSON on each line.
        Jsonl = "jsonl",
        /// A second identity and a path on each line.
        IdsMap = "ids-map",
    }
}

impl LegacyFormat {
    /// The formats of files with whole records.
    pub const WITH_RECORDS: [Self; 3] = [Self::Classic, Self::Csv, Self::Jsonl];

    /// Returns whether the file has whole records, so that a registry can be read from it.
    pub fn has_records(self) -> bool {
        Self::WITH_RECORDS.contains(&self)
    }
}

crate::words! {
    /// When a commit compares the legacy file with the registry.
    #[derive(Default)]
    pub enum VerifyLegacy {
        /// In every commit that changes one of them.
        #[default]
        Commit = "commit",
        /// Never: only 'idhooks check' and 'idhooks migrate verify' do.
        Never = "never",
    }
}

crate::words! {
    /// How another program writes a path down.
    pub enum PathForm {
        /// As git has it.
        Exact = "exact",
        /// In lower case.
        Lower = "lower",
        /// With `\` between directories.
        Windows = "windows",
        /// With `\` between directories, in lower case: as Python's `os.path.normcase` writes it on Windows.
        WindowsLower = "windows-lower",
    }
}

impl PathForm {
    /// Returns a path in this form; `None` if it is not UTF-8.
    pub fn of(self, path: &RepoPath) -> Option<String> {
        let text = path.as_str()?;
        Some(match self {
            PathForm::Exact => text.to_owned(),
            PathForm::Lower => text.to_lowercase(),
            PathForm::Windows => text.replace('/', "\\"),
            PathForm::WindowsLower => text.to_lowercase().replace('/', "\\"),
        })
    }
}

/// How long a phase of a migration must have lasted without a change of the legacy file by another program
/// before the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyRule {
    /// For this many days of 24 hours,
    pub days: u32,
    /// and for this many commits that are no merges.
    pub commits: u32,
}

impl Default for ReadyRule {
    fn default() -> Self {
        ReadyRule { days: 2, commits: 20 }
    }
}

/// How a legacy registry file is kept in step with the registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DualWrite {
    /// Whether commits write the legacy file; an environment variable may say otherwise.
    pub enabled: bool,
    /// The side whose changes count.
    pub leading: Leading,
    /// The legacy file.
    pub legacy: RepoPath,
    /// Whether the table names that path; it is else the usual one.
    pub is_named: bool,
    /// Its form.
    pub format: LegacyFormat,
    /// The keys of records that repeat the path, as `NAME` or `metadata.NAME`, and follow it; each with the
    /// form of a value that may have several.
    pub path_keys: BTreeMap<String, PathForm>,
    /// The numbers up to this one are left to the program of the legacy file, which allocates without looking
    /// which ones are reserved; 0 if it skips those.
    pub bound: u32,
    /// When the next step of a migration may be made.
    pub ready: ReadyRule,
    /// Whether the last step of a migration has removed the legacy file: nothing writes it any more.
    pub finished: bool,
    /// Further environment variables that switch writing on if they are `1`, and off otherwise.
    pub env_alias: Vec<String>,
    /// When a commit compares both.
    pub verify: VerifyLegacy,
    /// What a legacy file that cannot be written in step does to a commit.
    pub on_failure: Enforce,
}

impl Default for DualWrite {
    fn default() -> Self {
        DualWrite {
            enabled: false,
            leading: Leading::default(),
            legacy: RepoPath::constant(LEGACY_PATH),
            is_named: false,
            format: LegacyFormat::default(),
            path_keys: BTreeMap::new(),
            bound: 0,
            ready: ReadyRule::default(),
            finished: false,
            env_alias: Vec::new(),
            verify: VerifyLegacy::default(),
            on_failure: Enforce::default(),
        }
    }
}
