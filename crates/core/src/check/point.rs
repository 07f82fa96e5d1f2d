//! [`Point`]: the coverage of one day.

use crate::registry::Timestamp;

use super::Coverage;

/// The number of parts that a share is given in.
const MILLION: usize = 1_000_000;

/// The coverage at the end of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// The time of the commit.
    pub at: Timestamp,
    /// The full id of the last commit of that day (UTC).
    pub commit: String,
    /// The coverage.
    pub coverage: Coverage,
}

/// Returns the covered share, from 0 to 1 with at most six digits after the point, rounded down so
/// that 1 means all files; without files it is 1.
pub fn ratio(coverage: Coverage) -> f64 {
    let parts = (coverage.covered * MILLION).checked_div(coverage.files).unwrap_or(MILLION);
    parts as f64 / MILLION as f64
}

#[cfg(test)]
mod tests {
    use super::*;

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
