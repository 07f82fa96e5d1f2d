//! Links to files that other people can open: where identities are published, or where a forge
//! shows its files.

mod hyperlinks;
mod refusal;
mod site;

use std::collections::BTreeSet;
use std::ffi::OsString;

use idhooks_core::config::LinkRules;
use idhooks_core::registry::{Allocation, Registry, RepoPath, Status, key};
use idhooks_references::LineRange;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, index_rules};

use super::{Notice, Observer, OpsError, Revision, ShowOptions, show};

pub use hyperlinks::Hyperlinks;
pub use refusal::LinkRefusal;
pub(crate) use site::LinkSite;
use site::{LinkTarget, commit_page};

/// How many changes of a path are searched for the last version of a deprecated file: others may
/// have had the path since.
const MOST_CHANGES: usize = 50;

/// Which links to make.
#[derive(Debug, Default)]
pub struct UrlOptions {
    /// Whether to link to the forge even if identities are published elsewhere.
    pub on_forge: bool,
    /// The revision to link to, instead of the branch.
    pub rev: Option<String>,
    /// Whether to link to the newest commit that the remote has, instead of the branch.
    pub is_permalink: bool,
    /// The lines to show.
    pub lines: Option<LineRange>,
}

/// Makes a link for each subject, in order: a path, an identity or its first digits, or a second
/// identity. Calls `answer` with each link or the reason that there is none.
///
/// # Errors
/// Returns an error if the rules cannot be read, or if it is not known where files are shown.
pub fn urls(
    observer: &mut dyn Observer,
    repo: &Repo,
    subjects: &[OsString],
    options: &UrlOptions,
    mut answer: impl FnMut(Result<String, OpsError>),
) -> Result<(), OpsError> {
    let config = index_rules(repo)?;
    let is_version = options.rev.is_some() || options.is_permalink || options.lines.is_some();
    let is_lasting = config.links.ids.is_some() && !options.on_forge && !is_version;
    let mut links = None;
    for subject in subjects {
        if is_lasting {
            let record = lookup(observer, repo, subject, None);
            if let Some(lasting) = record.as_ref().ok().and_then(|it| config.links.lasting(it)) {
                answer(Ok(lasting));
                continue;
            }
            match record {
                Ok(Allocation { path, .. }) => observer.notice(Notice::Remark(format!(
                    "no rule [[links.site]] shows '{path}', so the link leads to the forge"
                ))),
                Err(error) => {
                    answer(Err(error));
                    continue;
                }
            }
        }
        let links = match &mut links {
            Some(links) => links,
            none => none.insert(Links::find(observer, repo, &config.links, options)?),
        };
        answer(links.link(observer, subject));
    }
    Ok(())
}

/// Makes links to one revision.
struct Links<'r> {
    repo: &'r Repo,
    site: LinkSite<'r>,
    target: LinkTarget,
    lines: Option<LineRange>,
}

impl<'r> Links<'r> {
    /// Finds out where the files are shown.
    fn find(
        observer: &mut dyn Observer,
        repo: &'r Repo,
        rules: &LinkRules,
        options: &UrlOptions,
    ) -> Result<Self, OpsError> {
        let site = LinkSite::find(repo, rules)?;
        let target = site.target(options.rev.as_deref(), options.is_permalink)?;
        target.note.iter().for_each(|note| observer.notice(Notice::Remark(note.clone())));
        Ok(Links { repo, site, target, lines: options.lines })
    }

    fn link(&self, observer: &mut dyn Observer, subject: &OsString) -> Result<String, OpsError> {
        let at = self.target.commit.filter(|_| self.target.is_fixed);
        let record = lookup(observer, self.repo, subject, at)?;
        let record = self.successor(observer, record, at)?;
        if record.status == Status::Active {
            let path = self.path(observer, &record)?;
            return Ok(self.site.page(&path, &self.target.revision, self.lines));
        }
        let commit = self.last_version(&record)?;
        let Allocation { id, path, status, .. } = &record;
        let remark = format!("{id} is {status}; the link leads to the last version of '{path}'");
        let notes = [Some(remark), self.site.not_there(commit)?];
        notes.into_iter().flatten().for_each(|note| observer.notice(Notice::Remark(note)));
        Ok(self.site.page(path, &commit_page(commit), self.lines))
    }

    /// Returns the record that a superseded record leads to.
    fn successor(
        &self,
        observer: &mut dyn Observer,
        mut record: Allocation,
        at: Option<CommitId>,
    ) -> Result<Allocation, OpsError> {
        let mut seen = BTreeSet::from([record.id]);
        while let Some(next) = record.successor() {
            let id = record.id;
            // A registry that people have edited can have circles, and links to nothing.
            let successor = lookup(observer, self.repo, &next.to_string().into(), at);
            let successor = successor.ok().filter(|_| seen.insert(next));
            record = successor.ok_or(LinkRefusal::NoSuccessor { id, next })?;
            observer.notice(Notice::Remark(format!("{id} is superseded by {}", record.id)));
        }
        Ok(record)
    }

    /// Returns the path of an active record's file in the revision.
    fn path(&self, observer: &mut dyn Observer, record: &Allocation) -> Result<RepoPath, OpsError> {
        let Some(commit) = self.target.commit else { return Ok(record.path.clone()) };
        let state = self.target.state(self.repo)?;
        let active = || state.registry().into_iter().flat_map(Registry::active);
        let is_there = |path: &RepoPath| state.has_file(path);
        let own = active().find(|there| there.origin == record.origin && is_there(&there.path));
        // Without a record there, the path has to do, unless it is that of another file.
        let is_taken = || active().any(|there| there.path == record.path);
        let path = match own {
            Some(own) => Some(&own.path),
            None => Some(&record.path).filter(|path| is_there(path) && !is_taken()),
        };
        if let Some(path) = path.filter(|path| self.target.is_fixed || **path == record.path) {
            return Ok(path.clone());
        }
        if self.target.is_fixed {
            return Err(LinkRefusal::NoFile { id: record.id, commit }.into());
        }
        let (now, place) = (&record.path, &self.target.place);
        observer.notice(Notice::Remark(match path {
            Some(path) => format!("'{now}' is '{path}' in {place}, as of the last fetch"),
            None => format!("'{now}' is not in {place}, as of the last fetch"),
        }));
        Ok(path.unwrap_or(now).clone())
    }

    /// Returns the last commit that has the file of a record which is no longer active.
    fn last_version(&self, record: &Allocation) -> Result<CommitId, OpsError> {
        let head = || Ok::<_, OpsError>(self.repo.head()?.ok_or(LinkRefusal::NoCommit)?);
        let tip = self.target.commit.map_or_else(head, Ok)?;
        let none = || LinkRefusal::NoLastVersion { id: record.id, tip };
        let path = record.path.as_str().ok_or_else(none)?;
        for change in self.repo.last_changes(path, &[tip], MOST_CHANGES)? {
            let parents = self.repo.commit(change)?.parents;
            let known = parents.into_iter().filter(|parent| self.repo.has_commit(*parent));
            for commit in std::iter::once(change).chain(known) {
                if self.has_version(commit, record)? {
                    return Ok(commit);
                }
            }
        }
        Err(none().into())
    }

    /// Returns whether a commit has a record's file, and not another one at its path.
    fn has_version(&self, commit: CommitId, record: &Allocation) -> Result<bool, OpsError> {
        let tree = self.repo.commit(commit)?.tree;
        let entry = record.path.as_str().map(|path| self.repo.tree_entry(tree, path));
        let entry = entry.transpose()?.flatten().filter(|entry| entry.mode.is_file());
        let Some(entry) = entry else { return Ok(false) };
        // Its last blob, if that is known, is as good as a record, and needs no registry.
        if record.text(key::LAST_BLOB) == Some(&*entry.blob.to_string()) {
            return Ok(true);
        }
        let state = CommitState::of_commit(self.repo, commit)?;
        let mut there = state.registry().into_iter().flat_map(Registry::active);
        Ok(there.any(|there| there.path == record.path && there.origin == record.origin))
    }
}

/// Looks up a record in the index or a commit.
fn lookup(
    observer: &mut dyn Observer,
    repo: &Repo,
    subject: &OsString,
    at: Option<CommitId>,
) -> Result<Allocation, OpsError> {
    let options = ShowOptions {
        subject: subject.clone(),
        revision: Revision::default(),
        at: at.map(|commit| commit.to_string()),
    };
    let shown = show(observer, repo, &options)?;
    if !shown.notes.is_empty() {
        observer.notice(Notice::Found(shown.notes));
    }
    Ok(shown.record)
}
