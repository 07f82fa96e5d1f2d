//! The generators that a watcher with '--live' runs.

use std::collections::BTreeSet;

use idhooks_core::config::Generator;
use idhooks_ops::{Observer, OpsError, stale_only};
use idhooks_repo::derived::DerivedFile;
use idhooks_repo::derived::generators::{BuildState, Effort};
use idhooks_repo::git::Repo;
use idhooks_repo::state::StateError;
use idhooks_repo::system::is_interrupted;

use crate::control::WatchControl;

use super::messages::{Overtaken, RoundAnswer};
use super::registry_opening::{first_line, lock, open};

/// Produces the outputs that are out of date.
pub(super) fn make_outputs(
    observer: &mut dyn Observer,
    repo: &Repo,
    without: &BTreeSet<String>,
    answer: &mut RoundAnswer,
) -> Result<(), OpsError> {
    let Some(transaction) = open(observer, repo, answer)? else { return Ok(()) };
    let is_due =
        |generator: &Generator| generator.runs_in_watcher() && !without.contains(&generator.name);
    if !transaction.config.generators.iter().any(is_due) {
        return Ok(());
    }
    let effort = stale_only();
    let (reports, _) = transaction.generating().survey(is_due)?;
    let stale = reports.iter().filter(|report| report.state != BuildState::Fresh);
    let stale = stale.map(|report| report.generator.name.clone()).collect();
    WatchControl::of(&repo.worktree_state_dir()).note_generating(stale)?;
    let earlier = transaction.generating().run(is_due, effort)?;
    if is_interrupted() {
        answer.waits_for = Some("the watcher ends".to_owned());
        return Ok(());
    }
    let _locks = lock(repo, answer)?;
    if answer.waits_for.is_some() {
        return Ok(());
    }
    // The index may have changed since the outputs were produced. The outputs are already cached, so
    // no program runs while other commands wait for the lock.
    let Some(transaction) = open(observer, repo, answer)? else { return Ok(()) };
    let names: BTreeSet<String> =
        earlier.outputs.iter().filter_map(DerivedFile::generator).map(str::to_owned).collect();
    let effort = Effort { runs_programs: false, ..effort };
    let made = transaction.generate(observer, is_due, effort, earlier);
    let round = made.inspect_err(|error| {
        let overtaken = || Overtaken { generators: names, why: first_line(error) };
        answer.overtaken = error.is_transient().then(overtaken);
    })?;
    for output in round.outputs {
        if let Some(generator) = output.generator() {
            answer.done.push(format!("generated {} ({generator})", output.path));
            answer.generators.insert(generator.to_owned());
        }
    }
    if !round.left_out.is_empty() {
        let why = StateError::IndexMoved.to_string();
        answer.overtaken = Some(Overtaken { generators: round.left_out, why });
        answer.has_more = true;
    }
    let problems = round.findings.iter();
    answer.problems.extend(problems.map(|finding| finding.message.clone()));
    Ok(())
}
