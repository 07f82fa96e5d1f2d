//! The table `[watch]`: what the watcher watches, and how patient it is.

use std::sync::LazyLock;
use std::time::Duration;

use super::globs::Globs;

/// What is not watched unless the configuration says otherwise. Built when it is needed: every commit
/// reads a configuration, and none needs this.
static EXCLUDED: LazyLock<Globs> =
    LazyLock::new(|| Globs::new(["venv/**", "scan_output/**"]).unwrap_or_default());

crate::words! {
    /// What a watcher with '--live' does about changes, besides the check.
    #[derive(Default)]
    pub enum OnChange {
        /// Nothing.
        #[default]
        Check = "check",
        /// New files in the index get identities, and the index follows moves.
        Stage = "stage",
    }
}

crate::words! {
    /// Who hears of new errors and dead letters.
    #[derive(Default)]
    pub enum WatchNotify {
        /// Whoever asks.
        #[default]
        Nobody = "none",
        /// The user, on the desktop.
        Desktop = "desktop",
        /// The webhook of 'idhooks alerts'.
        Webhook = "webhook",
    }
}

/// How the watcher works.
#[derive(Debug, Clone)]
pub struct WatchRules {
    /// How long a file must be quiet before it is queued.
    pub debounce: Duration,
    /// How long ago a file must have been modified.
    pub min_age: Duration,
    /// The time between two samples of a file.
    pub sample_interval: Duration,
    /// How many samples must be equal.
    pub samples: u32,
    /// How long after a write of idhooks its event is recognised as that.
    pub suppress: Duration,
    /// The files that are not watched, besides ignored and excluded ones; nothing for [`EXCLUDED`].
    pub(super) exclude: Option<Globs>,
    /// What a watcher with '--live' does about changes.
    pub on_change: OnChange,
    /// How many items a cycle processes, and how much it changes.
    pub max_actions: usize,
    /// Who hears of new errors and dead letters.
    pub notify: WatchNotify,
    /// The time between two comparisons of all files.
    pub rescan: Duration,
}

impl Default for WatchRules {
    fn default() -> Self {
        WatchRules {
            debounce: Duration::from_secs(30),
            min_age: Duration::from_secs(2),
            sample_interval: Duration::from_millis(500),
            samples: 2,
            suppress: Duration::from_secs(5),
            exclude: None,
            on_change: OnChange::Check,
            max_actions: 100,
            notify: WatchNotify::Nobody,
            rescan: Duration::from_secs(60 * 60),
        }
    }
}

impl WatchRules {
    /// Returns the files that are not watched, besides ignored and excluded ones.
    pub(super) fn excluded(&self) -> &Globs {
        self.exclude.as_ref().unwrap_or(&EXCLUDED)
    }
}
