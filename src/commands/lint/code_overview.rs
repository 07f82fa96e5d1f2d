//! [`CodeOverview`]: identifiers in code, as the dashboard shows them.

use idhooks_report::reports::CiRun;
use serde::Serialize;

use super::code_state::{CodeState, LegacyUse};
use super::history::LintDay;
use super::report::LintReport;

/// Identifiers in code, or why there is nothing to show.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(in crate::commands) enum CodeOverview<'o> {
    /// The configuration has no table `[lint]`.
    Off,
    /// The code could not be checked.
    Failed {
        /// Why.
        reason: &'o str,
    },
    /// The code was checked.
    Checked(Box<CheckedCode<'o>>),
}

/// What was found.
#[derive(Serialize)]
pub(in crate::commands) struct CheckedCode<'o> {
    #[serde(flatten)]
    report: LintReport<'o>,
    legacy_formats: &'o [LegacyUse],
    history: &'o [LintDay],
    /// The last run of 'idhooks ci' in this clone.
    last_ci: Option<&'o CiRun>,
}

impl<'o> CodeOverview<'o> {
    /// Returns what there is to show.
    pub(in crate::commands) fn new(
        code: &'o Result<Option<CodeState>, String>,
        last_ci: Option<&'o CiRun>,
    ) -> Self {
        let code = match code {
            Ok(Some(code)) => code,
            Ok(None) => return CodeOverview::Off,
            Err(reason) => return CodeOverview::Failed { reason },
        };
        let report = LintReport::new(&code.tally, (&code.findings, &code.skipped), &code.fixes);
        CodeOverview::Checked(Box::new(CheckedCode {
            report: report.without_findings(),
            legacy_formats: &code.legacy,
            history: &code.days,
            last_ci,
        }))
    }
}
