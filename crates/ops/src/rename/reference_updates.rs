//! References to renamed files in all tracked files, both staged and in the working tree.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::registry::{Entry, FileName, RepoPath};
use idhooks_references::{DoubtfulReference, Moves, References, Way};
use idhooks_repo::git::{GitError, GrepMatch, Repo};
use idhooks_repo::store::journal::{FileStep, IndexStep};
use idhooks_repo::store::{StoreError, read_file, resolve_path};
use idhooks_repo::transaction::Injection;

use super::RenameRefusal;
use crate::mentions::search;
use crate::{Observer, OpsError, RegistryTransaction};

/// Files to be renamed or rewritten.
#[derive(Debug, Default)]
pub struct ReferenceUpdates {
    /// The files.
    pub files: Vec<RewrittenFile>,
    /// The ambiguous references, which are not updated.
    pub doubts: Vec<(RepoPath, DoubtfulReference)>,
}

/// A file to be renamed or rewritten.
#[derive(Debug, Clone)]
pub struct RewrittenFile {
    /// The file's path.
    pub path: RepoPath,
    /// The new path, which may be unchanged.
    pub to: RepoPath,
    /// The staged content before and after, if it changes.
    pub staged: Option<[Vec<u8>; 2]>,
    /// The content in the working tree before and after, if it changes.
    pub working: Option<[Vec<u8>; 2]>,
    entry: Entry,
}

impl ReferenceUpdates {
    /// Finds the references in all files in the index. The files in `injections` are given a
    /// different identity in their content.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or if a file with references is not in the working
    /// tree.
    pub(crate) fn find(
        transaction: &RegistryTransaction<'_>,
        moves: &Moves,
        injections: &[Injection],
    ) -> Result<Self, OpsError> {
        let mut rewriting = ReferenceUpdates::default();
        let repo = transaction.repo;
        let mut injected = BTreeMap::new();
        for injection in injections {
            let file = RewrittenFile::injected(repo, moves, injection)?;
            injected.insert(&injection.path, file);
        }
        if moves.is_empty() {
            rewriting.files = injected.into_values().collect();
            return Ok(rewriting);
        }
        let paths: BTreeSet<RepoPath> = transaction.tree().keys().cloned().collect();
        let read =
            |path: &RepoPath| transaction.entry(path).and_then(|entry| repo.blob(entry.blob).ok());
        // Imports may begin with the name of the root directory, and a symlink to that directory
        // may have a different name.
        let top = resolve_path(repo.top()).unwrap_or_else(|_| repo.top().to_owned());
        let top_name = top.file_name().and_then(|name| name.to_str());
        let references = References::new(&paths, moves, top_name, &read);
        for (path, entry) in transaction.tree().iter().filter(|(_, entry)| entry.mode.is_file()) {
            let file =
                injected.remove(path).unwrap_or_else(|| RewrittenFile::plain(path, moves, *entry));
            rewriting.look(repo, &references, file)?;
        }
        Ok(rewriting)
    }

    fn look(
        &mut self,
        repo: &Repo,
        references: &References<'_>,
        mut file: RewrittenFile,
    ) -> Result<(), OpsError> {
        let path = &file.path;
        // If a file has no extension, only its first line reveals its language.
        if References::supports(path, b"#!/bin/sh\n") {
            let staged = match &file.staged {
                Some([_, after]) => after.clone(),
                None => repo.blob(file.entry.blob)?,
            };
            let working = match &file.working {
                Some([_, after]) => Some(after.clone()),
                None => file.working_before(repo)?,
            };
            let found = references.find_in(path, &staged);
            let after = (!found.is_unchanged()).then(|| found.apply(&staged));
            if let Some(after) = &after {
                rewrite(&mut file.staged, staged.clone(), after.clone());
            }
            let mut doubts = found.doubts;
            match (working, after) {
                (Some(working), Some(after)) if working == staged => {
                    rewrite(&mut file.working, working, after);
                }
                // Unstaged edits stay unstaged: the staged and working tree contents are rewritten
                // separately.
                (Some(working), _) if working != staged => {
                    let found = references.find_in(path, &working);
                    if !found.is_unchanged() {
                        let after = found.apply(&working);
                        rewrite(&mut file.working, working, after);
                    }
                    doubts.clone_from(&found.doubts);
                }
                (None, Some(_)) => {
                    return Err(RenameRefusal::NotInWorkingTree(path.clone()).into());
                }
                _ => {}
            }
            self.doubts.extend(doubts.into_iter().map(|doubt| (path.clone(), doubt)));
        }
        if *path != file.to || file.staged.is_some() || file.working.is_some() {
            self.files.push(file);
        }
        Ok(())
    }

    /// Stores the new blobs and returns the steps that rename and rewrite the files.
    ///
    /// # Errors
    /// Returns an error if a blob cannot be stored.
    pub(crate) fn steps(&self, repo: &Repo) -> Result<(Vec<FileStep>, Vec<IndexStep>), GitError> {
        let (mut files, mut index) = (Vec::new(), Vec::new());
        for file in &self.files {
            let (from, to) = (file.path.clone(), file.to.clone());
            let rewrite = file.working.clone().map(|contents| contents.map(Some));
            if from != to || rewrite.is_some() {
                files.push(FileStep { from: from.clone(), to: to.clone(), rewrite });
            }
            let entry = match &file.staged {
                Some([_, after]) => Entry { blob: repo.write_blob(after)?, ..file.entry },
                None => file.entry,
            };
            if from != to {
                index.push(IndexStep { path: from, before: Some(file.entry), after: None });
                index.push(IndexStep { path: to, before: None, after: Some(entry) });
            } else if entry != file.entry {
                let (before, after) = (Some(file.entry), Some(entry));
                index.push(IndexStep { path: from, before, after });
            }
        }
        Ok((files, index))
    }

    /// Returns the updates with other changes to some of the files.
    pub(crate) fn replacing(mut self, files: Vec<RewrittenFile>) -> Self {
        self.files.retain(|file| files.iter().all(|other| other.path != file.path));
        self.files.extend(files);
        self
    }

    /// Returns the number of files with new content.
    pub fn rewritten(&self) -> usize {
        let is_rewritten = |file: &&RewrittenFile| file.staged.is_some() || file.working.is_some();
        self.files.iter().filter(is_rewritten).count()
    }

    /// Returns the refusal for ambiguous imports, if there are any.
    pub(super) fn ambiguous(&self) -> Option<RenameRefusal> {
        let imports = self.doubts.iter().filter(|(_, doubt)| doubt.blocks).cloned();
        let imports: Vec<_> = imports.collect();
        (!imports.is_empty()).then_some(RenameRefusal::Ambiguous(imports))
    }

    /// Returns the lines that still mention the old names; issues a notice if the search fails.
    pub(crate) fn mentions(
        &self,
        observer: &mut dyn Observer,
        repo: &Repo,
        way: Way,
        moves: &Moves,
    ) -> Vec<GrepMatch> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let words: Vec<String> = moves.keys().map(|path| text(path.basename())).collect();
        // A new name that ends with the old name doesn't count as a mention of the old name.
        let renamed = moves.values().filter(|_| way == Way::To);
        let heads: Vec<String> =
            renamed.map(|to| text(&FileName::of(to.basename()).head())).collect();
        let still = |text: &str| {
            let is_new = |at: usize| heads.iter().any(|head| text[..at].ends_with(head.as_str()));
            words.iter().any(|word| text.match_indices(word.as_str()).any(|(at, _)| !is_new(at)))
        };
        // Doubtful references have already been reported.
        let is_doubt = |mention: &GrepMatch| {
            self.doubts.iter().any(|(path, doubt)| {
                moves.get(path).unwrap_or(path) == &mention.path && doubt.line == mention.line
            })
        };
        let mut mentions = search(observer, repo, &words);
        mentions.retain(|mention| still(&mention.text) && !is_doubt(mention));
        mentions
    }
}

impl RewrittenFile {
    /// Returns a file of the index that stays as it is.
    pub(crate) fn unchanged(path: &RepoPath, entry: Entry) -> Self {
        let (to, path) = (path.clone(), path.clone());
        RewrittenFile { path, to, staged: None, working: None, entry }
    }

    /// Returns the staged content before any change.
    ///
    /// # Errors
    /// Returns an error if it cannot be read.
    pub(crate) fn original(&self, repo: &Repo) -> Result<Vec<u8>, GitError> {
        match &self.staged {
            Some([before, _]) => Ok(before.clone()),
            None => repo.blob(self.entry.blob),
        }
    }

    /// Returns the content of the working file before any change; `None` if there is no regular
    /// file.
    ///
    /// # Errors
    /// Returns an error if it cannot be read.
    pub(crate) fn working_before(&self, repo: &Repo) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some([before, _]) = &self.working {
            return Ok(Some(before.clone()));
        }
        let full = repo.top().join(self.path.to_os_path());
        let is_file = full.symlink_metadata().is_ok_and(|meta| meta.is_file());
        if is_file { read_file(&full) } else { Ok(None) }
    }

    /// Returns whether anything about the file changes.
    pub(crate) fn changes(&self) -> bool {
        self.path != self.to || self.staged.is_some() || self.working.is_some()
    }

    /// Replaces the staged content, which is `now` unless it changes already.
    pub(crate) fn rewrite_staged(&mut self, now: Vec<u8>, after: Vec<u8>) {
        rewrite(&mut self.staged, now, after);
    }

    /// Replaces the content of the working file, which is `now` unless it changes already.
    pub(crate) fn rewrite_working(&mut self, now: Vec<u8>, after: Vec<u8>) {
        rewrite(&mut self.working, now, after);
    }

    fn plain(path: &RepoPath, moves: &Moves, entry: Entry) -> Self {
        let to = moves.get(path).unwrap_or(path).clone();
        RewrittenFile { path: path.clone(), to, staged: None, working: None, entry }
    }

    /// Starts with a file whose content is given a different identity.
    fn injected(repo: &Repo, moves: &Moves, injection: &Injection) -> Result<Self, GitError> {
        let mut rewritten = RewrittenFile::plain(&injection.path, moves, injection.before);
        let [before, after] = [injection.before.blob, injection.after.blob];
        if before != after {
            rewritten.staged = Some([repo.blob(before)?, repo.blob(after)?]);
        }
        let working = injection.working.as_ref().and_then(|file| file.rewrite.clone());
        rewritten.working = working.and_then(|[before, after]| Some([before?, after?]));
        Ok(rewritten)
    }
}

/// Records a file's new content, keeping the content it had before its first change.
fn rewrite(place: &mut Option<[Vec<u8>; 2]>, now: Vec<u8>, after: Vec<u8>) {
    let before = place.take().map_or(now, |[before, _]| before);
    *place = (before != after).then_some([before, after]);
}
