//! Reporting files that were moved without idhooks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{Metadata, read_dir};
use std::path::PathBuf;

use idhooks_core::config::{Config, is_own};
use idhooks_core::plan::{MoveLog, ReportedMove};
use idhooks_core::registry::{Allocation, Id, RepoPath, TextError};
use idhooks_repo::git::{GrepMatch, Repo};
use idhooks_repo::state::registry_findings::unmerged;
use idhooks_repo::state::{CommitState, read_config};
use idhooks_repo::store::MoveLogFile;
use idhooks_repo::transaction::committed_now;

use super::{MoveOptions, below};
use crate::mentions::mentions_of_path;
use crate::transaction::{staging::not_adopted, writer::limit};
use crate::{HERE, Observer, OpsError, repo_path};

/// The result of [`report_move`].
#[derive(Debug)]
pub struct ReportedFiles {
    /// The files, in the bytewise order of their old paths.
    pub files: Vec<ReportedFile>,
    /// The lines that still mention the old name.
    pub mentions: Vec<GrepMatch>,
}

/// A file whose move was reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedFile {
    /// The identity.
    pub id: Id,
    /// Its path in HEAD.
    pub from: RepoPath,
    /// The new path.
    pub to: RepoPath,
    /// Whether the file is back at its path in HEAD.
    pub is_back: bool,
}

impl fmt::Display for ReportedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ReportedFile { id, from, to, is_back } = self;
        match is_back {
            true => write!(f, "{id} is back at {to}"),
            false => write!(f, "{id} moves from {from} to {to} in the next commit of both paths"),
        }
    }
}

/// Why the move of a file or a directory cannot be reported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReportRefusal {
    /// The old path has no identity, and no file was reported there.
    #[error("'{0}' has no identity")]
    NoIdentity(RepoPath),
    /// HEAD does not have the identity's file.
    #[error("'{0}' is in no commit yet")]
    NotCommitted(RepoPath, Id, RepoPath),
    /// The old path still has a file.
    #[error("'{0}' still exists")]
    NotMoved(RepoPath),
    /// The new path has no file.
    #[error("'{0}' does not exist")]
    NoFile(RepoPath),
    /// No file of a directory is at its new path.
    #[error("no file of '{0}' is in '{1}'")]
    NothingMoved(RepoPath, RepoPath),
    /// The new path has a symlink or something else that has no identity.
    #[error("'{0}' is not a regular file")]
    NotRegular(RepoPath),
    /// The new path is one of idhooks' own.
    #[error("'{0}' is a file of idhooks, which has no identity")]
    OwnFile(RepoPath),
    /// The rules exclude the new path.
    #[error("the rules exclude '{0}'")]
    Excluded(RepoPath),
    /// The file at the new path has an identity of its own.
    #[error("'{to}' has the identity {holder} of its own")]
    Held {
        /// The new path.
        to: RepoPath,
        /// Its identity.
        holder: Id,
        /// The identity of the moved file.
        id: Id,
    },
    /// Files have exchanged their paths, which leaves no trace in the paths of a commit.
    #[error("'{to}' and other files have exchanged their paths")]
    Exchanged {
        /// The new path.
        to: RepoPath,
        /// The identities in the exchange, with their new paths.
        files: Vec<ReportedFile>,
    },
    /// A new path is not a valid path in a repository.
    #[error(transparent)]
    Path(#[from] TextError),
}

/// Reports that files were moved in the working tree, so that the commit that contains the moves
/// keeps their identities. Changes neither the index nor the registry.
///
/// # Errors
/// Returns an error if a file has not been moved, if the old path has no identity, if the new path
/// cannot have it, or if the report cannot be written. In that case nothing was changed.
pub fn report_move(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &MoveOptions,
) -> Result<ReportedFiles, OpsError> {
    let files = report_moved_files(repo, options, &[])?;
    let from = repo_path(repo, HERE.as_ref(), &options.from)?;
    let mentions = mentions_of_path(observer, repo, &from);
    Ok(ReportedFiles { files, mentions })
}

/// Like [`report_move`], without a search for the old name. Old paths may have files if other moves
/// had these new paths.
///
/// # Errors
/// Returns the same errors as [`report_move`].
pub fn report_moved_files(
    repo: &Repo,
    options: &MoveOptions,
    other_new_paths: &[PathBuf],
) -> Result<Vec<ReportedFile>, OpsError> {
    let from = repo_path(repo, HERE.as_ref(), &options.from)?;
    let to = repo_path(repo, HERE.as_ref(), &options.to)?;
    let index = repo.index(&repo.index_file())?;
    if index.unmerged.contains_key(&RepoPath::registry()) {
        return Err(OpsError::UnmergedRegistry(unmerged().into()));
    }
    let head = match repo.head()? {
        Some(head) => Some(CommitState::of_commit(repo, head)?),
        None => None,
    };
    let known = head.as_ref().and_then(CommitState::stored);
    let staged = CommitState::staged(repo, &index, known)?;
    let registry = staged.registry().ok_or_else(|| not_adopted(repo))?;
    let log_file = MoveLogFile::in_dir(&repo.worktree_state_dir());
    let now = committed_now(repo);
    let mut report = MoveReport {
        repo,
        config: read_config(repo, &staged.tree)?,
        staged: &staged,
        holders: registry.holders(|path| staged.tree.contains_key(path)),
        committed: Committed::of(head.as_ref()),
        log: log_file.read(now)?.unwrap_or_default(),
        reports: Vec::new(),
        taken: other_new_paths
            .iter()
            .filter_map(|path| repo_path(repo, HERE.as_ref(), path).ok())
            .collect(),
    };
    for (from, to) in report.expand(&from, &to)? {
        let id = report.examine(&from, &to)?;
        let one = ReportedMove { at: now, from, to, id };
        report.log.add(one.clone());
        report.reports.push(one);
    }
    let files = report.files()?;
    if !options.is_dry_run {
        log_file.append(&report.reports, now, limit(repo))?;
    }
    Ok(files)
}

/// The paths in HEAD.
#[derive(Default)]
struct Committed<'a> {
    paths: BTreeMap<Id, &'a RepoPath>,
    ids: BTreeMap<&'a RepoPath, Id>,
}

impl<'a> Committed<'a> {
    fn of(head: Option<&'a CommitState>) -> Self {
        let Some((head, registry)) = head.and_then(|head| Some((head, head.registry()?))) else {
            return Committed::default();
        };
        let holders = registry.holders(|path| head.tree.contains_key(path));
        let files = holders.into_iter().filter(|(path, _)| head.tree.contains_key(*path));
        let mut committed = Committed::default();
        for (path, record) in files {
            committed.ids.insert(path, record.id);
            committed.paths.extend(record.ids().map(|id| (id, path)));
        }
        committed
    }
}

/// The moves that a command reports.
struct MoveReport<'a> {
    repo: &'a Repo,
    config: Config,
    staged: &'a CommitState,
    holders: BTreeMap<&'a RepoPath, &'a Allocation>,
    committed: Committed<'a>,
    /// All reports, with those of this command.
    log: MoveLog,
    reports: Vec<ReportedMove>,
    /// The new paths of other moves.
    taken: BTreeSet<RepoPath>,
}

impl MoveReport<'_> {
    /// Returns the old and the new paths of the files to report.
    fn expand(
        &self,
        from: &RepoPath,
        to: &RepoPath,
    ) -> Result<Vec<(RepoPath, RepoPath)>, OpsError> {
        let index = self.staged.tree.keys();
        let index = index.filter(|path| path.is_at_or_below(from) && *path != from);
        let below_from: BTreeSet<&RepoPath> = index.chain(self.log.paths_below(from)).collect();
        let is_file = self.staged.tree.contains_key(from) || self.log.id_at(from).is_some();
        let is_dir = self.meta(to)?.is_some_and(|meta| meta.is_dir());
        if is_file || below_from.is_empty() {
            // As for `mv`, an existing directory contains the file.
            let to = if is_dir { below(to, from.basename())? } else { to.clone() };
            return Ok(vec![(from.clone(), to)]);
        }
        let inside = below(to, from.basename())?;
        for dir in [to, &inside] {
            let mut files = Vec::new();
            for path in &below_from {
                let rest = &path.as_bytes()[from.as_bytes().len() + 1..];
                let new = below(dir, rest)?;
                // Files that were deleted or moved elsewhere are not part of this move.
                if self.meta(&new)?.is_some() && self.id_at(path).is_some() {
                    files.push(((*path).clone(), new));
                }
            }
            if !files.is_empty() {
                return Ok(files);
            }
        }
        Err(ReportRefusal::NothingMoved(from.clone(), to.clone()).into())
    }

    /// Returns the identity of a file that was moved, if the move can be reported.
    fn examine(&self, from: &RepoPath, to: &RepoPath) -> Result<Id, OpsError> {
        let id = self.id_at(from).ok_or_else(|| ReportRefusal::NoIdentity(from.clone()))?;
        if !self.taken.contains(from) && self.has_file(from, to)? {
            return Err(ReportRefusal::NotMoved(from.clone()).into());
        }
        if is_own(to) {
            return Err(ReportRefusal::OwnFile(to.clone()).into());
        }
        match self.meta(to)? {
            None => return Err(ReportRefusal::NoFile(to.clone()).into()),
            Some(meta) if !meta.is_file() => {
                return Err(ReportRefusal::NotRegular(to.clone()).into());
            }
            Some(_) => {}
        }
        if !self.config.tracks(to) {
            return Err(ReportRefusal::Excluded(to.clone()).into());
        }
        if !self.committed.paths.contains_key(&id) {
            return Err(ReportRefusal::NotCommitted(from.clone(), id, to.clone()).into());
        }
        let holder = self.holders.get(to).filter(|_| self.staged.tree.contains_key(to));
        match holder.filter(|holder| !holder.answers_to(id) && !self.has_left(holder.id)) {
            None => Ok(id),
            Some(holder) => {
                Err(ReportRefusal::Held { to: to.clone(), holder: holder.id, id }.into())
            }
        }
    }

    /// Returns the identity of the file that was at a path before it was moved.
    fn id_at(&self, path: &RepoPath) -> Option<Id> {
        let reported = self.log.id_at(path).filter(|id| {
            let start = self.committed.paths.get(id);
            start.is_some_and(|start| {
                *start == path || self.log.destination(*id, start) == Some(path)
            })
        });
        let staged = || self.holders.get(path).filter(|_| !is_own(path)).map(|record| record.id);
        reported.or_else(staged)
    }

    /// Returns whether the file of an identity was reported away from its path in HEAD.
    fn has_left(&self, id: Id) -> bool {
        let start = self.committed.paths.get(&id);
        start.is_some_and(|start| self.log.destination(id, start).is_some())
    }

    /// Returns whether the old path of a move still has a file. Where case does not matter, a file
    /// whose name changed only in case also answers to its old name.
    fn has_file(&self, from: &RepoPath, to: &RepoPath) -> Result<bool, OpsError> {
        let folded = |path: &RepoPath| path.to_string().to_lowercase();
        let is_found = self.meta(from)?.is_some();
        Ok(is_found && (folded(from) != folded(to) || self.is_listed(from)))
    }

    /// Returns whether directories list a path with exactly these names.
    fn is_listed(&self, path: &RepoPath) -> bool {
        let mut dir = self.repo.top().to_owned();
        path.to_os_path().components().all(|name| {
            let entries = read_dir(&dir).into_iter().flatten().flatten();
            let is_listed = entries.into_iter().any(|entry| entry.file_name() == name.as_os_str());
            dir.push(name);
            is_listed
        })
    }

    /// Returns the metadata of what is at a path in the working tree, if anything is.
    fn meta(&self, path: &RepoPath) -> Result<Option<Metadata>, OpsError> {
        let full = self.repo.top().join(path.to_os_path());
        // What is behind a symlink is not in the repository.
        self.repo.link_guard().check_parent(&full)?;
        Ok(full.symlink_metadata().ok())
    }

    /// Returns what the reports amount to, unless files have exchanged their paths.
    fn files(&self) -> Result<Vec<ReportedFile>, ReportRefusal> {
        let file = |id: Id, start: &RepoPath| {
            let to = self.log.destination(id, start);
            let (from, is_back) = (start.clone(), to.is_none());
            ReportedFile { id, from, to: to.unwrap_or(start).clone(), is_back }
        };
        let mut files = Vec::new();
        for report in &self.reports {
            let Some(start) = self.committed.paths.get(&report.id) else { continue };
            let moved = file(report.id, start);
            let mut exchange = vec![moved.clone()];
            while let Some(last) = exchange.last().filter(|last| !last.is_back)
                && let Some(id) = self.committed.ids.get(&last.to)
                && self.has_left(*id)
            {
                if *id == exchange[0].id {
                    return Err(ReportRefusal::Exchanged { to: moved.to, files: exchange });
                }
                if exchange.iter().any(|known| known.id == *id) {
                    break;
                }
                let next = file(*id, self.committed.paths[id]);
                exchange.push(next);
            }
            files.push(moved);
        }
        Ok(files)
    }
}
