//! Who hears of new errors and dead letters: the desktop, or the webhook of 'idhooks alerts'.

use std::collections::BTreeSet;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use idhooks_core::config::WatchNotify;
use idhooks_repo::store::clock;
use idhooks_repo::system::{ProgramFailure, WEBHOOK, call_within};
use idhooks_report::metrics::Alert;
use idhooks_report::net::Webhook;
use idhooks_watch::queue::MAX_ATTEMPTS;
use idhooks_watch::watcher::WatchNews;
use idhooks_watch::work::ProcessedItem;
use serde_json::Value;

use crate::commands::alerts::{deliver, webhook_at};
use crate::error::{CommandError, CommandResult};
use crate::output::{AlertContext, alerts_json};

/// How often a delivery is repeated.
const RETRIES: u32 = 3;
/// How long the program that shows a message may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Where messages go.
#[derive(Clone)]
enum Sink {
    Nobody,
    Desktop,
    Webhook(Arc<Webhook>),
}

/// Sends what is new, each time in a thread: a watcher waits for no one.
pub(super) struct Notifier {
    sink: Sink,
    repository: String,
    /// The errors of the last check.
    known: BTreeSet<String>,
    failures: (mpsc::Sender<String>, mpsc::Receiver<String>),
    sending: Vec<JoinHandle<()>>,
}

impl Notifier {
    /// Creates a notifier for the repository with this name.
    ///
    /// # Errors
    /// Returns an error if there is no address for a webhook, or if it cannot be used.
    pub(super) fn new(notify: WatchNotify, repository: String) -> CommandResult<Self> {
        let sink = match notify {
            WatchNotify::Nobody => Sink::Nobody,
            WatchNotify::Desktop => Sink::Desktop,
            WatchNotify::Webhook => {
                let address = std::env::var(WEBHOOK).ok().filter(|address| !address.is_empty());
                let address = address.ok_or_else(|| {
                    CommandError::new("'notify' in [watch] is \"webhook\", and there is no address")
                        .hint(format!("set {WEBHOOK}, as for 'idhooks alerts', or change 'notify' in idhooks.toml"))
                })?;
                Sink::Webhook(Arc::new(webhook_at(&address)?))
            }
        };
        Ok(Notifier {
            sink,
            repository,
            known: BTreeSet::new(),
            failures: mpsc::channel(),
            sending: Vec::new(),
        })
    }

    /// Sends what is new; returns why earlier messages were not delivered.
    pub(super) fn hear(&mut self, news: &WatchNews<'_>) -> Vec<String> {
        if matches!(self.sink, Sink::Nobody) {
            return Vec::new();
        }
        let alert = match news {
            WatchNews::Checked(outcome) => {
                let errors = outcome.findings.iter().filter_map(|finding| error_of(finding.get()));
                let errors: BTreeSet<String> = errors.collect();
                let new: Vec<&String> = errors.difference(&self.known).collect();
                let alert = new.first().map(|first| Alert::new_errors(new.len(), first));
                self.known = errors;
                alert
            }
            WatchNews::Processed(items) => {
                let dead = items.iter().filter(|item| is_dead(item)).count();
                (dead > 0).then(|| Alert::dead_letters(dead))
            }
            _ => None,
        };
        if let Some(alert) = alert {
            self.send(alert);
        }
        self.failures.1.try_iter().collect()
    }

    /// Waits until everything is sent; returns why messages were not delivered.
    pub(super) fn finish(self) -> Vec<String> {
        for sending in self.sending {
            // A panic has printed itself.
            let _ = sending.join();
        }
        self.failures.1.try_iter().collect()
    }

    fn send(&mut self, alert: Alert) {
        let (sink, repository) = (self.sink.clone(), self.repository.clone());
        let failed = self.failures.0.clone();
        self.sending.retain(|sending| !sending.is_finished());
        self.sending.push(std::thread::spawn(move || {
            let sent = match &sink {
                Sink::Nobody => Ok(()),
                Sink::Desktop => show(&format!("idhooks: {repository}"), &alert.message),
                Sink::Webhook(webhook) => {
                    let at = clock::now();
                    let context = AlertContext {
                        at,
                        repository: &repository,
                        commit: None,
                        heads_unread: None,
                    };
                    deliver(webhook, &alerts_json(&[alert], &context), RETRIES)
                }
            };
            let why = |error: CommandError| {
                let parts = std::iter::once(error.message).chain(error.causes);
                parts.collect::<Vec<_>>().join(": ")
            };
            // Without a receiver there is no watcher any more.
            let _ = sent.map_err(|error| failed.send(why(error)));
        }));
    }
}

/// Returns whether an item has just become a dead letter.
fn is_dead(item: &ProcessedItem) -> bool {
    item.error.is_some() && item.attempts >= MAX_ATTEMPTS
}

/// Returns what a finding with severity error says.
fn error_of(finding: &str) -> Option<String> {
    let finding: Value = serde_json::from_str(finding).ok()?;
    let text = |key: &str| finding[key].as_str();
    (text("severity") == Some("error")).then(|| {
        format!("{}: {}", text("code").unwrap_or_default(), text("message").unwrap_or_default())
    })
}

/// Shows a message on the desktop.
fn show(title: &str, text: &str) -> CommandResult<()> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let (program, args) = if cfg!(target_os = "macos") {
        let script = format!("display notification {} with title {}", quoted(text), quoted(title));
        ("osascript", vec!["-e".to_owned(), script])
    } else if cfg!(windows) {
        ("msg", vec!["*".to_owned(), format!("{title}: {text}")])
    } else {
        let args = ["--app-name=idhooks", "--", title, text];
        ("notify-send", args.map(str::to_owned).into())
    };
    match call_within(program, &args, LIMIT) {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(CommandError::new("cannot show a message")
            .because(&format!("{program} is not on PATH"))),
        Err(ProgramFailure::System(error)) => Err(error.into()),
        Err(failure) => {
            Err(CommandError::new(format!("cannot show a message with {program}"))
                .because(&failure))
        }
    }
}
