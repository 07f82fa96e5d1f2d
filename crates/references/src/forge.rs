//! [`ForgeRepository`]: a repository on a forge, found by the URL of a remote, and the addresses of
//! its files' pages.

mod no_forge;
mod page;
mod remote_url;
#[cfg(test)]
mod tests;

use idhooks_core::config::Forge;

use crate::encoding::{IN_PART, encode};
pub use no_forge::NoForge;
pub use page::{FilePage, LineRange, PageRevision, RevisionKind};
use remote_url::RemoteUrl;

/// The forges that a host is known for. Hosts that only serve ssh stand beside those of the pages.
const KNOWN_HOSTS: [(&str, Forge, &str); 12] = [
    ("github.com", Forge::GitHub, "github.com"),
    ("ssh.github.com", Forge::GitHub, "github.com"),
    ("www.github.com", Forge::GitHub, "github.com"),
    ("gitlab.com", Forge::GitLab, "gitlab.com"),
    ("altssh.gitlab.com", Forge::GitLab, "gitlab.com"),
    ("gitea.com", Forge::Gitea, "gitea.com"),
    ("codeberg.org", Forge::Forgejo, "codeberg.org"),
    ("bitbucket.org", Forge::Bitbucket, "bitbucket.org"),
    ("altssh.bitbucket.org", Forge::Bitbucket, "bitbucket.org"),
    ("dev.azure.com", Forge::Azure, "dev.azure.com"),
    ("ssh.dev.azure.com", Forge::Azure, "dev.azure.com"),
    ("vs-ssh.visualstudio.com", Forge::Azure, "dev.azure.com"),
];
/// The hosts of Azure DevOps that only serve ssh.
const AZURE_SSH_HOSTS: [&str; 2] = ["ssh.dev.azure.com", "vs-ssh.visualstudio.com"];
/// The end of the hosts that Azure DevOps gives to each organization.
const AZURE_HOSTS: &str = ".visualstudio.com";

/// The end of the names that forges give to the repositories of wikis.
const WIKI: &str = ".wiki";

/// A repository on a forge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeRepository {
    forge: Forge,
    /// The address of the repository's page, without a slash at its end.
    base: String,
}

impl ForgeRepository {
    /// Returns the repository with this URL, in any of git's forms. `forge` says which forge is at a
    /// host that is not a known one.
    ///
    /// # Errors
    /// Returns an error if the URL does not lead to a repository on a forge.
    pub fn of(url: &str, forge: Option<Forge>) -> Result<Self, NoForge> {
        let url = RemoteUrl::parse(url)?;
        let (known, host) = known_host(&url.host).unzip();
        let Some(forge) = known.or(forge) else {
            return Err(NoForge::UnknownHost { host: url.host });
        };
        let path = repository_path(forge, &url).ok_or(NoForge::OtherPath { forge })?;
        if has_wikis(forge) && path.ends_with(WIKI) {
            return Err(NoForge::Wiki { forge });
        }
        let host = host.unwrap_or(url.host);
        let port = url.web_port.map(|port| format!(":{port}")).unwrap_or_default();
        let scheme = if url.is_http { "http" } else { "https" };
        Ok(ForgeRepository { forge, base: format!("{scheme}://{host}{port}/{path}") })
    }

    /// Returns whether both are the same repository, however each was reached: ssh tells nothing of
    /// the pages' scheme and port, and most forges ignore case.
    pub fn is_same(&self, other: &ForgeRepository) -> bool {
        let place = |repository: &ForgeRepository| {
            let place = repository.base.split_once("://").map_or("", |(_, place)| place);
            let (host, path) = place.split_once('/').unwrap_or((place, ""));
            let port = host.rfind(':').filter(|_| !host.ends_with(']')).unwrap_or(host.len());
            format!("{}/{path}", &host[..port]).to_ascii_lowercase()
        };
        self.forge == other.forge && place(self) == place(other)
    }

    /// Returns whether the URL of a remote may lead to this repository by another name of the host:
    /// in the configuration of ssh, everybody chooses such names.
    pub fn may_be_at(&self, url: &str) -> bool {
        let Ok(url) = RemoteUrl::parse(url) else { return false };
        let own = self.base.splitn(4, '/').nth(3).unwrap_or_default();
        let path = repository_path(self.forge, &url);
        let is_name = !url.is_web && known_host(&url.host).is_none();
        is_name && path.is_some_and(|path| path.eq_ignore_ascii_case(own))
    }

    /// Returns the address of a file's page.
    pub fn page(&self, page: &FilePage<'_>) -> String {
        page.address(self.forge, &self.base)
    }
}

impl std::fmt::Display for ForgeRepository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.base)
    }
}

/// Returns the forge at a host, and the host of its pages.
fn known_host(host: &str) -> Option<(Forge, String)> {
    let known = KNOWN_HOSTS.iter().find(|(known, ..)| *known == host);
    match known {
        Some((_, forge, pages)) => Some((*forge, (*pages).to_owned())),
        None => host.ends_with(AZURE_HOSTS).then(|| (Forge::Azure, host.to_owned())),
    }
}

/// Returns whether a forge keeps the wiki of a repository in another one, beside it.
fn has_wikis(forge: Forge) -> bool {
    matches!(forge, Forge::GitHub | Forge::GitLab | Forge::Gitea | Forge::Forgejo)
}

/// Returns the path of a repository's page, encoded.
fn repository_path(forge: Forge, url: &RemoteUrl) -> Option<String> {
    let parts: Vec<&str> = url.path.iter().map(String::as_str).collect();
    let (before, path): (&[&str], Vec<&str>) = match (forge, parts.as_slice()) {
        (Forge::GitHub | Forge::Bitbucket, [owner, name]) => (&[], vec![owner, name]),
        (Forge::GitHub | Forge::Bitbucket, _) => return None,
        // GitLab has groups in groups, and a server may be below a path.
        (Forge::GitLab | Forge::Gitea | Forge::Forgejo, [_, .., _]) => (&[], parts),
        (Forge::GitLab | Forge::Gitea | Forge::Forgejo, _) => return None,
        // The address of the page itself.
        (Forge::BitbucketServer, [.., "projects" | "users", _, "repos", _]) => (&[], parts),
        (Forge::BitbucketServer, [before @ .., project, name]) => {
            // URLs for http, and only these, have the part `scm`.
            let before = match url.is_web {
                true => before.strip_suffix(&["scm"])?,
                false => before,
            };
            let user = project.strip_prefix('~');
            let kind = if user.is_some() { "users" } else { "projects" };
            (before, vec![kind, user.unwrap_or(project), "repos", name])
        }
        (Forge::BitbucketServer, _) => return None,
        (Forge::Azure, parts) => (&[], azure_path(url, parts)?),
    };
    let part = |part: &&str| encode(part.as_bytes(), IN_PART);
    Some(before.iter().chain(&path).map(part).collect::<Vec<_>>().join("/"))
}

/// Returns the parts of the path of a repository's page on Azure DevOps.
fn azure_path<'p>(url: &'p RemoteUrl, parts: &[&'p str]) -> Option<Vec<&'p str>> {
    match parts {
        ["v3", organization, project, name] => Some(vec![organization, project, "_git", name]),
        // The older form of the hosts that only serve ssh, where the user is the organization.
        [before @ .., "_ssh", name] if AZURE_SSH_HOSTS.contains(&&*url.host) => {
            let organization = url.user.as_deref().filter(|user| *user != "git")?;
            let project = before.strip_prefix(&["DefaultCollection"]).unwrap_or(before);
            Some([&[organization], project, &["_git", name]].concat())
        }
        _ if AZURE_SSH_HOSTS.contains(&&*url.host) => None,
        // The default project of an organization, which may be in the name of the host, has no name.
        [before @ .., "_git", "_full" | "_optimized", name]
        | [before @ .., "_git" | "_ssh", name]
            if !before.is_empty() || url.host.ends_with(AZURE_HOSTS) =>
        {
            Some([before, &["_git", name]].concat())
        }
        _ => None,
    }
}
