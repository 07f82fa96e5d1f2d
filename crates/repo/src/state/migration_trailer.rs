//! [`MigrationTrailer`]: the line in a commit message saying that the commit makes or undoes
//! migration steps.

use std::fmt;

use idhooks_core::config::MigrationPhase;

use crate::git::Commit;

/// The trailer in the message of a commit that makes or undoes a step. It contains the phase after
/// the commit.
pub(super) const TRAILER: &str = "Idhooks-Migration: ";
/// Follows the phase if the commit undoes steps, and is followed by the number of steps.
const UNDONE: &str = " (rollback of ";

/// The content of a trailer in a commit message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MigrationTrailer {
    /// The phase after the commit.
    pub phase: MigrationPhase,
    /// The number of steps that the commit undid, or 0 if it made a step.
    pub undone: usize,
}

impl MigrationTrailer {
    /// Returns a commit's trailer, if the commit made or undid steps.
    pub fn of(commit: &Commit) -> Option<Self> {
        let message = String::from_utf8_lossy(commit.message());
        // A rebase may have combined several messages, so the last trailer counts.
        let text = message.lines().rev().find_map(|line| line.strip_prefix(TRAILER))?.trim_end();
        let (word, undone) = match text.split_once(UNDONE) {
            Some((word, number)) => (word, number.strip_suffix(')')?.parse().ok()?),
            None => (text, 0),
        };
        Some(MigrationTrailer { phase: MigrationPhase::parse(word)?, undone })
    }

    /// Returns whether the commit undid all steps, so that the registry was removed on purpose.
    pub(crate) fn is_off(self) -> bool {
        self.undone > 0 && self.phase == MigrationPhase::Off
    }
}

impl fmt::Display for MigrationTrailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{TRAILER}{}", self.phase)?;
        if self.undone > 0 { write!(f, "{UNDONE}{})", self.undone) } else { Ok(()) }
    }
}
