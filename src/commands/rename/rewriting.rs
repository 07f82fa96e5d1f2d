//! References to renamed files, in all tracked files, staged and in the working tree.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::registry::{Entry, RepoPath};
use idhooks_ops::RegistryTransaction;
use idhooks_references::{Doubt, Moves, References};
use idhooks_repo::store::journal::{FileStep, IndexStep};
use idhooks_repo::{git::Repo, store::read_file, transaction::Injection};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count, unified};

/// The number of imports that an error lists.
const SHOWN: usize = 50;

/// Files that get a new name or new content.
pub(in crate::commands) struct Rewriting<'m> {
    moves: &'m Moves,
    files: Vec<Rewritten>,
    /// The ambiguous references, which are not updated.
    pub(in crate::commands) doubts: Vec<(RepoPath, Doubt)>,
}

/// A file that gets a new name or new content.
struct Rewritten {
    path: RepoPath,
    entry: Entry,
    /// The staged content before and after, if it changes.
    staged: Option<[Vec<u8>; 2]>,
    /// The content in the working tree before and after, if it changes.
    working: Option<[Vec<u8>; 2]>,
}

impl<'m> Rewriting<'m> {
    /// Finds the references in all files of the index, of which `injections` get another identity to
    /// carry.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read, or if a file with references is not in the working
    /// tree.
    pub(in crate::commands) fn of(
        transaction: &RegistryTransaction<'_>,
        moves: &'m Moves,
        injections: &[Injection],
    ) -> CommandResult<Self> {
        let mut rewriting = Rewriting { moves, files: Vec::new(), doubts: Vec::new() };
        let repo = transaction.repo;
        let mut injected = BTreeMap::new();
        for injection in injections {
            let file = Rewritten::of(repo, injection)?;
            injected.insert(&injection.path, file);
        }
        if moves.is_empty() {
            rewriting.files = injected.into_values().collect();
            return Ok(rewriting);
        }
        let paths: BTreeSet<RepoPath> = transaction.tree().keys().cloned().collect();
        let read =
            |path: &RepoPath| transaction.entry(path).and_then(|entry| repo.blob(entry.blob).ok());
        let top = repo.top().canonicalize().unwrap_or_else(|_| repo.top().to_owned());
        let top_name = top.file_name().and_then(|name| name.to_str());
        let references = References::new(&paths, moves, top_name, &read);
        for (path, entry) in transaction.tree().iter().filter(|(_, entry)| entry.mode.is_file()) {
            let file = injected.remove(path).unwrap_or_else(|| Rewritten::plain(path, *entry));
            rewriting.look(repo, &references, file)?;
        }
        Ok(rewriting)
    }

    fn look(
        &mut self,
        repo: &Repo,
        references: &References<'_>,
        mut file: Rewritten,
    ) -> CommandResult<()> {
        let path = &file.path;
        // For a file without an extension, only the first line shows its language.
        if References::supports(path, b"#!/bin/sh\n") {
            let staged = match &file.staged {
                Some([_, after]) => after.clone(),
                None => repo.blob(file.entry.blob)?,
            };
            let full = repo.top().join(path.to_os_path());
            let is_file = full.symlink_metadata().is_ok_and(|meta| meta.is_file());
            let working = match &file.working {
                Some([_, after]) => Some(after.clone()),
                None if is_file => read_file(&full)?,
                None => None,
            };
            let found = references.find_in(path, &staged);
            let after = (!found.is_unchanged()).then(|| found.apply(&staged));
            if let Some(after) = &after {
                change(&mut file.staged, &staged, after.clone());
            }
            let mut doubts = found.doubts;
            match (working, after) {
                (Some(working), Some(after)) if working == staged => {
                    change(&mut file.working, &working, after);
                }
                (Some(working), _) if working != staged => {
                    let found = references.find_in(path, &working);
                    if !found.is_unchanged() {
                        change(&mut file.working, &working, found.apply(&working));
                    }
                    doubts.clone_from(&found.doubts);
                }
                (None, Some(_)) => {
                    let what =
                        format!("'{path}' refers to renamed files, but is not in the working tree");
                    return Err(CommandError::new(what).hint(format!(
                        "restore it first: git restore -- {}; or include it in the sparse checkout",
                        path.shell_quoted()
                    )));
                }
                _ => {}
            }
            self.doubts.extend(doubts.into_iter().map(|doubt| (path.clone(), doubt)));
        }
        let is_moved = self.moves.contains_key(path);
        if is_moved || file.staged.is_some() || file.working.is_some() {
            self.files.push(file);
        }
        Ok(())
    }

    /// Stores the new blobs and returns the steps that rename and rewrite the files.
    ///
    /// # Errors
    /// Returns an error if a blob cannot be stored.
    pub(in crate::commands) fn steps(
        &self,
        repo: &Repo,
    ) -> CommandResult<(Vec<FileStep>, Vec<IndexStep>)> {
        let (mut files, mut index) = (Vec::new(), Vec::new());
        for file in &self.files {
            let (from, to) = (file.path.clone(), self.new_path(&file.path).clone());
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

    fn new_path<'p>(&'p self, path: &'p RepoPath) -> &'p RepoPath {
        self.moves.get(path).unwrap_or(path)
    }

    /// Returns how many files get new content.
    pub(super) fn rewritten(&self) -> usize {
        let is_rewritten = |file: &&Rewritten| file.staged.is_some() || file.working.is_some();
        self.files.iter().filter(is_rewritten).count()
    }

    /// Returns the lines of a diff of the contents that change: those of the working tree, or the
    /// staged ones if only these change.
    pub(in crate::commands) fn diff(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for file in &self.files {
            let Some([before, after]) = file.working.as_ref().or(file.staged.as_ref()) else {
                continue;
            };
            let shown = unified([&file.path, self.new_path(&file.path)], [before, after]);
            lines.extend(shown.lines().map(|line| line.trim_end_matches('\r').to_owned()));
        }
        lines
    }

    /// Lists the ambiguous references; imports only if they do not stop the run.
    pub(in crate::commands) fn report_doubts(&self, ui: &mut Ui, with_imports: bool) {
        for (path, Doubt { line, what, blocks }) in &self.doubts {
            if with_imports || !blocks {
                ui.warning(&format!("not updated: {path}:{line}: {what}"));
            }
        }
    }

    /// Returns an error that lists the ambiguous imports, if there are any.
    pub(in crate::commands) fn undecided(&self) -> Option<CommandError> {
        let imports = self.doubts.iter().filter(|(_, doubt)| doubt.blocks);
        let number = imports.clone().count();
        if number == 0 {
            return None;
        }
        let what = count(number, "import is", "imports are");
        let place =
            |(path, doubt): &(RepoPath, Doubt)| format!("{path}:{}: {}", doubt.line, doubt.what);
        let error = CommandError::new(format!("{what} ambiguous; nothing was renamed"));
        Some(CommandError { exit: Exit::Findings, ..error }
            .listing(imports.map(place), SHOWN)
            .hint("write each so that it can mean only one module, or exclude the module in [[file_names]]: id_prefix = false")
            .hint("to rename anyway and leave these imports unchanged: --force"))
    }

    /// Returns whether a line has an ambiguous reference; `path` is the new one.
    pub(super) fn has_doubt(&self, path: &RepoPath, line: usize) -> bool {
        self.doubts.iter().any(|(own, doubt)| self.new_path(own) == path && doubt.line == line)
    }
}

impl Rewritten {
    fn plain(path: &RepoPath, entry: Entry) -> Self {
        Rewritten { path: path.clone(), entry, staged: None, working: None }
    }

    /// Starts with a file that gets another identity to carry.
    fn of(repo: &Repo, injection: &Injection) -> CommandResult<Self> {
        let mut rewritten = Rewritten::plain(&injection.path, injection.before);
        let [before, after] = [injection.before.blob, injection.after.blob];
        if before != after {
            rewritten.staged = Some([repo.blob(before)?, repo.blob(after)?]);
        }
        let working = injection.working.as_ref().and_then(|file| file.rewrite.clone());
        rewritten.working = working.and_then(|[before, after]| Some([before?, after?]));
        Ok(rewritten)
    }
}

/// Records the new content of a file, and keeps the content before its first change.
fn change(place: &mut Option<[Vec<u8>; 2]>, now: &[u8], after: Vec<u8>) {
    let before = place.take().map_or_else(|| now.to_vec(), |[before, _]| before);
    *place = Some([before, after]);
}
