//! The `[watch]` table: which files the watcher watches, and how long it waits.

use std::sync::LazyLock;
use std::time::Duration;

use super::declared_table::settings;
use super::globs::Globs;
use super::value_kinds::{Count, Custom, GLOBS, OneOf, Opt, TIME};

/// The files that are not watched by default. The globs are built on first use: every commit reads
/// a configuration, but no commit needs these globs.
static EXCLUDED: LazyLock<Globs> =
    LazyLock::new(|| Globs::new(["venv/**", "scan_output/**"]).unwrap_or_default());

crate::words! {
    /// What a watcher started with '--live' does when files change, besides checking them.
    #[derive(Default)]
    pub enum OnChange {
        /// Nothing.
        #[default]
        Check = "check",
        /// Adds identities for new files to the index, and updates the index after moves.
        Stage = "stage",
    }
}

crate::words! {
    /// Who is notified of new errors and dead letters.
    #[derive(Default)]
    pub enum WatchNotify {
        /// Nobody.
        #[default]
        Nobody = "none",
        /// The user, on the desktop.
        Desktop = "desktop",
        /// The webhook that 'idhooks alerts' uses.
        Webhook = "webhook",
    }
}

settings! {
    /// How the watcher works.
    #[derive(Debug, Clone)]
    pub struct WatchRules {
        /// How long a file must be quiet before [the watcher](automation.md#the-watcher) queues it.
        "debounce" => pub debounce: Duration = Duration::from_secs(30), "\"30s\"", UP_TO_A_MONTH,
            line "how long a file must be quiet before it is processed";
        /// Minimum time since the last modification of a file.
        "min_age" => pub min_age: Duration = Duration::from_secs(2), "\"2s\"", UP_TO_A_MONTH;
        /// Time between two samples of a file.
        "sample_interval" => pub sample_interval: Duration = Duration::from_millis(500), "\"500ms\"",
            UP_TO_A_MONTH;
        /// How many samples must be equal.
        "samples" => pub samples: u32 = 2, "2", Count(1..=100, "a number");
        /// How long after a write by idhooks the resulting event is still attributed to idhooks.
        "suppress" => pub suppress: Duration = Duration::from_secs(5), "\"5s\"", UP_TO_A_MONTH;
        /// Globs: files that are not watched, in addition to ignored files and those in `track.exclude`.
        "exclude" => pub(super) exclude: Option<Globs>, "[\"venv/**\", \"scan_output/**\"]", Opt(GLOBS),
            line "besides ignored files and what [track] excludes";
        /// What [a watcher with `--live`](automation.md#acting-on-changes) does in addition to the check: `"stage"`
        /// stages moves and new identities.
        "on_change" => pub on_change: OnChange, "\"check\"", OneOf;
        /// Where to report new errors and dead letters: `"desktop"`, or `"webhook"`, whose address is in
        /// `IDHOOKS_WEBHOOK`.
        "notify" => pub notify: WatchNotify, "\"none\"", OneOf;
        /// Maximum number of items that a cycle processes, and of moves and new identities that it stages.
        "max_actions" => pub max_actions: usize = 100, "100", Count(1..=1_000_000, "a number");
        /// Time between two comparisons of all files.
        "rescan" => pub rescan: Duration = Duration::from_secs(60 * 60), "\"1h\"", UP_TO_A_MONTH;
    }
}

const UP_TO_A_MONTH: Custom<Duration> =
    Custom(|value| value.time(Duration::ZERO..=Duration::from_secs(30 * 24 * 60 * 60)), TIME);

impl WatchRules {
    /// Returns the files that are not watched, apart from ignored and excluded ones.
    pub(super) fn excluded(&self) -> &Globs {
        self.exclude.as_ref().unwrap_or(&EXCLUDED)
    }
}

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
            ("[watch]\nmax_actions = 0", "2:15: expected a number from 1"),
            ("[[watch]]\ndebounce = \"1s\"", "[watch]"),
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
