//! [`QuietTime`]: how long a phase has lasted without another program changing the legacy file.

use idhooks_core::config::ReadyRule;
use idhooks_core::registry::Timestamp;
use serde::Serialize;

/// How long a phase has lasted without another program changing the legacy file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct QuietTime {
    /// When the quiet time began: at the last change by another program or the step to this phase,
    /// whichever came later.
    #[serde(rename = "started_at")]
    pub since: Timestamp,
    /// The number of full 24-hour days since the quiet time began.
    pub days: u32,
    /// The number of non-merge commits since the quiet time began; `None` if the clone does not go
    /// back that far.
    #[serde(rename = "count")]
    pub commits: Option<u32>,
}

impl QuietTime {
    /// Returns the quiet time from `since` until `now`, with this number of commits.
    pub fn until(now: Timestamp, since: Timestamp, commits: Option<u32>) -> Self {
        // A commit made while the clock was wrong may be dated in the future.
        let seconds = now.unix().saturating_sub(since.unix()).max(0);
        QuietTime { since, days: u32::try_from(seconds / 86_400).unwrap_or(u32::MAX), commits }
    }

    /// Returns whether the quiet time is long enough for the next step.
    pub fn is_enough(&self, rule: ReadyRule) -> bool {
        let has_commits = match self.commits {
            Some(commits) => commits >= rule.commits,
            // In a shallow clone, the number is unknown, so it must not count as enough.
            None => rule.commits == 0,
        };
        self.days >= rule.days && has_commits
    }

    /// Formats the quiet time together with the rule's requirement.
    pub fn of_rule(&self, rule: ReadyRule) -> String {
        let ReadyRule { days, commits } = rule;
        // A number higher than the requirement would look like a mistake.
        let passed = self.commits.map_or("?".to_owned(), |passed| passed.min(commits).to_string());
        format!("{} of {days} days and {passed} of {commits} commits", self.days.min(days))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_commits_must_both_be_enough() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let since = at("2026-01-18T22:00:00Z");
        let rule = ReadyRule::default();
        for (now, commits, phrase, is_enough) in [
            ("2026-01-20T22:00:00Z", Some(20), "2 of 2 days and 20 of 20 commits", true),
            ("2026-01-20T21:59:59Z", Some(99), "1 of 2 days and 20 of 20 commits", false),
            ("2026-03-20T22:00:00Z", Some(19), "2 of 2 days and 19 of 20 commits", false),
            ("2026-03-20T22:00:00Z", None, "2 of 2 days and ? of 20 commits", false),
            // The other machine's clock was ahead.
            ("2026-01-18T00:00:00Z", Some(3), "0 of 2 days and 3 of 20 commits", false),
        ] {
            let quiet = QuietTime::until(at(now), since, commits);
            assert_eq!((quiet.of_rule(rule).as_str(), quiet.is_enough(rule)), (phrase, is_enough));
        }
        let none = ReadyRule { days: 0, commits: 0 };
        assert!(QuietTime::until(since, since, None).is_enough(none));
    }
}
