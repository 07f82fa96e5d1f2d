//! [`Redirect`]: where one path of a website leads.

use idhooks_core::registry::{Id, RepoPath};

/// Where one path of a website leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The path, not percent-encoded.
    pub from: String,
    /// Where it leads.
    pub to: Destination,
    /// What the path is.
    pub kind: SourceKind,
}

/// What a path is that leads somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// That of an identity, which leads to another page once the file moves.
    Identity,
    /// The page that a file had before.
    FormerPath,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    /// The address of a page, percent-encoded; on the same website if it begins with a slash.
    Page(String),
    /// Nowhere: there is no such page any more.
    Gone(Tombstone),
}

/// What is known about a file that has no page any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tombstone {
    /// The file's identity.
    pub id: Id,
    /// Whether the file is gone; otherwise, the website does not show it.
    pub is_retired: bool,
    /// The last path of a file that is gone, if the website showed it there.
    pub path: Option<RepoPath>,
}

/// A redirect that a form does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The path that would have led somewhere.
    pub from: String,
    /// What it is.
    pub kind: SourceKind,
    /// Why it is left out.
    pub reason: LeftOutReason,
}

idhooks_core::words! {
    /// Why a redirect is left out.
    pub enum LeftOutReason, title {
        /// Its path has characters that the form cannot hold.
        Characters = "characters", "the form cannot hold their characters";
        /// The output directory is published at a path that it is not below.
        Outside = "outside", "they are not below --base";
        /// A page would have to be a file and a directory.
        Blocked = "blocked", "a page is in the place of their directory";
    }
}
