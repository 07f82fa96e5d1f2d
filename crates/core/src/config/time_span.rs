//! [`TimeSpan`] and [`Days`]: time spans such as `30s` and `90d` in `idhooks.toml` and on the
//! command line.

use std::{fmt, str::FromStr, time::Duration};

/// The units, each with its length in milliseconds, longest first.
const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A time span in days, written as `90d`, `12w` or `2y`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days(pub u32);

impl FromStr for Days {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unit =
            [('d', 1), ('w', 7), ('y', 365)].into_iter().find(|(sign, _)| text.ends_with(*sign));
        let days = unit.and_then(|(sign, days)| {
            text.strip_suffix(sign)?.parse::<u32>().ok()?.checked_mul(days)
        });
        days.map(Days).ok_or("not a time span such as 90d, 12w or 2y")
    }
}

/// A time span such as `500ms`, `30s`, `5m`, `1h` or `2d`; a number without a unit means seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeSpan(pub Duration);

impl FromStr for TimeSpan {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        let unit = match &text[digits.len()..] {
            "" => Some(1_000),
            unit => UNITS.iter().find(|(name, _)| *name == unit).map(|(_, millis)| *millis),
        };
        // By itself, `parse` would accept a leading `+`.
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse::<u64>().ok().filter(|_| is_number);
        let millis = unit.zip(number).and_then(|(unit, number)| unit.checked_mul(number));
        let span = millis.map(|millis| TimeSpan(Duration::from_millis(millis)));
        span.ok_or("not a time such as 500ms, 30s, 5m, 1h or 2d")
    }
}

impl fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = self.0.as_millis();
        let fits = |unit: &&(&str, u64)| millis > 0 && millis.is_multiple_of(u128::from(unit.1));
        match UNITS.iter().find(fits) {
            Some((name, unit)) => write!(f, "{}{name}", millis / u128::from(*unit)),
            None => f.write_str("0s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_number_and_perhaps_a_unit() {
        for (text, millis, shown) in [
            ("30s", 30_000, "30s"),
            ("30", 30_000, "30s"),
            ("500ms", 500, "500ms"),
            ("120s", 120_000, "2m"),
            ("1h", 3_600_000, "1h"),
            ("2d", 172_800_000, "2d"),
            ("0", 0, "0s"),
        ] {
            let span: TimeSpan = text.parse().expect("valid");
            assert_eq!((span.0, &*span.to_string()), (Duration::from_millis(millis), shown));
        }
        for text in
            ["", "s", "-1s", "+5s", "1.5s", "1 s", "1w", "1S", "x1s", "99999999999999999999s"]
        {
            assert!(text.parse::<TimeSpan>().is_err(), "{text}");
        }
    }
}
