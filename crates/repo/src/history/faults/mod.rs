//! [`examine()`] checks a history: it determines which commits are inconsistent, whether later
//! commits healed them, and whether any identity named two files.

mod examine;
mod history_commit;
mod losses;
mod reuse;

pub(super) use examine::examine;
pub(super) use history_commit::{HistoryCommit, HistoryState, MAX_STARTS, follows, led_to};
pub(super) use losses::{Loss, Published, losses};
pub(super) use reuse::{IdReuse, ReuseCause};

#[cfg(test)]
mod tests;
