//! Reads the system clock, even if the environment overrides commit dates.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idhooks_core::registry::Timestamp;

/// Returns the current time.
pub fn now() -> Timestamp {
    let seconds = i64::try_from(since_epoch().as_secs()).unwrap_or_default();
    Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH)
}

/// Returns the time since the Unix epoch, or zero if the clock is set to an earlier time.
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
