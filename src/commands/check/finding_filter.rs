//! Of which findings a check tells: those it was asked for that are not known already.

use std::path::{Path, PathBuf};

use crate::check::{Baseline, Code, Family, Finding, KnownFinding, Severity};
use crate::error::CommandError;
use crate::git::Repo;
use crate::output::{Ui, count, shell_quoted};
use crate::store::{read_file, replace_file};

/// How many findings that are gone are named.
const NAMED: usize = 5;

/// Keeps back the findings of other families and the known ones.
pub(crate) struct FindingFilter {
    family: Option<Family>,
    /// Whether the check looks ahead to merges; one that does not finds no collision.
    looks_ahead: bool,
    known: Knowledge,
}

/// What is known already.
enum Knowledge {
    Nothing,
    /// What a file says, and how many findings it kept back.
    Read(PathBuf, Baseline, usize),
    /// Whatever is found, for a file to be written.
    Written(PathBuf, Vec<Finding>),
}

impl FindingFilter {
    /// Returns the sieve for what was asked on the command line.
    ///
    /// # Errors
    /// A baseline that is not there or is damaged; a file to be written that is something else.
    pub(crate) fn new(
        family: Option<Family>,
        looks_ahead: bool,
        read: Option<&Path>,
        write: Option<&Path>,
    ) -> Result<Self, CommandError> {
        let known = match (read, write) {
            (Some(file), _) => match read_baseline(file)? {
                Some(baseline) => Knowledge::Read(file.to_owned(), baseline, 0),
                None => return Err(no_baseline(file)),
            },
            (None, Some(file)) => {
                read_baseline(file).map_err(|error| {
                    let error = error.hint("only a baseline is replaced; name another file");
                    error.hint(format!("or remove that one first: rm {}", quoted(file)))
                })?;
                Knowledge::Written(file.to_owned(), Vec::new())
            }
            (None, None) => Knowledge::Nothing,
        };
        Ok(FindingFilter { family, looks_ahead, known })
    }

    /// Leaves the findings to tell of.
    pub(crate) fn sift(&mut self, findings: &mut Vec<Finding>) {
        let family = self.family;
        findings.retain(|finding| family.is_none_or(|family| family.includes(finding.code)));
        match &mut self.known {
            Knowledge::Nothing => {}
            Knowledge::Read(_, baseline, times) => {
                let before = findings.len();
                findings.retain(|finding| !baseline.take(finding));
                *times += before - findings.len();
            }
            // What the next commit ends by itself need not be known.
            Knowledge::Written(_, all) => {
                let (notes, faults): (Vec<_>, Vec<_>) =
                    findings.drain(..).partition(|finding| finding.severity == Severity::Info);
                all.extend(faults);
                *findings = notes;
            }
        }
    }

    /// Says what was kept back and what is gone, or writes what was found.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(crate) fn close(self, ui: &mut Ui, repo: &Repo) -> Result<(), CommandError> {
        match &self.known {
            Knowledge::Nothing => {}
            Knowledge::Read(file, baseline, times) => {
                if *times > 0 {
                    let findings = count(*times, "known finding", "known findings");
                    ui.status(&format!("{findings} in '{}' not shown", file.display()));
                }
                let gone: Vec<&KnownFinding> =
                    baseline.left().filter(|known| self.looks_for(known.code)).collect();
                if !gone.is_empty() {
                    ui.status(&gone_line(file, &gone));
                }
            }
            Knowledge::Written(file, findings) => {
                let text = Baseline::of(findings).format();
                replace_file(&repo.link_guard(), file, text.as_bytes())?;
                let findings = count(findings.len(), "finding", "findings");
                ui.status(&format!("wrote {findings} to '{}'", file.display()));
            }
        }
        Ok(())
    }

    /// Says what was not written, since not everything was found.
    pub(crate) fn give_up(self, ui: &mut Ui) {
        if let Knowledge::Written(file, _) = self.known {
            ui.warning(&format!("'{}' was not written: the check is incomplete", file.display()));
        }
    }

    /// Returns whether a finding of the code would have been found if it were there.
    fn looks_for(&self, code: Code) -> bool {
        self.family.is_none_or(|family| family.includes(code))
            && (self.looks_ahead || code != Code::Collision)
    }
}

/// Says which known findings were not found, so that their lines can be taken out.
fn gone_line(file: &Path, gone: &[&KnownFinding]) -> String {
    let names: Vec<String> = gone.iter().take(NAMED).map(ToString::to_string).collect();
    let more = match gone.len().checked_sub(NAMED).filter(|more| *more > 0) {
        Some(more) => format!(" and {more} more"),
        None => String::new(),
    };
    let findings = count(gone.len(), "finding", "findings");
    let verb = if gone.len() == 1 { "is" } else { "are" };
    format!(
        "{findings} in '{}' {verb} gone; remove from the file: {}{more}",
        file.display(),
        names.join(", ")
    )
}

/// Returns the baseline in a file, if there is one.
fn read_baseline(file: &Path) -> Result<Option<Baseline>, CommandError> {
    let shown = file.display();
    let read = read_file(file).map_err(|error| {
        CommandError::from(error).hint("name the file of a baseline: --baseline baseline.json")
    })?;
    let Some(bytes) = read else { return Ok(None) };
    let baseline = Baseline::parse(&bytes).map_err(|error| {
        CommandError::new(format!("'{shown}' is not a baseline: line {}", error.line))
            .because(&error)
            .hint("restore it from git, or write it again with --write-baseline")
    })?;
    Ok(Some(baseline))
}

fn no_baseline(file: &Path) -> CommandError {
    CommandError::new(format!("cannot find the baseline '{}'", file.display()))
        .hint(format!("write it first: idhooks check --write-baseline {}", quoted(file)))
}

fn quoted(file: &Path) -> String {
    shell_quoted(&file.to_string_lossy())
}
