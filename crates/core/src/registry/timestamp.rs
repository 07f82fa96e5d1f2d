//! [`Timestamp`]: an instant as stored in the registry, in UTC and whole seconds.

use std::{fmt, str::FromStr};

use super::TextError;

/// An instant, written as `YYYY-MM-DDThh:mm:ssZ`; this text sorts in chronological order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp([u8; 20]);

/// The number of seconds in a day.
const DAY: i64 = 24 * 60 * 60;

/// The format of an instant, for use in messages.
const FORM: &str = "a date of the form 2026-01-18T22:00:00Z";

impl Timestamp {
    /// The first instant.
    const FIRST: Timestamp = Timestamp(*b"0000-01-01T00:00:00Z");

    /// The Unix epoch.
    pub const EPOCH: Timestamp = Timestamp(*b"1970-01-01T00:00:00Z");

    /// Returns the instant `seconds` after the Unix epoch.
    ///
    /// # Errors
    /// Returns an error for years before 0 and after 9999.
    pub fn from_unix(seconds: i64) -> Result<Self, TextError> {
        let error = || TextError::new(&seconds.to_string(), FORM);
        let instant = jiff::Timestamp::from_second(seconds).map_err(|_| error())?;
        // Parsing refuses years that do not have four digits.
        instant.to_string().parse().map_err(|_| error())
    }

    /// Returns the instant that is this many 24-hour days earlier, but no earlier than the first
    /// valid instant.
    pub fn days_before(self, days: u32) -> Self {
        Self::from_unix(self.unix() - i64::from(days) * DAY).unwrap_or(Self::FIRST)
    }

    /// Returns the number of days since the Unix epoch.
    pub fn day(self) -> i64 {
        self.unix().div_euclid(DAY)
    }

    /// Returns the day, such as `2026-01-18`.
    pub fn date(&self) -> &str {
        self.as_str().get(..10).unwrap_or_default()
    }

    /// Returns the number of seconds since the Unix epoch.
    pub fn unix(self) -> i64 {
        self.as_str().parse::<jiff::Timestamp>().map_or(0, jiff::Timestamp::as_second)
    }

    /// Parses an instant as other programs write it: with any offset, or with none for UTC, and
    /// possibly with fractions of a second, which are dropped.
    ///
    /// # Errors
    /// Returns an error if the text is not an instant.
    pub fn read_loosely(text: &str) -> Result<Self, TextError> {
        let zoned = || text.parse::<jiff::Timestamp>().ok();
        let plain = || {
            let date: jiff::civil::DateTime = text.parse().ok()?;
            Some(date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
        };
        text.parse().or_else(|error| match zoned().or_else(plain) {
            Some(instant) => Self::from_unix(instant.as_second()),
            None => Err(error),
        })
    }

    /// Returns whether a string is an instant, without consulting the calendar; returns false for
    /// days that do not occur in every year.
    pub fn is_plain(text: &str) -> bool {
        let bytes = text.as_bytes();
        if !has_shape(bytes) {
            return false;
        }
        let number = |at: usize| (bytes[at] - b'0') * 10 + (bytes[at + 1] - b'0');
        let days = match number(5) {
            // Whether there is a 29th depends on the year, so that is left to the calendar.
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return false,
        };
        (1..=days).contains(&number(8)) && number(11) < 24 && number(14) < 60 && number(17) < 60
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Timestamp {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = || TextError::new(text, FORM);
        let bytes: [u8; 20] = text.as_bytes().try_into().map_err(|_| error())?;
        // jiff consults the calendar: 2026-02-30 is not a date.
        let exists = || text.parse::<jiff::Timestamp>().is_ok();
        // Nearly all dates pass the quick check, which does not know about leap years.
        if Self::is_plain(text) || (has_shape(&bytes) && exists()) {
            return Ok(Timestamp(bytes));
        }
        Err(error())
    }
}

fn has_shape(bytes: &[u8]) -> bool {
    let shape = b"dddd-dd-ddTdd:dd:ddZ";
    let fits = |(have, want): (&u8, &u8)| match want {
        b'd' => have.is_ascii_digit(),
        _ => have == want,
    };
    bytes.len() == shape.len() && bytes.iter().zip(shape).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_the_form_it_writes() {
        let at = Timestamp::from_unix(1_768_773_600).expect("valid");
        assert_eq!(at.to_string(), "2026-01-18T22:00:00Z");
        assert_eq!("2026-01-18T22:00:00Z".parse(), Ok(at));
        for text in [
            "",
            "2026-01-18",
            "2026-01-18T22:00:00+00:00",
            "2026-01-18T22:00:00.5Z",
            "2026-02-30T00:00:00Z",
            "2026-01-18t22:00:00z",
        ] {
            assert!(text.parse::<Timestamp>().is_err(), "{text}");
            assert!(!Timestamp::is_plain(text), "{text}");
        }
    }

    #[test]
    fn other_programs_write_it_in_other_ways() {
        for text in [
            "2026-01-18T22:00:00Z",
            "2026-01-18T22:00:00",
            "2026-01-18 22:00:00.999999",
            "2026-01-18T22:00:00.5Z",
            "2026-01-18T23:30:00+01:30",
            "2026-01-18T22:00:00.123456+00:00",
        ] {
            let read = Timestamp::read_loosely(text).map(|at| at.to_string());
            assert_eq!(read.as_deref(), Ok("2026-01-18T22:00:00Z"), "{text}");
        }
        for text in ["", "yesterday", "2026-02-30T00:00:00", "1768773600"] {
            assert!(Timestamp::read_loosely(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_plain_exists() {
        for month in 0..=13 {
            for day in 0..=32 {
                let text = format!("2026-{month:02}-{day:02}T23:59:59Z");
                assert_eq!(Timestamp::is_plain(&text), text.parse::<jiff::Timestamp>().is_ok());
            }
        }
        for text in ["2024-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-30T00:00:00Z"] {
            assert!(text.parse::<Timestamp>().is_ok(), "{text}");
        }
        for text in ["2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z"] {
            assert!(!Timestamp::is_plain(text), "{text}");
        }
    }
}
