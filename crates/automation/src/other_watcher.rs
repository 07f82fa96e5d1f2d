//! [`OtherWatcher`]: a watcher that prevents a command from running.

use std::fmt;

use idhooks_repo::store::Holder;

use crate::control::WatchControl;
use crate::liveness::Liveness;

/// A watcher that is already running, or that was asked to end but did not.
#[derive(Debug)]
pub struct OtherWatcher {
    /// Its process.
    pub holder: Holder,
    /// Whether the watcher is working, if known.
    pub liveness: Option<Liveness>,
}

impl OtherWatcher {
    pub(crate) fn new(control: &WatchControl, holder: Holder) -> Self {
        let status = control.status().ok().flatten();
        OtherWatcher { holder, liveness: status.map(|(_, liveness)| liveness) }
    }
}

impl fmt::Display for OtherWatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let liveness = self.liveness.clone();
        match liveness.and_then(Liveness::reason_without_process) {
            Some(reason) => write!(f, "{}, which {reason}", self.holder),
            None => write!(f, "{}", self.holder),
        }
    }
}
