//! The merge driver under real git, every version there is.

mod failing;
mod merging;
mod sandbox;
mod standing_in;
