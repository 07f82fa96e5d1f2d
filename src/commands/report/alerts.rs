//! `idhooks alerts`: problems that need an operator.

use clap::Args;
use idhooks_core::check::{Share, unread_heads};
use idhooks_ops::{OpsError, clock};
use idhooks_report::metrics::Alert;
use idhooks_report::net::Webhook;
use idhooks_report::reports::{FoundAlerts, find_alerts};
use std::path::Path;

use crate::commands::report::webhook_args::WebhookArgs;
use crate::commands::revision_args::RevisionArgs;
use crate::commands::watcher;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;
use crate::report::{AlertContext, alert_lines, alerts_json, alerts_mail};

/// Report problems that need an operator
///
/// Critical: a duplicate identity, a file with two identities, a registry that cannot be read, or
/// anything else that prevents the checks. High: a counter that is 95 % full; backups that a timer could
/// not push at its last two times; if idhooks.toml has
/// a table 'lint', identifiers of a format of the past, or calls that should no longer make any, in
/// files of critical priority; if commits keep a legacy file in step (table 'dual_write'), any
/// difference between it and the registry, and more than 1 % of failures to write it. Warning:
/// coverage more than 5 % lower than on one of the last seven days, a writer lock that is not free,
/// more than 10 errors where registry and tree disagree, generated files that are out of date; of the
/// watcher, if you use it: that it has ended although no one stopped it, does not respond or cannot
/// write its state or its queue, dead letters, more than 100 items that wait for more than an hour; with a table 'lint', a format of the
/// past that a service uses together with what replaces it; with a table 'dual_write', more than 1 % of
/// writes, and at least three, that took over 200 ms. Nothing is remembered: a problem is reported
/// until it is fixed.
/// Writes of the legacy file are those of the last five minutes in which this clone wrote it.
///
/// A webhook receives the document that '--format json' prints, if there are problems. Delivery is
/// retried if the receiver is unreachable or unavailable. It is sent with curl, which must be on PATH.
/// Only the server part of its address is ever shown, and the token never. Prefer the environment to
/// --webhook: other users of the machine can see the command line.
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
    /// Report coverage if it fell by more than this share
    #[arg(long, value_name = "SHARE", default_value = "0.05")]
    threshold: Share,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: AlertsFormat,
    /// Recipient of the mail; repeat for several
    #[arg(long, value_name = "ADDRESS", value_parser = mail_address)]
    to: Vec<String>,
    #[command(flatten)]
    delivery: WebhookArgs,
}

/// How alerts are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum AlertsFormat {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// A mail to pipe into sendmail; empty if there are no problems
    Email,
}

fn mail_address(text: &str) -> Result<String, String> {
    let is_sign = |sign: char| !sign.is_control() && !sign.is_whitespace() && sign != ',';
    let has_parts =
        text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty());
    let why = "not an address such as ops@example.com";
    if has_parts && text.chars().all(is_sign) { Ok(text.to_owned()) } else { Err(why.to_owned()) }
}

impl Alerts {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let webhook = self.delivery.webhook()?;
        let repo = self.source.open(dir)?;
        let revision = self.source.revision();
        let commit = revision.commit(&repo)?;
        let at = clock::now();
        // A check that fails is an alert, too.
        let found = watcher::facts(&repo)
            .map_err(OpsError::from)
            .and_then(|watch| find_alerts(&repo, &revision, at, self.threshold.clone(), &watch));
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
            if webhook.is_some() && !Webhook::has_curl() {
                ui.warning("curl is not on PATH: without it nothing can be sent to the webhook");
            }
            return Ok(Exit::Fine);
        }
        if let Some(webhook) = webhook {
            self.delivery.deliver(ui, &webhook, &alerts_json(&alerts, &occasion))?;
        }
        failure.map_or(Ok(Exit::Findings), Err)
    }
}
