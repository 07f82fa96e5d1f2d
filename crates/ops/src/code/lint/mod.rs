//! Identifiers in code: the linter's findings, and their replacements.

mod checked_gates;
mod code_state;
mod commit;
mod fix;
mod fix_balance;
mod fix_candidates;
mod history;
mod import_faults;
mod import_sections;
mod parallel;
mod refusal;
mod run;
mod target;

use std::path::PathBuf;

use idhooks_code::LintSelection;
use idhooks_core::check::Finding;

use crate::{
    CheckSubject, FindingFilter, LintGates, LintTally, Observer, OpsError, SkippedFile, UnmetGate,
};
pub(crate) use code_state::code_state;
pub(crate) use commit::{lint_commit, lint_tree};
pub use fix::{FileFixes, LintFixOptions, LintFixReport, fix_of, lint_fix};
pub use fix_balance::{FixBalance, UnfitFile};
pub use history::{LintHistoryOptions, lint_history};
pub use refusal::{LintRefusal, PartAdvice, UnknownPart};
use run::LintRun;
pub use target::LintTarget;

/// The code to check, and what to report.
#[derive(Debug)]
pub struct LintOptions {
    /// Only these files and files under these directories, as typed; all files if empty.
    pub paths: Vec<PathBuf>,
    /// A file whose rules are used instead of the configuration.
    pub config: Option<PathBuf>,
    /// The codes to count, and how to count them.
    pub selection: LintSelection,
    /// A baseline to read instead of the configured one.
    pub baseline: Option<PathBuf>,
    /// A file to write the findings to as a new baseline.
    pub new_baseline: Option<PathBuf>,
    /// Limits that the results must meet.
    pub gates: LintGates,
    /// Whether to find the code that the rules would replace.
    pub finds_fixes: bool,
}

/// The result of a linter run.
#[derive(Debug)]
pub struct LintReport {
    /// The findings that no baseline accepts, sorted.
    pub findings: Vec<Finding>,
    /// The filter that removed the accepted findings.
    pub filter: FindingFilter,
    /// The files that were not checked.
    pub skipped: Vec<SkippedFile>,
    /// The numbers.
    pub tally: LintTally,
    /// The code that the rules would replace, if requested.
    pub fixes: Vec<FileFixes>,
    /// The gates that the results do not meet.
    pub unmet: Vec<UnmetGate>,
}

/// Checks the identifiers in code.
///
/// # Errors
/// Returns an error if a path does not exist, if the rules, a gate or a baseline are not valid, or if the
/// repository cannot be read.
pub fn lint(
    observer: &mut dyn Observer,
    target: &LintTarget<'_>,
    options: &LintOptions,
) -> Result<LintReport, OpsError> {
    let config = target.config(options.config.as_deref())?;
    let run = LintRun::new(target, &config, &options.selection)?;
    let gates = options.gates.checked(run.rules()).map_err(LintRefusal::from)?;
    let [read, write] = [&options.baseline, &options.new_baseline].map(Option::as_deref);
    let configured = match (read, write) {
        (None, None) => target.baseline(run.rules())?,
        // A new baseline must contain all findings, so the configured one must not hide any.
        _ => None,
    };
    let mut filter = match configured {
        Some(filter) => filter,
        None => FindingFilter::new(CheckSubject::Code, read, write)?,
    };
    let LintSelection { select, ignore, .. } = &options.selection;
    // A partial run cannot find everything in the baseline, so findings that it misses must not be
    // reported as gone.
    filter.is_partial = !(options.paths.is_empty() && select.is_empty() && ignore.is_empty());
    let result = run.lint(&options.paths)?;
    result.report_skipped(observer);
    let mut findings = result.findings.clone();
    filter.apply(&mut findings);
    let tally = result.tally(run.rules(), &findings);
    let fixes = match options.finds_fixes {
        true => fix::fixes_of(&run, &config, &findings)?,
        false => Vec::new(),
    };
    let unmet = gates.unmet(&tally);
    Ok(LintReport { findings, filter, skipped: result.skipped, tally, fixes, unmet })
}
