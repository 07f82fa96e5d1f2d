//! `idhooks alerts`: reports problems that need an operator's attention.

use clap::Args;
use idhooks_core::check::{Share, unread_heads};
use idhooks_ops::{OpsError, clock};
use idhooks_report::metrics::Alert;
use idhooks_report::net::Webhook;
use idhooks_report::reports::{FoundAlerts, find_alerts};
use idhooks_report::schedule::timer_alerts;
use std::path::Path;

use crate::commands::report::webhook_args::WebhookArgs;
use crate::commands::revision_args::RevisionArgs;
use crate::commands::watcher;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;
use crate::report::{AlertContext, alert_lines, alerts_json, alerts_mail};

/// Report problems that need an operator
///
/// Critical: a duplicate identity, a file with two identities, an unreadable registry, or any other
/// error that prevents the checks.
///
/// High: a counter that is 95 % full; a backup timer that could not push the last two times; timers
/// that call a program that no longer exists. With a 'lint' table in idhooks.toml: legacy
/// identifiers or deprecated calls in files with critical priority. With a 'dual_write' table: any
/// difference between the legacy file and the registry, or more than 1 % of the writes of the legacy
/// file failing.
///
/// Warning: coverage more than 5 % lower than on one of the last seven days; a writer lock that is
/// held; more than 10 errors where the registry and the tree disagree; stale generated files. If
/// you use the watcher: a watcher that died, does not respond, or cannot write its state or its
/// queue; dead letters; more than 100 items that have been waiting for more than an hour. With a
/// 'lint' table: a service that uses a legacy format together with its successor. With a
/// 'dual_write' table: at least three writes, and more than 1 % of all writes, that took over 200
/// ms. Writes are counted over the last five minutes in which this clone wrote. No state is kept
/// between runs: a problem is reported until it is fixed.
///
/// If there are problems, the document that '--format json' prints is sent to the webhook with
/// curl, which must be on PATH. Delivery is retried if the receiver is unreachable or unavailable.
/// Only the server of the address is ever shown; the token never is. Prefer the environment to
/// --webhook, since other users of the machine can see the command line.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks alerts
  idhooks alerts --format email --to ops@example.com | sendmail -t
  IDHOOKS_WEBHOOK=https://hooks.example.com/… idhooks alerts

Environment: IDHOOKS_WEBHOOK, the address of a webhook; IDHOOKS_WEBHOOK_TOKEN, sent to it as \
'Authorization: Bearer …'

Exit code: 0 no problems; 1 problems; 2 the checks or the delivery failed")]
pub(in crate::commands) struct Alerts {
    #[command(flatten)]
    source: RevisionArgs,
    /// Report coverage that drops by more than this share
    #[arg(long, value_name = "SHARE", default_value = "0.05")]
    threshold: Share,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: AlertsFormat,
    /// Recipient of the mail; repeatable
    #[arg(long, value_name = "ADDRESS", value_parser = mail_address)]
    to: Vec<String>,
    #[command(flatten)]
    delivery: WebhookArgs,
}

/// Output formats for alerts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum AlertsFormat {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// A mail to pipe into sendmail; nothing if there are no problems
    Email,
}

fn mail_address(text: &str) -> Result<String, String> {
    let is_sign = |sign: char| !sign.is_control() && !sign.is_whitespace() && sign != ',';
    let has_parts =
        text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
    let why = "not an address such as ops@example.com";
    // A newline in an address would add headers to the mail, and a comma would add another
    // recipient.
    if has_parts && text.chars().all(is_sign) { Ok(text.to_owned()) } else { Err(why.to_owned()) }
}

impl Alerts {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        // The webhook's address is validated before the checks, which take a long time: a wrong
        // address must not go unnoticed until there is an alert.
        let webhook = self.delivery.webhook()?;
        let repo = self.source.open(dir)?;
        let revision = self.source.revision();
        let commit = revision.commit(&repo)?;
        let at = clock::now();
        // A failed check is an alert too: otherwise, a broken registry would look as if all were
        // well.
        let timers = timer_alerts(&repo);
        let found = watcher::facts(&repo).map_err(OpsError::from).and_then(|watch| {
            find_alerts(&repo, &revision, at, self.threshold.clone(), &watch, &timers)
        });
        let (alerts, heads_unread, failure) = match found {
            Ok(FoundAlerts { alerts, unread }) => (alerts, Some(unread), None),
            Err(error) => {
                let error = CommandError::from(error);
                (vec![Alert::unable(&error.message, error.hints.first())], None, Some(error))
            }
        };
        let commit = commit.map(|commit| commit.to_string());
        let name = repo.name();
        let occasion =
            AlertContext { at, repository: &name, commit: commit.as_deref(), heads_unread };
        match self.format {
            AlertsFormat::Text => ui.lines(alert_lines(&alerts)),
            AlertsFormat::Json => ui.data(&alerts_json(&alerts, &occasion)),
            AlertsFormat::Email => ui.data(&alerts_mail(&alerts, &occasion, &self.to)),
        }
        if alerts.is_empty() {
            ui.status(&match unread_heads(heads_unread.unwrap_or_default(), true) {
                unread if unread.is_empty() => "no problems".to_owned(),
                unread => format!("no problems in what was read{unread}"),
            });
            // The warning is needed even while all is well; otherwise, the first alert would be
            // lost.
            if webhook.is_some() && !Webhook::has_curl() {
                ui.warning("curl is not on PATH: without it nothing can be sent to the webhook");
            }
            return Ok(Exit::Fine);
        }
        if let Some(webhook) = webhook {
            // Alerts are sent after they are printed, so that a report that cannot be delivered is
            // at least in the timer's log.
            self.delivery.deliver(ui, &webhook, &alerts_json(&alerts, &occasion))?;
        }
        failure.map_or(Ok(Exit::Findings), Err)
    }
}
