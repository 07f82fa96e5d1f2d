//! The part of a watcher's round that needs a registry. It runs in a separate process ('idhooks
//! watch work'), so that the watcher does not hold on to the memory for a large registry, and does
//! not end if that process panics, hangs or is killed.

mod check;
mod messages;
mod moved_index;
mod outputs;
mod registry_opening;
mod stage;
mod unrecognised_moves;

use std::path::Path;

use idhooks_ops::{Observer, OpsError};
use idhooks_repo::git::Repo;
use idhooks_repo::system::{end_programs_with_parent, holding_signals};

use registry_opening::{first_line, lock};

pub use messages::{CheckOutcome, ObservedMove, Overtaken, RoundAnswer, RoundRequest};

/// Carries out a watcher's request in the working tree that contains `dir`. Changes nothing while
/// git or another command is at work; the answer then says what to wait for.
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
        // When the watcher is asked to end or has ended, the programs are ended too, but a change
        // to the index is completed.
        end_programs_with_parent();
        match holding_signals(|| act(observer, dir, request, &mut answer)) {
            Err(error) if error.is_transient() => answer.waits_for = Some(first_line(&error)),
            done => done?,
        }
    }
    if request.checks {
        answer.checked = Some(check::check_index(observer, dir, &request.moves)?);
    }
    Ok(answer)
}

fn act(
    observer: &mut dyn Observer,
    dir: &Path,
    request: &RoundRequest,
    answer: &mut RoundAnswer,
) -> Result<(), OpsError> {
    // This run gives way, because a rebase stops halfway if it runs into a locked index or a
    // changed file.
    let repo = Repo::open(dir)?.synced().giving_way();
    let locks = lock(&repo, answer)?;
    if let Some(limit) = request.stages.filter(|_| answer.waits_for.is_none()) {
        stage::stage(observer, &repo, &request.moves, limit, answer)?;
    }
    if let Some(without) = request.generates_without.as_ref().filter(|_| answer.waits_for.is_none())
    {
        // Programs may take a long time, so other commands should not have to wait for them.
        drop(locks);
        outputs::make_outputs(observer, &repo, without, answer)?;
    }
    Ok(())
}
