//! Dates: the date of the commit being made, and dates typed by users.

use crate::environment::Environment;
use crate::store::clock::since_epoch;

use super::{GitError, Repo};

/// Returns the author date from the environment, which git sets for hooks, or else the committer
/// date, or else the current time, in seconds since the Unix epoch.
pub fn commit_date(environment: &Environment) -> i64 {
    // The author date comes first because a commit that is repeated after a reset keeps it, so that
    // the same allocation is given the same date.
    exported(environment, "GIT_AUTHOR_DATE").unwrap_or_else(|| committer_date(environment))
}

/// Returns the committer date from the environment, or else the current time, in seconds since the
/// Unix epoch.
pub fn committer_date(environment: &Environment) -> i64 {
    exported(environment, "GIT_COMMITTER_DATE").unwrap_or_else(|| since_epoch().as_secs() as i64)
}

/// Returns the date in an environment variable, if it can be parsed.
fn exported(environment: &Environment, name: &str) -> Option<i64> {
    let text = environment.text(name)?;
    let parse = |now| gix::date::parse(text.trim(), now).ok().map(|time| time.seconds);
    // To find the local time zone, jiff lists all of the system's time zones, which takes a sixth
    // of a hook's time. Only dates like "yesterday" depend on it, and git exports seconds.
    parse(None).or_else(|| parse(Some(jiff::Zoned::now())))
}

/// The words that a date may contain. They may be abbreviated to three or more letters.
const WORDS: &str = "january february march april may june july august september october november december \
    monday tuesday wednesday thursday friday saturday sunday seconds minutes hours days \
    weeks months years ago last at yesterday today now noon midnight tea am pm t z utc gmt \
    one two three st th nd";
/// The minimum number of letters in an abbreviated word.
const MIN_ABBREVIATION: usize = 3;
/// A plain number with fewer digits is not a date, as it may be an abbreviated commit ID.
const MIN_DIGITS: usize = 9;

impl Repo {
    /// Parses a date in the same way as git, in seconds since the Unix epoch. Returns `None` if it
    /// is not a date. A plain day means the end of that day in the local time zone.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn moment(&self, text: &str) -> Result<Option<u64>, GitError> {
        let text = text.trim();
        let date = match looks_like_a_day(text) {
            // For a plain day, git would use the current time of day.
            true if text.parse::<jiff::civil::Date>().is_ok() => format!("{text} 23:59:59"),
            false if looks_like_a_date(text) => text.to_owned(),
            _ => return Ok(None),
        };
        // No other git command parses dates the way '--before' does and still rejects other text.
        let setting = format!("idhooks.moment={date}");
        let ask = ["-c", &setting, "config", "--type=expiry-date", "--get", "idhooks.moment"];
        let seconds = self.git().ask(&ask)?;
        // git represents "now" as the largest possible number.
        let end = i64::MAX as u64;
        Ok(seconds.and_then(|seconds| seconds.parse().ok()).map(|seconds: u64| seconds.min(end)))
    }
}

/// Returns whether a string has the form 2026-01-18.
fn looks_like_a_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
    parts.iter().all(digits) && parts.iter().map(|part| part.len()).eq([4, 2, 2])
}

/// Returns whether a string looks like a date. Git itself accepts almost any string with a digit,
/// even a misspelled branch name.
fn looks_like_a_date(text: &str) -> bool {
    let is_date_word = |word: &str| {
        let word = word.to_lowercase();
        let is_long = word.len() >= MIN_ABBREVIATION;
        WORDS.split(' ').any(|w| w == word || (is_long && w.starts_with(&word)))
    };
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    words.all(is_date_word) && (!is_number || text.len() >= MIN_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_distinguished_from_names() {
        for date in [
            "2 weeks ago",
            "yesterday",
            "last friday",
            "Feb 3 2026 noon",
            "2026-03-01T10:00:00Z",
            "1700000000",
            "@1700000000 +0100",
            "3 days ago",
        ] {
            assert!(looks_like_a_date(date), "{date}");
        }
        for name in ["main2", "v1.3", "1234567", "12ab34f", "HEAD", "release-2026", "HEAD~3x"] {
            assert!(!looks_like_a_date(name), "{name}");
        }
        assert!(looks_like_a_day("2026-02-30") && !looks_like_a_day("26-02-30"));
    }
}
