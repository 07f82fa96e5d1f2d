//! [`FilePage`]: a version of a file, and the address of its page on each forge.

use std::fmt;
use std::str::FromStr;

use idhooks_core::config::{Forge, LinkTemplate};
use idhooks_core::registry::{RepoPath, TextError};

use crate::encoding::{IN_PART, IN_PATH, encode};

/// The endings of files that forges show as a document rather than as lines.
const DOCUMENTS: [&str; 9] =
    [".md", ".markdown", ".mdown", ".mkd", ".rst", ".adoc", ".asciidoc", ".org", ".textile"];

/// What kind of name a revision has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevisionKind {
    /// The name of a branch.
    Branch,
    /// The name of a tag.
    Tag,
    /// The id of a commit.
    Commit,
}

/// A revision as a forge knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRevision {
    /// What its name is.
    pub kind: RevisionKind,
    /// Its name, without `refs/heads/` or `refs/tags/`.
    pub name: String,
    /// The id of its commit. Bitbucket needs it beside the name of a branch with a slash.
    pub commit: String,
}

/// One or more lines of a file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRange {
    /// The first line.
    pub first: u32,
    /// The last line.
    pub last: u32,
}

impl FromStr for LineRange {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let form = "a line or a range of lines, such as 12 or 12-20";
        let refused = || TextError::new(text, form);
        let number = |text: &str| -> Option<u32> {
            let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number| is_number && *number > 0)
        };
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = number(first).zip(number(last)).ok_or_else(refused)?;
        if first > last { Err(refused()) } else { Ok(LineRange { first, last }) }
    }
}

/// A version of a file.
#[derive(Debug, Clone, Copy)]
pub struct FilePage<'a> {
    /// Its path.
    pub path: &'a RepoPath,
    /// Its revision.
    pub revision: &'a PageRevision,
    /// The lines to show.
    pub lines: Option<LineRange>,
}

impl FilePage<'_> {
    /// Returns the address of the page that a template describes.
    pub fn by_template(&self, template: &LinkTemplate) -> String {
        let name = encode(self.revision.name.as_bytes(), IN_PATH);
        template.fill(&self.path(), &name, self.lines.map(|lines| lines.first))
    }

    /// Returns the address of the page on a forge, where this is the address of the repository.
    pub(super) fn address(&self, forge: Forge, base: &str) -> String {
        let (path, lines) = (self.path(), self.lines);
        let PageRevision { kind, name, commit } = self.revision;
        let [in_path, in_part] = [IN_PATH, IN_PART].map(|set| encode(name.as_bytes(), set));
        let raw = |query: &str| if self.is_document() { query.to_owned() } else { String::new() };
        match forge {
            Forge::GitHub => {
                let at = fragment(lines, "L", "-L");
                format!("{base}/blob/{in_path}/{path}{}{at}", raw("?plain=1"))
            }
            Forge::GitLab => {
                let at = fragment(lines, "L", "-");
                format!("{base}/-/blob/{in_path}/{path}{}{at}", raw("?plain=1"))
            }
            Forge::Gitea | Forge::Forgejo => {
                let kind = match kind {
                    RevisionKind::Branch => "branch",
                    RevisionKind::Tag => "tag",
                    RevisionKind::Commit => "commit",
                };
                let at = fragment(lines, "L", "-L");
                format!("{base}/src/{kind}/{in_path}/{path}{}{at}", raw("?display=source"))
            }
            Forge::Bitbucket => {
                let at = fragment(lines, "lines-", ":");
                // It takes the first part of a name with a slash for the whole name.
                match name.contains('/') {
                    true => format!("{base}/src/{commit}/{path}?at={in_part}{at}"),
                    false => format!("{base}/src/{in_part}/{path}{at}"),
                }
            }
            Forge::BitbucketServer => {
                let prefix = match kind {
                    RevisionKind::Branch => "refs%2Fheads%2F",
                    RevisionKind::Tag => "refs%2Ftags%2F",
                    RevisionKind::Commit => "",
                };
                let at = fragment(lines, "", "-");
                format!("{base}/browse/{path}?at={prefix}{in_part}{at}")
            }
            Forge::Azure => {
                let kind = match kind {
                    RevisionKind::Branch => "GB",
                    RevisionKind::Tag => "GT",
                    RevisionKind::Commit => "GC",
                };
                let at = lines.map(azure_lines).unwrap_or_default();
                format!("{base}?path=/{path}&version={kind}{in_part}{at}")
            }
        }
    }

    fn path(&self) -> String {
        encode(self.path.as_bytes(), IN_PATH)
    }

    /// Returns whether lines are to be shown of a file that is shown as a document otherwise.
    fn is_document(&self) -> bool {
        let path = self.path.as_bytes().to_ascii_lowercase();
        self.lines.is_some() && DOCUMENTS.iter().any(|ending| path.ends_with(ending.as_bytes()))
    }
}

/// Returns the fragment for these lines, with the text before the first line and between both.
fn fragment(lines: Option<LineRange>, before: impl fmt::Display, between: &str) -> String {
    match lines {
        None => String::new(),
        Some(LineRange { first, last }) if first == last => format!("#{before}{first}"),
        Some(LineRange { first, last }) => format!("#{before}{first}{between}{last}"),
    }
}

/// Returns the part of a query that marks these lines, up to the beginning of the next one.
fn azure_lines(lines: LineRange) -> String {
    let (first, next) = (lines.first, u64::from(lines.last) + 1);
    format!("&line={first}&lineEnd={next}&lineStartColumn=1&lineEndColumn=1&lineStyle=plain")
}
