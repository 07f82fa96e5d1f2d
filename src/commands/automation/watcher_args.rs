//! The options with which a watcher starts, and a watcher in the foreground.

use std::path::Path;
use std::sync::Arc;

use clap::Args;
use idhooks_automation::{
    Notifier, SendAlarm, WatchAlarm, WatchNews, WatchOptions, lock_watcher, rules_of, run_watcher,
    show_on_desktop,
};
use idhooks_core::config::{TimeSpan, WatchNotify};
use idhooks_ops::{Repo, WEBHOOK, clock};
use idhooks_report::metrics::Alert;

use super::webhook_args::{deliver, webhook_at};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{AlertContext, Ui, alerts_json};

/// How often a delivery is repeated.
const RETRIES: u32 = 3;

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
            let send: Arc<SendAlarm> = Arc::new(move |alarm: &WatchAlarm| {
                show_on_desktop(&format!("idhooks: {repository}"), &alert(alarm).message)
            });
            Some(send)
        }
        WatchNotify::Webhook => {
            let address = std::env::var(WEBHOOK).ok().filter(|address| !address.is_empty());
            let address = address.ok_or_else(|| {
                CommandError::new("'notify' in [watch] is \"webhook\", and there is no address")
                    .hint(format!(
                        "set {WEBHOOK}, as for 'idhooks alerts', or change 'notify' in idhooks.toml"
                    ))
            })?;
            let webhook = webhook_at(&address)?;
            let send: Arc<SendAlarm> = Arc::new(move |alarm: &WatchAlarm| {
                let (at, repository) = (clock::now(), &*repository);
                let context = AlertContext { at, repository, commit: None, heads_unread: None };
                let sent = deliver(&webhook, &alerts_json(&[alert(alarm)], &context), RETRIES);
                let why = |error: CommandError| {
                    let parts = std::iter::once(error.message).chain(error.causes);
                    parts.collect::<Vec<_>>().join(": ")
                };
                sent.err().map(why)
            });
            Some(send)
        }
    })
}

fn alert(alarm: &WatchAlarm) -> Alert {
    match alarm {
        WatchAlarm::NewErrors { count, first } => Alert::new_errors(*count, first),
        WatchAlarm::DeadLetters(count) => Alert::dead_letters(*count),
    }
}
