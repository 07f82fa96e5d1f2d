//! Links to files that other people can open: where identities are published, or where a forge
//! shows its files.

mod hyperlinks;
mod last_version;
mod refusal;
mod site;

use std::collections::BTreeSet;
use std::ffi::OsString;

use idhooks_core::config::LinkRules;
use idhooks_core::registry::{Allocation, RepoPath};
use idhooks_references::LineRange;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, index_rules};

use super::{Notice, Observer, OpsError, Revision, ShowOptions, show};

pub use hyperlinks::Hyperlinks;
use last_version::{has_own_path, last_version};
pub use refusal::LinkRefusal;
pub(crate) use site::LinkSite;
use site::{LinkTarget, commit_page};

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
    let config = match options.rev.as_ref().filter(|_| repo.is_bare()) {
        Some(rev) => Revision::named(rev.clone()).state(repo)?.config,
        None => index_rules(repo)?,
    };
    let is_version = options.rev.is_some() || options.is_permalink || options.lines.is_some();
    let is_lasting = config.links.ids.is_some() && !options.on_forge && !is_version;
    let mut links = None;
    for subject in subjects {
        if !options.on_forge && !is_version {
            // This repository may be shown nowhere, which does not matter then.
            if let Some(address) = moved_to(observer, repo, subject) {
                answer(Ok(address));
                continue;
            }
        }
        if is_lasting {
            let record = match lookup(observer, repo, subject, None) {
                Ok(record) => record,
                Err(error) => {
                    answer(Err(error));
                    continue;
                }
            };
            if let Some(lasting) = config.links.lasting(&record) {
                announce(observer, repo, record)?;
                answer(Ok(lasting));
                continue;
            }
            observer.notice(Notice::Remark(format!(
                "no rule [[links.site]] shows '{}', so the link leads to the forge",
                record.path
            )));
        }
        let links = match &mut links {
            Some(links) => links,
            none => match Links::find(observer, repo, &config.links, options) {
                Ok(found) => none.insert(found),
                // Other files have links without a forge.
                Err(error) if is_lasting => {
                    answer(Err(error));
                    continue;
                }
                Err(error) => return Err(error),
            },
        };
        answer(links.link(observer, subject));
    }
    Ok(())
}

/// Returns the web address of a file that is in another repository now.
fn moved_to(observer: &mut dyn Observer, repo: &Repo, subject: &OsString) -> Option<String> {
    // What is found, and how, is only said if it is the answer.
    let mut notices: Vec<Notice> = Vec::new();
    let found = lookup(&mut notices, repo, subject, None).ok()?;
    let id = found.id;
    let address = successor(&mut notices, repo, found, None).ok()?.moved_to()?.to_owned();
    notices.into_iter().for_each(|notice| observer.notice(notice));
    let remark = format!(
        "{id} is in another repository now; for the last version here: idhooks url --forge {id}"
    );
    observer.notice(Notice::Remark(remark));
    Some(address)
}

/// Says what the link that lasts to a record answers, unless that is the record's file.
fn announce(observer: &mut dyn Observer, repo: &Repo, record: Allocation) -> Result<(), OpsError> {
    let id = record.id;
    let last = match record.is_active() {
        true => return Ok(()),
        false => successor(observer, repo, record, None).ok(),
    };
    let is_present = |last: &Allocation| -> Result<bool, OpsError> {
        Ok(last.is_active() || is_present(&CommitState::of_index(repo)?, last))
    };
    observer.notice(Notice::Remark(match &last {
        Some(last) if last.is_active() => return Ok(()),
        Some(last) if is_present(last)? => stays(last),
        _ => format!(
            "{id} is deprecated; the link leads to a page that says so; for the last version: idhooks url --forge {id}"
        ),
    }));
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
        let record = successor(observer, self.repo, record, at)?;
        if !record.is_active() {
            let is_present = match at {
                Some(_) => is_present(self.target.state(self.repo)?, &record),
                None => is_present(&CommitState::of_index(self.repo)?, &record),
            };
            if !is_present {
                return self.former(observer, &record);
            }
            observer.notice(Notice::Remark(stays(&record)));
        }
        let path = self.path(observer, &record)?;
        Ok(self.site.page(&path, &self.target.revision, self.lines))
    }

    /// Makes the link to the last version of a record that has no file any more.
    fn former(&self, observer: &mut dyn Observer, record: &Allocation) -> Result<String, OpsError> {
        let head = || Ok::<_, OpsError>(self.repo.head()?.ok_or(LinkRefusal::NoCommit)?);
        let commit = last_version(self.repo, record, self.target.commit.map_or_else(head, Ok)?)?;
        let Allocation { id, path, status, .. } = record;
        let remark = format!("{id} is {status}; the link leads to the last version of '{path}'");
        let notes = [Some(remark), self.site.not_there(commit)?];
        notes.into_iter().flatten().for_each(|note| observer.notice(Notice::Remark(note)));
        Ok(self.site.page(path, &commit_page(commit), self.lines))
    }

    /// Returns the path that a record's file has in the revision.
    fn path(&self, observer: &mut dyn Observer, record: &Allocation) -> Result<RepoPath, OpsError> {
        let Some(commit) = self.target.commit else { return Ok(record.path.clone()) };
        let state = self.target.state(self.repo)?;
        let registry = state.registry();
        let records = || registry.into_iter().flat_map(|registry| &registry.allocations);
        let is_there = |path: &RepoPath| state.has_file(path);
        let is_own = |then: &&Allocation| {
            then.origin == record.origin
                && is_there(&then.path)
                && registry.is_some_and(|registry| has_own_path(registry, then))
        };
        let own = records().find(is_own);
        // Without a record there, the path has to do, unless it is that of another file.
        let is_taken = || records().any(|then| then.is_active() && then.path == record.path);
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
}

/// Returns the record that a superseded record leads to.
fn successor(
    observer: &mut dyn Observer,
    repo: &Repo,
    mut record: Allocation,
    at: Option<CommitId>,
) -> Result<Allocation, OpsError> {
    let mut seen = BTreeSet::from([record.id]);
    while let Some(next) = record.successor() {
        let id = record.id;
        // A registry that people have edited can have circles, and links to nothing.
        let successor = lookup(observer, repo, &next.to_string().into(), at);
        let successor = successor.ok().filter(|_| seen.insert(next));
        record = successor.ok_or(LinkRefusal::NoSuccessor { id, next })?;
        observer.notice(Notice::Remark(format!("{id} is superseded by {}", record.id)));
    }
    Ok(record)
}

/// Returns whether the file of a record that is no longer active is still there.
fn is_present(state: &CommitState, record: &Allocation) -> bool {
    let is_own = state.registry().is_none_or(|registry| has_own_path(registry, record));
    state.has_file(&record.path) && is_own
}

/// Returns a remark on a record that is no longer active, but whose file is still there.
fn stays(record: &Allocation) -> String {
    let Allocation { id, path, status, .. } = record;
    format!("{id} is {status}; its file '{path}' is still there")
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
