//! Checks the index, and reports moves that would not be recognised, which no other command
//! reports.

use std::path::Path;

use idhooks_core::check::{Finding, Severity};
use idhooks_ops::{CheckOptions, CheckSubject, FindingFilter, Observer, OpsError, check};
use idhooks_repo::git::Repo;
use serde_json::value::to_raw_value;

use crate::status::MAX_FINDINGS;

use super::messages::{CheckOutcome, ObservedMove};
use super::unrecognised_moves::{ExaminedMoves, examine_moves};

/// Runs the checks that 'idhooks check' runs, and examines moves.
pub(super) fn check_index(
    observer: &mut dyn Observer,
    dir: &Path,
    moves: &[ObservedMove],
) -> Result<CheckOutcome, OpsError> {
    let mut filter = FindingFilter::new(CheckSubject::Files, None, None)?;
    let report = check(observer, &Repo::open(dir)?, &CheckOptions::default(), &mut filter)?;
    let mut findings = report.findings;
    // The findings are counted before the list is truncated.
    let [errors, warnings] = [Severity::Error, Severity::Warning].map(|it| it.count(&findings));
    let ExaminedMoves { findings: moved, settled } = match moves {
        [] => ExaminedMoves::default(),
        _ => examine_moves(observer, dir, moves)?,
    };
    let warnings = warnings + moved.len();
    // These findings replace the check's notes about the same identities.
    let is_replaced = |one: &Finding| {
        let is_same = |other: &Finding| (other.code, &other.id) == (one.code, &one.id);
        one.severity == Severity::Info && one.id.is_some() && moved.iter().any(is_same)
    };
    findings.truncate(MAX_FINDINGS);
    findings.retain(|one| !is_replaced(one));
    let all = moved.iter().chain(&findings).take(MAX_FINDINGS);
    let findings = all.filter_map(|finding| to_raw_value(finding).ok()).collect();
    Ok(CheckOutcome { errors, warnings, findings, settled })
}
