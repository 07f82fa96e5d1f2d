//! [`CodeOverview`]: identifiers in code, as the dashboard shows them.

use idhooks_ops::{CodeState, LegacyUse, LintDay};
use serde::Serialize;

use super::LintDocument;

/// Identifiers in code, or why there is nothing to show; `R` is what is known about a run of 'idhooks ci'.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CodeOverview<'o, R> {
    /// The configuration has no table `[lint]`.
    Off,
    /// The code could not be checked.
    Failed {
        /// Why.
        reason: &'o str,
    },
    /// The code was checked.
    Checked(Box<CheckedCode<'o, R>>),
}

/// What was found.
#[derive(Serialize)]
pub struct CheckedCode<'o, R> {
    #[serde(flatten)]
    report: LintDocument<'o>,
    legacy_formats: &'o [LegacyUse],
    history: &'o [LintDay],
    /// The last run of 'idhooks ci' in this clone.
    last_ci: Option<&'o R>,
}

impl<'o, R> CodeOverview<'o, R> {
    /// Returns what there is to show.
    pub fn new(code: &'o Result<Option<CodeState>, String>, last_ci: Option<&'o R>) -> Self {
        let code = match code {
            Ok(Some(code)) => code,
            Ok(None) => return CodeOverview::Off,
            Err(reason) => return CodeOverview::Failed { reason },
        };
        let report = LintDocument::new(&code.tally, &code.findings, &code.skipped, &[]);
        CodeOverview::Checked(Box::new(CheckedCode {
            report: report.without_findings(),
            legacy_formats: &code.legacy,
            history: &code.days,
            last_ci,
        }))
    }
}
