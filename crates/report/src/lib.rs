//! What idhooks reports to machines: metrics and alerts as values, and the HTTP that serves them or
//! sends them on.
//!
//! The modules ("rooms") `metrics` and `net` do not use each other; `reports` reads the repository for
//! what `metrics` decides, and `schedule` writes reports by the clock.

pub mod schedule;

pub mod reports;

pub mod metrics;
pub mod net;
