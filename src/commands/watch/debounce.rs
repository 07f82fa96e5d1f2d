//! The option `--debounce`.

use clap::Args;
use idhooks_core::config::TimeSpan;

/// How long to wait.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(in crate::commands) struct Debounce {
    /// How long a file must be quiet before it is queued: 500ms, 30s, 5m; without a unit, seconds
    ///
    /// By default, as 'debounce' in the table 'watch' of idhooks.toml says: 30s.
    #[arg(long, value_name = "TIME")]
    pub(super) debounce: Option<TimeSpan>,
}
