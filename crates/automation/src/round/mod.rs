//! The part of a watcher's round that needs a registry. A separate process ('idhooks watch work')
//! does it, so that the memory for a large registry is not kept by the watcher, and a panic, a hang
//! or a kill ends that process and not the watcher.

mod checked;
mod document;
mod examined;
mod moved_index;
mod opened;
mod outputs;
mod stage;

use std::path::Path;

use idhooks_ops::{Observer, OpsError};
use idhooks_repo::git::Repo;
use idhooks_repo::system::{end_programs_with_parent, holding_signals};

use opened::{first_line, lock};

pub use document::{CheckOutcome, ObservedMove, Overtaken, RoundAnswer, RoundRequest};

/// Carries out a watcher's request in the working tree of a directory. Changes nothing while git or
/// another command is at work; the answer then gives the reason to wait.
///
/// # Errors
/// Returns an error if the repository cannot be read or written.
pub fn do_round(
    observer: &mut dyn Observer,
    dir: &Path,
    request: &RoundRequest,
) -> Result<RoundAnswer, OpsError> {
    let mut answer = RoundAnswer::default();
    if request.stages.is_some() || request.generates_without.is_some() {
        // A watcher that is ending, or has ended, ends the programs; a change to the index is
        // completed.
        end_programs_with_parent();
        match holding_signals(|| act(observer, dir, request, &mut answer)) {
            Err(error) if error.is_transient() => answer.waits_for = Some(first_line(&error)),
            done => done?,
        }
    }
    if request.checks {
        answer.checked = Some(checked::check_index(observer, dir, &request.moves)?);
    }
    Ok(answer)
}

fn act(
    observer: &mut dyn Observer,
    dir: &Path,
    request: &RoundRequest,
    answer: &mut RoundAnswer,
) -> Result<(), OpsError> {
    // A rebase that runs into a locked index or a changed file stops halfway.
    let repo = Repo::open(dir)?.synced().giving_way();
    let locks = lock(&repo, answer)?;
    if let Some(limit) = request.stages.filter(|_| answer.waits_for.is_none()) {
        stage::stage(observer, &repo, &request.moves, limit, answer)?;
    }
    if let Some(without) = request.generates_without.as_ref().filter(|_| answer.waits_for.is_none())
    {
        // Programs may take a long time: other commands need not wait for them.
        drop(locks);
        outputs::make_outputs(observer, &repo, without, answer)?;
    }
    Ok(())
}
