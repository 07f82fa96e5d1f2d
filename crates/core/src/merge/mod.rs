//! Merges registries three-way. Pure functions only.
//!
//! A record is identified by its origin, never by its identity or path. No rule depends on which
//! side is ours, on the clock, refs or the working tree, or on the order of records; so two clones
//! that merge the same branches in any order get the same identities.

mod contested;
mod followers;
mod joined;
mod merge_input;
mod merged_text;
mod merger;
mod numbers;
mod path_and_status;
mod record_links;
mod second_ids;
mod values_and_counters;
mod versions;

pub use contested::{
    Contested, MergeSide, contested, merge_with_paths_of, mixes_sides, side_of, smaller_side,
};
pub use joined::joined;
pub use merge_input::{MergeError, MergeInput};
pub use merged_text::{
    MergedText, SeekableText, merge_differing, merge_differing_numbered, merge_texts,
};
pub use merger::{merge, merge_numbered};
pub use record_links::with_published_numbers;
pub use versions::{MergeRefusal, Versions};
