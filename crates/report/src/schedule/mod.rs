//! Timers: the jobs that run by the clock, and the units of the system that start them.

mod cron;
mod error;
mod install;
mod list;
mod notice;
mod observer;
mod run;
mod section;
mod sections;
mod systemd;
mod timers;
mod unit_files;
mod unit_names;
mod watch_unit;
mod windows;
mod work;

pub use error::ScheduleError;
pub use install::{InstallTimersOptions, install_timers};
pub use list::{JobState, ScheduleList};
pub use notice::{UnitNotice, WatchKeeper, WatcherNotice};
pub use observer::{JobObserver, WrittenReport};
pub use run::{JobsOutcome, RunJobsOptions, run_jobs};
pub use section::{ScheduledReport, Section, SectionFact, SectionKind};
pub use timers::{Scheduler, Timer, TimerState, remove_timers};
pub use watch_unit::{WatchUnitOptions, change_watch_unit};
