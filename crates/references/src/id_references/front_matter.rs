//! Finds references in front matter: the values of a key in the YAML or TOML at the start of a
//! document.

use std::ops::Range;

use idhooks_core::plan::second_id::is_doc_id;
use idhooks_core::registry::Id;
use saphyr_parser::{Event, Parser, ScalarStyle};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::ReferenceTarget;
use super::ending::ReferenceEnding;
use super::file_lines::BYTE_ORDER_MARK;
use super::raw_reference::RawReference;
use super::spelled_text::leading_id;

/// The longest front matter that is read, in bytes.
const LONGEST: usize = 64 << 10;

/// The front matter of a document.
struct FrontMatter<'t> {
    is_yaml: bool,
    /// Where its text begins in the document.
    start: usize,
    text: &'t str,
    /// Where the rest of the document begins.
    end: usize,
}

/// A string, with its position in the document and the text there.
struct PlacedString<'t> {
    range: Range<usize>,
    value: &'t str,
}

/// Finds the references in the values of a key, in order.
pub(super) fn find_by_key(text: &str, key: &str, form: usize, found: &mut Vec<RawReference>) {
    let Some(front_matter) = FrontMatter::of(text) else { return };
    let values = match front_matter.is_yaml {
        true => front_matter.yaml_values(key),
        false => front_matter.toml_values(key),
    };
    found.extend(values.into_iter().filter_map(|value| parse(value, form)));
}

/// Returns a document without its front matter, or without its byte order mark.
pub(super) fn without_front_matter(document: &str) -> &str {
    match FrontMatter::of(document) {
        Some(front_matter) => &document[front_matter.end..],
        None => document.strip_prefix(BYTE_ORDER_MARK).unwrap_or(document),
    }
}

/// Parses a value: an identity with its ending, or a second identity.
fn parse(value: PlacedString<'_>, form: usize) -> Option<RawReference> {
    let PlacedString { range, value } = value;
    let (target, ending) = match leading_id(value) {
        Some(id) => {
            let ending = ReferenceEnding::parse(&value[Id::DIGITS..]);
            (Id::DIGITS + ending.length == value.len()).then_some((ReferenceTarget::Id(id), ending))
        }
        None => is_doc_id(value)
            .then(|| (ReferenceTarget::Second(value.to_owned()), ReferenceEnding::default())),
    }?;
    let ReferenceEnding { stamp, section, .. } = ending;
    Some(RawReference { range, target, section, stamp, form })
}

impl<'t> FrontMatter<'t> {
    fn of(document: &'t str) -> Option<Self> {
        let start = document.len() - document.trim_start_matches('\u{feff}').len();
        let mut end = LONGEST.min(document.len());
        while !document.is_char_boundary(end) {
            end -= 1;
        }
        let mut lines = document.get(start..end)?.split_inclusive('\n');
        let fence = lines.next()?;
        let is_yaml = fence.trim_end() == "---";
        if !is_yaml && fence.trim_end() != "+++" {
            return None;
        }
        let (start, mut length) = (start + fence.len(), 0);
        for line in lines {
            let closes = line.trim_end();
            if closes == fence.trim_end() || (is_yaml && closes == "...") {
                let text = &document[start..start + length];
                let end = start + length + line.len();
                return Some(FrontMatter { is_yaml, start, text, end });
            }
            length += line.len();
        }
        None
    }

    /// Returns the string at a range of the front matter, if it is written as it is read.
    fn string(&self, range: Range<usize>) -> Option<PlacedString<'t>> {
        let raw = self.text.get(range.clone())?;
        let trimmed = raw.trim_end();
        let quote = trimmed.starts_with(['"', '\'']) && trimmed.len() > 1;
        let inside = if quote { 1..trimmed.len() - 1 } else { 0..trimmed.len() };
        let value = trimmed.get(inside.clone())?;
        let start = self.start + range.start;
        Some(PlacedString { range: start + inside.start..start + inside.end, value })
    }

    /// Returns the strings that are the value of a key at the top of YAML, or items of its value.
    fn yaml_values(&self, key: &str) -> Vec<PlacedString<'t>> {
        // The parser counts characters, not bytes.
        let mut offsets: Vec<usize> = self.text.char_indices().map(|(at, _)| at).collect();
        offsets.push(self.text.len());
        let (mut depth, mut is_key, mut is_in_value) = (0, true, false);
        let mut values = Vec::new();
        for event in Parser::new_from_str(self.text) {
            // Nothing after a syntax error is reliable.
            let Ok((event, span)) = event else { break };
            match event {
                Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
                Event::MappingEnd | Event::SequenceEnd => {
                    depth -= 1;
                    if depth == 1 {
                        (is_key, is_in_value) = (true, false);
                    }
                }
                Event::Scalar(name, ..) if depth == 1 && is_key => {
                    (is_key, is_in_value) = (false, name == key);
                }
                Event::Scalar(_, style, ..) => {
                    let is_plain = !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                    let ends = [span.start.index(), span.end.index()];
                    if let [Some(start), Some(end)] = ends.map(|at| offsets.get(at))
                        && is_in_value
                        && is_plain
                        && depth <= 2
                    {
                        values.extend(self.string(*start..*end));
                    }
                    is_key |= depth == 1;
                }
                Event::Alias(..) if depth == 1 => is_key = !is_key,
                _ => {}
            }
        }
        values
    }

    /// Returns the strings that are the value of a key at the top of TOML, or items of its value.
    fn toml_values(&self, key: &str) -> Vec<PlacedString<'t>> {
        let Ok(table) = DeTable::parse(self.text) else { return Vec::new() };
        let of_key = table.get_ref().iter().find(|(name, _)| name.get_ref() == key);
        let string = |value: &Spanned<DeValue<'_>>| match value.get_ref() {
            DeValue::String(_) => self.string(value.span()),
            _ => None,
        };
        match of_key.map(|(_, value)| (value, value.get_ref())) {
            Some((_, DeValue::Array(items))) => items.iter().filter_map(string).collect(),
            Some((value, _)) => string(value).into_iter().collect(),
            None => Vec::new(),
        }
    }
}
