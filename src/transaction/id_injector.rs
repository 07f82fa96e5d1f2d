//! Identities written into the files that are to carry them: staged blob and working file alike.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::embed::{self, Obstacle};
use crate::git::{CommitId, Index, IndexFile, Repo};
use crate::registry::{Change as TreeChange, Entry, Id, Registry, RepoPath, Tree};
use crate::store::changes::FileChange;
use crate::store::journal::{FileStep, IndexStep};
use crate::store::{Access, read_file};

use crate::state::StateError;

/// A file that gets other content, in the index and in the working tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Injection {
    /// Its path.
    pub path: RepoPath,
    /// What the index has.
    pub before: Entry,
    /// What the index gets.
    pub after: Entry,
    /// What the working tree gets, where it has the file and that does not say it yet.
    working: Option<FileChange>,
}

impl Injection {
    /// Returns what changes, step by step, for a journal.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn steps(&self) -> Result<(Option<FileStep>, IndexStep), StateError> {
        let file = match &self.working {
            Some(FileChange::Write { path, bytes, .. }) => Some(FileStep {
                from: self.path.clone(),
                to: self.path.clone(),
                rewrite: Some((read_file(path)?, bytes.clone())),
            }),
            _ => None,
        };
        let [before, after] = [self.before, self.after].map(Some);
        Ok((file, IndexStep { path: self.path.clone(), before, after }))
    }
}

/// What becomes of what a file carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadEdit {
    /// It carries this identity from now on.
    Carry(Id),
    /// It loses these digits, wherever at its head they stand; others stay.
    Lose(BTreeSet<String>),
}

/// Who writes identities into files.
#[derive(Debug)]
pub struct IdInjector<'r> {
    repo: &'r Repo,
    /// Files of which git keeps another content than the working tree has.
    filtered: BTreeSet<RepoPath>,
}

impl<'r> IdInjector<'r> {
    /// Learns what there is to know of these files.
    ///
    /// # Errors
    /// Git that cannot tell.
    pub fn over<'p>(
        repo: &'r Repo,
        paths: impl IntoIterator<Item = &'p RepoPath>,
    ) -> Result<Self, StateError> {
        Ok(IdInjector { repo, filtered: repo.git().filtered(paths)? })
    }

    /// Works out the content that a file of the index gets so that it carries what it is to carry,
    /// or loses what it is to lose; nothing where it does already. Unstaged edits of the working
    /// file stay.
    ///
    /// # Errors
    /// Objects and files that cannot be read or written; inside, what keeps the file from carrying
    /// anything.
    pub fn inject_ids(
        &self,
        path: &RepoPath,
        before: Entry,
        wish: &HeadEdit,
    ) -> Result<Result<Option<Injection>, Obstacle>, StateError> {
        if self.filtered.contains(path) {
            return Ok(Err(Obstacle::Filtered));
        }
        let edit = |content: &[u8]| match wish {
            HeadEdit::Carry(id) => embed::write(path, content, *id),
            HeadEdit::Lose(digits) => {
                Ok(embed::remove(path, content, &|mark| digits.contains(mark.text())))
            }
        };
        let old = self.repo.blob(before.blob)?;
        let staged = match edit(&old) {
            Ok(staged) => staged,
            Err(obstacle) => return Ok(Err(obstacle)),
        };
        let place = self.repo.top().join(path.to_os_path());
        let is_file = place.symlink_metadata().is_ok_and(|meta| meta.is_file());
        let present = if is_file { read_file(&place)? } else { None };
        // Who has written something else there, not staged, has done so on purpose.
        let said = |content: &[u8]| embed::read(path, content).map(|mark| mark.text().to_owned());
        let present = present.filter(|content| {
            let now = said(content);
            matches!(wish, HeadEdit::Lose(_)) || now.is_none() || now == said(&old)
        });
        // The working file may be another text; what it cannot carry, it does without.
        let working = present.and_then(|content| edit(&content).ok().flatten());
        let working =
            working.map(|bytes| FileChange::Write { path: place, bytes, access: Access::Keep });
        let after = match &staged {
            Some(content) => Entry { blob: self.repo.write_blob(content)?, ..before },
            None => before,
        };
        let is_changed = after != before || working.is_some();
        Ok(Ok(is_changed.then(|| Injection { path: path.clone(), before, after, working })))
    }
}

/// Returns what the files that a commit changes, or gives another identity than in the registry
/// `before`, are to carry by the rules and do not. Those that carry an identity which the registry
/// does not hold are left to a person.
///
/// # Errors
/// Objects that cannot be read.
pub fn unlike(
    repo: &Repo,
    config: &Config,
    before: Option<&Registry>,
    registry: &Registry,
    tree: &Tree,
    parents: &[CommitId],
) -> Result<BTreeMap<RepoPath, Id>, StateError> {
    let mut wanted = BTreeMap::new();
    if !config.embeds_anything() {
        return Ok(wanted);
    }
    let known: BTreeSet<Id> = registry.allocations.iter().flat_map(ids).collect();
    let holders = registry.holders(|path| tree.contains_key(path));
    let mut paths = changed(repo, config, tree, parents)?;
    if let Some(before) = before {
        let before = before.holders(|path| tree.contains_key(path));
        let is_new = |path: &RepoPath, id: Id| before.get(path).is_some_and(|then| then.id != id);
        let given = holders.iter().filter(|(path, now)| is_new(path, now.id));
        paths.extend(given.map(|(path, _)| (*path).clone()).filter(|path| config.embeds(path)));
    }
    for path in paths {
        let (Some(entry), Some(holder)) = (tree.get(&path), holders.get(&path)) else { continue };
        let Some(content) = repo.local_blob(entry.blob) else { continue };
        match embed::read_id(&path, &content) {
            Some(id) if holder.id == id || !known.contains(&id) => {}
            _ => drop(wanted.insert(path, holder.id)),
        }
    }
    Ok(wanted)
}

fn ids(record: &crate::registry::Allocation) -> impl Iterator<Item = Id> {
    record.aliases.iter().copied().chain([record.id])
}

/// Returns the files that are to carry an identity and that some parent has not as they are.
fn changed(
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    parents: &[CommitId],
) -> Result<BTreeSet<RepoPath>, StateError> {
    let is_concerned =
        |path: &RepoPath| tree.get(path).is_some_and(|e| e.mode.is_file()) && config.embeds(path);
    if parents.is_empty() {
        return Ok(tree.keys().filter(|path| is_concerned(path)).cloned().collect());
    }
    let mut changed = BTreeSet::new();
    for parent in parents {
        let before = repo.tree(repo.commit(*parent)?.tree)?;
        let changes = TreeChange::between(&before, tree).into_iter();
        changed.extend(changes.map(|change| change.path).filter(is_concerned));
    }
    Ok(changed)
}

/// Returns what the working tree gets.
pub(super) fn working_files(inscriptions: &[Injection]) -> impl Iterator<Item = FileChange> {
    inscriptions.iter().filter_map(|inscription| inscription.working.clone())
}

/// Stages them in an index that has what they begin with; the others are left as they are.
///
/// # Errors
/// An index that cannot be written.
pub(super) fn stage(
    repo: &Repo,
    file: &IndexFile,
    index: &Index,
    inscriptions: &[Injection],
) -> Result<(), StateError> {
    let here = inscriptions.iter().filter(|i| index.tree.get(&i.path) == Some(&i.before));
    let here: Vec<&Injection> = here.collect();
    if !here.is_empty() {
        repo.stage_entries(file, here.iter().map(|i| (&i.path, Some(i.after))))?;
        // They are as git would have added them, or it looks at them anew.
        let paths: Vec<&RepoPath> = here.iter().map(|i| &i.path).collect();
        let _ = repo.refresh_paths(file, &paths);
    }
    Ok(())
}

/// Takes back what [`stage`] did.
pub(super) fn unstage(repo: &Repo, file: &IndexFile, inscriptions: &[Injection]) {
    if !inscriptions.is_empty() {
        // If that fails too, the first error says more.
        let _ = repo.stage_entries(file, inscriptions.iter().map(|i| (&i.path, Some(i.before))));
    }
}
