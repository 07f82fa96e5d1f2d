//! Finds hard-coded strings for a field.

use idhooks_python::{Node, string_value};

use super::code_matching::Bound;
use crate::lint;

/// Returns a hard-coded string for a field, if it should be replaced.
pub(super) fn find_field<'t>(
    field: &str,
    node: Node<'t>,
    is_hardcoded: &dyn Fn(&str, &str) -> bool,
) -> Option<(Vec<Node<'t>>, Bound<'t>)> {
    let id = string_value(node.ast())?;
    let (name, _) = lint::field(node)?;
    if name != field || !is_hardcoded(name, id) {
        return None;
    }
    let mut bound = Bound::default();
    let value_text = id.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    bound.texts.insert("word".to_owned(), word_of(id));
    bound.texts.insert("value".to_owned(), value_text);
    Some((vec![node], bound))
}

/// Converts an identifier to a word, with `_` in place of anything but letters and digits.
fn word_of(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    id.chars().map(plain).collect()
}
