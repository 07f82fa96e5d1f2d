//! [`Spot`]: a finding at a place of a text, in any file.

use idhooks_core::check::Code;

/// The separators of fields and records in an encoded report.
const FIELD: char = '\u{1f}';
const RECORD: char = '\u{1e}';

/// A finding in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The code.
    pub code: Code,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
    /// The kind of the finding, more precise than its code.
    pub kind: String,
    /// The identifier, if it is written in the text.
    pub id: Option<String>,
    /// The problem.
    pub message: String,
}

/// The findings in a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileReport {
    /// The findings in the order of the text.
    pub spots: Vec<Spot>,
    /// Why the text was not checked, if it was not.
    pub problem: Option<String>,
}

impl FileReport {
    /// Returns the report as text that [`Self::decode`] reads; nothing if it contains a separator.
    pub fn encode(&self) -> Option<String> {
        let has_separator = |text: &str| text.contains([FIELD, RECORD]);
        let texts = self.spots.iter().flat_map(|spot| spot.id.iter().chain([&spot.message]));
        if texts.chain(&self.problem).any(|text| has_separator(text)) {
            return None;
        }
        let mut text = self.problem.clone().unwrap_or_default();
        for Spot { code, line, column, kind, id, message } in &self.spots {
            // An identifier begins with a mark, so that an empty one is not taken for none.
            let id = id.as_ref().map(|id| format!("={id}")).unwrap_or_default();
            text.push(RECORD);
            let fields =
                [code.as_str(), &line.to_string(), &column.to_string(), kind, &id, message];
            text.push_str(&fields.join(&FIELD.to_string()));
        }
        Some(text)
    }

    /// Parses a report.
    pub fn decode(text: &str) -> Option<Self> {
        let mut records = text.split(RECORD);
        let problem = records.next().filter(|problem| !problem.is_empty()).map(str::to_owned);
        let spot = |record: &str| {
            let fields: [&str; 6] = record.split(FIELD).collect::<Vec<_>>().try_into().ok()?;
            let [code, line, column, kind, id, message] = fields;
            Some(Spot {
                code: code.parse().ok()?,
                line: line.parse().ok()?,
                column: column.parse().ok()?,
                kind: kind.to_owned(),
                id: id.strip_prefix('=').map(str::to_owned),
                message: message.to_owned(),
            })
        };
        let spots = records.map(spot).collect::<Option<_>>()?;
        Some(FileReport { spots, problem })
    }
}
