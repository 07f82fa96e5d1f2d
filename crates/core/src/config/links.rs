//! The table `[links]`: where links to identities and to files lead.

use std::str::FromStr;

use crate::registry::{Allocation, RepoPath, TextError, is_printable, is_web_address};

use super::config_error::ConfigError;
use super::declared_table::settings;
use super::site_rules::{SitePage, SiteRule};
use super::value::{ConfigTable, Value};
use super::value_kinds::{Custom, OneOf, Opt, Rules};
use super::web_address::{ADDRESS_FORM, WebAddress};

/// The expected form of a repository's address, as shown in messages.
const REPOSITORY_FORM: &str = "the address of a repository without a name and a password, such as \"https://example.org/team/docs\"";
/// The expected form of a template, as shown in messages.
const TEMPLATE_FORM: &str = "a web address with {path}, and perhaps {ref} and {line}, such as \"https://example.org/cgit/docs/tree/{path}?h={ref}#n{line}\"";

crate::words! {
    /// A program that hosts repositories and shows their files on web pages.
    pub enum Forge, title {
        /// GitHub, also GitHub Enterprise.
        GitHub = "github", "GitHub";
        /// GitLab.
        GitLab = "gitlab", "GitLab";
        /// Gitea.
        Gitea = "gitea", "Gitea";
        /// Forgejo, whose pages have the same addresses as those of Gitea.
        Forgejo = "forgejo", "Forgejo";
        /// Bitbucket Cloud.
        Bitbucket = "bitbucket", "Bitbucket Cloud";
        /// Bitbucket Server or Data Center.
        BitbucketServer = "bitbucket-server", "Bitbucket Server";
        /// Azure DevOps.
        Azure = "azure", "Azure DevOps";
    }
}

settings! {
    /// Where links lead.
    #[derive(Debug, Clone)]
    pub struct LinkRules, checked by check_template {
        /// Web address below which identities are published: [`idhooks url`](links.md) prints `<ids>/<ID>`.
        "ids" => pub ids: Option<WebAddress>, "none", Opt(Custom(
            |value| parsed(value, ADDRESS_FORM),
            r#""type": "string", "pattern": "^https?://[^/?#@\\s]+(/[^?#\\s]*)?$""#,
        ));
        /// Address of the canonical repository, in any form that `git clone` takes. Without it, the remote of the
        /// upstream branch counts, then `origin`, then the only remote.
        "repository" => pub repository: Option<RepositoryAddress>, "none", Opt(Custom(
            |value| parsed(value, REPOSITORY_FORM),
            r#""type": "string", "pattern": "^[^\\s-]\\S*$""#,
        ));
        /// What shows the files on web pages, where the host of the repository is not a known one.
        "forge" => pub forge: Option<Forge>, "by the host", Opt(OneOf);
        /// Address of a file's page on another kind of server, with `{path}`, `{ref}` and `{line}`; a part after
        /// `#` with `{line}` is left out if no line is named.
        "template" => pub template: Option<LinkTemplate>, "none", Opt(Custom(
            |value| parsed(value, TEMPLATE_FORM),
            r#""type": "string", "pattern": "^https?://.*\\{path\\}""#,
        ));
        /// Rules: where a website shows files, for `idhooks export --format redirects`.
        "site" => pub(super) site: Vec<SiteRule>, "none", Rules("links.site", "");
    }
}

impl LinkRules {
    /// Returns where a website shows a file, if the first rule that matches it says so.
    pub fn page(&self, path: &RepoPath) -> Option<SitePage> {
        self.site.iter().find_map(|rule| rule.page(path))
    }

    /// Returns the link that lasts to a record, if identities are published, and if the website shows
    /// the record's file.
    pub fn lasting(&self, record: &Allocation) -> Option<String> {
        let is_shown = |_: &&WebAddress| !self.has_site() || self.page(&record.path).is_some();
        Some(self.ids.as_ref().filter(is_shown)?.of(record.id))
    }

    /// Returns whether any rule says where a website shows files.
    pub fn has_site(&self) -> bool {
        !self.site.is_empty()
    }
}

/// Reads a value without repeating it in an error: it may contain a password, and errors end up in
/// logs.
fn parsed<T: FromStr>(value: &Value<'_>, form: &str) -> Result<T, ConfigError> {
    value.string(form)?.parse().map_err(|_| value.error(format!("expected {form}")))
}

/// Rejects a template beside keys that it makes meaningless.
fn check_template(
    rules: &mut LinkRules,
    table: &ConfigTable<'_>,
    value: &Value<'_>,
) -> Result<(), ConfigError> {
    let is_alone = rules.repository.is_none() && rules.forge.is_none();
    if rules.template.is_none() || is_alone {
        return Ok(());
    }
    let place = table.value("template").unwrap_or(*value);
    Err(place.error("template excludes repository and forge: it is the whole address".to_owned()))
}

/// The address of a repository, in one of git's forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryAddress(String);

impl RepositoryAddress {
    /// Returns the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RepositoryAddress {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        // Everybody who can read the repository would read the password. In a URL of the web, even
        // a name alone may be a token.
        let (scheme, rest) = text.split_once("://").unwrap_or(("ssh", text));
        let user = rest.split('/').next().and_then(|part| part.rsplit_once('@'));
        let is_web = scheme.starts_with("http");
        let has_password = user.is_some_and(|(user, _)| is_web || user.contains(':'));
        let is_text = is_printable(text) && !text.starts_with('-') && text.contains(':');
        match is_text && !has_password {
            true => Ok(RepositoryAddress(text.to_owned())),
            false => Err(TextError::new(text, REPOSITORY_FORM)),
        }
    }
}

/// The address of a file's page, with places for its path, for a revision and for a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkTemplate(String);

impl LinkTemplate {
    const PATH: &str = "{path}";
    const REF: &str = "{ref}";
    const LINE: &str = "{line}";

    /// Returns the address of the page of a path at a revision, both percent-encoded, at a line.
    pub fn fill(&self, path: &str, revision: &str, line: Option<u32>) -> String {
        let text = match self.0.rsplit_once('#') {
            Some((before, fragment)) if line.is_none() && fragment.contains(Self::LINE) => before,
            _ => &self.0,
        };
        let line = line.unwrap_or(1).to_string();
        let values = [(Self::PATH, path), (Self::REF, revision), (Self::LINE, &line)];
        // Inserted values may contain braces too, so they are not expanded again.
        let (mut filled, mut rest) = (String::new(), text);
        while let Some(at) = rest.find('{') {
            filled.push_str(&rest[..at]);
            rest = &rest[at..];
            let place = values.iter().find(|(place, _)| rest.starts_with(place));
            let (length, value) = place.map_or((1, "{"), |(place, value)| (place.len(), *value));
            filled.push_str(value);
            rest = &rest[length..];
        }
        filled + rest
    }
}

impl FromStr for LinkTemplate {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let places = [Self::PATH, Self::REF, Self::LINE];
        let rest = places.iter().fold(text.to_owned(), |rest, place| rest.replace(place, "x"));
        // The server itself must not depend on the path.
        let host = text.split('/').nth(2).unwrap_or_default();
        let is_template = is_web_address(text)
            && text.contains(Self::PATH)
            && !rest.contains(['{', '}'])
            && !host.contains('{');
        match is_template {
            true => Ok(LinkTemplate(text.to_owned())),
            false => Err(TextError::new(text, TEMPLATE_FORM)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn links(text: &str) -> LinkRules {
        Config::parse(&format!("[links]\n{text}")).expect("valid").links
    }

    #[test]
    fn the_table_is_read() {
        let none = links("");
        assert!(none.ids.is_none() && none.repository.is_none() && !none.has_site());
        let rules = links(
            "ids = 'https://ids.example.org/id/'\nrepository = 'git@example.org:team/docs.git'\nforge = 'gitlab'",
        );
        let id = rules.ids.expect("an address").of("0110073814260118");
        assert_eq!(id, "https://ids.example.org/id/0110073814260118");
        assert_eq!(rules.repository.expect("one").as_str(), "git@example.org:team/docs.git");
        assert_eq!(rules.forge, Some(Forge::GitLab));
    }

    #[test]
    fn a_template_is_filled_once() {
        let filled = |template: &str, line| {
            let template: LinkTemplate = template.parse().expect("a template");
            template.fill("a/%7Bref%7D.md", "main", line)
        };
        let cgit = "https://example.org/cgit/docs/tree/{path}?h={ref}#n{line}";
        assert_eq!(
            filled(cgit, Some(7)),
            "https://example.org/cgit/docs/tree/a/%7Bref%7D.md?h=main#n7"
        );
        assert_eq!(filled(cgit, None), "https://example.org/cgit/docs/tree/a/%7Bref%7D.md?h=main");
        let template = LinkTemplate("https://example.org/{path}/{ref}".to_owned());
        assert_eq!(template.fill("{ref}", "{line}", None), "https://example.org/{ref}/{line}");
    }

    #[test]
    fn what_no_link_can_be_is_refused() {
        for text in [
            "ids = ''",
            "ids = 'ids.example.org'",
            "ids = 'ftp://example.org'",
            "ids = 'javascript:alert(1)'",
            "ids = 'https://'",
            "ids = 'https:///x'",
            "ids = 'https://user:secret@example.org'",
            "ids = 'https://example.org/?id='",
            "ids = 'https://example.org/#'",
            "ids = 'https://example.org/a b'",
            "ids = \"https://example.org/\\u0007\"",
            "repository = ''",
            "repository = '--upload-pack=x:y'",
            "repository = '../other'",
            "repository = 'https://user:secret@example.org/x.git'",
            "repository = 'user:secret@example.org:x.git'",
            "repository = 'https://token@example.org/x.git'",
            "template = 'https://example.org/{path}'\nforge = 'gitea'",
            "template = 'https://example.org/{path}'\nrepository = 'git@example.org:x'",
            "repository = \"https://example.org/x\\n\"",
            "forge = 'sourceforge'",
            "template = 'https://example.org/'",
            "template = 'https://{path}/'",
            "template = 'https://example.org/{path}/{commit}'",
            "template = 'https://example.org/{path}}'",
            "template = 'example.org/{path}'",
            "template = 'https://u:p@example.org/{path}'",
            "template = 1",
            "page = 'x'",
        ] {
            assert!(Config::parse(&format!("[links]\n{text}")).is_err(), "{text}");
        }
        for text in ["ids = 'https://user:secret@x'", "repository = 'https://user:secret@x/y'"] {
            let refused = Config::parse(&format!("[links]\n{text}")).expect_err("refused");
            assert!(!refused.to_string().contains("secret"), "{refused}");
        }
        let long = format!("ids = 'https://example.org/{}'", "x".repeat(2_000));
        assert!(Config::parse(&format!("[links]\n{long}")).is_err());
    }
}
