//! The coverage of one day.

use crate::check::Coverage;
use crate::registry::Timestamp;

/// How many parts a share is told in.
const MILLION: usize = 1_000_000;

/// How many files had an identity at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// When the commit was made.
    pub at: Timestamp,
    /// The last commit of that day (UTC), in full.
    pub commit: String,
    /// What it came to.
    pub coverage: Coverage,
}

/// Returns the share of files with an identity as a decimal number from 0 to 1 of at most six
/// digits after the point, rounded down so that only all of them are 1; no files are all files.
pub fn ratio(coverage: Coverage) -> String {
    let parts = (coverage.covered * MILLION).checked_div(coverage.files).unwrap_or(MILLION);
    let text = format!("{}.{:06}", parts / MILLION, parts % MILLION);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_down() {
        let ratio = |covered, files| ratio(Coverage { files, covered });
        assert_eq!(ratio(0, 0), "1");
        assert_eq!(ratio(0, 3), "0");
        assert_eq!(ratio(3, 3), "1");
        assert_eq!(ratio(1, 2), "0.5");
        assert_eq!(ratio(2, 3), "0.666666");
        assert_eq!(ratio(9_999_999, 10_000_000), "0.999999");
    }
}
