//! References in YAML and TOML files: strings that are paths.

use saphyr_parser::{Event, Parser, ScalarStyle};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::modules::PythonModules;
use super::tracked_paths::{Base, TextSearch};

/// Finds the references in a YAML file's scalars.
pub(super) fn yaml(search: &mut TextSearch<'_>, modules: &PythonModules<'_>) {
    let text = search.text;
    // The parser reports offsets in characters, not bytes.
    let mut offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    offsets.push(text.len());
    for event in Parser::new_from_str(text) {
        // Nothing after a syntax error is reliable.
        let Ok((event, span)) = event else { return };
        let Event::Scalar(value, style, ..) = event else { continue };
        let (start, end) = (span.start.index(), span.end.index());
        let (Some(start), Some(end)) = (offsets.get(start), offsets.get(end)) else { continue };
        let quote =
            usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        check_string(search, modules, *start, *end, quote, &value);
    }
}

/// Finds the references in a TOML file's strings.
pub(super) fn toml(search: &mut TextSearch<'_>, modules: &PythonModules<'_>) {
    let text = search.text;
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
                check_string(search, modules, span.start, span.end, quote, string_value);
            }
            DeValue::Array(items) => values.extend(items.iter()),
            DeValue::Table(table) => values.extend(table.values()),
            _ => {}
        }
    }
}

/// Checks one string, which is enclosed in quotes of this length.
fn check_string(
    search: &mut TextSearch<'_>,
    modules: &PythonModules<'_>,
    start: usize,
    end: usize,
    quote: usize,
    value: &str,
) {
    // No real path is that long or contains a line break.
    if value.len() > 4096 || value.contains('\n') {
        return;
    }
    if modules.names_moved(value) {
        let what = format!("'{value}' looks like the name of a Python module");
        return search.doubt(start, what);
    }
    let at = start + quote;
    let check = |search: &mut TextSearch<'_>, at| {
        search.check_path(Base::Either, at, value, value.as_bytes());
    };
    // A plain scalar's range may include the spaces after it.
    match search.text.get(at..end.saturating_sub(quote)) {
        Some(written) if written.trim_end() == value => check(search, at),
        _ => search.check_escaped(start, value, |inner| check(inner, 0)),
    }
}
