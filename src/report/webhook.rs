//! The webhook that receives alerts.

use std::ffi::OsString;
use std::sync::Arc;

use idhooks_ops::{SendAlarm, WEBHOOK, WEBHOOK_TOKEN, WatchAlarm, clock};
use idhooks_report::net::{Webhook, WebhookError};

use super::alerts::{AlertContext, alerts_json};
use crate::error::{CommandError, CommandResult};
use crate::output::count;

/// The number of times to retry sending an alert.
const RETRIES: u32 = 3;

/// Returns the webhook with this address, and with the token from the environment.
///
/// # Errors
/// Returns an error if the address or the token cannot be used.
pub fn webhook_at(address: &str) -> CommandResult<Webhook> {
    let token = std::env::var_os(WEBHOOK_TOKEN).filter(|token| !token.is_empty());
    let token = token.map(OsString::into_string).transpose().map_err(|_| {
        CommandError::new(format!("cannot send the value of {WEBHOOK_TOKEN}"))
            .hint("set it to a token of ASCII characters")
    })?;
    // The path in the address is often secret, so messages never show it.
    Webhook::new(address, token).map_err(|why| {
        CommandError::new("cannot use the address of the webhook")
            .because(&why)
            .hint("use an address such as https://hooks.example.com/path")
    })
}

/// Sends a document to a webhook.
///
/// # Errors
/// Returns an error if it is not delivered.
pub fn deliver(webhook: &Webhook, json: &str, retries: u32) -> CommandResult<()> {
    // Retries use the same id, so that a receiver that already has the document can discard them.
    let delivery = uuid::Uuid::new_v4().to_string();
    webhook.send(json, &delivery, retries).map_err(|error| {
            let failed = format!("cannot deliver to {}", webhook.server());
            match error {
                WebhookError::CurlMissing => CommandError::new(failed)
                    .because(&"curl is not on PATH")
                    .hint("install curl, then run the command again: https://curl.se/download.html"),
                WebhookError::Curl(error) => error.into(),
                WebhookError::Document(error) => error.into(),
                WebhookError::Rejected { why, attempts } => {
                    let times = count(attempts as usize, "attempt", "attempts");
                    let hint = "check that the receiver is running and accepts JSON by POST, then run the command again";
                    CommandError::new(format!("{failed} ({times})")).because(&why).hint(hint)
                }
            }
        })
}

/// Returns a function that sends a watcher's alerts to the webhook used by 'idhooks alerts'.
///
/// # Errors
/// Returns an error if the environment names no webhook or an unusable one.
pub fn alarm_webhook(repository: String) -> CommandResult<Arc<SendAlarm>> {
    let address = std::env::var(WEBHOOK).ok().filter(|address| !address.is_empty());
    let address = address.ok_or_else(|| {
        CommandError::new("'notify' in [watch] is \"webhook\", but no address is set").hint(
            format!("set {WEBHOOK}, as for 'idhooks alerts', or change 'notify' in idhooks.toml"),
        )
    })?;
    let webhook = webhook_at(&address)?;
    Ok(Arc::new(move |alarm: &WatchAlarm| {
        let (at, repository) = (clock::now(), &*repository);
        let context = AlertContext { at, repository, commit: None, heads_unread: None };
        let sent = deliver(&webhook, &alerts_json(&[alarm.into()], &context), RETRIES);
        let why = |error: CommandError| {
            let parts = std::iter::once(error.message).chain(error.causes);
            parts.collect::<Vec<_>>().join(": ")
        };
        sent.err().map(why)
    }))
}
