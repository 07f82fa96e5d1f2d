//! Writes identities into the files that must carry them, both the staged blobs and the working
//! files.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::is_file;
use idhooks_core::config::Config;
use idhooks_core::embed::{self, Obstacle};
use idhooks_core::registry::{Change as TreeChange, Entry, Id, Registry, RepoPath, Tree};

use crate::git::{CommitId, Repo};
use crate::state::StateError;
use crate::store::journal::{FileStep, IndexStep};
use crate::store::read_file;

/// A change to a file's content, in the index and in the working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection {
    /// Its path.
    pub path: RepoPath,
    /// The index entry before the change.
    pub before: Entry,
    /// The index entry after the change.
    pub after: Entry,
    /// The change to the working file, if the file exists and does not carry the identity yet.
    pub working: Option<FileStep>,
}

/// The result of [`IdInjector::inject_ids`].
#[derive(Debug)]
pub enum InjectedFile {
    /// The change that writes the identities.
    Changed(Injection),
    /// The file needs no change.
    Unchanged,
    /// The file cannot carry an identity.
    Impossible(Obstacle),
}

impl InjectedFile {
    /// Returns the change, if there is one.
    pub fn change(self) -> Option<Injection> {
        match self {
            InjectedFile::Changed(injection) => Some(injection),
            InjectedFile::Unchanged | InjectedFile::Impossible(_) => None,
        }
    }
}

impl Injection {
    /// Returns the change to the index.
    pub fn step(&self) -> IndexStep {
        IndexStep::new(self.path.clone(), Some(self.before), Some(self.after))
    }
}

/// A change to the head of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadEdit {
    /// Write this identity.
    Write(Id),
    /// Remove these digits wherever they appear in the head, but no others.
    Remove(BTreeSet<String>),
}

/// Writes identities into files.
#[derive(Debug)]
pub struct IdInjector<'r> {
    repo: &'r Repo,
    config: &'r Config,
    /// Files that pass through git filters, so that their blobs differ from the working files.
    filtered: BTreeSet<RepoPath>,
}

impl<'r> IdInjector<'r> {
    /// Returns an injector for the files at these paths.
    ///
    /// # Errors
    /// Returns an error if git cannot list the filtered files.
    pub fn for_paths<'p>(
        repo: &'r Repo,
        config: &'r Config,
        paths: impl IntoIterator<Item = &'p RepoPath>,
    ) -> Result<Self, StateError> {
        Ok(IdInjector { repo, config, filtered: repo.git().filtered(paths)? })
    }

    /// Makes a file in the index carry an identity, or removes the identity. Unstaged edits to the
    /// working file are kept.
    ///
    /// # Errors
    /// Returns an error if objects or files cannot be read or written.
    pub fn inject_ids(
        &self,
        path: &RepoPath,
        before: Entry,
        head_edit: &HeadEdit,
    ) -> Result<InjectedFile, StateError> {
        if self.filtered.contains(path) {
            return Ok(InjectedFile::Impossible(Obstacle::Filtered));
        }
        let edit = |content: &[u8]| match head_edit {
            HeadEdit::Write(id) => embed::write(path, content, *id, self.config.embed_style(path)),
            HeadEdit::Remove(digits) => {
                Ok(embed::remove(path, content, &|mark| digits.contains(&mark.text)))
            }
        };
        let old = self.repo.blob(before.blob)?;
        let staged = match edit(&old) {
            Ok(staged) => staged,
            Err(obstacle) => return Ok(InjectedFile::Impossible(obstacle)),
        };
        let place = self.repo.top().join(path.to_os_path());
        let is_file = place.symlink_metadata().is_ok_and(|meta| meta.is_file());
        let present = if is_file { read_file(&place)? } else { None };
        // An unstaged edit to the identity is intentional, so the working file is left alone.
        let embedded_text = |content: &[u8]| embed::read(path, content).map(|mark| mark.text);
        let present = present.filter(|content| {
            let now = embedded_text(content);
            matches!(head_edit, HeadEdit::Remove(_)) || now.is_none() || now == embedded_text(&old)
        });
        // The working file may differ from the index. If it cannot carry the identity, it is left
        // alone.
        let working = present.and_then(|content| {
            let after = edit(&content).ok().flatten()?;
            Some(FileStep::rewrite(path.clone(), Some(content), Some(after)))
        });
        // The blob is written only if the content changes, so that an unchanged file does not add
        // an object.
        let after = match &staged {
            Some(content) => Entry { blob: self.repo.write_blob(content)?, ..before },
            None => before,
        };
        if after == before && working.is_none() {
            return Ok(InjectedFile::Unchanged);
        }
        Ok(InjectedFile::Changed(Injection { path: path.clone(), before, after, working }))
    }
}

/// Returns the identities that files must carry under the rules but do not. Only files that the
/// commit changed, or whose identity is different in the registry `before`, are considered. A file
/// that carries an identity unknown to the registry is left to the user.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn missing_injections(
    repo: &Repo,
    config: &Config,
    before: Option<&Registry>,
    registry: &Registry,
    tree: &Tree,
    parents: &[CommitId],
) -> Result<BTreeMap<RepoPath, Id>, StateError> {
    let mut missing = BTreeMap::new();
    if !config.embeds_anything() {
        return Ok(missing);
    }
    let records = registry.allocations.iter();
    let known_ids: BTreeSet<Id> =
        records.flat_map(|r| r.aliases.iter().chain([&r.id])).copied().collect();
    let holders = registry.holders(|path| tree.contains_key(path));
    let is_concerned = |path: &RepoPath| is_file(tree, path) && config.embeds(path);
    let mut paths = BTreeSet::new();
    // In a first commit, every file is new.
    if parents.is_empty() {
        paths.extend(tree.keys().filter(|path| is_concerned(path)).cloned());
    }
    for parent in parents {
        let before = repo.tree(repo.commit(*parent)?.tree)?;
        let changes = TreeChange::between(&before, tree).into_iter();
        paths.extend(changes.map(|change| change.path).filter(is_concerned));
    }
    if let Some(before) = before {
        let before = before.holders(|path| tree.contains_key(path));
        let is_new = |path: &RepoPath, id: Id| before.get(path).is_some_and(|then| then.id != id);
        let given = holders.iter().filter(|(path, now)| is_new(path, now.id));
        paths.extend(given.map(|(path, _)| (*path).clone()).filter(|path| config.embeds(path)));
    }
    for path in paths {
        let (Some(entry), Some(holder)) = (tree.get(&path), holders.get(&path)) else { continue };
        let Some(content) = repo.blob(entry.blob).ok() else { continue };
        match embed::read_id(&path, &content) {
            // An identity that is not in the registry may belong to another repository.
            Some(id) if holder.id == id || !known_ids.contains(&id) => {}
            _ => drop(missing.insert(path, holder.id)),
        }
    }
    Ok(missing)
}
