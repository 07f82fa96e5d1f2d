//! [`RedirectForm`]: the files in which a host or a server reads redirects.

use std::str::FromStr;

use idhooks_core::registry::{TextError, excerpt};

use super::redirect::{LeftOut, SourceKind};

idhooks_core::words! {
    /// What reads the redirects.
    pub enum RedirectForm, title {
        /// Any host of static files: a page for each redirect.
        Pages = "pages", "pages";
        /// Netlify.
        Netlify = "netlify", "Netlify";
        /// Cloudflare Pages.
        Cloudflare = "cloudflare", "Cloudflare Pages";
        /// GitLab Pages.
        GitLab = "gitlab", "GitLab Pages";
        /// nginx.
        Nginx = "nginx", "nginx";
        /// Apache.
        Apache = "apache", "Apache";
        /// Another program.
        Json = "json", "JSON";
    }
}

/// The HTTP status that answers for former paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RedirectStatus(u16);

impl RedirectStatus {
    /// The status for identities: the file may move on.
    pub const FOUND: RedirectStatus = RedirectStatus(302);

    /// Returns the number.
    pub fn number(self) -> u16 {
        self.0
    }

    /// Returns the status for a path of this kind, where this one is that for former paths.
    pub(super) fn of(self, kind: SourceKind) -> Self {
        match kind {
            SourceKind::Identity => RedirectStatus::FOUND,
            SourceKind::FormerPath => self,
        }
    }
}

impl Default for RedirectStatus {
    fn default() -> Self {
        RedirectStatus(301)
    }
}

impl FromStr for RedirectStatus {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let known = [301, 302, 307, 308].into_iter().find(|known: &u16| known.to_string() == text);
        known.map(RedirectStatus).ok_or_else(|| TextError::new(text, "301, 302, 307 or 308"))
    }
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectFile {
    /// Its path below the output directory, with slashes.
    pub path: String,
    /// Its content.
    pub text: String,
    /// What leads somewhere by it, if it is a page of the website rather than a file that a host
    /// reads.
    pub page_of: Option<SourceKind>,
}

/// All files of a form.
#[derive(Debug, Default)]
pub struct FormFiles {
    /// The files, sorted by their paths.
    pub files: Vec<RedirectFile>,
    /// The redirects that the form does not hold.
    pub left_out: Vec<LeftOut>,
}

/// Returns a path without a slash at its end, which servers add or leave out.
pub(super) fn without_slash(path: &str) -> &str {
    path.strip_suffix('/').filter(|path| !path.is_empty()).unwrap_or(path)
}

/// Why a form cannot hold the redirects.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormRefusal {
    /// There are more than the host reads.
    #[error("{} redirects are more than the {most} that {} reads", .count, .form.title())]
    TooMany {
        /// The form.
        form: RedirectForm,
        /// How many there are.
        count: usize,
        /// How many the host reads.
        most: usize,
    },
    /// The file is longer than the host reads.
    #[error("the redirects take {bytes} bytes; {} reads a file of {most}", .form.title())]
    TooLong {
        /// The form.
        form: RedirectForm,
        /// The length of the file in bytes.
        bytes: usize,
        /// The length that the host reads, in bytes.
        most: usize,
    },
    /// A line, or an address in it, is longer than the host reads.
    #[error("the redirect of '{}' takes {length} bytes; {} reads {most}", excerpt(.from), .form.title())]
    LongLine {
        /// The form.
        form: RedirectForm,
        /// The path that is redirected.
        from: String,
        /// The length of the line in bytes.
        length: usize,
        /// The length that the host reads, in bytes.
        most: usize,
    },
    /// The host does not know the status.
    #[error("{} does not answer with the status {status}", .form.title())]
    Status {
        /// The form.
        form: RedirectForm,
        /// The status.
        status: u16,
    },
}
