//! Formats the output of `idhooks ci` about a change and about the CI configuration.

use idhooks_core::check::unread_heads;
use idhooks_ops::{ChangeReport, CiChange, CiConfiguration, CiInitOptions, CiProvider};

use super::{Ui, count, reference_changes, report_unchecked_references};

/// Shows how much was checked, after the findings; `summary` describes the number of findings.
pub fn show_checked_change(ui: &mut Ui, change: &CiChange, report: &ChangeReport, summary: &str) {
    ui.status(&format!("{change}: {summary}{}", unread_heads(report.unread, true)));
    ui.baseline(&report.filter);
    if report.conflicts > 0 {
        let files = count(report.conflicts, "other file conflicts", "other files conflict");
        ui.warning(&format!("{files} with '{}'; these were not checked", change.base_name));
    }
    reference_changes(&report.references).iter().for_each(|change| ui.warning(change));
    report_unchecked_references(ui, &report.references.unchecked);
    report.lint.baseline.iter().for_each(|baseline| ui.baseline(baseline));
}

/// Shows a CI configuration and how to use it.
pub fn show_ci_configuration(
    ui: &mut Ui,
    configuration: &CiConfiguration,
    options: &CiInitOptions,
) {
    if options.is_dry_run {
        ui.data(&configuration.text);
    } else if configuration.is_written {
        ui.line(configuration.file);
        ui.status(advice(options.provider, options.is_heal));
    } else {
        ui.status(&format!("'{}' is up to date", configuration.file));
    }
}

/// Returns advice on what to do next with the file.
fn advice(provider: CiProvider, is_heal: bool) -> &'static str {
    match (provider, is_heal) {
        (CiProvider::Github, true) => {
            "commit it to the main branch, and allow GitHub Actions to create pull requests"
        }
        (CiProvider::Gitea, true) => "commit it to the main branch: scheduled jobs run there",
        (CiProvider::Gitlab, true) => {
            "include it in .gitlab-ci.yml (include: [{local: .gitlab/idhooks-heal.yml}]), and add the schedule and the token that it names"
        }
        (CiProvider::Github, false) => {
            "commit it, then make 'idhooks' a required status check of the branch"
        }
        (CiProvider::Gitea, false) => {
            "commit it, then require the check 'idhooks' in the branch protection"
        }
        (CiProvider::Gitlab, false) => {
            "include it in .gitlab-ci.yml (include: [{local: .gitlab/idhooks.yml}]), commit both, then require that pipelines succeed"
        }
        (CiProvider::PreCommit, _) => "commit it, then run: pre-commit install",
        (CiProvider::Lefthook, _) => "commit it, then run: lefthook install",
    }
}
