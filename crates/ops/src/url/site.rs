//! [`LinkSite`]: where files are shown, and [`LinkTarget`]: the revision that links lead to.

use std::cell::OnceCell;

use idhooks_core::config::{LinkRules, LinkTemplate};
use idhooks_core::registry::RepoPath;
use idhooks_references::{FilePage, ForgeRepository, LineRange, PageRevision, RevisionKind};
use idhooks_repo::git::{CommitId, FollowedBranch, Repo};
use idhooks_repo::state::CommitState;

use super::refusal::LinkRefusal;
use crate::{OpsError, RevisionError};

/// The remote that counts if the branch follows none.
const ORIGIN: &str = "origin";

/// What makes the addresses of pages.
enum Pages {
    Forge(ForgeRepository),
    Template(LinkTemplate),
}

/// Where the files of a repository are shown.
pub(crate) struct LinkSite<'r> {
    repo: &'r Repo,
    pages: Pages,
    /// The remote that is shown there, if one is.
    remote: Option<String>,
}

/// The revision that links lead to.
pub(crate) struct LinkTarget {
    pub(crate) revision: PageRevision,
    /// The commit where files have the paths that links need, if this clone knows it.
    pub(super) commit: Option<CommitId>,
    /// Whether it was asked for, so that arguments are looked up there.
    pub(super) is_fixed: bool,
    /// What the remote is not known to have.
    pub(crate) note: Option<String>,
    /// The revision as people call it.
    pub(crate) place: String,
    state: OnceCell<CommitState>,
}

impl LinkTarget {
    /// Returns whether links lead to a branch, whose pages change.
    pub(crate) fn is_branch(&self) -> bool {
        self.revision.kind == RevisionKind::Branch
    }

    /// Returns the content of the commit.
    pub(super) fn state(&self, repo: &Repo) -> Result<&CommitState, OpsError> {
        if let Some(state) = self.state.get() {
            return Ok(state);
        }
        let commit = self.commit.ok_or(LinkRefusal::NoCommit)?;
        let state = CommitState::of_commit(repo, commit)?;
        Ok(self.state.get_or_init(|| state))
    }
}

impl<'r> LinkSite<'r> {
    /// Finds out where the files are shown.
    pub(crate) fn find(repo: &'r Repo, rules: &LinkRules) -> Result<Self, OpsError> {
        let remotes = repo.remotes();
        let remote = own_remote(repo, &remotes)?;
        if let Some(template) = rules.template.clone() {
            return Ok(LinkSite { repo, pages: Pages::Template(template), remote });
        }
        let of_remote = |remote: &str| match repo.remote_url(remote)? {
            Some(url) => Ok::<_, OpsError>(
                ForgeRepository::of(&url, rules.forge)
                    .map_err(|fault| LinkRefusal::Remote { remote: remote.to_owned(), fault }),
            ),
            None => Ok(Err(LinkRefusal::NoUrl(remote.to_owned()))),
        };
        if let Some(address) = &rules.repository {
            let pages = ForgeRepository::of(address.as_str(), rules.forge);
            let pages = pages.map_err(LinkRefusal::Repository)?;
            let remote = remote_of(repo, remote.iter().chain(&remotes), &pages, rules)?;
            return Ok(LinkSite { repo, pages: Pages::Forge(pages), remote });
        }
        let Some(remote) = remote else {
            let refusal = match remotes.is_empty() {
                true => LinkRefusal::NoRemote,
                false => LinkRefusal::SeveralRemotes(remotes),
            };
            return Err(refusal.into());
        };
        let pages = Pages::Forge(of_remote(&remote)??);
        Ok(LinkSite { repo, pages, remote: Some(remote) })
    }

    /// Returns the address of a file's page.
    pub(crate) fn page(
        &self,
        path: &RepoPath,
        revision: &PageRevision,
        lines: Option<LineRange>,
    ) -> String {
        let page = FilePage { path, revision, lines };
        match &self.pages {
            Pages::Forge(repository) => repository.page(&page),
            Pages::Template(template) => page.by_template(template),
        }
    }

    /// Returns the revision that links lead to: the named one, the newest commit that the remote
    /// has, or the branch.
    pub(crate) fn target(
        &self,
        rev: Option<&str>,
        is_permalink: bool,
    ) -> Result<LinkTarget, OpsError> {
        if let Some(rev) = rev {
            return self.named(rev);
        }
        let head = self.repo.head()?.ok_or(LinkRefusal::NoCommit)?;
        if is_permalink {
            // If it is not known which remote counts, what another one has is the best guess.
            let newest =
                match (self.repo.newest_on_remote(self.remote.as_deref(), head)?, &self.remote) {
                    (Some(newest), _) => newest,
                    (None, Some(remote)) => {
                        return Err(LinkRefusal::NothingPushed(remote.clone()).into());
                    }
                    (None, None) => head,
                };
            return Ok(self.of_commit(newest, self.not_there(newest)?));
        }
        match self.repo.own_branch()? {
            Some(own) => self.of_branch(self.name_there(&own)?, head, false),
            None => Ok(self.of_commit(head, self.not_there(head)?)),
        }
    }

    /// Returns the target for a revision that was named.
    fn named(&self, rev: &str) -> Result<LinkTarget, OpsError> {
        let Some(commit) = self.repo.resolve(rev)? else {
            // A branch that was never checked out here has only the remote's name.
            let there = self.remote.as_ref().map(|remote| self.repo.remote_branch(remote, rev));
            return match there.transpose()?.flatten() {
                Some(there) => self.of_branch(rev.to_owned(), there, true),
                None => Err(RevisionError::NoCommit(rev.to_owned()).into()),
            };
        };
        let full = self.repo.full_ref_name(rev)?.unwrap_or_default();
        if let Some(tag) = full.strip_prefix("refs/tags/") {
            let target = self.of_commit(commit, self.not_there(commit)?);
            let (kind, name) = (RevisionKind::Tag, tag.to_owned());
            let revision = PageRevision { kind, name, ..target.revision };
            return Ok(LinkTarget { revision, place: format!("the tag '{tag}'"), ..target });
        }
        let tracked = |remote: &String| full.strip_prefix(&format!("refs/remotes/{remote}/"));
        // A branch may have another name there.
        let branch = match full.strip_prefix("refs/heads/") {
            Some(own) => Some(self.name_there(own)?),
            None => self.remote.as_ref().and_then(tracked).map(str::to_owned),
        };
        match branch.filter(|branch| branch != "HEAD") {
            Some(branch) => {
                let target = self.of_branch(branch, commit, true)?;
                // Who names a branch means that of the remote, but HEAD is a commit, too.
                let is_by_name = full.ends_with(rev) || target.note.is_some();
                let note = if is_by_name { target.note } else { self.not_there(commit)? };
                Ok(LinkTarget { note, ..target })
            }
            None => Ok(self.of_commit(commit, self.not_there(commit)?)),
        }
    }

    /// Returns the target for a branch of the remote, whose commit in this clone is `own`.
    fn of_branch(
        &self,
        name: String,
        own: CommitId,
        is_fixed: bool,
    ) -> Result<LinkTarget, OpsError> {
        let known = self.remote.as_ref().map(|remote| self.repo.remote_branch(remote, &name));
        let known = known.transpose()?.flatten();
        let note = known.is_none().then(|| self.doubt(&format!("the branch '{name}'")));
        let place = match &self.remote {
            Some(remote) => format!("{remote}/{name}"),
            None => name.clone(),
        };
        let commit = known.unwrap_or(own).to_string();
        let revision = PageRevision { kind: RevisionKind::Branch, name, commit };
        let commit = known.or_else(|| is_fixed.then_some(own));
        Ok(LinkTarget { revision, commit, is_fixed, note, place, state: OnceCell::new() })
    }

    /// Returns the target for a commit.
    fn of_commit(&self, commit: CommitId, note: Option<String>) -> LinkTarget {
        let place = format!("commit {}", commit.short());
        let revision = commit_page(commit);
        let (commit, state) = (Some(commit), OnceCell::new());
        LinkTarget { revision, commit, is_fixed: true, note, place, state }
    }

    /// Returns a note if the remote is not known to have a commit.
    pub(super) fn not_there(&self, commit: CommitId) -> Result<Option<String>, OpsError> {
        let is_there = match &self.remote {
            Some(remote) => self.repo.newest_on_remote(Some(remote), commit)? == Some(commit),
            None => false,
        };
        Ok((!is_there).then(|| self.doubt(&format!("the commit {}", commit.short()))))
    }

    /// Returns a note about something that may not be where links lead.
    fn doubt(&self, what: &str) -> String {
        match (&self.remote, &self.pages) {
            (Some(remote), _) => {
                format!("'{remote}' is not known to have {what}, as of the last fetch")
            }
            (None, Pages::Forge(repository)) => format!(
                "no remote of this clone is known to be {repository}, so it is not known whether that has {what}"
            ),
            (None, Pages::Template(_)) => format!(
                "no remote of this clone is known to be shown by [links] template, so it is not known whether the server has {what}"
            ),
        }
    }

    /// Returns the name that a branch of this clone has on the remote.
    fn name_there(&self, branch: &str) -> Result<String, OpsError> {
        let followed = self.repo.followed_branch(branch)?;
        let is_ours = |it: &FollowedBranch| self.remote.as_ref().is_none_or(|r| *r == it.remote);
        Ok(followed.filter(is_ours).map_or_else(|| branch.to_owned(), |it| it.branch))
    }
}

/// Returns a commit as the revision of a page.
pub(super) fn commit_page(commit: CommitId) -> PageRevision {
    let name = commit.to_string();
    PageRevision { kind: RevisionKind::Commit, name: name.clone(), commit: name }
}

/// Returns the remote that counts: that of the branch which the current branch follows, or else
/// `origin`, or else the only one.
fn own_remote(repo: &Repo, remotes: &[String]) -> Result<Option<String>, OpsError> {
    let branch = repo.own_branch()?;
    let followed = branch.map(|branch| repo.followed_branch(&branch)).transpose()?.flatten();
    let followed = followed.map(|followed| followed.remote);
    if let Some(remote) = followed.filter(|remote| remotes.contains(remote)) {
        return Ok(Some(remote));
    }
    let origin = remotes.iter().find(|remote| *remote == ORIGIN);
    let only = match remotes {
        [only] => Some(only),
        _ => None,
    };
    Ok(origin.or(only).cloned())
}

/// Returns the first remote that is known to be a repository on a forge, or else the first whose host
/// may be another name for the forge's.
fn remote_of<'n>(
    repo: &Repo,
    remotes: impl Iterator<Item = &'n String>,
    pages: &ForgeRepository,
    rules: &LinkRules,
) -> Result<Option<String>, OpsError> {
    let mut similar = None;
    for name in remotes {
        let Some(url) = repo.remote_url(name)? else { continue };
        if ForgeRepository::of(&url, rules.forge).is_ok_and(|it| it.is_same(pages)) {
            return Ok(Some(name.clone()));
        }
        if similar.is_none() && pages.may_be_at(&url) {
            similar = Some(name.clone());
        }
    }
    Ok(similar)
}
