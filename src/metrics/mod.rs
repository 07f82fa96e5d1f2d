//! Metrics of identities: from values to figures. Pure.
//!
//! `walk` reads the values, and `output` writes the figures in each format.

mod alert;
mod coverage;
mod figure;
mod filling;
mod health;
mod measure;
mod point;

pub use alert::{Alert, Signs, Urgency, alerts};
pub use coverage::{By, Group, covered, grouped};
pub use figure::{Figure, FigureKind, Sample};
pub use filling::{Filling, fillings};
pub use health::Health;
pub use measure::{MetricHistory, MetricInputs, measure};
pub use point::{Point, ratio};
