//! The options for starting a watcher, and the code that runs one in the foreground.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use idhooks_automation::{
    Notifier, WatchNews, WatchOptions, lock_watcher, rules_of, run_watcher, show_on_desktop,
};
use idhooks_core::config::{TimeSpan, WatchNotify};
use idhooks_ops::{Repo, SendAlarm, WatchAlarm};

use crate::error::{CommandResult, Exit};
use crate::output::Ui;
use crate::report::alarm_webhook;

/// The options shared by all commands that start a watcher.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct StartOptions {
    /// How long a file must stay unchanged before it is queued: 500ms, 30s, 5m; without a unit,
    /// seconds
    ///
    /// The default is 'debounce' in the 'watch' table of idhooks.toml, or 30s.
    #[arg(long, value_name = "TIME")]
    debounce: Option<TimeSpan>,
    /// Also act on changes
    ///
    /// Runs the generators that have run = "watch". With on_change = "stage" in the 'watch' table
    /// of idhooks.toml, also stages moves of tracked files, as 'idhooks mv' does, and gives
    /// identities to new files in the index, as 'idhooks reconcile' does. Waits while a git command
    /// is running, and while a merge, a rebase or a similar operation is in progress.
    #[arg(long)]
    live: bool,
}

impl StartOptions {
    /// Converts these options to the watcher's. `on_change` stays unset: a running watcher reads it
    /// from idhooks.toml.
    pub(super) fn options(self) -> WatchOptions {
        let debounce = self.debounce.map(|span| span.0);
        WatchOptions { debounce, is_live: self.live, on_change: None }
    }
}

/// Runs a watcher until it is stopped or, with `once`, for a single pass.
///
/// # Errors
/// Returns an error if a watcher is already running, if idhooks.toml is invalid, or if the queue cannot
/// be used.
pub(super) fn watch_in_foreground(
    ui: &mut Ui,
    dir: &Path,
    options: WatchOptions,
    once: bool,
) -> CommandResult<Exit> {
    let repo = Repo::open(dir)?;
    // The lock is held until the end: two watchers in the same working tree would process each
    // change twice.
    let lock = lock_watcher(&repo, "watch")?;
    let mut notifier = Notifier::new(alarm_sender(&repo, &options)?);
    let mut report = |news: WatchNews<'_>| {
        ui.watch_news(&news);
        notifier.hear(&news).iter().for_each(|failure| ui.warning(failure));
    };
    let ended = run_watcher(repo, &lock, options, once, &mut report);
    // With `--once`, the process exits now, so this waits for alerts that are still being sent.
    notifier.finish().iter().filter(|_| once).for_each(|failure| ui.warning(failure));
    Ok(if ended? > 0 { Exit::Findings } else { Exit::Fine })
}

/// Returns the alarm sender selected in idhooks.toml: desktop notifications, or the webhook that
/// 'idhooks alerts' uses.
///
/// # Errors
/// Returns an error if idhooks.toml is invalid, or if no webhook is configured.
pub(super) fn alarm_sender(
    repo: &Repo,
    options: &WatchOptions,
) -> CommandResult<Option<Arc<SendAlarm>>> {
    let repository = repo.name();
    Ok(match rules_of(repo, options)?.watch.notify {
        WatchNotify::Nobody => None,
        WatchNotify::Desktop => {
            let title = format!("idhooks: {repository}");
            Some(Arc::new(move |alarm: &WatchAlarm| show_on_desktop(&title, &alarm.to_string())))
        }
        WatchNotify::Webhook => Some(alarm_webhook(repository)?),
    })
}
