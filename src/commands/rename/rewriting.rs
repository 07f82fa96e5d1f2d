//! What names files that move, in all tracked files, staged and in the working tree.

use std::collections::BTreeSet;

use similar::TextDiff;

use crate::error::CommandError;
use crate::git::Repo;
use crate::output::Ui;
use crate::plan::names::{Doubt, Moves, References};
use crate::registry::{Entry, RepoPath};
use crate::store::journal::{FileStep, IndexStep};
use crate::store::read_file;

use crate::commands::desk::Desk;

/// Files that get other names or other contents.
pub(super) struct Rewriting<'m> {
    moves: &'m Moves,
    files: Vec<Rewritten>,
    doubts: Vec<(RepoPath, Doubt)>,
}

/// One file that gets another name or another content.
struct Rewritten {
    path: RepoPath,
    entry: Entry,
    /// The staged content, before and after, where it changes.
    staged: Option<[Vec<u8>; 2]>,
    /// The same of the working tree.
    working: Option<[Vec<u8>; 2]>,
}

impl<'m> Rewriting<'m> {
    /// Looks through all files of the index.
    ///
    /// # Errors
    /// What cannot be read; a file that would have to change and is not in the working tree.
    pub(super) fn of(desk: &Desk<'_>, moves: &'m Moves) -> Result<Self, CommandError> {
        let mut rewriting = Rewriting { moves, files: Vec::new(), doubts: Vec::new() };
        if moves.is_empty() {
            return Ok(rewriting);
        }
        let repo = desk.repo;
        let paths: BTreeSet<RepoPath> = desk.paths().cloned().collect();
        let read = |path: &RepoPath| desk.entry(path).and_then(|entry| repo.blob(entry.blob).ok());
        let references = References::new(&paths, moves, &read);
        for path in &paths {
            let Some(entry) = desk.entry(path).filter(|entry| entry.mode.is_file()) else {
                continue;
            };
            rewriting.look(repo, &references, path, entry)?;
        }
        Ok(rewriting)
    }

    fn look(
        &mut self,
        repo: &Repo,
        references: &References<'_>,
        path: &RepoPath,
        entry: Entry,
    ) -> Result<(), CommandError> {
        let mut file = Rewritten { path: path.clone(), entry, staged: None, working: None };
        // Without an extension, only the first line tells what it is.
        if References::reads(path, b"#!/bin/sh\n") {
            let staged = repo.blob(entry.blob)?;
            let full = repo.top().join(path.to_os_path());
            let is_file = full.symlink_metadata().is_ok_and(|meta| meta.is_file());
            let working = if is_file { read_file(&full)? } else { None };
            let found = references.of(path, &staged);
            if !found.is_unchanged() {
                file.staged = Some([staged.clone(), found.apply(&staged)]);
            }
            let mut doubts = found.doubts;
            match working {
                Some(working) if working == staged => file.working = file.staged.clone(),
                Some(working) => {
                    let found = references.of(path, &working);
                    if !found.is_unchanged() {
                        file.working = Some([working.clone(), found.apply(&working)]);
                    }
                    doubts.clone_from(&found.doubts);
                }
                None if file.staged.is_some() => return Err(absent(path)),
                None => {}
            }
            self.doubts.extend(doubts.into_iter().map(|doubt| (path.clone(), doubt)));
        }
        let is_moved = self.moves.contains_key(path);
        if is_moved || file.staged.is_some() || file.working.is_some() {
            self.files.push(file);
        }
        Ok(())
    }

    /// Returns the steps, with the new blobs stored.
    ///
    /// # Errors
    /// Blobs that cannot be stored.
    pub(super) fn steps(
        &self,
        repo: &Repo,
    ) -> Result<(Vec<FileStep>, Vec<IndexStep>), CommandError> {
        let (mut files, mut index) = (Vec::new(), Vec::new());
        for file in &self.files {
            let (from, to) = (file.path.clone(), self.new_path(&file.path).clone());
            let rewrite = file.working.clone().map(|[before, after]| (Some(before), after));
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

    /// Returns how many files get another content.
    pub(super) fn rewritten(&self) -> usize {
        let is_rewritten = |file: &&Rewritten| file.staged.is_some() || file.working.is_some();
        self.files.iter().filter(is_rewritten).count()
    }

    /// Shows what changes in contents, of the working tree where that differs.
    pub(super) fn show(&self, ui: &mut Ui) {
        for file in &self.files {
            let Some([before, after]) = file.working.as_ref().or(file.staged.as_ref()) else {
                continue;
            };
            let texts = [before, after].map(|bytes| String::from_utf8_lossy(bytes));
            let names = [format!("a/{}", file.path), format!("b/{}", self.new_path(&file.path))];
            let diff = TextDiff::from_lines(&*texts[0], &*texts[1]);
            let shown = diff.unified_diff().header(&names[0], &names[1]).to_string();
            for line in shown.lines() {
                ui.report(line.trim_end_matches('\r'));
            }
        }
    }

    /// Says what is left as it is.
    pub(super) fn tell_doubts(&self, ui: &mut Ui) {
        for (path, Doubt { line, what }) in &self.doubts {
            ui.warning(&format!("left as it is: {path}:{line}: {what}"));
        }
    }

    /// Returns whether something on a line is left as it is; `path` is the new one.
    pub(super) fn has_doubt(&self, path: &RepoPath, line: usize) -> bool {
        self.doubts.iter().any(|(own, doubt)| self.new_path(own) == path && doubt.line == line)
    }
}

fn absent(path: &RepoPath) -> CommandError {
    CommandError::new(format!("'{path}' names files that move, and is not in the working tree"))
        .hint(format!(
            "bring it back first: git restore -- {}; or have the sparse checkout include it",
            path.shell_quoted()
        ))
}
