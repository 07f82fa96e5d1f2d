//! The generated files of a commit: made from what it contains, and staged with its registry.

use idhooks_core::check::Finding;
use idhooks_core::config::Config;
use idhooks_core::registry::RepoPath;
use idhooks_ops::{report_edited, stale_only};
use idhooks_repo::generators::{BuildState, Generating, OutputChanges, output_changes};
use idhooks_repo::state::{StateError, read_registry};
use idhooks_repo::transaction::PendingCommit;

use crate::output::Ui;

/// Returns whether a commit that changes no record leaves nothing to generate by these rules.
pub(super) fn are_outputs_fresh(
    pending: &PendingCommit<'_>,
    rules: Option<&Config>,
) -> Result<bool, StateError> {
    let Some(config) = rules.filter(|rules| rules.generates_in_commits()) else { return Ok(true) };
    let (repo, tree) = (pending.repo, &pending.index.tree);
    let Some(entry) = tree.get(&RepoPath::registry()) else { return Ok(false) };
    let registry = &read_registry(repo, *entry)?.registry;
    let input = Generating { repo, config, tree, registry };
    let (reports, findings) = input.survey(|generator| generator.runs_in_commits())?;
    Ok(findings.is_empty() && reports.iter().all(|report| report.state == BuildState::Fresh))
}

/// Generates the files of a commit that are not up to date. Returns what changes, and what failed.
pub(super) fn generate(
    input: &Generating<'_>,
) -> Result<(OutputChanges, Vec<Finding>), StateError> {
    if !input.config.generates_in_commits() {
        return Ok(Default::default());
    }
    let effort = stale_only();
    let round = input.run(|generator| generator.runs_in_commits(), effort)?;
    let changes = output_changes(input.repo, input.config, input.tree, &round.outputs)?;
    Ok((changes, round.findings))
}

/// Reports what was generated.
pub(super) fn report_outputs(ui: &mut Ui, outputs: &OutputChanges) {
    let paths = outputs.entries.iter().map(|step| &step.path);
    for path in paths.filter(|path| **path != RepoPath::attributes()) {
        ui.status(&format!("idhooks: generated '{path}'"));
    }
    report_edited(ui, &outputs.edited);
}
