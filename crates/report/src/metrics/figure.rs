//! [`Figure`]: a metric with its name, help text and labeled samples.

/// The kind of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureKind {
    /// A value that may go up and down: every value is computed from one commit or index, and
    /// another one may have a smaller value.
    Gauge,
    /// A constant 1 whose labels hold the information.
    Info,
}

impl FigureKind {
    /// Returns the word for exposition formats.
    pub fn as_str(self) -> &'static str {
        match self {
            FigureKind::Gauge => "gauge",
            FigureKind::Info => "info",
        }
    }
}

/// One value of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The labels, with their values.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

/// A metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// The name; that of an info ends in `_info`.
    pub name: &'static str,
    /// The help text, without a full stop.
    pub help: &'static str,
    /// The kind.
    pub kind: FigureKind,
    /// The values, each with different labels.
    pub samples: Vec<Sample>,
}

impl Figure {
    /// Returns a figure with one value and no labels.
    pub(super) fn plain(name: &'static str, help: &'static str, value: f64) -> Self {
        let samples = vec![Sample { labels: Vec::new(), value }];
        Figure { name, help, kind: FigureKind::Gauge, samples }
    }
}
