//! Running 'idhooks check': in a process of its own, so that the memory of a large registry does not
//! stay with the watcher.

use std::path::Path;

use idhooks_repo::system::ProgramOutput;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::own_process::{OwnProcessError, run_own};
use crate::status::{MAX_FINDINGS, WatchStatus};

/// The exit code of a check that could not run, and those above it.
const FAILED: i32 = 2;

/// What a check found.
#[derive(Debug)]
pub struct CheckOutcome {
    /// How many findings have severity error.
    pub errors: usize,
    /// How many findings have severity warning.
    pub warnings: usize,
    /// The findings, at most [`MAX_FINDINGS`].
    pub findings: Vec<Box<RawValue>>,
}

/// What is read of the document of a check.
#[derive(Deserialize)]
struct CheckDocument {
    findings: Vec<Box<RawValue>>,
}

/// What is read of a finding.
#[derive(Deserialize)]
struct FindingHead {
    severity: String,
    code: String,
    id: Option<String>,
}

impl FindingHead {
    fn of(finding: &RawValue) -> Option<Self> {
        serde_json::from_str(finding.get()).ok()
    }
}

/// Checks the index of the working tree at `top`, without any lock of git. Returns `None` if `is_over`
/// ended it.
///
/// # Errors
/// Returns an error if the check could not run.
pub fn run_check(
    top: &Path,
    is_over: &mut dyn FnMut() -> bool,
) -> Result<Option<CheckOutcome>, OwnProcessError> {
    let has_answered = |output: &ProgramOutput| output.code.is_some_and(|code| code < FAILED);
    let answer = run_own(top, &["check", "--format", "json"], Vec::new(), has_answered, is_over);
    let answer = answer.map_err(|error| match error {
        // Its first line; the others say what to do there.
        OwnProcessError::Failed(mut why) => {
            why.truncate(why.find(": hint: ").unwrap_or(why.len()));
            OwnProcessError::Failed(why)
        }
        error => error,
    });
    let Some(document): Option<CheckDocument> = answer? else { return Ok(None) };
    let mut findings = document.findings;
    let heads: Vec<FindingHead> =
        findings.iter().filter_map(|finding| FindingHead::of(finding)).collect();
    let count = |word: &str| heads.iter().filter(|head| head.severity == word).count();
    let (errors, warnings) = (count("error"), count("warning"));
    findings.truncate(MAX_FINDINGS);
    Ok(Some(CheckOutcome { errors, warnings, findings }))
}

impl CheckOutcome {
    /// Adds warnings about moves, which come first: no other command reports them. They replace the notes
    /// of the check about the same identities.
    pub(crate) fn add_moves(&mut self, warnings: Vec<Box<RawValue>>) {
        let about = |finding: &RawValue| {
            let head = FindingHead::of(finding)?;
            Some((head.code, head.id?))
        };
        let moved: Vec<_> = warnings.iter().filter_map(|finding| about(finding)).collect();
        let is_note = |finding: &RawValue| {
            FindingHead::of(finding).is_some_and(|head| head.severity == "info")
                && about(finding).is_some_and(|it| moved.contains(&it))
        };
        self.findings.retain(|finding| !is_note(finding));
        self.warnings += warnings.len();
        self.findings.splice(0..0, warnings);
        self.findings.truncate(MAX_FINDINGS);
    }

    /// Returns whether it is another one than the status has.
    pub(crate) fn is_other_than(&self, status: &WatchStatus) -> bool {
        let texts = |findings: &[Box<RawValue>]| -> Vec<String> {
            findings.iter().map(|finding| finding.get().to_owned()).collect()
        };
        texts(&self.findings) != texts(&status.findings)
    }

    /// Puts it into the status.
    pub(crate) fn put_into(self, status: &mut WatchStatus) {
        (status.finding_errors, status.finding_warnings) = (self.errors, self.warnings);
        status.findings = self.findings;
    }
}
