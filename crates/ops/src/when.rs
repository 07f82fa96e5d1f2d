//! [`When`]: a point in time as typed.

use std::str::FromStr;

use idhooks_core::config::Days;
use idhooks_core::registry::Timestamp;

/// A point in time as typed: a day, a time, or a time span before now.
#[derive(Debug, Clone)]
pub enum When {
    /// This time.
    At(Timestamp),
    /// This many days ago.
    DaysAgo(u32),
}

/// The string is not a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a day such as 2026-01-31 nor a time span such as 90d, 12w or 2y")]
pub struct WhenError;

impl FromStr for When {
    type Err = WhenError;
    fn from_str(text: &str) -> Result<Self, WhenError> {
        // A day stands for its start, in UTC.
        if let Ok(at) = format!("{text}T00:00:00Z").parse().or_else(|_| text.parse()) {
            return Ok(When::At(at));
        }
        text.parse().map(|Days(days)| When::DaysAgo(days)).map_err(|_| WhenError)
    }
}

impl When {
    /// Returns the point in time, given the current time.
    pub fn as_of(&self, now: Timestamp) -> Timestamp {
        match self {
            When::At(at) => *at,
            When::DaysAgo(days) => now.days_before(*days),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_people_write_them() {
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().expect("valid");
        let as_of = |text: &str| When::from_str(text).map(|when| when.as_of(now).to_string());
        for (text, at) in [
            ("1d", "2026-02-28T12:00:00Z"),
            ("2w", "2026-02-15T12:00:00Z"),
            ("1y", "2025-03-01T12:00:00Z"),
            ("2026-01-31", "2026-01-31T00:00:00Z"),
            ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00Z"),
        ] {
            assert_eq!(as_of(text), Ok(at.to_owned()), "{text}");
        }
        for text in ["", "d", "-1d", "1m", "2026-02-30", "99999999999d", "4294967295y", "1 d"] {
            assert!(as_of(text).is_err(), "{text}");
        }
    }
}
