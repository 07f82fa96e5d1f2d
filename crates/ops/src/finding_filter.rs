//! [`FindingFilter`]: selects which findings to report: those in a family, and those that are not
//! in the baseline.

use std::path::{Path, PathBuf};

use idhooks_core::check::{Code, Family, Finding, Severity};
use idhooks_core::registry::{JsonError, RepoPath};
use idhooks_repo::store::read_file;

use crate::OpsError;
use crate::baseline::Baseline;

/// What a check examines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckSubject {
    /// Files' identities.
    Files,
    /// Identifiers in code.
    Code,
}

/// A filter that removes findings that are in another family or in the baseline.
#[derive(Debug)]
pub struct FindingFilter {
    /// The family of findings to keep; `None` keeps all findings.
    pub family: Option<Family>,
    /// Whether the check previews merges; without previews it finds no collisions.
    pub previews_merges: bool,
    /// Whether the check may see only some of the findings in the baseline.
    pub is_partial: bool,
    /// The baseline.
    pub baseline: BaselineMode,
    subject: CheckSubject,
}

/// How a filter uses a baseline.
#[derive(Debug)]
pub enum BaselineMode {
    /// There is no baseline.
    Nothing,
    /// A baseline read from this file, and the findings that it has removed.
    Read(PathBuf, Baseline, Vec<Finding>),
    /// The findings removed so far, to be written to this file.
    Written(PathBuf, Vec<Finding>),
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineRefusal {
    /// The file named by an option does not exist; also holds what the check examines.
    #[error("cannot find the baseline '{}'", .0.display())]
    Missing(PathBuf, CheckSubject),
    /// The file named in the configuration does not exist; also holds whether it was looked up in
    /// the index or a commit.
    #[error("cannot find the baseline '{0}'")]
    MissingConfigured(RepoPath, bool),
    /// The file is not a baseline.
    #[error("'{}' is not a baseline: line {}", .0.display(), .1.line)]
    Invalid(PathBuf, JsonError),
    /// The file is a directory; also holds whether a baseline was to be written to it.
    #[error("'{}' is a directory, not a baseline", .0.display())]
    Directory(PathBuf, bool),
    /// The file to write exists but cannot be read as a baseline, so it is not replaced.
    #[error("{1}")]
    NotReplaced(PathBuf, Box<OpsError>),
}

impl FindingFilter {
    /// Creates a filter for checking `subject`, with a baseline to read or to write.
    ///
    /// # Errors
    /// Returns an error if the baseline is missing or damaged, or if the file to write is not a
    /// baseline.
    pub fn new(
        subject: CheckSubject,
        read: Option<&Path>,
        write: Option<&Path>,
    ) -> Result<Self, OpsError> {
        let baseline = match (read, write) {
            (Some(file), _) => {
                let missing = || BaselineRefusal::Missing(file.into(), subject);
                BaselineMode::Read(
                    file.into(),
                    read_baseline(file)?.ok_or_else(missing)?,
                    Vec::new(),
                )
            }
            (None, Some(file)) => {
                if file.is_dir() {
                    return Err(BaselineRefusal::Directory(file.into(), true).into());
                }
                // Only an existing baseline may be replaced: a mistyped name must not destroy
                // another file.
                read_baseline(file)
                    .map_err(|why| BaselineRefusal::NotReplaced(file.into(), why.into()))?;
                BaselineMode::Written(file.into(), Vec::new())
            }
            (None, None) => BaselineMode::Nothing,
        };
        Ok(Self::of(subject, baseline))
    }

    /// Creates a filter for the linter from the content of the configured baseline.
    ///
    /// # Errors
    /// Returns an error if the baseline is damaged.
    pub fn configured(file: PathBuf, bytes: &[u8]) -> Result<Self, BaselineRefusal> {
        let baseline = parse_baseline(&file, bytes)?;
        Ok(Self::of(CheckSubject::Code, BaselineMode::Read(file, baseline, Vec::new())))
    }

    fn of(subject: CheckSubject, baseline: BaselineMode) -> Self {
        FindingFilter { family: None, previews_merges: false, is_partial: false, baseline, subject }
    }

    /// Removes the findings that should not be reported.
    pub fn apply(&mut self, findings: &mut Vec<Finding>) {
        let family = self.family;
        findings.retain(|finding| family.is_none_or(|family| family.includes(finding.code)));
        match &mut self.baseline {
            BaselineMode::Nothing => {}
            BaselineMode::Read(_, baseline, hidden) => {
                hidden.extend(findings.extract_if(.., |finding| baseline.take(finding)));
            }
            // The next commit fixes these findings, so they need no entry.
            BaselineMode::Written(_, all) => {
                all.extend(findings.extract_if(.., |f| f.severity != Severity::Info));
            }
        }
    }

    /// Returns the findings that the baseline hides, or that will be written to it.
    pub fn hidden(&self) -> &[Finding] {
        match &self.baseline {
            BaselineMode::Nothing => &[],
            BaselineMode::Read(_, _, hidden) | BaselineMode::Written(_, hidden) => hidden,
        }
    }

    /// Returns the findings in the baseline that this check could have found but that no longer
    /// occur.
    pub fn gone(&self) -> Vec<&Finding> {
        let BaselineMode::Read(_, baseline, _) = &self.baseline else { return Vec::new() };
        let is_sought = |code: Code| {
            let is_of_code = code.family() == Family::Identifiers;
            is_of_code == (self.subject == CheckSubject::Code)
                && self.family.is_none_or(|family| family.includes(code))
                && (self.previews_merges || code != Code::Collision)
        };
        baseline.left().filter(|known| !self.is_partial && is_sought(known.code)).collect()
    }
}

/// Reads the baseline from a file, if it exists.
fn read_baseline(file: &Path) -> Result<Option<Baseline>, OpsError> {
    if file.is_dir() {
        return Err(BaselineRefusal::Directory(file.into(), false).into());
    }
    Ok(read_file(file)?.map(|bytes| parse_baseline(file, &bytes)).transpose()?)
}

fn parse_baseline(file: &Path, bytes: &[u8]) -> Result<Baseline, BaselineRefusal> {
    Baseline::parse(bytes).map_err(|error| BaselineRefusal::Invalid(file.into(), error))
}
