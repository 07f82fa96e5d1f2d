//! `idhooks check`: checks the registry in the index, in a commit, or in every commit in a range.

use idhooks_core::check::{Code, Family, Finding, Severity, Share, unread_heads};
use idhooks_ops::{
    BaselineMode, CheckCounts, CheckHistoryOptions, CheckOptions, CheckReport, CheckSubject,
    CoverageFloor, FindingFilter, Repo, check, check_history, current_dir,
};
use std::path::{Path, PathBuf};

use super::output_file::finish_baseline;
use super::revision_args::RevisionArgs;
use super::value_parsers::choice;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{
    FindingsReport, ReportFormat, Ui, count, report_unchecked_references, wrapped,
};

/// Check that the registry is consistent with the tracked files
///
/// Checks the index, that is, the next commit; options select an existing commit or a range of
/// commits instead. Findings are printed to standard output; 'idhooks explain CODE' describes each
/// code.
#[derive(Debug, clap::Args)]
#[command(after_help = after_help())]
pub(super) struct Check {
    /// Check only one family of findings
    #[arg(value_parser = choice(Family::OF_CHECK, Family::as_str, Some(Family::help)), value_name = "FAMILY")]
    family: Option<Family>,
    #[command(flatten)]
    source: RevisionArgs,
    /// Check the index (default)
    #[arg(long, conflicts_with_all = ["rev", "history", "since_adoption"])]
    staged: bool,
    /// Search the heads of all files for identities, not just those of files with an embed rule
    #[arg(long, conflicts_with_all = ["history", "since_adoption"])]
    all_heads: bool,
    /// Check every commit in a range, given as for 'git rev-list'
    #[arg(long, value_name = "RANGE", num_args = 0.., conflicts_with = "rev")]
    history: Option<Vec<String>>,
    /// Check every commit since adoption up to HEAD, like '--history' without a value
    #[arg(long, conflicts_with_all = ["rev", "history"])]
    since_adoption: bool,
    /// Report identities that a merge with these branches would change (COLLISION)
    #[arg(
        long,
        value_name = "BRANCH",
        value_delimiter = ',',
        conflicts_with_all = ["history", "since_adoption"]
    )]
    against: Vec<String>,
    /// Accept files without an identity if at least this share of files has one: 0.95 or 95%
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["history", "since_adoption"])]
    min_coverage: Option<Share>,
    /// Report only findings that are not in this baseline
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,
    /// Write all findings to this baseline
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Also fail on warnings
    #[arg(long)]
    strict: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
}

/// The help text above the table of families.
const EXAMPLES: &str = "\
Examples:
  idhooks check                                     before you commit
  idhooks check --rev HEAD~3 --strict --format json
  idhooks check coverage --min-coverage 95%         one family of findings
  idhooks check --against origin/main,origin/release
  idhooks check --history                           every commit since adoption
  idhooks check --history=origin/main..HEAD         every commit on a branch

Families:";
/// The help text below the table of families.
const NOTES: &str = "\
REGISTRY_CORRUPT and MALFORMED_ID are reported in every family, since they prevent other checks.

History: every commit must be consistent, no record may disappear, and no identity may name two \
files. The first bad commit is named. An inconsistent commit is a warning if a later one in the range \
heals it (BEHIND), else an error. Results are cached by commit.

Baseline: to start in an old repository, run 'idhooks check --write-baseline known.json' and commit \
the file. Then 'idhooks check --baseline known.json' fails only on new findings. An unreadable \
registry always fails.

Exit code: 0 no errors; 1 errors (with --strict, also warnings); 2 an error prevented the check";

/// Returns the examples, the codes of each family, and the notes.
fn after_help() -> String {
    let mut text = EXAMPLES.to_owned();
    for family in Family::OF_CHECK {
        let codes = Code::ALL.into_iter().filter(|code| code.family() == family);
        let codes: Vec<&str> = codes.map(Code::as_str).collect();
        for (n, line) in wrapped(&codes.join(", "), 80).iter().enumerate() {
            let name = if n == 0 { family.as_str() } else { "" };
            text += &format!("\n  {name:<10}  {line}");
        }
    }
    format!("{text}\n{NOTES}")
}

impl Check {
    pub(super) fn run(mut self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let mut filter = self.filter()?;
        let least = if self.strict { Severity::Warning } else { Severity::Error };
        if self.since_adoption || self.history.is_some() {
            let revisions = self.history.take().unwrap_or_default();
            let repair_times = self.format == ReportFormat::Json;
            let options = CheckHistoryOptions { revisions, least, repair_times };
            // This also works in a bare repository, where a server examines pushed commits.
            let repo = Repo::open_to_read(dir)?;
            let report = check_history(ui, &repo, &options, &mut filter)?;
            ui.checked_history(&report, &options, filter.hidden(), self.format);
            finish_baseline(ui, &filter, Some(&repo))?;
            return Ok(if report.is_failed { Exit::Findings } else { Exit::Fine });
        }
        // Any file, whether or not a rule covers it, may be a copy that carries the original's
        // identity.
        self.all_heads |= self.family == Some(Family::Uniqueness);
        let repo = self.source.open(dir)?;
        let options = CheckOptions {
            revision: self.source.revision(),
            all_heads: self.all_heads,
            against: std::mem::take(&mut self.against),
            min_coverage: self.min_coverage.take(),
            least,
        };
        let report = check(ui, &repo, &options, &mut filter)?;
        self.show(ui, &report, least, filter.hidden());
        if self.format == ReportFormat::Text {
            ui.note_root(current_dir(&repo), &report.findings);
        }
        match &report.floor {
            Some(floor) => {
                finish_baseline(ui, &filter, Some(&repo))?;
                ui.coverage_floor(floor);
            }
            None => {
                if let BaselineMode::Written(file, _) = &filter.baseline {
                    let file = file.display();
                    // A baseline written now would lack the findings of checks that could not run.
                    ui.warning(&format!("'{file}' was not written: the check is incomplete"));
                }
            }
        }
        if report.unmerged > 0 {
            let paths = count(report.unmerged, "unmerged path", "unmerged paths");
            ui.warning(&format!("{paths} not checked; resolve the conflicts, then check again"));
        }
        Ok(if report.is_failed { Exit::Findings } else { Exit::Fine })
    }

    /// Returns the filter for the findings.
    fn filter(&self) -> CommandResult<FindingFilter> {
        if let (Some(family), Some(share)) = (self.family, &self.min_coverage)
            // Other families do not report missing identities, so the required minimum would always
            // be met.
            && family != Family::Coverage
        {
            return Err(CommandError::new(format!("'{family}' does not check coverage"))
                .because(&format!("--min-coverage {share} needs the family 'coverage'"))
                .hint(format!("run: idhooks check coverage --min-coverage {share}")));
        }
        let [read, write] = [&self.baseline, &self.write_baseline].map(Option::as_deref);
        let mut filter = FindingFilter::new(CheckSubject::Files, read, write)?;
        (filter.family, filter.previews_merges) = (self.family, !self.against.is_empty());
        Ok(filter)
    }

    fn show(&self, ui: &mut Ui, report: &CheckReport, least: Severity, hidden: &[Finding]) {
        let unmet = report.floor.as_ref().and_then(CoverageFloor::unmet);
        let shown = FindingsReport::new("check", &report.findings, least, unmet.as_slice());
        let shown = shown.leaving_out(hidden, 0).with_unchecked(&report.unchecked);
        ui.report_findings(&shown, self.format);
        let seen =
            report.counts.map_or_else(String::new, |CheckCounts { files, identities, .. }| {
                let files = count(files, "file", "files");
                format!("{files}, {}: ", count(identities, "identity", "identities"))
            });
        // The 'coverage' family does not read file heads.
        let unread = if self.family == Some(Family::Coverage) { 0 } else { report.unread };
        let unread = unread_heads(unread, self.all_heads);
        ui.status(&format!("{seen}{}{unread}", shown.summary()));
        report_unchecked_references(ui, &report.unchecked);
    }
}
