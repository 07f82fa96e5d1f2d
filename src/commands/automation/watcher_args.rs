//! The options with which a watcher starts, and a watcher in the foreground.

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

/// How patient a watcher is, and whether it may change something.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(super) struct StartOptions {
    /// How long a file must be quiet before it is queued: 500ms, 30s, 5m; without a unit, seconds
    ///
    /// By default, as 'debounce' in the table 'watch' of idhooks.toml says: 30s.
    #[arg(long, value_name = "TIME")]
    debounce: Option<TimeSpan>,
    /// Act on changes, too
    ///
    /// Runs the generators with run = "watch". With on_change = "stage" in the table 'watch' of
    /// idhooks.toml, the index follows files that were moved in the working tree, as after 'idhooks mv',
    /// and new files in the index get identities, as after 'idhooks reconcile'. It waits while git is at
    /// work, and while a merge, a rebase or the like is in progress.
    #[arg(long)]
    live: bool,
}

impl StartOptions {
    /// Returns them as the watcher takes them.
    pub(super) fn options(self) -> WatchOptions {
        let debounce = self.debounce.map(|span| span.0);
        WatchOptions { debounce, is_live: self.live, on_change: None }
    }
}

/// Runs a watcher until it is stopped, or once.
///
/// # Errors
/// Returns an error if a watcher runs already, if the rules are wrong or if the queue cannot be used.
pub(super) fn watch_in_foreground(
    ui: &mut Ui,
    dir: &Path,
    options: WatchOptions,
    once: bool,
) -> CommandResult<Exit> {
    let repo = Repo::open(dir)?;
    let lock = lock_watcher(&repo, "watch")?;
    let mut notifier = Notifier::new(alarm_sender(&repo, &options)?);
    let mut report = |news: WatchNews<'_>| {
        ui.watch_news(&news);
        notifier.hear(&news).iter().for_each(|failure| ui.warning(failure));
    };
    let ended = run_watcher(repo, &lock, options, once, &mut report);
    notifier.finish().iter().filter(|_| once).for_each(|failure| ui.warning(failure));
    Ok(if ended? > 0 { Exit::Findings } else { Exit::Fine })
}

/// Returns the sender of alarms that the rules choose: to the desktop, or to the webhook of
/// 'idhooks alerts'.
///
/// # Errors
/// Returns an error if the rules are wrong, or if there is no webhook to use.
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
