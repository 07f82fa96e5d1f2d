//! [`is_step`]: checks which phase a migration may move to.

use idhooks_core::config::MigrationPhase;

/// The reason a step is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StepRefusal {
    /// This phase must come first.
    #[error("the phase '{0}' must come first")]
    Skipped(MigrationPhase),
    /// The phase is earlier than the current one.
    #[error("the migration is beyond that phase: it is in '{0}'")]
    Passed(MigrationPhase),
}

/// Returns whether moving from one phase to another is a step; `false` if the two are the same.
///
/// # Errors
/// Returns an error if a phase would be skipped, or if the other phase is earlier.
pub fn is_step(from: MigrationPhase, to: MigrationPhase) -> Result<bool, StepRefusal> {
    match from.next() {
        // Repeating a step does nothing, so that scripts can be rerun.
        _ if to == from => Ok(false),
        _ if to < from => Err(StepRefusal::Passed(from)),
        Some(next) if next == to => Ok(true),
        next => Err(StepRefusal::Skipped(next.unwrap_or(from))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_each_other_and_none_is_skipped() {
        for (n, from) in MigrationPhase::ALL.into_iter().enumerate() {
            for (m, to) in MigrationPhase::ALL.into_iter().enumerate() {
                let expected = match m {
                    m if m == n => Ok(false),
                    m if m < n => Err(StepRefusal::Passed(from)),
                    m if m == n + 1 => Ok(true),
                    _ => Err(StepRefusal::Skipped(MigrationPhase::ALL[n + 1])),
                };
                assert_eq!(is_step(from, to), expected, "{from} {to}");
            }
        }
        assert_eq!(MigrationPhase::Off.previous(), None);
        assert_eq!(MigrationPhase::Finished.previous(), Some(MigrationPhase::Stopped));
    }
}
