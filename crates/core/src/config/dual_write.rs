//! The table `[dual_write]`: a legacy registry file that every commit keeps in step with the registry.

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
    /// Returns whether the file has whole records, so that a registry can be read from it.
    pub fn has_records(self) -> bool {
        self != LegacyFormat::IdsMap
    }
}

crate::words! {
    /// When a commit compares the legacy file with the registry.
    #[derive(Default)]
    pub enum VerifyLegacy {
        /// In every commit that changes one of them.
        #[default]
        Commit = "commit",
        /// Never: only 'idhooks check' and 'idhooks dual-write verify' do.
        Never = "never",
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
    /// Its form.
    pub format: LegacyFormat,
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
            format: LegacyFormat::default(),
            env_alias: Vec::new(),
            verify: VerifyLegacy::default(),
            on_failure: Enforce::default(),
        }
    }
}
