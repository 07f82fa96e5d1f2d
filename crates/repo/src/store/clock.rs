//! The time of the system clock, even if the environment sets the dates of commits.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idhooks_core::registry::Timestamp;

/// Returns the time now.
pub fn now() -> Timestamp {
    let seconds = i64::try_from(since_epoch().as_secs()).unwrap_or_default();
    Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH)
}

/// Returns the time since 1970-01-01T00:00:00Z; zero if the clock is before that.
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
