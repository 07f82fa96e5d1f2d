//! [`Finding`]: a problem found by a check, hook or report, with its severity and remedy.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde::Serialize;

use crate::registry::{Allocation, Id, RepoPath, cut, with_excerpts};

use super::Code;

crate::words! {
    /// The severity of a finding.
    pub enum Severity {
        /// The finding blocks a commit and fails a check.
        Error = "error",
        /// The finding is worth knowing about, but fails a check only with `--strict`.
        Warning = "warning",
        /// A note.
        Info = "info",
    }
}

impl Severity {
    /// Returns the number of findings with this severity.
    pub fn count<'f>(self, findings: impl IntoIterator<Item = &'f Finding>) -> usize {
        findings.into_iter().filter(|finding| finding.severity == self).count()
    }
}

/// Another path, identity or commit that a finding refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Related {
    /// A path.
    pub path: Option<RepoPath>,
    /// An identity.
    pub id: Option<String>,
    /// A commit id.
    pub commit: Option<String>,
}

/// A finding's position in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FindingPlace {
    /// The line, starting at 1.
    pub line: usize,
    /// The column in characters, starting at 1.
    pub column: usize,
    /// The kind of the finding and of its file, if it is about identifiers in code.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub code: Option<CodeClass>,
}

/// The kind of a finding about identifiers in code, and the parts of the code base that its file
/// belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct CodeClass {
    /// The kind of finding, more specific than its code.
    pub kind: String,
    /// The file's category.
    pub category: String,
    /// The file's service.
    pub service: String,
    /// The file's priority.
    pub priority: String,
}

/// The reference that a finding is about. A baseline recognizes it by this.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FindingReference {
    /// Its text, with the section and the stamp.
    pub text: String,
    /// The identity of the file that it is in, if the file has one.
    pub file_id: Option<String>,
}

/// A problem.
///
/// Findings are sorted by path, position, code and identity; a missing value sorts first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The kind of fault.
    pub code: Code,
    /// The severity.
    pub severity: Severity,
    /// The path concerned, if any.
    pub path: Option<RepoPath>,
    /// The identity concerned, as written; it may be invalid.
    pub id: Option<String>,
    /// The problem, as a sentence without a full stop.
    pub message: String,
    /// The remedy, if possible a command to paste.
    pub help: String,
    /// Lines to paste as described in the help; only humans see them.
    #[serde(skip)]
    pub paste: Vec<String>,
    /// Other related paths, identities and commits.
    pub related: Vec<Related>,
    /// The position in the file, if the finding is about a place in a text. The message does not
    /// repeat it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<Box<FindingPlace>>,
    /// The reference, if the finding is about one; its text is in the message.
    #[serde(skip)]
    pub reference: Option<Box<FindingReference>>,
}

impl Ord for Finding {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The maximum length of a message in bytes. Only a path that no file system supports can make a
/// message longer.
const MAX_MESSAGE: usize = 2_000;

fn bounded(text: String) -> String {
    match cut(&text, MAX_MESSAGE) {
        Cow::Owned(cut) => cut,
        Cow::Borrowed(_) => text,
    }
}

/// Shortens an overlong message by quoting only part of each path.
fn readable(text: String) -> String {
    if text.len() <= MAX_MESSAGE { text } else { with_excerpts(text) }
}

impl Finding {
    fn rank(&self) -> impl Ord {
        let texts = (&self.message, &self.help, &self.paste, &self.related);
        (&self.path, &self.place, self.code, &self.id, self.severity, texts, &self.reference)
    }

    /// Returns a finding with its code's default severity.
    pub fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Finding {
            path: None,
            code,
            id: None,
            severity: code.severity(),
            message: readable(message.into()),
            // The help contains commands to paste, so its paths are not shortened.
            help: bounded(help.into()),
            paste: Vec::new(),
            related: Vec::new(),
            place: None,
            reference: None,
        }
    }

    /// Returns a finding about a record.
    pub fn about(
        record: &Allocation,
        code: Code,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Finding::new(code, message, help).at(&record.path).of(record.id)
    }

    /// Returns a finding about the first of several records; the others are listed as related.
    pub(super) fn about_all(all: &[&Allocation], code: Code, message: String, help: &str) -> Self {
        let finding = Finding::about(all[0], code, message, help);
        all[1..].iter().fold(finding, |f, r| f.related_to(Some(&r.path), Some(r.id)))
    }

    /// Returns the code and the path or identity concerned.
    pub fn label(&self) -> String {
        let code = self.code;
        match (&self.path, &self.id) {
            (Some(path), _) => format!("{code} '{path}'"),
            (None, Some(id)) => format!("{code} {id}"),
            (None, None) => code.to_string(),
        }
    }

    /// Sets the path concerned.
    #[must_use]
    pub fn at(mut self, path: &RepoPath) -> Self {
        self.path = Some(path.clone());
        self
    }

    /// Sets the position in the file.
    #[must_use]
    pub fn on(mut self, line: usize, column: usize) -> Self {
        self.place = Some(Box::new(FindingPlace { line, column, code: None }));
        self
    }

    /// Sets the reference concerned.
    #[must_use]
    pub fn in_reference(mut self, text: &str, file_id: Option<Id>) -> Self {
        let (text, file_id) = (text.to_owned(), file_id.map(|id| id.to_string()));
        self.reference = Some(Box::new(FindingReference { text, file_id }));
        self
    }

    /// Returns the file that the finding names, if any, with the line and column if it is about a
    /// place in a text.
    pub fn location(&self) -> Option<String> {
        let path = self.path.as_ref()?;
        Some(match &self.place {
            Some(place) => format!("{path}:{}:{}", place.line, place.column),
            None => path.to_string(),
        })
    }

    /// Returns the message; before it, the location if the message does not include it.
    pub fn located_message(&self) -> Cow<'_, str> {
        match self.location().filter(|_| self.place.is_some()) {
            Some(location) => format!("{location}: {}", self.message).into(),
            None => Cow::Borrowed(&self.message),
        }
    }

    /// Returns the kind of a finding about identifiers in code, and of its file.
    pub fn code_class(&self) -> Option<&CodeClass> {
        self.place.as_ref()?.code.as_ref()
    }

    /// Sets the identity concerned.
    #[must_use]
    pub fn of(mut self, id: Id) -> Self {
        self.id = Some(id.to_string());
        self
    }

    /// Adds a related path and identity.
    #[must_use]
    pub fn related_to(mut self, path: Option<&RepoPath>, id: Option<Id>) -> Self {
        let (path, id) = (path.cloned(), id.map(|id| id.to_string()));
        self.related.push(Related { path, id, commit: None });
        self
    }

    /// Returns the related places that are the same in the next run. The commits that made a
    /// reference suspect are left out: they get other ids in a rebase, and later ones are added.
    pub fn lasting_related(&self) -> impl Iterator<Item = &Related> {
        let is_lasting =
            |related: &&Related| self.code != Code::ReferenceSuspect || related.commit.is_none();
        self.related.iter().filter(is_lasting)
    }

    /// Returns whether both findings have the same code and path.
    pub fn is_same_as(&self, other: &Finding) -> bool {
        (&self.code, &self.path) == (&other.code, &other.path)
    }

    /// Turns the finding into a warning, which blocks nothing.
    #[must_use]
    pub fn into_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_that_no_file_system_has_is_cut_in_a_message() {
        let message = |bytes: usize| {
            let path = RepoPath::new("x".repeat(bytes).into_bytes()).expect("a path");
            let finding =
                Finding::new(Code::StalePath, format!("'{path}' has no file"), "h").at(&path);
            assert_eq!(finding.path, Some(path));
            finding.message
        };
        assert_eq!(message(1_500).len(), 1_500 + "'' has no file".len());
        assert_eq!(message(100_000), format!("'{}…' has no file", "x".repeat(199)));
    }
}
