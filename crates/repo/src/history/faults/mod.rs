//! [`examine()`] checks a history: which commits are inconsistent, whether later ones healed them,
//! and whether an identity named two files. Pure.

mod commit;
mod examine;
mod losses;
mod names;
mod reuse;

pub use commit::{HistoryCommit, HistoryState, MAX_STARTS, follows, led_to};
pub use examine::{CommitFault, Faults, RestoredIn, examine};
pub use losses::{Loss, Published, losses};
pub use names::{BindingKind, IdBinding, bindings, new_bindings, split_bindings};
pub use reuse::{IdReuse, ReuseCause};

#[cfg(test)]
mod tests;
