//! [`Website`]: where files are shown, and where identities are answered.

use idhooks_core::config::{LinkRules, SitePage};
use idhooks_core::registry::{Id, RepoPath};

use crate::encoding::{IN_PATH, encode};

/// Where identities are answered if `[links] ids` does not say it.
const IDS: &str = "/id";

/// Returns the address of a file's page on a forge.
pub type ForgePage<'a> = dyn Fn(&RepoPath) -> String + 'a;

/// Where files are shown, and where identities are answered.
pub struct Website<'a> {
    rules: &'a LinkRules,
    /// What shows the files if no rule says where a website does.
    forge: Option<&'a ForgePage<'a>>,
    /// Whether the redirects are on another website.
    is_elsewhere: bool,
}

impl<'a> Website<'a> {
    /// Returns the website that rules describe. Without a rule about a site, files are shown by the
    /// forge.
    pub fn new(rules: &'a LinkRules, forge: Option<&'a ForgePage<'a>>) -> Self {
        Website { rules, forge: forge.filter(|_| !rules.has_site()), is_elsewhere: false }
    }

    /// Answers for identities on another website, at `/id`, where every address has to be complete.
    #[must_use]
    pub fn from_elsewhere(self) -> Self {
        Website { is_elsewhere: true, ..self }
    }

    /// Returns the path at which an identity is answered.
    pub fn id_path(&self, id: Id) -> String {
        let ids = self.rules.ids.as_ref().filter(|_| !self.is_elsewhere);
        let path = ids.map_or(IDS, |ids| ids.origin_and_path().1);
        format!("{path}/{id}")
    }

    /// Returns where the site shows a file; `None` if it does not.
    pub(super) fn page(&self, path: &RepoPath) -> Option<SitePage> {
        self.rules.page(path)
    }

    /// Returns whether a page is on the website that answers for identities, so that it can answer
    /// for former pages too.
    pub(super) fn is_own(&self, page: &SitePage) -> bool {
        !self.is_elsewhere && (page.origin.as_deref().is_none_or(|origin| self.has_origin(origin)))
    }

    /// Returns whether identities are published at this scheme and host.
    fn has_origin(&self, origin: &str) -> bool {
        self.origin().is_some_and(|own| own.eq_ignore_ascii_case(origin))
    }

    /// Returns the scheme and host at which identities are published.
    fn origin(&self) -> Option<&str> {
        self.rules.ids.as_ref().map(|ids| ids.origin_and_path().0)
    }

    /// Returns the address of a file's page, if the file is shown.
    pub(super) fn address(&self, path: &RepoPath) -> Option<String> {
        if let Some(forge) = self.forge {
            return Some(forge(path));
        }
        let SitePage { origin, path } = self.page(path)?;
        let origin = match self.is_elsewhere {
            true => origin.or_else(|| self.origin().map(str::to_owned))?,
            false => origin.unwrap_or_default(),
        };
        Some(origin + &encode(&path, IN_PATH))
    }

    /// Returns whether everything is shown, so that nothing has to be kept private.
    pub(super) fn shows_everything(&self) -> bool {
        self.forge.is_some()
    }
}
