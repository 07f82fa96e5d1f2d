//! [`StatusBoard`]: a watcher's status before it is written.

use std::rc::Rc;

use crate::control::WatchControl;
use crate::heartbeat_sender::Heart;
use crate::pending_paths::Tick;
use crate::problems::Problems;
use crate::status::{EventRate, WatchStatus};

/// A watcher's status, and when it was last written.
#[derive(Debug)]
pub(super) struct StatusBoard {
    pub(super) status: WatchStatus,
    pub(super) rate: EventRate,
    pub(super) problems: Problems,
    pub(super) heart: Rc<Heart>,
    /// When the status was last written.
    pub(super) written: Tick,
    /// Whether the status has changed since it was last written.
    pub(super) is_changed: bool,
}

impl StatusBoard {
    pub(super) fn new(status: WatchStatus, control: &WatchControl) -> Self {
        StatusBoard {
            status,
            rate: EventRate::default(),
            problems: Problems::default(),
            heart: Rc::new(Heart::new(control.clone())),
            written: Tick::ZERO,
            is_changed: true,
        }
    }
}
