//! What idhooks reports to machines: metrics and alerts as values, and the HTTP that serves them or
//! sends them on.
//!
//! The modules ("rooms") do not use each other.

pub mod metrics;
pub mod net;
