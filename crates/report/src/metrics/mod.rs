//! Turns values into metrics about identities. This module does no I/O.
//!
//! `reports` reads the values, and the `idhooks` crate writes the metrics in each format.

mod alert;
mod bridge;
mod capacity;
mod clone_figures;
mod code_figures;
mod condition;
mod dual_write;
mod figure;
mod health;
mod history_figures;
mod measure;
mod reference_figures;
mod watch_figures;

pub use alert::{Alert, Signs, alerts};
pub use bridge::{BridgeMeasures, bridge_figures, legacy_figures};
pub use capacity::{Filling, fillings};
pub use clone_figures::{backup_figures, clone_figures};
pub use code_figures::code_figures;
pub use condition::{AlertCondition, Urgency};
pub use dual_write::dual_write_figures;
pub use figure::{Figure, FigureKind, Sample};
pub use health::{Health, HealthState};
pub use history_figures::MetricHistory;
pub use measure::{MetricInputs, measure, percentage};
pub use reference_figures::reference_figures;
pub use watch_figures::watch_figures;
