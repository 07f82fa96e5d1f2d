//! The text of the legacy file, derived from a registry or from its canonical text.

use std::io::{self, Read, Seek, Write};

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::{
    CanonicalRecord, CanonicalRecords, RecordCounts, Registry, write_legacy_record,
};

use super::classic::ClassicText;
use super::ids_map::IdsMapText;
use super::record::LegacyRecord;
use super::table::TableText;

/// The number of records that are written at once. More memory than that would take longer to get
/// from the system than to fill.
const BLOCK: usize = 128;

/// Returns the text of the legacy file of a registry.
pub fn derive(registry: &Registry, format: LegacyFormat) -> String {
    let mut text = LegacyText::begin(registry, &RecordCounts::of(registry), format);
    for (record, holder) in registry.sorted() {
        text.push(&LegacyRecord::Parsed(record, holder));
    }
    text.finish()
}

/// Writes the same text as [`derive()`] for a registry of which only the canonical text is known;
/// records in the plainest form are not parsed, and little of it is in memory. Returns false, before
/// anything is written, if the text has another form, no records, or records that depend on each
/// other: then it must be parsed.
///
/// # Errors
/// Returns an error if the text cannot be read twice, or the errors of the writer.
pub(super) fn derive_from_text(
    mut text: impl Read + Seek,
    format: LegacyFormat,
    out: &mut dyn Write,
) -> io::Result<bool> {
    text.rewind()?;
    let Some((head, counts)) = counted(&mut text) else { return Ok(false) };
    text.rewind()?;
    let mut derived = LegacyText::begin(&head, &counts, format);
    let (mut pending, mut written) = (0, Ok(()));
    let add = |record: CanonicalRecord<'_>| {
        if written.is_err() {
            return;
        }
        match &record {
            CanonicalRecord::Plain(line, values) => match std::str::from_utf8(line) {
                Ok(line) => derived.push(&LegacyRecord::Plain(line, values)),
                Err(_) => written = Err(io::ErrorKind::InvalidData.into()),
            },
            CanonicalRecord::Parsed(record) => derived.push(&LegacyRecord::Parsed(record, None)),
        }
        pending += 1;
        if pending == BLOCK && written.is_ok() {
            pending = 0;
            written = derived.drain(out);
        }
    };
    let whole = CanonicalRecords::begin(&mut text).and_then(|records| records.each(add));
    written?;
    whole.ok_or(io::ErrorKind::UnexpectedEof)?;
    out.write_all(derived.finish().as_bytes())?;
    Ok(true)
}

/// Returns the registry in a text without its records, and counts these.
fn counted(text: impl Read) -> Option<(Registry, RecordCounts)> {
    let records = CanonicalRecords::begin(text)?;
    let (head, mut counts) = (records.head().clone(), RecordCounts::default());
    records.each_apart(|record| match record {
        CanonicalRecord::Plain(_, line) => counts.add([line.id; 2], line.status),
        CanonicalRecord::Parsed(record) => counts.add_record(record),
    })?;
    Some((head, counts))
}

/// The text of a legacy file, to which records are added in order of their identities.
enum LegacyText {
    Classic { text: ClassicText, line: String },
    Jsonl(String),
    Csv(Box<TableText>),
    IdsMap(IdsMapText),
}

impl LegacyText {
    /// Begins the text of a registry with this head and these records.
    fn begin(head: &Registry, counts: &RecordCounts, format: LegacyFormat) -> Self {
        match format {
            LegacyFormat::Classic => {
                let text = ClassicText::begin(head, counts, true);
                LegacyText::Classic { text, line: String::new() }
            }
            LegacyFormat::Jsonl => LegacyText::Jsonl(String::new()),
            LegacyFormat::Csv => LegacyText::Csv(Box::new(TableText::begin(head))),
            LegacyFormat::IdsMap => LegacyText::IdsMap(IdsMapText::default()),
        }
    }

    fn push(&mut self, record: &LegacyRecord<'_>) {
        match (self, record) {
            (LegacyText::Classic { text, .. }, LegacyRecord::Plain(line, _)) => text.push(line),
            (LegacyText::Classic { text, line }, LegacyRecord::Parsed(record, holder)) => {
                line.clear();
                write_legacy_record(line, record, *holder);
                text.push(line);
            }
            (LegacyText::Jsonl(text), LegacyRecord::Plain(line, _)) => {
                text.push_str(line);
                text.push('\n');
            }
            (LegacyText::Jsonl(text), LegacyRecord::Parsed(record, holder)) => {
                write_legacy_record(text, record, *holder);
                text.push('\n');
            }
            (LegacyText::Csv(text), record) => text.push(record),
            (LegacyText::IdsMap(text), record) => text.push(record),
        }
    }

    /// Writes the text so far, which is then no longer kept, as far as it is certain.
    fn drain(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let text = match self {
            LegacyText::Classic { text, .. } => &mut text.text,
            LegacyText::Jsonl(text) => text,
            LegacyText::Csv(text) => return out.write_all(&text.take()),
            LegacyText::IdsMap(_) => return Ok(()),
        };
        out.write_all(text.as_bytes())?;
        text.clear();
        Ok(())
    }

    /// Returns the rest of the text.
    fn finish(self) -> String {
        match self {
            LegacyText::Classic { text, .. } => text.finish(),
            LegacyText::Jsonl(text) => text,
            LegacyText::Csv(mut text) => String::from_utf8(text.take()).unwrap_or_default(),
            LegacyText::IdsMap(text) => text.finish(),
        }
    }
}

#[cfg(test)]
#[path = "derive_tests.rs"]
mod tests;
