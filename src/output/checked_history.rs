//! Formats the result of `idhooks check --history`.

use idhooks_core::check::{Finding, Severity};
use idhooks_ops::{CheckHistoryOptions, CheckHistoryReport, CommitId, Examined, RepairTime, Title};
use serde::Serialize;

use super::json::document;
use super::{FindingsReport, ReportFormat, Ui, count};

/// The JSON document for the check.
#[derive(Serialize)]
struct HistoryDocument<'f> {
    findings: &'f [Finding],
    repair_times: &'f [RepairTime],
}

impl Ui {
    /// Prints the findings, the first bad commit, and the commits that could not be checked.
    /// `hidden` contains the findings accepted by a baseline.
    pub fn checked_history(
        &mut self,
        report: &CheckHistoryReport,
        options: &CheckHistoryOptions,
        hidden: &[Finding],
        format: ReportFormat,
    ) {
        let CheckHistoryReport { commits, examined, findings, titles, repair_times, .. } = report;
        let shown = FindingsReport::new("check", findings, options.least, &[]);
        let shown = shown.leaving_out(hidden, 0);
        if format == ReportFormat::Json {
            self.data(&document(&HistoryDocument { findings, repair_times }));
        } else if let Some(document) = format.document(&shown) {
            self.data(&document);
        } else {
            for (id, findings) in &examined.faults {
                self.line(&named(titles, *id));
                self.findings(findings);
            }
        }
        let history = options.history();
        // "0 commits: no findings" would look like a passed check.
        if *commits == 0 {
            self.status(&format!("no commits in {history}"));
        } else {
            let judged = count(examined.judged, "commit", "commits");
            self.status(&format!("{judged} of {history}: {}", shown.summary()));
        }
        let is_bad = |findings: &[_]| Severity::Error.count(findings) > 0;
        // Later commits usually inherit the fault, so the user should look at the first one.
        if let Some((first, _)) = examined.faults.iter().find(|(_, findings)| is_bad(findings)) {
            self.status(&format!("the first bad commit is {}", named(titles, *first)));
        }
        warn(self, examined);
    }
}

/// Returns a commit's description.
fn named(titles: &[Title], id: CommitId) -> String {
    let short = id.short();
    match titles.iter().find(|title| title.id == id) {
        Some(Title { subject, author, date, .. }) => {
            format!("{short} {subject} ({author}, {date})")
        }
        None => short,
    }
}

/// Warns about commits that could not be checked, or only in part.
fn warn(ui: &mut Ui, history: &Examined) {
    if history.shallow > 0 {
        let commits = count(history.shallow, "commit", "commits");
        let what = "at its boundary could not be compared with their parents";
        ui.warning(&format!("the clone is shallow: {commits} {what}"));
        // This is a warning, not a finding: how much history a clone has says nothing about the
        // commits.
        ui.hint("fetch the rest, then check again: git fetch --unshallow");
    }
    if history.absent > 0 {
        let commits = count(history.absent, "commit", "commits");
        let what = "are not in this clone; they were not checked";
        ui.warning(&format!("the registries of {commits} {what}"));
        ui.hint("fetch them, then check again: git fetch --refetch --no-filter");
    }
    if history.unread > 0 {
        let commits = count(history.unread, "commit", "commits");
        let what = "are not in this clone; these moves were not checked";
        ui.warning(&format!("contents of files that {commits} moved {what}"));
        ui.hint("fetch them, then check again: git fetch --refetch --no-filter");
    }
}
