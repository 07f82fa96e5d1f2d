//! `idhooks alerts`: what an operator is to be told before something fails.

use std::collections::BTreeSet;
use std::env::VarError;
use std::path::Path;

use clap::Args;

use crate::check::Share;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::history::coverage_history;
use crate::metrics::{Alert, Signs, alerts, covered};
use crate::net::Webhook;
use crate::output::{AlertContext, Ui, alert_lines, alerts_json, alerts_mail, count};
use crate::registry::Timestamp;
use crate::transaction::Held;

use super::clock;
use super::health::LockStatus;
use super::revision_args::RevisionArgs;
use super::transaction::writer::limit;

/// Over how many days coverage is compared.
const DAYS: i64 = 7;
const DAY: i64 = 86_400;
/// The environment variable whose value a webhook gets as a token.
const TOKEN: &str = "IDHOOKS_WEBHOOK_TOKEN";

/// Tell an operator what needs somebody: duplicates, a corrupt registry, full counters
///
/// Critical: an identity or a file that is there twice, a registry that cannot be read. High: a
/// counter that is 95 % full. Warning: coverage that is lower by more than 5 % than on one of the last
/// seven days, a writer's lock that cannot be had, more than 10 errors of registry against tree. That
/// it cannot be told, since idhooks.toml or an object of git cannot be read, is critical, too.
/// Nothing is remembered: what is not mended is told each time.
///
/// A webhook gets the document that '--format json' prints, if there is something to tell. It is
/// tried again where the receiver cannot be reached or is not able to take it. What its address says
/// besides the server, and the token, are never shown; in the environment other users of the machine
/// cannot read it, as they can what is typed after --webhook.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks alerts
  idhooks alerts --rev origin/main --format email --to ops@example.com | sendmail -t
  IDHOOKS_WEBHOOK=https://hooks.example.com/… idhooks alerts

Environment: IDHOOKS_WEBHOOK, the address of a webhook; IDHOOKS_WEBHOOK_TOKEN, sent to it as
'Authorization: Bearer …'

Exit code: 0 nothing to tell, 1 something, 2 cannot tell, or could not deliver it")]
pub(super) struct Alerts {
    #[command(flatten)]
    source: RevisionArgs,
    /// Form of the report
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: AlertsFormat,
    /// Whom a mail is for; may be given several times
    #[arg(long, value_name = "ADDRESS", value_parser = mail_address)]
    to: Vec<String>,
    /// Send it to this address of the web, too
    #[arg(long, value_name = "URL", env = "IDHOOKS_WEBHOOK", hide_env = true)]
    webhook: Option<String>,
    /// How often to try again where a webhook is not to be had
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(..=10))]
    retries: u32,
    /// How much lower coverage may be
    #[arg(long, value_name = "SHARE", default_value = "0.05")]
    threshold: Share,
}

/// How alerts are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum AlertsFormat {
    /// For people
    #[default]
    Text,
    /// A document
    Json,
    /// A mail, for a program that sends it; nothing where there is nothing to tell
    Email,
}

/// Returns why the lock of the writers cannot be had.
fn locked(repo: &Repo) -> Option<String> {
    if repo.is_bare() {
        return None;
    }
    match LockStatus::of(repo, "alerts", limit(repo)) {
        LockStatus::Had(_) => None,
        LockStatus::Taken(who) => Some(format!("{who} has it")),
        LockStatus::Broken(error) => Some(error),
    }
}

fn mail_address(text: &str) -> Result<String, String> {
    let is_sign = |sign: char| !sign.is_control() && !sign.is_whitespace() && sign != ',';
    match text.split_once('@') {
        Some((name, domain))
            if !name.is_empty() && !domain.is_empty() && text.chars().all(is_sign) =>
        {
            Ok(text.to_owned())
        }
        _ => Err("not an address as ops@example.com".to_owned()),
    }
}

impl Alerts {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let webhook = self.webhook()?;
        let repo = self.source.open(dir)?;
        let commit = self.source.commit(&repo)?.map(|commit| commit.to_string());
        let at = clock::now();
        // That nothing can be told is the first thing to tell.
        let (alerts, failure) = match self.look(&repo, at) {
            Ok(alerts) => (alerts, None),
            Err(error) => (vec![Alert::unable(&error.message, error.hints.first())], Some(error)),
        };
        let name = repo.name();
        let occasion = AlertContext { repository: &name, commit: commit.as_deref(), at };
        match self.format {
            AlertsFormat::Text => alert_lines(&alerts).iter().for_each(|line| ui.line(line)),
            AlertsFormat::Json => ui.data(&alerts_json(&alerts, &occasion)),
            AlertsFormat::Email => ui.data(&alerts_mail(&alerts, &occasion, &self.to)),
        }
        if alerts.is_empty() {
            ui.status("nothing to tell");
            return Ok(Exit::Fine);
        }
        if let Some(webhook) = webhook {
            self.deliver(ui, &webhook, &alerts_json(&alerts, &occasion))?;
        }
        failure.map_or(Ok(Exit::Findings), Err)
    }

    fn look(&self, repo: &Repo, now: Timestamp) -> Result<Vec<Alert>, CommandError> {
        let view = self.source.view(repo)?;
        if matches!(view.held, Held::NotAdopted) {
            return Err(self.source.not_adopted());
        }
        let config = view.config(repo)?;
        let mut findings = view.check(repo, &config)?;
        findings.sort();
        let tracked: BTreeSet<_> = view.tracked(&config).collect();
        let tip = match self.source.commit(repo)? {
            Some(commit) => Some(commit),
            None => repo.head()?,
        };
        let since = Timestamp::from_unix((now.day() - DAYS) * DAY).ok();
        let lately = match tip {
            Some(tip) => coverage_history(repo, tip, since, &mut |_| {})?.points,
            None => Vec::new(),
        };
        Ok(alerts(&Signs {
            findings: &findings,
            coverage: covered(view.stored().map(|stored| &stored.registry), &tracked)
                .with_pending(&findings),
            lately: &lately,
            threshold: self.threshold.clone(),
            lock: locked(repo),
        }))
    }

    fn webhook(&self) -> Result<Option<Webhook>, CommandError> {
        let address = self.webhook.as_ref().filter(|address| !address.is_empty());
        let Some(address) = address else { return Ok(None) };
        let token = match std::env::var(TOKEN) {
            Ok(token) => Some(token).filter(|token| !token.is_empty()),
            Err(VarError::NotPresent) => None,
            Err(VarError::NotUnicode(_)) => {
                return Err(CommandError::new(format!("cannot send the value of {TOKEN}"))
                    .hint("give it a token of plain ASCII signs"));
            }
        };
        let webhook = Webhook::new(address, token).map_err(|why| {
            // The address may hold a secret, so it is not shown.
            CommandError::new("cannot use the address of the webhook")
                .because(&why)
                .hint("name one as https://hooks.example.com/path")
        });
        webhook.map(Some)
    }

    fn deliver(&self, ui: &mut Ui, webhook: &Webhook, json: &str) -> Result<(), CommandError> {
        let delivery = uuid::Uuid::new_v4().to_string();
        webhook.send(json, &delivery, self.retries).map_err(|error| {
            let times = count(error.attempts as usize, "attempt", "attempts");
            CommandError::new(format!("cannot deliver to {} ({times})", error.server))
                .because(&error.why)
                .hint("see that the receiver runs and takes JSON by POST, then run it again")
        })?;
        ui.status(&format!("delivered to {}", webhook.server()));
        Ok(())
    }
}
