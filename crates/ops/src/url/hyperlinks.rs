//! [`Hyperlinks`]: links beside the output of other commands.

use idhooks_core::config::LinkRules;
use idhooks_core::registry::{Allocation, RepoPath};
use idhooks_references::PageRevision;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::index_rules;

use super::site::{LinkSite, commit_page};

/// Links to files, as far as it is known where they are shown. Nobody asked for them, so what is
/// missing is no error, and nothing is looked up for them that takes time in a large repository.
pub struct Hyperlinks<'r> {
    rules: Option<LinkRules>,
    site: Option<LinkSite<'r>>,
    branch: Option<PageRevision>,
}

impl<'r> Hyperlinks<'r> {
    /// Finds out where files are shown.
    pub fn find(repo: &'r Repo) -> Self {
        let links = index_rules(repo).ok().map(|config| config.links);
        let site = links.as_ref().and_then(|links| LinkSite::find(repo, links).ok());
        let target = site.as_ref().and_then(|site| site.target(None, false).ok());
        let branch = target.map(|target| target.revision);
        Hyperlinks { rules: links, site, branch }
    }

    /// Returns the link that lasts, or that to the page of an active record's file.
    pub fn record(&self, record: &Allocation) -> Option<String> {
        if let Some(lasting) = self.rules.as_ref().and_then(|rules| rules.lasting(record)) {
            return Some(lasting);
        }
        let (site, branch) = (self.site.as_ref()?, self.branch.as_ref()?);
        record.is_active().then(|| site.page(&record.path, branch, None))
    }

    /// Returns the link to the page of a file in a commit.
    pub fn version(&self, path: &RepoPath, commit: CommitId) -> Option<String> {
        Some(self.site.as_ref()?.page(path, &commit_page(commit), None))
    }
}
