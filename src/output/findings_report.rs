//! [`FindingsReport`]: a command's findings, and whether it fails.

use idhooks_core::check::{Finding, Severity};
use idhooks_ops::{ListedReference, UncheckedReferences, UnsearchedFile};

use super::count;
use super::text::{numbers, summary};

/// A command's findings, and the options that decide whether it fails.
#[derive(Debug, Clone, Copy)]
pub struct FindingsReport<'a> {
    /// The command, such as `check`.
    pub command: &'a str,
    /// The findings.
    pub findings: &'a [Finding],
    /// Findings that count but are not listed.
    pub unlisted: &'a [Finding],
    /// Findings that a baseline accepts, or that were written to a baseline; they do not count.
    pub hidden: &'a [Finding],
    /// The number of files that were not checked.
    pub not_checked: usize,
    /// The references that were not checked.
    pub unchecked: Option<&'a UncheckedReferences>,
    /// What a checked change does to references, each as a sentence without a capital letter. The
    /// findings that this leads to are among `findings`.
    pub changes: &'a [String],
    /// The least severe level that counts as a failure.
    pub least: Severity,
    /// The limits that were not met, each as a sentence without a capital letter. Any of them makes
    /// the command fail, even if there are no findings.
    pub unmet: &'a [String],
}

impl<'a> FindingsReport<'a> {
    /// Creates a report that lists all findings.
    pub fn new(
        command: &'a str,
        findings: &'a [Finding],
        least: Severity,
        unmet: &'a [String],
    ) -> Self {
        let (unlisted, hidden, changes) = (&[][..], &[][..], &[][..]);
        FindingsReport {
            command,
            findings,
            unlisted,
            hidden,
            not_checked: 0,
            unchecked: None,
            changes,
            least,
            unmet,
        }
    }

    /// Adds what the command left out: findings hidden by a baseline, and files that were not
    /// checked.
    #[must_use]
    pub fn leaving_out(self, hidden: &'a [Finding], not_checked: usize) -> Self {
        FindingsReport { hidden, not_checked, ..self }
    }

    /// Adds the references that were not checked.
    #[must_use]
    pub fn with_unchecked(self, unchecked: &'a UncheckedReferences) -> Self {
        FindingsReport { unchecked: Some(unchecked), ..self }
    }

    /// Returns the files that may have references, but could not be searched.
    pub(super) fn unsearched(&self) -> &'a [UnsearchedFile] {
        self.unchecked.map_or(&[], |unchecked| &unchecked.files)
    }

    /// Returns the references that could not be compared with the content of their file.
    pub(super) fn uncompared(&self) -> &'a [ListedReference] {
        self.unchecked.map_or(&[], |unchecked| &unchecked.references)
    }

    /// Returns the number of files and references that were not checked.
    fn left_out(&self) -> usize {
        self.not_checked + self.unchecked.map_or(0, UncheckedReferences::len)
    }

    /// Adds what a checked change does to references.
    #[must_use]
    pub fn with_changes(self, changes: &'a [String]) -> Self {
        FindingsReport { changes, ..self }
    }

    /// Returns the verdict as a headline. A check with omissions or warnings is never called
    /// "fine", because someone may read only the headline and trust it.
    pub(super) fn verdict(&self) -> &'static str {
        if self.fails() {
            "do not merge"
        } else if !self.unlisted.is_empty() {
            "findings not listed"
        } else if self.left_out() > 0 {
            "not everything was checked"
        } else if Severity::Warning.count(self.findings) > 0 {
            "warnings"
        } else if !self.hidden.is_empty() {
            "no new findings"
        } else {
            "fine"
        }
    }

    /// Describes the number of findings, including unlisted ones.
    pub fn summary(&self) -> String {
        match self.findings.is_empty() && self.unlisted.is_empty() && !self.hidden.is_empty() {
            true => "no new findings".to_owned(),
            // Unlisted findings count too: with `--no-findings`, a report must not say "no
            // findings".
            false => summary(&[self.findings, self.unlisted].concat()),
        }
    }

    /// Describes the number of findings, and what the report leaves out.
    pub(super) fn sentence(&self) -> String {
        let listed = match (self.findings, self.unlisted) {
            ([], [_, ..]) => None,
            (findings, [_, ..]) => Some(summary(findings)),
            (_, []) => Some(self.summary()),
        };
        Vec::from_iter(listed.into_iter().chain(self.notes())).join("; ")
    }

    /// Describes the number of findings hidden by the baseline.
    pub fn hidden_note(&self) -> Option<String> {
        let note =
            || format!("the baseline hides {}", numbers(self.hidden, ["finding", "findings"]));
        (!self.hidden.is_empty()).then(note)
    }

    fn notes(&self) -> Vec<String> {
        let unlisted = || format!("not listed (--no-findings): {}", summary(self.unlisted));
        let unchecked =
            || count(self.not_checked, "file was not checked", "files were not checked");
        let unsearched = || {
            let files = count(self.unsearched().len(), "file was", "files were");
            format!("{files} not searched for references")
        };
        let uncompared = || {
            let references = count(self.uncompared().len(), "reference was", "references were");
            format!("{references} not compared")
        };
        [
            (!self.unlisted.is_empty()).then(unlisted),
            self.hidden_note(),
            (self.not_checked > 0).then(unchecked),
            (!self.unsearched().is_empty()).then(unsearched),
            (!self.uncompared().is_empty()).then(uncompared),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Returns whether a finding counts as a failure.
    pub(super) fn is_failure(&self, finding: &Finding) -> bool {
        finding.severity <= self.least
    }

    /// Returns whether the command fails.
    pub(super) fn fails(&self) -> bool {
        // All formats call this function, so that they always agree on success or failure.
        !self.unmet.is_empty()
            || self.findings.iter().any(|finding| self.is_failure(finding))
            || self.fails_unlisted()
    }

    /// Returns whether any unlisted finding counts as a failure.
    pub(super) fn fails_unlisted(&self) -> bool {
        self.unlisted.iter().any(|finding| self.is_failure(finding))
    }

    /// Describes what the report leaves out, and returns its severity.
    pub(super) fn note(&self) -> Option<(String, Severity)> {
        let notes = self.notes().join("; ");
        let severity = match (self.unlisted, self.left_out()) {
            _ if self.fails_unlisted() => Severity::Error,
            // Hidden findings have been accepted; anything else that was left out may be a problem.
            ([], 0) => Severity::Info,
            _ => Severity::Warning,
        };
        (!notes.is_empty()).then_some((notes, severity))
    }
}
