//! Timers: jobs that run at fixed times, and the system units that start them.

mod cron;
mod error;
mod heal_and_push;
mod install;
mod list;
mod observer;
mod run;
mod section;
mod sections;
mod systemd;
mod timer_set;
mod timers;
mod windows;

pub use error::ScheduleError;
pub use install::{InstallTimersOptions, install_timers};
pub use list::{JobState, ScheduleList};
pub use observer::{JobObserver, WrittenReport};
pub use run::{JobsOutcome, RunJobsOptions, run_jobs};
pub use section::{ScheduledReport, Section, SectionFact, SectionKind};
pub use timers::{Scheduler, Timer, TimerState, remove_timers, timer_alerts};
