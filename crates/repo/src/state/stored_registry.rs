//! [`Stored`]: a registry as git stores it. Also reads `idhooks.toml`.

use std::str::Utf8Error;

use idhooks_core::config::{CONFIG_PATH, Config, ConfigError, DualWrite, Enforce};
use idhooks_core::registry::{BlobId, Entry, REGISTRY_PATH, ReadError, Registry, RepoPath, Tree};

use crate::git::{CommitId, GitError, Repo};

use super::error::{StateError, if_readable};
use super::migration_trailer::MigrationTrailer;

/// A registry as git stores it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its blob.
    pub blob: BlobId,
    /// The blob's bytes. They are empty if only part of the registry was read.
    pub bytes: Vec<u8>,
    /// The parsed registry.
    pub registry: Registry,
}

/// Returns whether a commit has a registry, whether or not it is readable.
///
/// # Errors
/// Returns an error if the commit or its tree cannot be read.
pub fn has_registry(repo: &Repo, id: CommitId) -> Result<bool, GitError> {
    Ok(repo.tree_entry(repo.commit(id)?.tree, REGISTRY_PATH)?.is_some())
}

/// Returns whether a commit's registry is a regular file, whether or not it is readable.
///
/// # Errors
/// Returns an error if the commit or its tree cannot be read.
pub fn has_registry_file(repo: &Repo, id: CommitId) -> Result<bool, GitError> {
    let entry = repo.tree_entry(repo.commit(id)?.tree, REGISTRY_PATH)?;
    Ok(entry.is_some_and(|entry| entry.mode.is_file()))
}

/// Returns the first of these commits whose registry is a regular file, or else the last commit
/// before them with such a registry. Returns `None` if a migration rollback removed the registry on
/// purpose.
///
/// # Errors
/// Returns an error if git cannot be run.
pub fn last_with_registry(repo: &Repo, commits: &[CommitId]) -> Result<Option<CommitId>, GitError> {
    let mut commits = commits.to_vec();
    loop {
        commits.retain(|id| repo.has_commit(*id));
        for id in &commits {
            if has_registry_file(repo, *id)? {
                return Ok(Some(*id));
            }
        }
        if commits.is_empty() {
            return Ok(None);
        }
        // None of these commits has a registry, so an earlier commit must have deleted or replaced
        // it.
        let Some(last) = repo.last_change(REGISTRY_PATH, &commits)? else { return Ok(None) };
        if MigrationTrailer::of(&repo.commit(last)?).is_some_and(MigrationTrailer::is_off) {
            return Ok(None);
        }
        // Replacing the registry with a symlink also counts as a change, but the registry cannot be
        // restored from a symlink.
        let is_source = has_registry_file(repo, last)?;
        commits = if is_source { vec![last] } else { repo.commit(last)?.parents };
    }
}

/// Returns whether the last change to the registry, up to these commits, rolled a migration back to
/// its beginning, which removes the registry on purpose.
///
/// # Errors
/// Returns an error if git cannot be run.
pub(super) fn is_rolled_back(repo: &Repo, commits: &[CommitId]) -> Result<bool, GitError> {
    let commits: Vec<CommitId> =
        commits.iter().copied().filter(|id| repo.has_commit(*id)).collect();
    if commits.is_empty() {
        return Ok(false);
    }
    let Some(last) = repo.last_change(REGISTRY_PATH, &commits)? else { return Ok(false) };
    Ok(MigrationTrailer::of(&repo.commit(last)?).is_some_and(MigrationTrailer::is_off))
}

/// Reads a registry from its blob.
///
/// # Errors
/// Returns an error if the entry is not a regular file, or its blob is not a registry.
pub fn read_registry(repo: &Repo, entry: Entry) -> Result<Stored, StateError> {
    if !entry.mode.is_file() {
        return Err(StateError::Registry(ReadError::NotAFile));
    }
    // Check the size before reading the blob, so that a huge blob does not exhaust memory.
    Registry::check_size(repo.blob_size(entry.blob).unwrap_or_default())?;
    let bytes = repo.blob(entry.blob)?;
    let registry = Registry::parse(&bytes)?;
    Ok(Stored { blob: entry.blob, bytes, registry })
}

/// Reads a registry, if it can be trusted: it must be in this clone, readable and consistent.
///
/// # Errors
/// Returns an error if the blob cannot be read.
pub(crate) fn read_trusted(repo: &Repo, entry: Entry) -> Result<Option<Stored>, StateError> {
    if !repo.has_blob(entry.blob) {
        return Ok(None);
    }
    let stored = if_readable(read_registry(repo, entry))?;
    Ok(stored.filter(|stored| stored.registry.is_consistent()))
}

/// Returns an error if the tree's registry is unreadable because a later version of idhooks wrote
/// it. That version can read it, so it must not be healed.
///
/// # Errors
/// Returns an error if a later version of idhooks wrote the registry.
pub(crate) fn assert_not_newer(repo: &Repo, tree: &Tree) -> Result<(), StateError> {
    let available = entry(tree, REGISTRY_PATH).filter(|entry| repo.has_blob(entry.blob));
    match available.map(|entry| read_registry(repo, entry)) {
        // Otherwise, the unreadable registry is damaged, and healing replaces it.
        Some(Err(error @ StateError::Registry(ReadError::Newer(_)))) => Err(error),
        _ => Ok(()),
    }
}

/// Returns the entry at a path.
pub(crate) fn entry(tree: &Tree, path: &str) -> Option<Entry> {
    RepoPath::new(path.as_bytes()).ok().and_then(|path| tree.get(&path).copied())
}

/// Reads the rules in a tree or an index. If there is no `idhooks.toml`, returns the defaults.
///
/// # Errors
/// Returns an error if `idhooks.toml` is invalid.
pub fn read_config(repo: &Repo, tree: &Tree) -> Result<Config, StateError> {
    read_config_in(repo, entry(tree, CONFIG_PATH))
}

/// Reads `idhooks.toml`, valid or not, unless it is too large.
///
/// # Errors
/// Returns an error if it is too large, or is not in this clone.
pub(crate) fn read_config_text(repo: &Repo, entry: Entry) -> Result<Vec<u8>, StateError> {
    Config::check_size(repo.blob_size(entry.blob).unwrap_or_default())?;
    // A commit reads it several times.
    match repo.reused_blob(entry.blob) {
        Some(text) => Ok(text),
        None => Ok(repo.blob(entry.blob)?),
    }
}

/// If the rules contain none of these words, file contents do not matter: neither for identities
/// that files carry, nor for facts kept in the registry, nor for anything derived from them.
pub(crate) const CONTENT_WORDS: [&str; 4] = ["embed", "describe", "generators", "dual_write"];

/// Returns whether an `idhooks.toml` contains any of these words outside of comments. If not, the
/// rules don't have to be parsed to answer questions about these words.
///
/// # Errors
/// Returns an error if it is too large.
pub(crate) fn rules_mentioning(
    repo: &Repo,
    entry: Option<Entry>,
    words: &[&str],
) -> Result<bool, StateError> {
    let text = match entry.map(|entry| read_config_text(repo, entry)) {
        Some(Err(StateError::Git(_))) | None => return Ok(false),
        Some(text) => text?,
    };
    let mentions = |text: &[u8], word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    let speaks = |text: &[u8]| words.iter().any(|word| mentions(text, word));
    // This is called several times in every hook, and most files don't contain any of the words.
    if !speaks(&text) {
        return Ok(false);
    }
    let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_start);
    // The `generators` key in [lint] lists functions, not programs that write files.
    let mut is_lint = false;
    let mut lines = lines.filter(|line| {
        is_lint = if line.starts_with(b"[") { line.trim_ascii() == b"[lint]" } else { is_lint };
        !(is_lint && line.starts_with(b"generators"))
    });
    Ok(lines.any(|line| !line.starts_with(b"#") && speaks(line)))
}

/// Returns the `[dual_write]` table from the rules in this entry, if there is one. The rules are
/// parsed only if they mention it.
///
/// # Errors
/// Returns an error if the rules cannot be read.
pub(crate) fn dual_write_rules(
    repo: &Repo,
    entry: Option<Entry>,
) -> Result<Option<DualWrite>, StateError> {
    if !rules_mentioning(repo, entry, &["dual_write"])? {
        return Ok(None);
    }
    Ok(read_config_in(repo, entry)?.dual_write.map(|rules| *rules))
}

/// Like [`read_config`], for the entry at the path of `idhooks.toml`.
///
/// # Errors
/// Returns an error in the same cases as [`read_config`].
pub(crate) fn read_config_in(repo: &Repo, entry: Option<Entry>) -> Result<Config, StateError> {
    let Some(entry) = entry else { return Ok(Config::default()) };
    if !entry.mode.is_file() {
        // Using the defaults would silently allocate different identities than the intended rules.
        let message = "not a regular file; idhooks does not follow links".to_owned();
        let hint = "replace it with the file itself, then run: git add idhooks.toml".to_owned();
        return Err(ConfigError { hint: Some(hint), ..ConfigError::new(1, 1, message) }.into());
    }
    Ok(Config::parse(config_text(&read_config_text(repo, entry)?)?)?)
}

/// Returns how linter findings are enforced when committing, according to the entry at the path of
/// `idhooks.toml`. Returns `None` if commits are not checked, or if the file is not in this clone.
///
/// # Errors
/// Returns an error if the file is too large or not TOML, or if its `[lint]` table is invalid.
pub fn lint_enforcement(repo: &Repo, entry: Option<Entry>) -> Result<Option<Enforce>, StateError> {
    let Some(entry) = entry.filter(|entry| entry.mode.is_file()) else { return Ok(None) };
    let bytes = match read_config_text(repo, entry) {
        Err(StateError::Git(_)) => return Ok(None),
        bytes => bytes?,
    };
    match memchr::memmem::find(&bytes, b"lint") {
        Some(_) => Ok(Config::lint_enforcement(config_text(&bytes)?)?),
        None => Ok(None),
    }
}

/// Returns the text of `idhooks.toml`, without its byte order mark.
fn config_text(bytes: &[u8]) -> Result<&str, ConfigError> {
    let not_text = |error: Utf8Error| {
        let before = &bytes[..error.valid_up_to()];
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        let column = String::from_utf8_lossy(&before[line_start..]).chars().count() + 1;
        ConfigError::new(line, column, "the file is not UTF-8 from here on".to_owned())
    };
    let text = std::str::from_utf8(bytes).map_err(not_text)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}
