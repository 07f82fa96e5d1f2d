//! Reads the facts about a repository and this clone that reports need; `metrics` evaluates them.

mod clone_facts;
mod coverage;
mod coverage_period;
mod dashboard_facts;
mod find_alerts;
mod health;
mod lock_status;
mod measured;

pub use clone_facts::{CiRun, CloneFacts};
pub use coverage::{
    CoverageChange, CoverageError, EarlierCommit, compare_coverage, coverage, coverage_by_day,
};
pub use coverage_period::{CoveragePeriod, PartChange};
pub use dashboard_facts::DashboardFacts;
pub use find_alerts::{FoundAlerts, find_alerts};
pub use health::{backup_summary, health, readable};
pub use measured::{MeasureExtent, Measured, measure_repository};
