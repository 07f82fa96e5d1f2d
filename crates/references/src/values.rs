//! References in YAML and TOML files: strings that are paths.

use idhooks_core::registry::RepoPath;
use saphyr_parser::{Event, Parser, ScalarStyle};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::modules::PythonModules;
use super::reference::FoundReference;
use super::tracked_paths::{Base, PathSpot, TrackedPaths};

/// Finds the references in the scalars of a YAML file.
pub(super) fn yaml(
    tracked: &TrackedPaths<'_>,
    modules: &PythonModules<'_>,
    path: &RepoPath,
    text: &str,
    found: &mut FoundReference,
) {
    // The parser reports offsets in characters.
    let mut offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    offsets.push(text.len());
    for event in Parser::new_from_str(text) {
        // Stop at the first syntax error.
        let Ok((event, span)) = event else { return };
        let Event::Scalar(value, style, ..) = event else { continue };
        let (start, end) = (span.start.index(), span.end.index());
        let (Some(start), Some(end)) = (offsets.get(start), offsets.get(end)) else { continue };
        let quote =
            usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        check_string(tracked, modules, path, (text, *start, *end, quote), &value, found);
    }
}

/// Finds the references in the strings of a TOML file.
pub(super) fn toml(
    tracked: &TrackedPaths<'_>,
    modules: &PythonModules<'_>,
    path: &RepoPath,
    text: &str,
    found: &mut FoundReference,
) {
    let Ok(table) = DeTable::parse(text) else { return };
    let mut values: Vec<&Spanned<DeValue<'_>>> = table.get_ref().values().collect();
    while let Some(value) = values.pop() {
        match value.get_ref() {
            DeValue::String(string_value) => {
                let span = value.span();
                let quote = match text.get(span.clone()) {
                    Some(raw) if raw.starts_with("\"\"\"") || raw.starts_with("'''") => 3,
                    _ => 1,
                };
                let place = (text, span.start, span.end, quote);
                check_string(tracked, modules, path, place, string_value, found);
            }
            DeValue::Array(items) => values.extend(items.iter()),
            DeValue::Table(table) => values.extend(table.values()),
            _ => {}
        }
    }
}

/// Checks one string, which is enclosed in quotes of this length.
fn check_string(
    tracked: &TrackedPaths<'_>,
    modules: &PythonModules<'_>,
    path: &RepoPath,
    (text, start, end, quote): (&str, usize, usize, usize),
    value: &str,
    found: &mut FoundReference,
) {
    if value.len() > 4096 || value.contains('\n') {
        return;
    }
    if modules.names_moved(value) {
        return found.doubt(
            text,
            start,
            format!("'{value}' looks like the name of a Python module"),
        );
    }
    let at = start + quote;
    match text.get(at..end.saturating_sub(quote)) {
        Some(written) if written.trim_end() == value => {
            tracked.check_path(
                path,
                Base::Either,
                &PathSpot { text, at, written: value_in(written, value) },
                value.as_bytes(),
                found,
            );
        }
        _ => {
            let mut inner = FoundReference::default();
            let spot = PathSpot { text: value, at: 0, written: value };
            tracked.check_path(path, Base::Either, &spot, value.as_bytes(), &mut inner);
            if !inner.is_unchanged() || !inner.doubts.is_empty() {
                found.doubt(text, start, format!("'{value}' contains escapes"));
            }
        }
    }
}

/// Returns the value as it is written in the text.
fn value_in<'t>(written: &'t str, value: &str) -> &'t str {
    &written[..value.len()]
}
