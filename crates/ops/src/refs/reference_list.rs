//! [`ReferenceList`]: references, the records that they name, and the files without an answer.

use idhooks_core::registry::{Id, RepoPath, Status};
use idhooks_references::{ContentStamp, IdReference, ReferenceEdit, ReferenceTarget, Unscannable};

/// References, in the order of the files and of their lines.
#[derive(Debug)]
pub struct ReferenceList {
    /// The references.
    pub references: Vec<ListedReference>,
    /// The files that may have references, but could not be searched.
    pub unsearched: Vec<UnsearchedFile>,
}

/// A reference in a file, and the record that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedReference {
    /// The file that it is in.
    pub path: RepoPath,
    /// The line on which it begins, from 1.
    pub line: usize,
    /// The character on that line at which it begins, from 1.
    pub column: usize,
    /// Its text.
    pub text: String,
    /// How its spelling is written in the rules.
    pub form: String,
    /// What it names a file by.
    pub target: ReferenceTarget,
    /// The slug of the heading that it names.
    pub section: Option<String>,
    /// The stamp of the content that its author had read.
    pub stamp: Option<ContentStamp>,
    /// The record that it names, if there is one.
    pub named: Option<NamedRecord>,
}

impl ListedReference {
    /// Returns its text with another name for the file and another stamp; `None` if its spelling
    /// takes no stamp.
    pub fn respelled(
        &self,
        target: &ReferenceTarget,
        stamp: Option<ContentStamp>,
    ) -> Option<String> {
        let ListedReference { line, column, text, section, .. } = self;
        let own = IdReference {
            range: 0..text.len(),
            line: *line,
            column: *column,
            target: self.target.clone(),
            section: section.clone(),
            stamp: self.stamp,
            form: 0,
        };
        ReferenceEdit { reference: own, target: target.clone(), stamp }.text(text)
    }
}

/// The record that a reference names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedRecord {
    /// Its present identity.
    pub id: Id,
    /// Its path.
    pub path: RepoPath,
    /// Its status; a record whose path another one holds is superseded.
    pub status: Status,
    /// The identity that supersedes it.
    pub superseded_by: Option<String>,
    /// The present identities of other records that the reference may mean.
    pub others: Vec<Id>,
}

/// What a check of references leaves out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UncheckedReferences {
    /// The files that may have references, but could not be searched.
    pub files: Vec<UnsearchedFile>,
    /// The references whose stamp or heading could not be compared with the content of their file:
    /// it is unmerged, cannot be read or is not in this clone.
    pub references: Vec<ListedReference>,
}

impl UncheckedReferences {
    /// Returns whether everything was checked.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.references.is_empty()
    }

    /// Returns how many files and references were left out.
    pub fn len(&self) -> usize {
        self.files.len() + self.references.len()
    }
}

/// A file that may have references, but could not be searched.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnsearchedFile {
    /// The file.
    pub path: RepoPath,
    /// Why it could not be searched.
    pub reason: UnsearchedReason,
}

idhooks_core::words! {
    /// Why a file could not be searched.
    pub enum UnsearchedReason, title {
        /// It contains the text of a reference, but is binary.
        Binary = "binary", "binary";
        /// It contains the text of a reference, but has more than 8 MiB.
        TooLarge = "too_large", "over 8 MiB";
        /// It contains the text of a reference, but is not UTF-8.
        NotUtf8 = "not_utf8", "not UTF-8";
        /// It is in an unfinished merge.
        Unmerged = "unmerged", "unmerged";
        /// Its content is missing from this clone.
        Missing = "missing", "missing from this clone";
    }
}

impl From<Unscannable> for UnsearchedReason {
    fn from(reason: Unscannable) -> Self {
        match reason {
            Unscannable::Binary => UnsearchedReason::Binary,
            Unscannable::TooLarge => UnsearchedReason::TooLarge,
            Unscannable::NotUtf8 => UnsearchedReason::NotUtf8,
        }
    }
}
