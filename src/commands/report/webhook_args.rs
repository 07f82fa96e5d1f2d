//! The webhook that receives alerts.

use std::ffi::OsString;

use clap::Args;
use idhooks_ops::{WEBHOOK, WEBHOOK_TOKEN};
use idhooks_report::net::{Webhook, WebhookError};

use crate::error::{CommandError, CommandResult};
use crate::output::{Ui, count};

/// The address of a webhook, and how often to try.
#[derive(Debug, Args)]
pub(super) struct WebhookArgs {
    /// Also send the report to this URL
    #[arg(long, value_name = "URL", env = WEBHOOK, hide_env = true)]
    webhook: Option<String>,
    /// Number of retries if the webhook is unavailable
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(..=10))]
    retries: u32,
}

impl WebhookArgs {
    /// Returns the webhook, if there is one.
    ///
    /// # Errors
    /// Returns an error if the address or the token cannot be used.
    pub(super) fn webhook(&self) -> CommandResult<Option<Webhook>> {
        let address = self.webhook.as_ref().filter(|address| !address.is_empty());
        address.map(|address| webhook_at(address)).transpose()
    }

    /// Sends a document to the webhook, and reports it.
    ///
    /// # Errors
    /// Returns an error if it is not delivered.
    pub(super) fn deliver(&self, ui: &mut Ui, webhook: &Webhook, json: &str) -> CommandResult<()> {
        deliver(webhook, json, self.retries)?;
        ui.status(&format!("delivered to {}", webhook.server()));
        Ok(())
    }
}

/// Returns the webhook at an address, with the token of the environment.
///
/// # Errors
/// Returns an error if the address or the token cannot be used.
pub(super) fn webhook_at(address: &str) -> CommandResult<Webhook> {
    let token = std::env::var_os(WEBHOOK_TOKEN).filter(|token| !token.is_empty());
    let token = token.map(OsString::into_string).transpose().map_err(|_| {
        CommandError::new(format!("cannot send the value of {WEBHOOK_TOKEN}"))
            .hint("set it to a token of ASCII characters")
    })?;
    // The address may hold a secret, so it is not shown.
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
pub(super) fn deliver(webhook: &Webhook, json: &str, retries: u32) -> CommandResult<()> {
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
