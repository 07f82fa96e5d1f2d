//! [`Coverage`]: how many tracked files have an identity; [`Share`]: a share of files, from none to
//! all.

use std::{fmt, str::FromStr};

use crate::registry::Timestamp;

use super::{Code, Finding, Severity};

/// The precision of a ratio: it is computed in millionths.
const MILLION: usize = 1_000_000;
/// The maximum number of digits in a share before and after the decimal point.
const MAX_DIGITS: usize = 9;

/// A share of files, from none to all, along with its text as the user wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    text: String,
    parts: u64,
    of: u64,
}

/// The number of tracked files, and how many of them have an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Coverage {
    /// Tracked files.
    #[serde(rename = "total_files")]
    pub files: usize,
    /// The number of these files that have an identity.
    #[serde(rename = "with_ids")]
    pub covered: usize,
}

impl Coverage {
    /// Returns the coverage after the next commit; files that will be given an identity according
    /// to `findings` count as covered.
    #[must_use]
    pub fn with_pending(self, findings: &[Finding]) -> Self {
        let is_pending = |f: &&Finding| f.code == Code::MissingId && f.severity == Severity::Info;
        let pending = findings.iter().filter(is_pending).count();
        Coverage { covered: self.files.min(self.covered + pending), ..self }
    }

    /// Returns whether the covered share is at least `share`; without any files, it is 100 %.
    pub fn meets(self, share: &Share) -> bool {
        let [covered, files] = [self.covered, self.files].map(|n| n as u128);
        // Cross products are compared, because a quotient would be rounded.
        covered * u128::from(share.of) >= files * u128::from(share.parts)
    }

    /// Returns whether the covered share has dropped by more than `by` since `before`; without any
    /// files, it is 100 %.
    pub fn is_lower_than(self, before: Coverage, by: &Share) -> bool {
        let parts = |coverage: Coverage| match coverage.files {
            0 => [1, 1],
            files => [coverage.covered, files].map(|n| n as i128),
        };
        let ([now, all], [then, all_then]) = (parts(self), parts(before));
        // The fractions are brought to a common denominator, because a quotient would be rounded.
        let lost = then * all - now * all_then;
        lost * i128::from(by.of) > i128::from(by.parts) * all * all_then
    }
}

impl fmt::Display for Coverage {
    /// The share is rounded down, so that 100 % means all files.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Coverage { files, covered } = *self;
        let tenths = (covered * 1000).checked_div(files).unwrap_or(1000);
        let files =
            if files == 1 { "1 tracked file".to_owned() } else { format!("{files} tracked files") };
        write!(f, "{}.{} % ({covered} of {files})", tenths / 10, tenths % 10)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The coverage at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The time of the last commit of that day (UTC).
    pub at: Timestamp,
    /// The full id of that commit.
    pub commit: String,
    /// The coverage.
    pub coverage: Coverage,
}

/// Returns the covered share, from 0 to 1 with at most six decimal places. It is rounded down, so
/// that 1 means all files; without any files, it is 1.
pub fn ratio(coverage: Coverage) -> f64 {
    let parts = (coverage.covered * MILLION).checked_div(coverage.files).unwrap_or(MILLION);
    parts as f64 / MILLION as f64
}

/// The error for a string that is not a share.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a share is a number from 0 to 1, such as 0.95, or from 0% to 100%")]
pub struct ShareError;

impl FromStr for Share {
    type Err = ShareError;

    /// Parses `0.95` or `95%`: plain decimal digits, at most nine of them after the point.
    fn from_str(text: &str) -> Result<Self, ShareError> {
        let (number, whole) = match text.strip_suffix('%') {
            Some(number) => (number.trim_end(), 100),
            None => (text, 1),
        };
        let (before, after) = number.split_once('.').unwrap_or((number, ""));
        let digits = [before, after].concat();
        let is_plain = !before.is_empty()
            && before.len() <= MAX_DIGITS
            && after.len() <= MAX_DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !number.ends_with('.');
        let parts = digits.parse().ok().filter(|_| is_plain).ok_or(ShareError)?;
        // A decimal fraction is stored exactly, as a whole number divided by a power of ten.
        let of = (0..after.len()).fold(whole, |of, _| of * 10);
        if parts > of {
            return Err(ShareError);
        }
        Ok(Share { text: text.to_owned(), parts, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meets(covered: usize, files: usize, share: &str) -> bool {
        Coverage { files, covered }.meets(&share.parse().expect("a share"))
    }

    #[test]
    fn shares_are_compared_exactly() {
        for share in ["0.95", "95%", "95 %", "95.0%", "0.950000000"] {
            assert!(meets(95, 100, share) && meets(19, 20, share), "{share}");
            assert!(!meets(94, 100, share) && !meets(949_999, 1_000_000, share), "{share}");
        }
        assert!(meets(0, 0, "1") && meets(0, 9, "0") && meets(9, 9, "100%"));
        assert!(!meets(999_999_999, 1_000_000_000, "1.0"));
        assert!(!meets(2, 3, "66.7%") && meets(2, 3, "66.6%"));
    }

    #[test]
    fn a_loss_is_compared_exactly() {
        let is_lower = |now: (usize, usize), then: (usize, usize), by: &str| {
            let [now, then] = [now, then].map(|(covered, files)| Coverage { files, covered });
            now.is_lower_than(then, &by.parse().expect("a share"))
        };
        assert!(!is_lower((95, 100), (100, 100), "0.05") && is_lower((94, 100), (100, 100), "5%"));
        assert!(is_lower((999_999, 1_000_000), (1, 1), "0") && !is_lower((1, 1), (1, 2), "0"));
        assert!(!is_lower((0, 0), (3, 3), "0") && is_lower((0, 3), (0, 0), "99%"));
    }

    #[test]
    fn texts_that_are_not_shares_are_refused() {
        for text in [
            "",
            "%",
            ".",
            ".5",
            "1.",
            "95",
            "1.01",
            "100.1%",
            "-0.5",
            "+1",
            "1e-1",
            "NaN",
            "inf",
            "0,95",
            "0.9.5",
            " 0.95",
            "95%%",
            "0x1",
            "٠.٥",
            "0.0000000001",
            "99999999999999999999%",
        ] {
            assert_eq!(text.parse::<Share>(), Err(ShareError), "{text}");
        }
    }

    #[test]
    fn coverage_is_rounded_down() {
        let shown = |covered, files| Coverage { files, covered }.to_string();
        assert_eq!(shown(1, 1), "100.0 % (1 of 1 tracked file)");
        assert_eq!(shown(9_999, 10_000), "99.9 % (9999 of 10000 tracked files)");
        assert_eq!(shown(0, 0), "100.0 % (0 of 0 tracked files)");
    }

    #[test]
    fn shares_are_rounded_down() {
        let ratio = |covered, files| ratio(Coverage { files, covered }).to_string();
        assert_eq!(ratio(0, 0), "1");
        assert_eq!(ratio(0, 3), "0");
        assert_eq!(ratio(3, 3), "1");
        assert_eq!(ratio(1, 2), "0.5");
        assert_eq!(ratio(2, 3), "0.666666");
        assert_eq!(ratio(9_999_999, 10_000_000), "0.999999");
    }
}
