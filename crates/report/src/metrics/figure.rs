//! [`Figure`]: a metric with its name, help text and labeled samples.

use idhooks_core::registry::in_order;
use serde::Serialize;

idhooks_core::words! {
    /// The kind of a figure.
    pub enum FigureKind {
        /// A value that may go up and down. It is computed from one commit or index, so another
        /// commit may give a smaller value.
        Gauge = "gauge",
        /// A constant 1 whose labels carry the information.
        Info = "info",
        /// A value that only goes up. Its name ends in `_total`.
        Counter = "counter",
        /// A histogram: the number of values up to each bound.
        Histogram = "histogram",
    }
}

/// A single value of a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// The suffix that a histogram adds to its name: `_bucket`, `_sum` or `_count`.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub suffix: &'static str,
    /// The labels, with their values.
    #[serde(serialize_with = "in_order")]
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

impl Sample {
    /// Returns a sample with these labels and this value.
    pub fn of(labels: Vec<(&'static str, String)>, value: f64) -> Self {
        Sample { suffix: "", labels, value }
    }
}

/// A metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The metric's name; the name of an info ends in `_info`.
    pub name: &'static str,
    /// The kind.
    #[serde(rename = "type")]
    pub kind: FigureKind,
    /// The help text, without a full stop.
    pub help: &'static str,
    /// The samples, each with different labels.
    pub samples: Vec<Sample>,
}
