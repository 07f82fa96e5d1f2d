//! The linter in `idhooks ci`: identifiers in the code of a change, as it will be once merged.

use std::rc::Rc;

use idhooks_core::check::{Finding, Severity};
use idhooks_core::config::Config;
use idhooks_core::registry::Tree;
use idhooks_identifiers::LintSelection;
use idhooks_ops::FindingFilter;
use idhooks_repo::git::Repo;

use crate::commands::lint::{
    GateOptions, LintGates, LintResult, LintRun, LintScene, warn_of_skipped,
};
use crate::error::{CommandResult, Exit};
use crate::output::Ui;

/// What the linter found in a change.
pub(super) struct CiLint {
    config: Config,
    /// All that was found, on which the score depends.
    result: LintResult,
    /// Those that no baseline accepts.
    findings: Vec<Finding>,
    /// The baseline of the configuration.
    baseline: Option<FindingFilter>,
    gates: LintGates,
}

impl CiLint {
    /// Checks the files of a tree; returns nothing if neither the configuration nor an option says so.
    ///
    /// # Errors
    /// Returns an error if `[lint]`, its baseline or an option is not valid, or if a blob cannot be
    /// read.
    pub(super) fn of(
        ui: &mut Ui,
        repo: &Rc<Repo>,
        tree: &Tree,
        (config, options): (&Config, &GateOptions),
    ) -> CommandResult<Option<Self>> {
        if !config.has_lint() && !options.is_given() {
            return Ok(None);
        }
        let scene = LintScene::of_tree(repo, tree.clone());
        let config = scene.config(None)?;
        let rules = config.config.lint();
        let (gates, baseline) = (options.or_configured(&config)?, scene.baseline(rules)?);
        let result = LintRun::new(&scene, &config, &LintSelection::default())?.lint(&[])?;
        warn_of_skipped(ui, &result.skipped);
        let (config, findings) = (config.config, result.findings.clone());
        Ok(Some(CiLint { config, result, findings, baseline, gates }))
    }

    /// Returns the findings that are in no baseline: neither in that of the command line nor in that of
    /// the configuration.
    pub(super) fn filtered(&mut self, filter: &mut FindingFilter) -> Vec<Finding> {
        filter.apply(&mut self.findings);
        if let Some(baseline) = &mut self.baseline {
            baseline.apply(&mut self.findings);
        }
        self.findings.clone()
    }

    /// Returns the gates that are not met, in words.
    pub(super) fn unmet(&self) -> Vec<String> {
        self.gates.unmet(&self.result.tally(self.config.lint(), &self.findings))
    }

    /// Returns the exit code, and says which entries of the baseline are no longer needed.
    ///
    /// # Errors
    /// Returns an error if the repository cannot be read.
    pub(super) fn finish(self, ui: &mut Ui, least: Severity) -> CommandResult<Exit> {
        self.baseline.into_iter().for_each(|baseline| ui.baseline(&baseline.outcome()));
        Ok(Exit::of(&self.findings, least))
    }
}

/// Returns the findings that baselines hide, and the number of files that the linter did not check.
pub(super) fn left_out(linted: Option<&CiLint>, filter: &FindingFilter) -> (Vec<Finding>, usize) {
    let baseline = linted.and_then(|linted| linted.baseline.as_ref());
    let hidden = [filter.hidden(), baseline.map_or(&[], FindingFilter::hidden)].concat();
    (hidden, linted.map_or(0, |linted| linted.result.skipped.len()))
}
