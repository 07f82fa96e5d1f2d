//! Values as texts for people.

use crate::registry::Json;

/// Returns different values as different texts: strings without quotes, unless the other one is a number that is
/// written alike.
pub(super) fn differing_texts(values: [Option<&Json>; 2]) -> [Option<String>; 2] {
    let texts = values.map(|value| value.map(text_of));
    match &texts {
        [Some(one), Some(other)] if one == other => values.map(|value| value.map(Json::compact)),
        _ => texts,
    }
}

/// Returns a value as text: a string without its quotes.
pub(super) fn text_of(value: &Json) -> String {
    value.as_str().map_or_else(|| value.compact(), str::to_owned)
}
