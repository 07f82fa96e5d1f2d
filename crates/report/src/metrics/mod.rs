//! Metrics of identities: from values to figures. Pure.
//!
//! `walk` reads the values, and `output` writes the figures in each format.

mod alert;
mod capacity;
mod coverage;
mod figure;
mod health;
mod measure;

pub use alert::{Alert, Signs, Urgency, alerts};
pub use capacity::{Filling, fillings};
pub use coverage::{By, Group, TrackedFiles};
pub use figure::{Figure, FigureKind, Sample};
pub use health::{Health, HealthState};
pub use measure::{MetricHistory, MetricInputs, measure, percentage, states};
