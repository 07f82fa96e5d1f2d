//! Running 'idhooks watch moves': which moves in the working tree the next commit would not recognise, in
//! a process of its own, as 'idhooks check'.

use std::path::Path;

use idhooks_repo::store::program_path;
use idhooks_repo::system::run_unless;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::acted::{ObservedMove, write_moves};

/// The result of examining moves in the working tree. `F` is the type of a finding.
#[derive(Debug, Serialize, Deserialize)]
pub struct MovesOutcome<F = Box<RawValue>> {
    /// A finding for each move that the next commit would not recognise.
    pub findings: Vec<F>,
    /// The indices of the moves that are over: HEAD does not have the old path, or has the new one.
    pub settled: Vec<usize>,
}

/// Examines moves in the working tree at `top`. Returns `None` if `is_over` ended it.
///
/// # Errors
/// Returns the reason if they could not be examined.
pub(crate) fn examine_moves(
    top: &Path,
    moves: &[ObservedMove],
    is_over: &mut dyn FnMut() -> bool,
) -> Result<Option<MovesOutcome>, String> {
    let program = program_path().map_err(|error| error.to_string())?;
    let (args, env) = (["watch", "moves"], [("GIT_OPTIONAL_LOCKS", "0")]);
    let output = run_unless((&program, top), &args, &env, write_moves(moves), is_over);
    let Some(output) = output.map_err(|error| error.to_string())? else { return Ok(None) };
    if !output.is_success {
        return Err(output.error.trim_start_matches("error: ").to_owned());
    }
    serde_json::from_slice(&output.stdout).map(Some).map_err(|error| error.to_string())
}
