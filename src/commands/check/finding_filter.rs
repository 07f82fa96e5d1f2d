//! Selects the findings that a check reports: by family, and those that are not in the baseline.

use std::path::{Path, PathBuf};

use idhooks_core::check::{Baseline, Code, Coverage, Family, Finding, Severity, Share};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{read_file, replace_file};

use crate::commands::output_file::guard;
use crate::error::{CommandError, CommandResult};
use crate::output::{Ui, and_more, count, numbers, shell_quoted};

/// The number of findings that are listed as gone.
const MAX_NAMED: usize = 5;

/// A filter that removes findings of other families and those of the baseline.
pub(crate) struct FindingFilter {
    pub(crate) family: Option<Family>,
    /// Whether the check previews merges; otherwise it finds no collisions.
    pub(crate) previews_merges: bool,
    /// Whether only a part of what the baseline may name is checked.
    pub(crate) is_partial: bool,
    /// The command that finds.
    command: &'static str,
    mode: BaselineMode,
}

/// How the filter uses a baseline.
enum BaselineMode {
    Nothing,
    /// A baseline that was read from this file, and the findings that it removed.
    Read(PathBuf, Baseline, Vec<Finding>),
    /// All findings so far, to write to this file.
    Written(PathBuf, Vec<Finding>),
}

impl FindingFilter {
    /// Creates a filter for a command from the baselines of its command line: one to read, or one to
    /// write.
    ///
    /// # Errors
    /// Returns an error if the baseline is missing or damaged, or if the file to write is not a
    /// baseline.
    pub(crate) fn new(
        command: &'static str,
        read: Option<&Path>,
        write: Option<&Path>,
    ) -> CommandResult<Self> {
        let mode = match (read, write) {
            (Some(file), _) => {
                let baseline = read_baseline(file)?.ok_or_else(|| missing(file, command))?;
                BaselineMode::Read(file.to_owned(), baseline, Vec::new())
            }
            (None, Some(file)) => {
                if file.is_dir() {
                    return Err(is_directory(file, "--write-baseline"));
                }
                read_baseline(file).map_err(|error| {
                    let error = error.hint("only a baseline is replaced; name another file");
                    error.hint(format!("or remove that one first: rm {}", quoted(file)))
                })?;
                BaselineMode::Written(file.to_owned(), Vec::new())
            }
            (None, None) => BaselineMode::Nothing,
        };
        Ok(Self::of(command, mode))
    }

    /// Creates a filter for a command from a baseline that the configuration names; `bytes` is the
    /// content of the file, if it exists.
    ///
    /// # Errors
    /// Returns an error if the baseline is missing or damaged.
    pub(crate) fn configured(
        command: &'static str,
        file: &Path,
        bytes: Option<&[u8]>,
    ) -> CommandResult<Self> {
        let named = "lint.baseline in idhooks.toml names it";
        let bytes = bytes.ok_or_else(|| missing(file, "lint").because(&named))?;
        let baseline = parse_baseline(file, bytes)?;
        Ok(Self::of(command, BaselineMode::Read(file.to_owned(), baseline, Vec::new())))
    }

    fn of(command: &'static str, mode: BaselineMode) -> Self {
        FindingFilter { family: None, previews_merges: false, is_partial: false, command, mode }
    }

    /// Removes the findings that are not reported.
    pub(crate) fn apply(&mut self, findings: &mut Vec<Finding>) {
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
    pub(crate) fn hidden(&self) -> &[Finding] {
        match &self.mode {
            BaselineMode::Nothing => &[],
            BaselineMode::Read(_, _, hidden) | BaselineMode::Written(_, hidden) => hidden,
        }
    }

    /// Reports what the baseline hid and which of its findings are gone, or writes the baseline.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub(crate) fn finish(self, ui: &mut Ui, repo: Option<&Repo>) -> CommandResult<()> {
        match &self.mode {
            BaselineMode::Nothing => {}
            BaselineMode::Read(file, baseline, hidden) => {
                if !hidden.is_empty() {
                    let findings = numbers(hidden, ["known finding", "known findings"]);
                    ui.status(&format!("{findings} in '{}' not shown", file.display()));
                }
                // Those that this check can find.
                let is_sought = |code: Code| {
                    let is_of_code = code.family() == Family::Identifiers;
                    is_of_code == (self.command == "lint")
                        && self.family.is_none_or(|family| family.includes(code))
                        && (self.previews_merges || code != Code::Collision)
                };
                let left = baseline.left().filter(|_| !self.is_partial);
                let gone = left.filter(|known| is_sought(known.code));
                let gone: Vec<&Finding> = gone.collect();
                if !gone.is_empty() {
                    ui.status(&gone_line(file, &gone));
                }
            }
            BaselineMode::Written(file, findings) => {
                let text = Baseline::of(findings).format();
                repo.map_or(Ok(()), |repo| guard(repo, file))?;
                let links = repo.map(Repo::link_guard).unwrap_or_default();
                replace_file(&links, file, text.as_bytes())?;
                let findings = numbers(findings, ["finding", "findings"]);
                ui.status(&format!("wrote {findings} to '{}'", file.display()));
            }
        }
        Ok(())
    }

    /// Warns that the baseline was not written, since the check is incomplete.
    pub(crate) fn report_incomplete(self, ui: &mut Ui) {
        if let BaselineMode::Written(file, _) = self.mode {
            ui.warning(&format!("'{}' was not written: the check is incomplete", file.display()));
        }
    }
}

/// Returns the line that lists the findings of the baseline that are gone.
fn gone_line(file: &Path, gone: &[&Finding]) -> String {
    let names: Vec<String> = gone.iter().take(MAX_NAMED).map(|finding| finding.label()).collect();
    let (names, more) = (names.join(", "), and_more(gone.len().saturating_sub(MAX_NAMED)));
    let findings = count(gone.len(), "finding", "findings");
    let (file, verb) = (file.display(), if gone.len() == 1 { "is" } else { "are" });
    format!("{findings} in '{file}' {verb} gone; remove from the file: {names}{more}")
}

/// Reads the baseline in a file, if the file exists.
fn read_baseline(file: &Path) -> CommandResult<Option<Baseline>> {
    if file.is_dir() {
        return Err(is_directory(file, "--baseline"));
    }
    read_file(file)?.map(|bytes| parse_baseline(file, &bytes)).transpose()
}

fn parse_baseline(file: &Path, bytes: &[u8]) -> CommandResult<Baseline> {
    Baseline::parse(bytes).map_err(|error| {
        let (shown, line) = (file.display(), error.line);
        CommandError::new(format!("'{shown}' is not a baseline: line {line}"))
            .because(&error)
            .hint("restore it from git, or write it again with --write-baseline")
    })
}

/// Returns the error for an option that names a directory.
fn is_directory(file: &Path, option: &str) -> CommandError {
    let inside = quoted(&file.join("baseline.json"));
    CommandError::new(format!("'{}' is a directory, not a baseline", file.display()))
        .hint(format!("name a file: {option} {inside}"))
}

/// Returns the error for a baseline that does not exist.
fn missing(file: &Path, command: &str) -> CommandError {
    // 'ci' writes none.
    let command = if command == "lint" { "lint" } else { "check" };
    let command = format!("idhooks {command} --write-baseline {}", quoted(file));
    CommandError::new(format!("cannot find the baseline '{}'", file.display()))
        .hint(format!("write it first: {command}"))
}

fn quoted(file: &Path) -> String {
    shell_quoted(&file.to_string_lossy())
}

/// The coverage of a check, and the required minimum.
pub(crate) struct CoverageFloor {
    coverage: Coverage,
    least: Option<Share>,
}

impl CoverageFloor {
    /// Computes the coverage of `files` tracked files from the findings of missing identities.
    pub(crate) fn of(files: usize, findings: &[Finding], least: Option<Share>) -> Self {
        let missing = findings.iter().filter(|finding| finding.code == Code::MissingId).count();
        let coverage = Coverage { files, covered: files.saturating_sub(missing) };
        CoverageFloor { coverage: coverage.with_pending(findings), least }
    }

    fn is_met(&self) -> bool {
        self.least.as_ref().is_some_and(|share| self.coverage.meets(share))
    }

    /// Reduces findings of missing identities to severity info if coverage reaches the minimum.
    pub(crate) fn accept_missing(&self, findings: &mut [Finding]) {
        if self.is_met() {
            let missing = findings.iter_mut().filter(|finding| finding.code == Code::MissingId);
            missing.for_each(|finding| finding.severity = Severity::Info);
        }
    }

    /// Returns the problem, in words, if coverage is below the minimum.
    pub(crate) fn unmet(&self) -> Option<String> {
        let share = self.least.as_ref().filter(|_| !self.is_met())?;
        Some(format!("coverage is {}, less than {share}", self.coverage))
    }

    /// Reports the coverage if a minimum is set.
    pub(crate) fn report(&self, ui: &mut Ui) {
        match self.unmet() {
            Some(unmet) => ui.error(&unmet),
            None if self.least.is_some() => ui.status(&format!("coverage is {}", self.coverage)),
            None => {}
        }
    }
}
