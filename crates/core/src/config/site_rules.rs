//! `[[links.site]]`: where a website shows files.

use std::str::FromStr;

use crate::registry::{RepoPath, TextError, is_printable, is_web_address};

use super::any_depth_globs::any_depth_globs;
use super::declared_table::{REQUIRED, settings};
use super::globs::Globs;
use super::value_kinds::Custom;

/// The expected form of a page's address, as shown in messages.
const PAGE_FORM: &str = "an address such as \"/{stem}/\" or \"https://docs.example.org/{path}\", with {path}, {stem} or {dir}";
/// The expected form of a directory, as shown in messages.
const ROOT_FORM: &str = "a directory in the repository, such as \"docs\"";

settings! {
    /// A rule that says where a website shows files. The first rule that matches a file counts.
    #[derive(Debug, Clone)]
    pub(super) struct SiteRule {
        /// Globs of the rule. Here, `**` beside other text matches at any depth, too: `docs/**.md` is the same as
        /// `docs/**/*.md`.
        "path" => pub(super) path: Globs, REQUIRED, Custom(
            |value| value.globs_by(any_depth_globs),
            r##""$ref": "#/$defs/globs""##,
        ), line "\"docs/**\"", "";
        /// Directory that the placeholders in `url` are relative to, if the site's build leaves it out.
        "root" => pub(super) root: SiteRoot, "the top", Custom(
            |value| value.parsed(ROOT_FORM),
            r#""type": "string", "pattern": "^[^/].*[^/]$""#,
        );
        /// Address of a file's page: on the site itself if it begins with `/`. `{path}` is the file's path, `{stem}`
        /// the same without its extension, `{dir}` the path of its directory.
        "url" => pub(super) url: PageTemplate, REQUIRED, Custom(
            |value| value.parsed(PAGE_FORM),
            r#""type": "string", "pattern": "^(/|https?://[^/]+/).*\\{(path|stem|dir)\\}""#,
        ), line "\"/{stem}/\"", "";
    }
}

impl SiteRule {
    /// Returns where the site shows a file; `None` if the rule is not about it.
    pub(super) fn page(&self, path: &RepoPath) -> Option<SitePage> {
        self.path.matching(path)?;
        let path = match &*self.root.0 {
            "" => path.as_bytes(),
            root => path.as_bytes().strip_prefix(root.as_bytes())?.strip_prefix(b"/")?,
        };
        Some(SitePage { origin: self.url.origin.clone(), path: self.url.fill(path) })
    }
}

/// A page of a website.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SitePage {
    /// Scheme and host of another website, such as `https://docs.example.org`; `None` for the site
    /// itself.
    pub origin: Option<String>,
    /// The path of the page's address, which begins with a slash, not percent-encoded.
    pub path: Vec<u8>,
}

/// A directory whose path is not part of addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct SiteRoot(String);

impl FromStr for SiteRoot {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let text = text.strip_suffix('/').unwrap_or(text);
        match RepoPath::new(text.as_bytes()) {
            Ok(_) => Ok(SiteRoot(text.to_owned())),
            Err(_) => Err(TextError::new(text, ROOT_FORM)),
        }
    }
}

/// The address of a page, with places for parts of its file's path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PageTemplate {
    origin: Option<String>,
    /// Texts, each with the part of the path after it; the last may have none.
    pieces: Vec<(String, Option<PathPart>)>,
}

/// A part of a file's path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PathPart {
    Whole,
    Stem,
    Directory,
}

impl PathPart {
    const ALL: [(&'static str, PathPart); 3] =
        [("{path}", PathPart::Whole), ("{stem}", PathPart::Stem), ("{dir}", PathPart::Directory)];

    fn of(self, path: &[u8]) -> &[u8] {
        let name_at = memchr::memrchr(b'/', path).map_or(0, |slash| slash + 1);
        match self {
            PathPart::Whole => path,
            PathPart::Directory => &path[..name_at.saturating_sub(1)],
            // A name such as '.nojekyll' has no extension.
            PathPart::Stem => match memchr::memrchr(b'.', &path[name_at..]) {
                None | Some(0) => path,
                Some(dot) => &path[..name_at + dot],
            },
        }
    }
}

impl PageTemplate {
    /// Returns the path of the page's address.
    fn fill(&self, path: &[u8]) -> Vec<u8> {
        let mut filled = Vec::new();
        for (text, part) in &self.pieces {
            filled.extend_from_slice(text.as_bytes());
            filled.extend_from_slice(part.map_or(b"", |part| part.of(path)));
        }
        // The directory of a file at the top has no name.
        filled.dedup_by(|next, last| *next == b'/' && *last == b'/');
        filled
    }
}

impl FromStr for PageTemplate {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let refused = || TextError::new(text, PAGE_FORM);
        let (origin, path) = match text.starts_with('/') {
            true => (None, text),
            false => {
                let host_at = text.find("://").ok_or_else(refused)? + 3;
                let length = text[host_at..].find('/').ok_or_else(refused)?;
                let (origin, path) = text.split_at(host_at + length);
                (Some(origin.to_owned()).filter(|_| is_web_address(text)), path)
            }
        };
        // '//host/' would be another website, and a step upwards could leave the site.
        let is_step = |part: &str| part == "." || part == "..";
        let is_path = is_printable(text)
            && !path.starts_with("//")
            && !path.split('/').any(is_step)
            && !text.contains(['?', '#', '%'])
            && origin.is_some() != text.starts_with('/')
            && origin.as_ref().is_none_or(|origin| !origin.contains(['{', '$', '&']));
        if !is_path {
            return Err(refused());
        }
        let (mut pieces, mut rest) = (Vec::new(), path);
        while let Some(at) = rest.find(['{', '}']) {
            let found = PathPart::ALL.iter().find(|(name, _)| rest[at..].starts_with(name));
            let (name, part) = found.ok_or_else(refused)?;
            pieces.push((rest[..at].to_owned(), Some(*part)));
            rest = &rest[at + name.len()..];
        }
        if pieces.is_empty() {
            return Err(refused());
        }
        pieces.push((rest.to_owned(), None));
        Ok(PageTemplate { origin, pieces })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::registry::RepoPath;

    fn page(rule: &str, path: &str) -> Option<String> {
        let config = Config::parse(&format!("[[links.site]]\n{rule}")).expect("valid");
        let path = RepoPath::new(path.as_bytes()).expect("a path");
        let page = config.links.page(&path)?;
        let text = String::from_utf8(page.path).expect("text");
        Some(page.origin.unwrap_or_default() + &text)
    }

    #[test]
    fn a_rule_gives_files_their_pages() {
        let plain = "path = 'docs/**'\nurl = '/{stem}/'";
        assert_eq!(page(plain, "docs/a/b.md").as_deref(), Some("/docs/a/b/"));
        assert_eq!(page(plain, "docs/a.b/.nojekyll").as_deref(), Some("/docs/a.b/.nojekyll/"));
        assert_eq!(page(plain, "docs/a.b/name").as_deref(), Some("/docs/a.b/name/"));
        assert_eq!(page(plain, "src/a.md"), None);
        let below = "path = '*.md'\nroot = 'docs'\nurl = 'https://docs.example.org/v1/{path}'";
        assert_eq!(page(below, "docs/a.md").as_deref(), Some("https://docs.example.org/v1/a.md"));
        assert_eq!(page(below, "docs2/a.md"), None);
        assert_eq!(page(below, "a.md"), None);
        let text = "path = 'docs/**.md'\nroot = 'docs'\nurl = '/{stem}/'";
        assert_eq!(page(text, "docs/a.md").as_deref(), Some("/a/"));
        assert_eq!(page(text, "docs/guide/b/a.md").as_deref(), Some("/guide/b/a/"));
        assert_eq!(page(text, "docs/a.rst").or(page(text, "src/a.md")), None);
        let index = "path = '**/index.md'\nroot = 'docs/'\nurl = '/{dir}/'";
        assert_eq!(page(index, "docs/index.md").as_deref(), Some("/"));
        assert_eq!(page(index, "docs/a/b/index.md").as_deref(), Some("/a/b/"));
    }

    #[test]
    fn the_first_rule_that_matches_counts() {
        let rules = "path = 'docs/**/index.md'\nurl = '/{dir}/'\n[[links.site]]\npath = ['docs/**', '!docs/private/**']\nurl = '/{stem}.html'";
        assert_eq!(page(rules, "docs/a/index.md").as_deref(), Some("/docs/a/"));
        assert_eq!(page(rules, "docs/a/b.md").as_deref(), Some("/docs/a/b.html"));
        assert_eq!(page(rules, "docs/private/b.md"), None);
    }

    #[test]
    fn what_no_page_can_be_is_refused() {
        for rule in [
            "url = '/{path}'",
            "path = '**'",
            "path = '**'\nurl = '/'",
            "path = '**'\nurl = '{path}'",
            "path = '**'\nurl = '//example.org/{path}'",
            "path = '**'\nurl = 'https://example.org'",
            "path = '**'\nurl = 'https://{dir}/{path}'",
            "path = '**'\nurl = 'https://u:p@example.org/{path}'",
            "path = '**'\nurl = 'javascript:/{path}'",
            "path = '**'\nurl = 'x://example.org/{path}'",
            "path = '**'\nurl = 'https://$host/{path}'",
            "path = '**'\nurl = '/../{path}'",
            "path = '**'\nurl = '/{path}/..'",
            "path = '**'\nurl = '/{path}?x'",
            "path = '**'\nurl = '/{path}#x'",
            "path = '**'\nurl = '/%2e%2e/{path}'",
            "path = '**'\nurl = '/{name}'",
            "path = '**'\nurl = '/{path}}'",
            "path = '**'\nurl = \"/{path}\\n\"",
            "path = '**'\nurl = '/{path} x'",
            "path = '**'\nroot = ''\nurl = '/{path}'",
            "path = '**'\nroot = '/docs'\nurl = '/{path}'",
            "path = '**'\nroot = '../docs'\nurl = '/{path}'",
            "path = '**'\nurl = '/{path}'\nbase = 'x'",
        ] {
            assert!(Config::parse(&format!("[[links.site]]\n{rule}")).is_err(), "{rule}");
        }
    }
}
