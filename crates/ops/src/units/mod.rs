//! Units: files that make the system start idhooks, such as timers, and whether idhooks wrote the
//! ones that exist.

mod files;
mod names;
mod notice;
mod refusal;
pub mod systemd;
pub mod windows;

pub use files::{ExpectedFile, UnitFileStatus, put, remove, take_away};
pub use names::{UnitNames, unit_text};
pub use notice::{UnitNotice, WatchKeeper, WatcherNotice};
pub use refusal::UnitRefusal;
