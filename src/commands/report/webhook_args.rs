//! Options for the webhook that receives alerts.

use clap::Args;
use idhooks_ops::WEBHOOK;
use idhooks_report::net::Webhook;

use crate::error::CommandResult;
use crate::output::Ui;
use crate::report::{deliver, webhook_at};

/// The address of a webhook, and the number of retries.
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
        // If a secret is not available, as in pull requests from forks, CI services set its
        // variable to an empty value.
        let address = self.webhook.as_ref().filter(|address| !address.is_empty());
        address.map(|address| webhook_at(address)).transpose()
    }

    /// Sends a document to the webhook, and reports the delivery.
    ///
    /// # Errors
    /// Returns an error if the document is not delivered.
    pub(super) fn deliver(&self, ui: &mut Ui, webhook: &Webhook, json: &str) -> CommandResult<()> {
        deliver(webhook, json, self.retries)?;
        ui.status(&format!("delivered to {}", webhook.server()));
        Ok(())
    }
}
