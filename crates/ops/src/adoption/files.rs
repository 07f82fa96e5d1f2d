//! Writes the three files that an adoption creates: either all of them or none.

use std::collections::BTreeSet;
use std::io::{self, Write};

use idhooks_core::config::{ATTRIBUTES_PATH, CONFIG_PATH, Config, Strategy, TypeSource};
use idhooks_core::registry::{Entry, Mode, REGISTRY_PATH, RepoPath, Scope, Tree};
use idhooks_repo::git::{IndexFile, Repo, attributes};
use idhooks_repo::state::{RegistrySource, StateError, adopted_ref, read_config};
use idhooks_repo::store::file_change::{missing_dirs, remove_empty_dirs};
use idhooks_repo::store::journal::{FileStep, IndexStep};
use idhooks_repo::store::{Access, Replacement, VersionedFile, read_file};
use idhooks_repo::transaction::{
    IndexChange, PreparedFile, Transaction, audit_recording::Recording, count_write, store_registry,
};

use crate::{OpsError, config_template};

use super::refusal::{AdoptionRefusal, PathObstacle};

/// The files that an adoption writes besides the registry.
#[derive(Debug, Clone)]
pub struct Adoption {
    /// The content for `idhooks.toml`, if it changes.
    pub config: OwnText,
    /// The content for `.gitattributes`, if our line is missing.
    pub attributes: OwnText,
}

/// A file's new content in the index and in the working tree; `None` where it does not change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnText {
    /// The content for the index.
    pub staged: Option<Vec<u8>>,
    /// The content for the working tree.
    pub working: Option<Vec<u8>>,
}

impl OwnText {
    /// Returns the same content for the index and the working tree.
    pub fn same(text: String) -> Self {
        let text = text.into_bytes();
        OwnText { staged: Some(text.clone()), working: Some(text) }
    }
}

/// The source of the rules in `idhooks.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdoptionRules {
    /// The rules come from the index; holds the content to write if the TYPE table is missing.
    Staged(OwnText),
    /// The rules come from the working tree alone; holds their content, including a TYPE table.
    Written(String),
    /// There are no rules yet; new ones are written.
    New,
}

/// Refuses to adopt if something would be lost or, unless `force` is set, if the result could never
/// be merged. `force` is `None` for commands that lack this option.
///
/// # Errors
/// Returns an error if adoption is refused, or if the repository cannot be read.
pub fn assert_adoptable(
    repo: &Repo,
    own: &Tree,
    is_unmerged: bool,
    force: Option<bool>,
) -> Result<(), OpsError> {
    if is_unmerged || !repo.merge_heads()?.is_empty() {
        return Err(AdoptionRefusal::DuringMerge.into());
    }
    for path in [RepoPath::registry(), RepoPath::config(), RepoPath::attributes()] {
        refuse_odd(repo, own, &path)?;
    }
    if force == Some(true) {
        return Ok(());
    }
    let Some(name) = adopted_ref(repo)? else { return Ok(()) };
    let kinds = ["refs/heads/", "refs/remotes/", "refs/tags/"];
    let short = kinds.iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(&name);
    let source = RegistrySource::find(repo, own)?;
    let (name, how) = (short.to_owned(), source.map(|source| source.how));
    Err(AdoptionRefusal::OtherAdoption { name, how, can_force: force.is_some() }.into())
}

/// Returns the existing rules, or new ones. Rules without a TYPE table get the default for new
/// repositories.
///
/// # Errors
/// Returns an error if the rules contain a mistake.
pub fn adoption_rules(
    repo: &Repo,
    own: &Tree,
    strategy: Option<Strategy>,
) -> Result<(Config, AdoptionRules), OpsError> {
    let working = repo.read_working(CONFIG_PATH)?;
    if let Some(entry) = own.get(&RepoPath::config()) {
        let config = read_config(repo, own)?;
        if config.types.source == TypeSource::Config {
            return Ok((config, AdoptionRules::Staged(OwnText::default())));
        }
        // Unstaged changes in the working tree stay unstaged; an unreadable file is left alone.
        let completed = |bytes: &[u8]| with_types(bytes).ok().map(|(_, text)| text.into_bytes());
        let texts = OwnText {
            staged: completed(&repo.blob(entry.blob)?),
            working: working.as_deref().and_then(completed),
        };
        return Ok((config.with_new_types(), AdoptionRules::Staged(texts)));
    }
    let Some(bytes) = working else {
        return Ok((Config::for_adoption(strategy.unwrap_or_default()), AdoptionRules::New));
    };
    with_types(&bytes).map(|(config, text)| (config, AdoptionRules::Written(text)))
}

/// Returns the contents of `idhooks.toml` with `scope` added, so that a later adoption from the
/// same file uses the same scope. A file that already has a scope is not changed.
///
/// # Errors
/// Returns an error if the staged file cannot be read.
pub(crate) fn texts_with_scope(
    repo: &Repo,
    own: &Tree,
    rules: AdoptionRules,
    config: &Config,
    scope: Scope,
) -> Result<OwnText, OpsError> {
    let add = |text: &[u8]| -> Option<Vec<u8>> {
        let text = std::str::from_utf8(text).ok()?;
        // Editors on Windows add a byte order mark, which is not part of the rules.
        let config = Config::parse(text.strip_prefix('\u{feff}').unwrap_or(text)).ok()?;
        let with = config_template::with_scopes(text, &config, scope, &BTreeSet::new()).ok()?;
        (with != text).then(|| with.into_bytes())
    };
    match rules {
        AdoptionRules::New => {
            Ok(OwnText::same(config_template::render(scope, config.allocation.strategy)))
        }
        AdoptionRules::Written(text) => {
            let with = add(text.as_bytes()).unwrap_or_else(|| text.into_bytes());
            Ok(OwnText { staged: Some(with.clone()), working: Some(with) })
        }
        AdoptionRules::Staged(texts) if config.scope.is_some() => Ok(texts),
        // Unstaged changes in the working tree stay unstaged; an unreadable file is left alone.
        AdoptionRules::Staged(OwnText { staged, working }) => {
            let entry = own.get(&RepoPath::config());
            let indexed = entry.map(|entry| repo.blob(entry.blob)).transpose()?;
            let present = repo.read_working(CONFIG_PATH)?;
            let kept = |new: Option<Vec<u8>>, old: Option<Vec<u8>>| {
                let with = new.as_deref().or(old.as_deref()).and_then(add);
                with.or(new)
            };
            Ok(OwnText { staged: kept(staged, indexed), working: kept(working, present) })
        }
    }
}

/// Parses the contents of an `idhooks.toml`, and returns the text with a TYPE table.
fn with_types(bytes: &[u8]) -> Result<(Config, String), OpsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| AdoptionRefusal::ConfigNotText)?;
    let read = Config::parse(text.strip_prefix('\u{feff}').unwrap_or(text));
    let config = read.map_err(StateError::from)?;
    if config.types.source == TypeSource::Config {
        return Ok((config, text.to_owned()));
    }
    Ok((config.with_new_types(), config_template::with_new_types(text)))
}

/// Returns `.gitattributes` with our line added if it is missing.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub(crate) fn adoption_attributes(repo: &Repo, own: &Tree) -> Result<OwnText, OpsError> {
    let working = repo.read_working(ATTRIBUTES_PATH)?;
    let staged = own.get(&RepoPath::attributes());
    let staged = staged.map(|entry| repo.blob(entry.blob)).transpose()?;
    let [staged, working] =
        [staged, working].map(|content| attributes::with_line(content.as_deref()));
    Ok(OwnText { staged, working })
}

/// Refuses to adopt if one of our files would replace something else, or if a symlink or a file is
/// where its directory belongs.
fn refuse_odd(repo: &Repo, own: &Tree, path: &RepoPath) -> Result<(), OpsError> {
    let odd = |obstacle, path: &RepoPath| {
        Err(AdoptionRefusal::InTheWay { path: path.clone(), obstacle }.into())
    };
    let dir = path.parent();
    let below = [path.as_bytes(), b"/"].concat();
    if own.get(path).is_some_and(|entry| !entry.mode.is_file()) {
        return odd(PathObstacle::StagedNoFile, path);
    }
    // In bytewise order, other names can sort between a directory and the files in it.
    let after = own.range(path..).map(|(other, _)| other.as_bytes());
    let mut similar = after.take_while(|other| other.starts_with(path.as_bytes()));
    if similar.any(|other| other.starts_with(&below)) {
        return odd(PathObstacle::StagedDirectory, path);
    }
    if let Some(dir) = dir.as_ref().filter(|dir| own.contains_key(dir)) {
        return odd(PathObstacle::StagedNoDirectory, dir);
    }
    // Symlinks are not followed: writing a file renames it into place, which replaces the symlink
    // itself.
    let found = |name: &RepoPath| repo.top().join(name.to_os_path()).symlink_metadata().ok();
    if found(path).is_some_and(|meta| !meta.is_file()) {
        return odd(PathObstacle::NoFile, path);
    }
    match dir.filter(|dir| found(dir).is_some_and(|meta| !meta.is_dir())) {
        Some(dir) => odd(PathObstacle::NoDirectory, &dir),
        None => Ok(()),
    }
}

/// The registry that an adoption writes.
pub(crate) enum AdoptedRegistry<'a> {
    /// A function that writes the registry, for registries that are not in memory.
    Streamed(&'a dyn Fn(&mut dyn Write) -> io::Result<()>),
    /// The content, and the command line to show for a run that can be undone.
    Journaled(Vec<u8>, String),
}

/// Writes and stages the registry together with the other files: either all of them or none. `own`
/// has the current index entries for these files. Records the adoption; returns a warning if that
/// is impossible.
///
/// # Errors
/// Returns an error if something cannot be written; in that case, nothing is changed.
pub(crate) fn write_adoption(
    repo: &Repo,
    file: &IndexFile,
    own: &Tree,
    adoption: Adoption,
    recording: Recording<'_>,
    registry: AdoptedRegistry<'_>,
) -> Result<Option<String>, OpsError> {
    let (scratch, path) = (repo.scratch(), repo.top().join(REGISTRY_PATH));
    let dir = path.parent().unwrap_or(repo.top());
    // On failure, only directories that were created here are removed.
    let levels = missing_dirs(dir);
    let write = || -> Result<(), OpsError> {
        let step = |path: RepoPath, blob| {
            let after = Entry { mode: Mode::Regular, blob };
            IndexStep::new(path.clone(), own.get(&path).copied(), Some(after))
        };
        let (mut files, mut prepared, mut journal) = (Vec::new(), Vec::new(), None);
        let blob = match registry {
            AdoptedRegistry::Streamed(registry) => {
                let new = Replacement::prepare_by(&scratch, &path, Access::Data, registry)?;
                let blob = store_registry(repo, new.file())?;
                repo.list_version(VersionedFile::Registry, blob);
                prepared.push(PreparedFile { path: RepoPath::registry(), new, replaced: None });
                blob
            }
            AdoptedRegistry::Journaled(bytes, what) => {
                let blob = repo.write_version(VersionedFile::Registry, &bytes)?;
                journal = Some(what);
                let before = read_file(&path)?;
                files.push(FileStep::rewrite(RepoPath::registry(), before, Some(bytes)));
                blob
            }
        };
        let mut steps = vec![step(RepoPath::registry(), blob)];
        for (path, OwnText { staged, working }) in
            [(RepoPath::config(), adoption.config), (RepoPath::attributes(), adoption.attributes)]
        {
            if let Some(bytes) = staged {
                steps.push(step(path.clone(), repo.write_blob(&bytes)?));
            }
            if let Some(bytes) = working {
                let before = read_file(&repo.top().join(path.to_os_path()))?;
                files.push(FileStep::rewrite(path, before, Some(bytes)));
            }
        }
        let index = IndexChange::unseen(file, steps);
        let transaction =
            Transaction { prepared, files, journal, ..Transaction::new(repo, [index]) };
        // If a required audit log cannot be written, the adoption is rolled back.
        let written = transaction.commit(|| Ok(recording.require()?));
        count_write(repo, &written);
        Ok(written?)
    };
    write().inspect_err(|_| remove_empty_dirs(dir, levels))?;
    Ok(recording.finish())
}
