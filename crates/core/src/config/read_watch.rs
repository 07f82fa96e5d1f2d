//! Reads the table `[watch]`.

use std::time::Duration;

use super::value::{Keys, put};
use super::watch::{OnChange, WatchNotify, WatchRules};

/// The longest time.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The keys of the table.
pub(super) const WATCH: &Keys<WatchRules> = &[
    ("debounce", |watch, value| put(&mut watch.debounce, value.time(Duration::ZERO..=LONGEST))),
    ("min_age", |watch, value| put(&mut watch.min_age, value.time(Duration::ZERO..=LONGEST))),
    ("sample_interval", |watch, value| {
        put(&mut watch.sample_interval, value.time(Duration::ZERO..=LONGEST))
    }),
    ("samples", |watch, value| {
        let samples = value.number(1..101, "a number from 1 to 100");
        put(&mut watch.samples, samples.map(|samples| samples as u32))
    }),
    ("suppress", |watch, value| put(&mut watch.suppress, value.time(Duration::ZERO..=LONGEST))),
    ("exclude", |watch, value| put(&mut watch.exclude, value.globs().map(Some))),
    ("on_change", |watch, value| {
        put(&mut watch.on_change, value.one_of(&OnChange::ALL, OnChange::as_str))
    }),
    ("notify", |watch, value| {
        put(&mut watch.notify, value.one_of(&WatchNotify::ALL, WatchNotify::as_str))
    }),
    ("max_actions", |watch, value| {
        put(&mut watch.max_actions, value.number(1..1_000_001, "a number from 1 to 1000000"))
    }),
    ("rescan", |watch, value| put(&mut watch.rescan, value.time(Duration::ZERO..=LONGEST))),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::registry::RepoPath;

    #[test]
    fn keys_have_their_values_and_mistakes_a_position() {
        let text = "track.exclude = ['vendor/']\n[watch]\ndebounce = \"1s\"\nmin_age = \"0\"\n\
            sample_interval = \"10ms\"\nsamples = 3\nsuppress = \"2s\"\nexclude = [\"out/**\"]\n\
            max_actions = 7\nrescan = \"5m\"\non_change = \"stage\"\nnotify = \"webhook\"\n";
        let config = Config::parse(text).expect("valid");
        let watch = &config.watch;
        assert_eq!((watch.debounce, watch.min_age), (Duration::from_secs(1), Duration::ZERO));
        assert_eq!((watch.samples, watch.max_actions), (3, 7));
        assert_eq!(watch.rescan, Duration::from_secs(300));
        assert_eq!((watch.on_change, watch.notify), (OnChange::Stage, WatchNotify::Webhook));
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        for (file, is_watched) in
            [("a", true), ("out/a", false), ("vendor/a", false), ("venv/a", true)]
        {
            assert_eq!(config.watches(&path(file)), is_watched, "{file}");
        }
        for (dir, is_watched) in [("a", true), ("out", false), ("a/vendor", false), ("a/b", true)] {
            assert_eq!(config.watches_dir(&path(dir)), is_watched, "{dir}");
        }
        let default = Config::default();
        assert!(!default.watches(&path("venv/a")) && !default.watches_dir(&path("scan_output")));
        assert!(default.watches(&RepoPath::registry()) && default.watches(&RepoPath::config()));
        for (text, expected) in [
            ("[watch]\ndebonce = \"1s\"", "2:1: unknown key 'debonce' in [watch]"),
            (
                "[watch]\ndebounce = 30",
                "2:12: expected a time from 0s to 30d in quotes, such as \"30s\"",
            ),
            (
                "[watch]\ndebounce = \"1w\"",
                "2:12: expected a time from 0s to 30d in quotes, such as \"30s\"",
            ),
            ("[watch]\nsuppress = \"+5s\"", "found '+5s'"),
            (
                "[watch]\nrescan = \"99d\"",
                "2:10: expected a time from 0s to 30d in quotes, such as \"30s\", found '99d'",
            ),
            ("[watch]\nsamples = 0", "2:11: expected a number from 1 to 100"),
            ("[watch]\non_change = \"fix\"", "2:13: expected \"check\" or \"stage\""),
            ("[watch]\nnotify = true", "2:10: expected \"none\" or \"desktop\" or \"webhook\""),
            ("[watch]\nexclude = [\"[\"]", "2:12: '[' is not a glob"),
            ("watch = 1", "1:9: expected a table [watch]"),
        ] {
            let error = Config::parse(text).expect_err("must be refused").to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
