//! [`Figure`]: a metric with its name, help text and labeled samples.

use serde::Serialize;

use idhooks_core::registry::in_order;

idhooks_core::words! {
    /// The kind of a figure.
    pub enum FigureKind {
        /// A value that may go up and down: every value is computed from one commit or index, and
        /// another one may have a smaller value.
        Gauge = "gauge",
        /// A constant 1 whose labels hold the information.
        Info = "info",
    }
}

/// One value of a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sample {
    /// The labels, with their values.
    #[serde(serialize_with = "in_order")]
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

/// A metric.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// The name; that of an info ends in `_info`.
    pub name: &'static str,
    /// The kind.
    #[serde(rename = "type")]
    pub kind: FigureKind,
    /// The help text, without a full stop.
    pub help: &'static str,
    /// The values, each with different labels.
    pub samples: Vec<Sample>,
}
