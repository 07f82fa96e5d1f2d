//! The merge driver under real git, every version there is.

mod failing;
mod merging;
mod sandbox;
mod standing_in;

#[path = "../common/coverage.rs"]
mod coverage;
#[path = "../common/reviewed.rs"]
mod reviewed;
