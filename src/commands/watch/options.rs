//! The options with which a watcher starts.

use clap::Args;
use idhooks_core::config::TimeSpan;
use idhooks_watch::watcher::WatchOptions;

/// How patient a watcher is, and whether it may change something.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(in crate::commands) struct StartOptions {
    /// How long a file must be quiet before it is queued: 500ms, 30s, 5m; without a unit, seconds
    ///
    /// By default, as 'debounce' in the table 'watch' of idhooks.toml says: 30s.
    #[arg(long, value_name = "TIME")]
    pub(super) debounce: Option<TimeSpan>,
    /// Act on changes, too
    ///
    /// Runs the generators with run = "watch". With on_change = "stage" in the table 'watch' of
    /// idhooks.toml, the index follows files that were moved in the working tree, as after 'idhooks mv',
    /// and new files in the index get identities, as after 'idhooks reconcile'. It waits while git is at
    /// work, and while a merge, a rebase or the like is in progress.
    #[arg(long)]
    pub(super) live: bool,
}

impl StartOptions {
    /// Returns them as the watcher takes them.
    pub(super) fn options(self) -> WatchOptions {
        let debounce = self.debounce.map(|span| span.0);
        WatchOptions { debounce, is_live: self.live, on_change: None }
    }
}
