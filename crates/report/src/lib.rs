//! Machine-readable reports: metrics and alerts as values, and the HTTP code that serves or sends
//! them.
//!
//! The modules ("rooms") `metrics` and `net` do not use each other; `reports` reads the data for
//! `metrics` from the repository, and `schedule` writes reports at fixed times.

pub mod schedule;

pub mod reports;

pub mod metrics;
pub mod net;
