//! [`Moment`]: an instant in milliseconds, as stored in the queue.

use std::{fmt, str::FromStr, time::Duration};

use idhooks_core::registry::{TextError, Timestamp};
use idhooks_repo::store::clock;

/// The length of a timestamp without its fractional seconds.
const SECONDS: usize = "2026-01-18T22:00:00".len();

/// An instant, displayed as `YYYY-MM-DDThh:mm:ss.sssZ` so that sorting the strings also sorts the
/// instants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(u64);

impl Moment {
    /// Returns the current time.
    pub fn now() -> Self {
        Moment(u64::try_from(clock::since_epoch().as_millis()).unwrap_or(u64::MAX))
    }

    /// Returns the instant this many milliseconds after the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Moment(millis)
    }

    /// Returns the milliseconds since the Unix epoch.
    pub const fn millis(self) -> u64 {
        self.0
    }

    /// Returns this instant plus a duration.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        Moment(self.0.saturating_add(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Returns this instant minus a duration.
    #[must_use]
    pub fn before(self, time: Duration) -> Self {
        Moment(self.0.saturating_sub(u64::try_from(time.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Returns the time elapsed since another instant; zero if that instant is in the future.
    pub fn since(self, earlier: Moment) -> Duration {
        // The clock may have been set back.
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.0 / 1000).unwrap_or(i64::MAX);
        let date = Timestamp::from_unix(seconds).unwrap_or(Timestamp::EPOCH).to_string();
        write!(f, "{}.{:03}Z", date.get(..SECONDS).unwrap_or_default(), self.0 % 1000)
    }
}

impl FromStr for Moment {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = || TextError::new(text, "a date of the form 2026-01-18T22:00:00.000Z");
        let (seconds, fraction) = text.split_at_checked(SECONDS).ok_or_else(error)?;
        let fraction = fraction.strip_prefix('.').and_then(|rest| rest.strip_suffix('Z'));
        let fraction = fraction.filter(|digits| digits.len() == 3).ok_or_else(error)?;
        let millis: u64 = fraction.parse().map_err(|_| error())?;
        let seconds = format!("{seconds}Z").parse::<Timestamp>()?.unix();
        Ok(Moment(u64::try_from(seconds).map_err(|_| error())? * 1000 + millis))
    }
}

idhooks_core::serialize_as_text!(Moment);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let at = Moment::from_millis(1_768_773_600_042);
        assert_eq!(at.to_string(), "2026-01-18T22:00:00.042Z");
        assert_eq!("2026-01-18T22:00:00.042Z".parse(), Ok(at));
        for text in
            ["", "2026-01-18T22:00:00Z", "2026-01-18T22:00:00.5Z", "1969-01-01T00:00:00.000Z"]
        {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
        assert_eq!(at.after(Duration::from_secs(1)).since(at), Duration::from_secs(1));
        assert_eq!(at.since(at.after(Duration::from_secs(1))), Duration::ZERO);
    }
}
