//! [`Notifier`]: notifies the user of new errors and dead letters.

use std::collections::BTreeSet;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use idhooks_ops::{SendAlarm, WatchAlarm};
use idhooks_repo::system::{ProgramFailure, call_within};
use serde_json::Value;

use crate::queue::MAX_ATTEMPTS;
use crate::queue_processing::ProcessedItem;
use crate::watcher::WatchNews;

/// How long the program that shows a message may run.
const LIMIT: Duration = Duration::from_secs(10);

/// Sends new alarms, each in its own thread, since the watcher must not wait.
pub struct Notifier {
    send: Option<Arc<SendAlarm>>,
    /// The errors found by the last check.
    known: BTreeSet<String>,
    failures: (mpsc::Sender<String>, mpsc::Receiver<String>),
    sending: Vec<JoinHandle<()>>,
}

impl Notifier {
    /// Creates a notifier; without `send`, no one is notified.
    pub fn new(send: Option<Arc<SendAlarm>>) -> Self {
        Notifier { send, known: BTreeSet::new(), failures: mpsc::channel(), sending: Vec::new() }
    }

    /// Sends new alarms; returns the reasons earlier alarms were not delivered.
    pub fn hear(&mut self, news: &WatchNews<'_>) -> Vec<String> {
        let Some(send) = self.send.clone() else { return Vec::new() };
        if let Some(alarm) = self.alarm(news) {
            let failed = self.failures.0.clone();
            // A watcher may run for months, and must not accumulate finished threads.
            self.sending.retain(|sending| !sending.is_finished());
            self.sending.push(std::thread::spawn(move || {
                // If the receiver is gone, so is the watcher.
                send(&alarm).map(|why| failed.send(why));
            }));
        }
        self.failures.1.try_iter().collect()
    }

    fn alarm(&mut self, news: &WatchNews<'_>) -> Option<WatchAlarm> {
        match news {
            WatchNews::Checked(outcome) => {
                let errors = outcome.findings.iter().filter_map(|finding| error_of(finding.get()));
                let errors: BTreeSet<String> = errors.collect();
                let new: Vec<&String> = errors.difference(&self.known).collect();
                let (count, first) = (new.len(), new.first().map(|first| (*first).clone()));
                // An error that is fixed and then comes back is reported again.
                self.known = errors;
                first.map(|first| WatchAlarm::NewErrors { count, first })
            }
            WatchNews::Processed(items) => {
                let dead = items.iter().filter(|item| is_dead(item)).count();
                (dead > 0).then_some(WatchAlarm::DeadLetters(dead))
            }
            _ => None,
        }
    }

    /// Waits until everything has been sent; returns the reasons messages were not delivered.
    pub fn finish(self) -> Vec<String> {
        for sending in self.sending {
            // A panic has already printed its own message.
            let _ = sending.join();
        }
        self.failures.1.try_iter().collect()
    }
}

/// Returns whether an item has just become a dead letter.
fn is_dead(item: &ProcessedItem) -> bool {
    item.error.is_some() && item.attempts >= MAX_ATTEMPTS
}

/// Returns a finding's message if its severity is error.
fn error_of(finding: &str) -> Option<String> {
    let finding: Value = serde_json::from_str(finding).ok()?;
    let text = |key: &str| finding[key].as_str();
    (text("severity") == Some("error")).then(|| {
        format!("{}: {}", text("code").unwrap_or_default(), text("message").unwrap_or_default())
    })
}

/// Shows a message on the desktop; returns the reason if this fails.
pub fn show_on_desktop(title: &str, text: &str) -> Option<String> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let (program, args) = if cfg!(target_os = "macos") {
        let script = format!("display notification {} with title {}", quoted(text), quoted(title));
        ("osascript", vec!["-e".to_owned(), script])
    } else if cfg!(windows) {
        ("msg", vec!["*".to_owned(), format!("{title}: {text}")])
    } else {
        // The message may begin with a dash.
        let args = ["--app-name=idhooks", "--", title, text];
        ("notify-send", args.map(str::to_owned).into())
    };
    match call_within(program, &args, LIMIT) {
        Ok(Some(_)) => None,
        Ok(None) => Some(format!("cannot show a message: {program} is not on PATH")),
        Err(ProgramFailure::System(error)) => Some(error.to_string()),
        Err(failure) => Some(format!("cannot show a message with {program}: {failure}")),
    }
}
