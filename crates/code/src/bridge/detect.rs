//! Detects an identifier's format.

use serde::Serialize;

use super::{
    super::format::{FormatPiece, IdReading},
    super::template::PartKind,
    Bridge,
};

/// A format that an identifier may have.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The format's name.
    pub format: String,
    /// The confidence in this format, from 0 to 1. The confidences of all candidates add up to 1.
    pub confidence: f64,
    /// Whether the format is a legacy format.
    #[serde(rename = "legacy")]
    pub is_legacy: bool,
    /// Whether the format's identifiers look like ordinary words.
    #[serde(skip)]
    pub is_free_text: bool,
}

/// The formats an identifier may have, ordered by confidence; empty if no format fits.
#[derive(Debug, Clone, PartialEq)]
pub struct Detection {
    /// The formats.
    pub candidates: Vec<Candidate>,
}

impl Detection {
    /// Returns the format with the highest confidence; `None` if another has the same confidence.
    pub fn best(&self) -> Option<&Candidate> {
        match &*self.candidates {
            [first, second, ..] if first.confidence <= second.confidence => None,
            all => all.first(),
        }
    }
}

impl Bridge {
    /// Returns the formats that an identifier fits. If several fit, the confidence is divided among
    /// them in proportion to the number of characters each format accounts for: its literals,
    /// numbers and random digits, but not the free text between them.
    pub fn detect(&self, id: &str) -> Detection {
        let readings = self.readings(id);
        let known: Vec<usize> = readings.iter().map(explained).collect();
        let total: usize = known.iter().sum();
        // If there are no literals or numbers, no format is favoured.
        let confidence = |known: usize| match (readings.len(), total) {
            (1, _) => 1.0,
            (several, 0) => 1.0 / several as f64,
            (_, total) => known as f64 / total as f64,
        };
        let candidates = readings.iter().zip(&known).map(|(reading, known)| Candidate {
            format: reading.format.name.clone(),
            confidence: confidence(*known),
            is_legacy: reading.format.is_legacy,
            is_free_text: !reading.format.is_telling(),
        });
        let mut candidates: Vec<Candidate> = candidates.collect();
        candidates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        Detection { candidates }
    }
}

/// Returns the number of characters in an identifier that its format accounts for.
fn explained(reading: &IdReading<'_, '_>) -> usize {
    let literals = reading.format.pieces.iter().map(|piece| match piece {
        FormatPiece::Literal(text) => text.len(),
        FormatPiece::Part(_) => 0,
    });
    let parts = reading.values.iter().map(|(part, value)| match part.kind {
        // Free text fits every format, so it is not evidence for any of them.
        PartKind::Text | PartKind::First { .. } => 0,
        _ => value.len(),
    });
    literals.chain(parts).sum()
}
