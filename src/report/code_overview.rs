//! [`CodeOverview`]: the overview of identifiers in code shown on the dashboard.

use idhooks_ops::{CodeState, LegacyUse, LintDay, OpsError};
use idhooks_report::reports::CiRun;
use serde::Serialize;

use crate::output::LintDocument;

/// The state of identifiers in code, or the reason there is nothing to show.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub(super) enum CodeOverview<'o> {
    /// The configuration has no `[lint]` table.
    Off,
    /// The code could not be checked.
    Failed {
        /// Why.
        reason: String,
    },
    /// The code was checked.
    Checked(Box<CheckedCode<'o>>),
}

/// The findings.
#[derive(Serialize)]
pub(super) struct CheckedCode<'o> {
    #[serde(flatten)]
    report: LintDocument<'o>,
    legacy_formats: &'o [LegacyUse],
    history: &'o [LintDay],
    /// The last 'idhooks ci' run in this clone.
    last_ci: Option<&'o CiRun>,
}

impl<'o> CodeOverview<'o> {
    /// Returns the overview.
    pub(super) fn new(
        code: &'o Result<Option<CodeState>, OpsError>,
        last_ci: Option<&'o CiRun>,
    ) -> Self {
        let code = match code {
            Ok(Some(code)) => code,
            Ok(None) => return CodeOverview::Off,
            Err(error) => return CodeOverview::Failed { reason: error.to_string() },
        };
        let report = LintDocument::new(&code.tally, &code.findings, &code.skipped, |_| None);
        CodeOverview::Checked(Box::new(CheckedCode {
            report: report.without_findings(),
            legacy_formats: &code.legacy,
            history: &code.days,
            last_ci,
        }))
    }
}
