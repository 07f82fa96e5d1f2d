//! A figure as monitoring knows it: a name, what it means, and samples with labels.

/// How a figure behaves over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureKind {
    /// It may go up and down: everything is computed from one commit or index, and another one
    /// may have less of it.
    Gauge,
    /// It is always 1; its labels say something.
    Info,
}

impl FigureKind {
    /// Returns the word for it.
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
    /// What it is the value of, by name.
    pub labels: Vec<(&'static str, String)>,
    /// The value.
    pub value: f64,
}

/// Something that is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its name; an info ends in `_info`.
    pub name: &'static str,
    /// What it means, in a sentence without a full stop.
    pub help: &'static str,
    /// How it behaves.
    pub kind: FigureKind,
    /// Its values, each with other labels.
    pub samples: Vec<Sample>,
}

impl Figure {
    /// Returns a figure with one value and no labels.
    pub(super) fn plain(name: &'static str, help: &'static str, value: f64) -> Self {
        let samples = vec![Sample { labels: Vec::new(), value }];
        Figure { name, help, kind: FigureKind::Gauge, samples }
    }
}
