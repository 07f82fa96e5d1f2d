//! Units: files that make the system start idhooks, such as timers, and whether idhooks wrote the
//! ones that exist.

mod files;
mod names;
mod notice;
mod program_search;
mod refusal;
pub mod systemd;
mod unit_format;
mod unit_text;
pub mod windows;

pub use files::{ExpectedFile, UnitFileStatus, put, remove, take_away};
pub use names::UnitNames;
pub use notice::{UnitNotice, WatchKeeper, WatcherNotice};
pub use program_search::ProgramSearch;
pub use refusal::UnitRefusal;
pub use unit_format::{UnitFormat, cron_quoted};
pub use unit_text::unit_text;
