//! Describes files in a commit or an index; each description is cached by the file's blob.

use std::collections::BTreeSet;
use std::time::Instant;

use idhooks_code::{DescribedFile, ModulePlace, ParseStatus, PythonFacts, describe};
use idhooks_core::config::{Config, DescribeRules, DescriptorKey};
use idhooks_core::registry::{BlobId, Id, Json, RepoPath, Timestamp, Tree, hex};
use idhooks_references::PythonPackages;
use idhooks_repo::cache::{Cache, FactsKey, FactsText};
use idhooks_repo::{git::Repo, transaction::now};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::json_text;

/// The size of the largest value that the registry stores, in bytes.
const LARGEST_STORED: usize = 1_024;

/// How many files may time out before a commit stops waiting for further files.
pub(super) const PATIENCE: u32 = 10;

/// Describes files in a commit or an index.
pub(super) struct Describer<'r> {
    repo: &'r Repo,
    rules: &'r DescribeRules,
    packages: PythonPackages<'r>,
    cache: Cache<FactsKey>,
}

/// The cached description of a blob.
#[derive(Serialize, Deserialize)]
struct CachedFacts {
    at: String,
    sha256: String,
    facts: PythonFacts,
}

/// Returns the paths of the Python files in a commit or an index.
pub(super) fn python_files(tree: &Tree) -> BTreeSet<RepoPath> {
    let is_python = |path: &RepoPath| matches!(path.extension(), Some(b"py" | b"pyi"));
    let files = tree.iter().filter(|(_, entry)| entry.mode.is_file()).map(|(path, _)| path);
    files.filter(|path| is_python(path)).cloned().collect()
}

/// Returns the values for all keys of these files in the tree, including the identities of files
/// that have one.
pub(crate) fn describe_files(
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    files: &[(RepoPath, Option<Id>)],
) -> Vec<Vec<Value>> {
    let python = python_files(tree);
    let mut describer = Describer::new(repo, config, &python);
    let described = files.iter().map(|(path, id)| {
        let file = describer.describe(path, tree.get(path).map(|entry| entry.blob), *id);
        DescriptorKey::ALL.map(|key| file.value(key)).into()
    });
    let described = described.collect();
    describer.save();
    described
}

impl<'r> Describer<'r> {
    /// Returns a describer for these Python files.
    pub(super) fn new(repo: &'r Repo, config: &'r Config, files: &'r BTreeSet<RepoPath>) -> Self {
        let rules = &config.describe;
        let packages = PythonPackages::new(files, &rules.roots, None);
        Describer { repo, rules, packages, cache: Cache::open(&repo.state_dir()) }
    }

    /// Describes the file with this blob; a blob of `None` means that the file does not exist.
    pub(super) fn describe(
        &mut self,
        path: &RepoPath,
        blob: Option<BlobId>,
        id: Option<Id>,
    ) -> DescribedFile {
        let (at, sha256, facts) = match blob {
            None => (None, None, PythonFacts::unread(ParseStatus::MissingFile, None)),
            Some(blob) => self.facts(blob),
        };
        let output = id.and_then(|id| self.rules.descriptor_path(&id.to_string()));
        let mut file = DescribedFile {
            id,
            path: path.clone(),
            blob,
            source_sha256: sha256,
            parsed_at: at,
            place: ModulePlace::of(path, &facts, &self.packages),
            facts,
            output_sha256: None,
            output,
        };
        if file.output.is_some() {
            file.output_sha256 = Some(hex::encode(&Sha256::digest(kept_text(&file))));
        }
        file
    }

    /// Saves new descriptions in the cache.
    pub(super) fn save(&mut self) {
        self.cache.save();
    }

    /// Returns the facts about a blob, when it was parsed, and its content's SHA-256.
    fn facts(&mut self, blob: BlobId) -> (Option<Timestamp>, Option<String>, PythonFacts) {
        let key = FactsKey(blob);
        let known = self.cache.get(&key).and_then(|text| serde_json::from_str(&text.0).ok());
        if let Some(CachedFacts { at, sha256, facts }) = known {
            return (at.parse().ok(), Some(sha256), facts);
        }
        let content = match self.repo.blob(blob) {
            Ok(content) => content,
            Err(error) => {
                // A partial clone may lack the content, which must not prevent the other files from
                // being described.
                let why = Some(error.to_string());
                return (None, None, PythonFacts::unread(ParseStatus::MissingFile, why));
            }
        };
        let (begin, timeout) = (Instant::now(), self.rules.timeout);
        let facts = describe(&content, &mut || begin.elapsed() > timeout);
        let (at, sha256) = (now(self.repo), hex::encode(&Sha256::digest(&content)));
        // Timeouts are not cached: the same file may be parsed in time on a faster or less busy
        // machine.
        if facts.status == ParseStatus::Timeout {
            return (Some(at), Some(sha256), facts);
        }
        let cached = CachedFacts { at: at.to_string(), sha256, facts };
        // Without a cache entry, the file is simply parsed again.
        if let Ok(text) = serde_json::to_string(&cached) {
            self.cache.insert(&key, &FactsText(text));
        }
        (Some(at), Some(cached.sha256), cached.facts)
    }
}

/// Formats a file's descriptor as it is written to disk.
pub(super) fn kept_text(file: &DescribedFile) -> String {
    json_text(&file.kept_descriptor()) + "\n"
}

/// Returns the values that the registry stores about a file, in key order, or `None` if the file
/// could not be read in time.
pub(super) fn stored_values(
    config: &Config,
    file: &DescribedFile,
) -> Option<Vec<(DescriptorKey, Option<Json>)>> {
    // Keeps the stored values, since a file that was not read cannot contradict them.
    if matches!(file.facts.status, ParseStatus::Timeout | ParseStatus::MissingFile) {
        return None;
    }
    let value = |key: DescriptorKey| {
        let text = file.value(key).to_string();
        let is_kept =
            config.describe.store.contains(&key) && text != "null" && text.len() <= LARGEST_STORED;
        is_kept.then(|| Json::parse(&text).ok()).flatten()
    };
    Some(DescriptorKey::ALL.into_iter().map(|key| (key, value(key))).collect())
}
