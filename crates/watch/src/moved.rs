//! Running 'idhooks watch moves': which moves in the working tree the next commit would not recognise, in
//! a process of its own, as 'idhooks check'.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::acted::{ObservedMove, write_moves};
use crate::own_process::{OwnProcessError, run_own};

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
/// Returns an error if they could not be examined.
pub(crate) fn examine_moves(
    top: &Path,
    moves: &[ObservedMove],
    is_over: &mut dyn FnMut() -> bool,
) -> Result<Option<MovesOutcome>, OwnProcessError> {
    run_own(top, &["watch", "moves"], write_moves(moves), |output| output.is_success, is_over)
}
