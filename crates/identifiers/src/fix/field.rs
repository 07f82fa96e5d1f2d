//! Finds texts that are written down for a field.

use idhooks_python::{Node, string_value};

use super::matching::Bound;
use crate::lint;

/// Finds a text that is written down for a field, if it should be replaced.
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
    let file = node.file();
    let line = file.text_of(file.line_range(node.range().start));
    let mut bound = Bound::default();
    let value_text = id.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    bound.texts.insert("thread".to_owned(), thread_of(id, line));
    bound.texts.insert("value".to_owned(), value_text);
    Some((vec![node], bound))
}

/// Returns the thread that a written identifier probably belongs to, by a word in it or on its line.
fn thread_of(id: &str, line: &str) -> String {
    let words = [
        ("test-run", "test_thread"),
        ("test_run", "test_thread"),
        ("integration", "integration_test"),
        ("e2e", "e2e_test"),
        ("websocket", "websocket_test"),
        ("agent", "agent_test"),
    ];
    let lower = [id.to_lowercase(), line.to_lowercase()];
    let known = lower.iter().find_map(|text| words.iter().find(|(word, _)| text.contains(word)));
    if let Some((_, thread)) = known {
        return (*thread).to_owned();
    }
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let clean: String = id.chars().map(plain).collect();
    match clean.trim_matches('_') {
        "" => "migrated_test".to_owned(),
        clean => clean.to_owned(),
    }
}
