//! [`AddRefusal`]: why a reference cannot be written.

use idhooks_core::registry::{Id, RepoPath, Status};
use idhooks_references::{InsertionFault, InsertionPlace};

use crate::refs::UnsearchedReason;

/// Why a reference cannot be written into a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddRefusal {
    /// No line was named.
    #[error("cannot write a reference into '{0}' without a line")]
    NoLineNamed(RepoPath),
    /// The file has fewer lines.
    #[error("'{path}' has no line {line}; its last one is {last}")]
    NoLine {
        /// The file.
        path: RepoPath,
        /// The line.
        line: usize,
        /// The number of its lines.
        last: usize,
    },
    /// The line has fewer characters.
    #[error("line {line} of '{path}' has no column {column}; it has {characters} characters")]
    NoColumn {
        /// The file.
        path: RepoPath,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
        /// The number of its characters.
        characters: usize,
    },
    /// The line is switched off.
    #[error("line {line} of '{path}' contains 'idhooks: ignore', so it has no references")]
    Ignored {
        /// The file.
        path: RepoPath,
        /// The line.
        line: usize,
    },
    /// The line has the file's own identity.
    #[error("line {line} of '{path}' has the identity of the file itself")]
    OwnIdentity {
        /// The file.
        path: RepoPath,
        /// The line.
        line: usize,
    },
    /// The line is markup.
    #[error("line {line} of '{path}' is markup that more text on it would break")]
    Markup {
        /// The file.
        path: RepoPath,
        /// The line.
        line: usize,
    },
    /// The new text would not be read as intended.
    #[error(
        "a reference at this place of line {line} of '{path}' would break another one, or not be found"
    )]
    NotRead {
        /// The file.
        path: RepoPath,
        /// The line.
        line: usize,
    },
    /// The file cannot have references.
    #[error("'{path}' cannot have references: {}", .reason.title())]
    Unscannable {
        /// The file.
        path: RepoPath,
        /// The reason.
        reason: UnsearchedReason,
    },
    /// git filters or re-encodes the file.
    #[error("git filters or re-encodes '{0}', so no reference can be written into it")]
    Filtered(RepoPath),
    /// The content cannot be read.
    #[error("the content of '{0}' is not in the index, or not in this clone")]
    Missing(RepoPath),
    /// The file that is referred to has no identity yet.
    #[error("'{0}' has no identity yet")]
    NoIdentity(RepoPath),
    /// The file that is referred to will never have an identity.
    #[error("'{0}' has no identity, because the rules do not track it")]
    NotTracked(RepoPath),
    /// Several files have this title.
    #[error("{} files have the title '{title}'", .paths.len())]
    SharedTitle {
        /// The title as typed.
        title: String,
        /// The files, in the order of their paths.
        paths: Vec<RepoPath>,
    },
    /// The file would refer to itself.
    #[error("'{0}' would refer to itself")]
    Own(RepoPath),
    /// The file has a successor.
    #[error("'{path}' ({id}) is superseded by '{successor}' ({by})")]
    Superseded {
        /// The file.
        path: RepoPath,
        /// Its identity.
        id: Id,
        /// The identity of the last successor.
        by: Id,
        /// Its file.
        successor: RepoPath,
    },
    /// The file is deprecated, or what supersedes it leads nowhere.
    #[error("'{path}' ({id}) is {status}")]
    Former {
        /// The file.
        path: RepoPath,
        /// Its identity.
        id: Id,
        /// Its status.
        status: Status,
    },
    /// The file has no such heading.
    #[error("'{path}' has no heading '{section}'")]
    Section {
        /// The file.
        path: RepoPath,
        /// The heading as typed.
        section: String,
        /// The slug of the most similar heading.
        nearest: Option<String>,
    },
    /// Only Markdown files have sections.
    #[error("'{0}' is not a Markdown file in UTF-8, so it has no sections")]
    NoSections(RepoPath),
}

impl AddRefusal {
    /// Names the file and the line of a fault.
    pub(super) fn of_fault(path: &RepoPath, place: InsertionPlace, fault: InsertionFault) -> Self {
        let (path, InsertionPlace { line, column }) = (path.clone(), place);
        match fault {
            InsertionFault::NoLine(last) => AddRefusal::NoLine { path, line, last },
            InsertionFault::NoColumn(characters) => {
                AddRefusal::NoColumn { path, line, column: column.unwrap_or_default(), characters }
            }
            InsertionFault::Ignored => AddRefusal::Ignored { path, line },
            InsertionFault::OwnIdentity => AddRefusal::OwnIdentity { path, line },
            InsertionFault::Markup => AddRefusal::Markup { path, line },
            InsertionFault::NotRead => AddRefusal::NotRead { path, line },
            InsertionFault::Unscannable(reason) => {
                AddRefusal::Unscannable { path, reason: reason.into() }
            }
        }
    }
}
