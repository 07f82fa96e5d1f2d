//! The time of the system clock, even if the environment sets the dates of commits.

use std::time::{SystemTime, UNIX_EPOCH};

use idhooks_core::registry::Timestamp;

/// Returns the time now.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = i64::try_from(since.as_secs()).unwrap_or_default();
    Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH)
}
