//! Merges registries three-way. Pure functions only.
//!
//! A record is identified by its origin, never by its identity or path. No rule depends on which
//! side is ours, on the clock, refs or the working tree, or on the order of records; so two clones
//! that merge the same branches in any order get the same identities.

mod contested;
mod facts;
mod followers;
mod links;
mod merger;
mod numbers;
mod second_ids;
mod sides;
mod status;
mod texts;
mod versions;

pub use contested::{
    Contested, MergeSide, contested, merge_with_paths_of, mixes_sides, side_of, smaller_side,
};
pub use links::with_published_numbers;
pub use merger::merge;
pub use sides::{MergeError, MergeInput};
pub use texts::{MergedText, SeekableText, merge_differing, merge_texts};
pub use versions::{MergeRefusal, Versions};
