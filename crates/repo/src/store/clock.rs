//! The system clock's time, even if the environment sets the dates of commits.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use idhooks_core::registry::Timestamp;

/// Returns the current time.
pub fn now() -> Timestamp {
    let seconds = i64::try_from(since_epoch().as_secs()).unwrap_or_default();
    Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH)
}

/// Returns the time since the Unix epoch; zero if the clock is set to an earlier time.
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
