//! For builds with the `automation` feature but without `report`, which send nothing to a webhook.

use std::sync::Arc;

use idhooks_ops::SendAlarm;

use crate::error::{CommandResult, missing};

/// Refuses to send a watcher's alerts to a webhook.
///
/// # Errors
/// Always returns an error, which names the missing feature.
pub fn alarm_webhook(_: String) -> CommandResult<Arc<SendAlarm>> {
    Err(missing("report", "'notify = \"webhook\"' in [watch]"))
}
