//! [`FindingFilter`]: selects the findings that a check reports: by family, and those that are not in the
//! baseline.

use std::path::{Path, PathBuf};

use idhooks_core::check::{Baseline, Code, Family, Finding, Severity};
use idhooks_core::registry::{JsonError, RepoPath};
use idhooks_repo::store::read_file;

use crate::OpsError;

/// What a check examines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckSubject {
    /// The identities of files.
    Files,
    /// Identifiers in code.
    Code,
}

/// A filter that removes findings of other families and those of the baseline.
#[derive(Debug)]
pub struct FindingFilter {
    /// The family of findings that are left, if not all.
    pub family: Option<Family>,
    /// Whether the check previews merges; otherwise it finds no collisions.
    pub previews_merges: bool,
    /// Whether only a part of what the baseline may name is checked.
    pub is_partial: bool,
    subject: CheckSubject,
    mode: BaselineMode,
}

/// How the filter uses a baseline.
#[derive(Debug)]
enum BaselineMode {
    Nothing,
    /// A baseline that was read from this file, and the findings that it removed.
    Read(PathBuf, Baseline, Vec<Finding>),
    /// All findings so far, to write to this file.
    Written(PathBuf, Vec<Finding>),
}

/// What a check did with its baseline.
#[derive(Debug)]
pub enum BaselineOutcome {
    /// It has none.
    None,
    /// It removed findings.
    Read {
        /// The file.
        file: PathBuf,
        /// The findings that were removed.
        hidden: Vec<Finding>,
        /// The findings of the baseline that are gone.
        gone: Vec<Finding>,
    },
    /// It found what the baseline is to be written with.
    ToWrite {
        /// The file.
        file: PathBuf,
        /// The findings.
        findings: Vec<Finding>,
    },
}

/// Why a baseline cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BaselineRefusal {
    /// The file of an option does not exist.
    #[error("cannot find the baseline '{}'", .file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// What the check examines.
        subject: CheckSubject,
    },
    /// The file that the configuration names does not exist.
    #[error("cannot find the baseline '{file}'")]
    MissingConfigured {
        /// The file.
        file: RepoPath,
        /// Whether it is looked for in the index or in a commit.
        is_to_be_committed: bool,
    },
    /// The file is something else.
    #[error("'{}' is not a baseline: line {}", .file.display(), .error.line)]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Why.
        error: JsonError,
    },
    /// The file is a directory.
    #[error("'{}' is a directory, not a baseline", .file.display())]
    Directory {
        /// The file.
        file: PathBuf,
        /// Whether a baseline should be written to it.
        is_to_be_written: bool,
    },
    /// No baseline is written to a file, since that is no baseline.
    #[error("{why}")]
    NotReplaced {
        /// The file.
        file: PathBuf,
        /// Why it is none.
        #[source]
        why: Box<OpsError>,
    },
}

impl FindingFilter {
    /// Creates a filter for a check of `subject` with a baseline to read, or one to write.
    ///
    /// # Errors
    /// Returns an error if the baseline is missing or damaged, or if the file to write is not a
    /// baseline.
    pub fn new(
        subject: CheckSubject,
        read: Option<&Path>,
        write: Option<&Path>,
    ) -> Result<Self, OpsError> {
        let mode = match (read, write) {
            (Some(file), _) => {
                let missing = || BaselineRefusal::Missing { file: file.into(), subject };
                let baseline = read_baseline(file)?.ok_or_else(missing)?;
                BaselineMode::Read(file.to_owned(), baseline, Vec::new())
            }
            (None, Some(file)) => {
                let (path, is_to_be_written) = (file.to_owned(), true);
                if file.is_dir() {
                    return Err(BaselineRefusal::Directory { file: path, is_to_be_written }.into());
                }
                read_baseline(file).map_err(|why| BaselineRefusal::NotReplaced {
                    file: file.to_owned(),
                    why: why.into(),
                })?;
                BaselineMode::Written(path, Vec::new())
            }
            (None, None) => BaselineMode::Nothing,
        };
        Ok(Self::of(subject, mode))
    }

    /// Creates a filter for the linter from the content of the baseline that the configuration names.
    ///
    /// # Errors
    /// Returns an error if the baseline is damaged.
    pub fn configured(file: PathBuf, bytes: &[u8]) -> Result<Self, BaselineRefusal> {
        let baseline = parse_baseline(&file, bytes)?;
        Ok(Self::of(CheckSubject::Code, BaselineMode::Read(file, baseline, Vec::new())))
    }

    fn of(subject: CheckSubject, mode: BaselineMode) -> Self {
        FindingFilter { family: None, previews_merges: false, is_partial: false, subject, mode }
    }

    /// Removes the findings that are not reported.
    pub fn apply(&mut self, findings: &mut Vec<Finding>) {
        let family = self.family;
        findings.retain(|finding| family.is_none_or(|family| family.includes(finding.code)));
        match &mut self.mode {
            BaselineMode::Nothing => {}
            BaselineMode::Read(_, baseline, hidden) => {
                hidden.extend(findings.extract_if(.., |finding| baseline.take(finding)));
            }
            // What the next commit repairs by itself needs no entry.
            BaselineMode::Written(_, all) => {
                all.extend(findings.extract_if(.., |f| f.severity != Severity::Info));
            }
        }
    }

    /// Returns the findings that the baseline hides, or that will be written to it.
    pub fn hidden(&self) -> &[Finding] {
        match &self.mode {
            BaselineMode::Nothing => &[],
            BaselineMode::Read(_, _, hidden) | BaselineMode::Written(_, hidden) => hidden,
        }
    }

    /// Returns what the baseline hid and which of its findings are gone, or what is to be written to it.
    pub fn outcome(self) -> BaselineOutcome {
        match self.mode {
            BaselineMode::Nothing => BaselineOutcome::None,
            BaselineMode::Read(file, baseline, hidden) => {
                // Those that this check can find.
                let is_sought = |code: Code| {
                    let is_of_code = code.family() == Family::Identifiers;
                    is_of_code == (self.subject == CheckSubject::Code)
                        && self.family.is_none_or(|family| family.includes(code))
                        && (self.previews_merges || code != Code::Collision)
                };
                let left =
                    baseline.left().filter(|known| !self.is_partial && is_sought(known.code));
                BaselineOutcome::Read { file, hidden, gone: left.cloned().collect() }
            }
            BaselineMode::Written(file, findings) => BaselineOutcome::ToWrite { file, findings },
        }
    }
}

/// Reads the baseline in a file, if the file exists.
fn read_baseline(file: &Path) -> Result<Option<Baseline>, OpsError> {
    if file.is_dir() {
        let (file, is_to_be_written) = (file.to_owned(), false);
        return Err(BaselineRefusal::Directory { file, is_to_be_written }.into());
    }
    Ok(read_file(file)?.map(|bytes| parse_baseline(file, &bytes)).transpose()?)
}

fn parse_baseline(file: &Path, bytes: &[u8]) -> Result<Baseline, BaselineRefusal> {
    Baseline::parse(bytes)
        .map_err(|error| BaselineRefusal::Invalid { file: file.to_owned(), error })
}
