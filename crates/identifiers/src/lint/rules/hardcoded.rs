//! HARDCODED_ID: identifiers that are written into the code.

use idhooks_core::check::Code;
use idhooks_core::config::LintRules;
use tree_sitter::Node;

use super::super::hit::Hit;
use crate::formats::Formats;
use crate::python::PythonFile;

/// How the names of fields end that may hold a placeholder.
pub(in super::super) const PLACEHOLDER_FIELDS: [&str; 2] = ["run_id", "thread_id"];
/// How placeholders begin.
pub(in super::super) const PLACEHOLDER_OPENINGS: [&str; 4] =
    ["test-run", "test_run", "run-", "thread_"];

/// Finds the identifiers in a file.
pub(in super::super) fn check(
    file: &PythonFile<'_>,
    rules: &LintRules,
    formats: &Formats,
    hits: &mut Vec<Hit>,
) {
    file.walk(&mut |path| {
        let Some(node) = path.last() else { return };
        let Some((name, value, kind)) = field(file, *node) else { return };
        let Some(id) = file.string_value(value).filter(|id| !id.is_empty()) else { return };
        if is_hardcoded(rules, formats, &name, &id) {
            let message = format!("{name} is '{id}', which no format has");
            hits.push(Hit::new(file, value, (Code::HardcodedId, kind), message).with_id(id));
        }
    });
}

/// Returns whether a text is written down for a field of an identifier, without a format.
pub(in super::super) fn is_hardcoded(
    rules: &LintRules,
    formats: &Formats,
    name: &str,
    id: &str,
) -> bool {
    let is_field = || rules.id_fields.iter().any(|field| field == name);
    is_placeholder(name, id) || (is_field() && fits_nothing(formats, id))
}

/// Returns the name and the value of a field that gets a value, and how.
pub(crate) fn field<'t>(
    file: &PythonFile<'_>,
    node: Node<'t>,
) -> Option<(String, Node<'t>, &'static str)> {
    let (name, value, kind) = match node.kind() {
        "assignment" => ("left", "right", "assignment"),
        "keyword_argument" => ("name", "value", "keyword"),
        "pair" => ("key", "value", "dict"),
        "default_parameter" | "typed_default_parameter" => ("name", "value", "default"),
        _ => return None,
    };
    let (name, value) = (node.child_by_field_name(name)?, node.child_by_field_name(value)?);
    let text = |node: Node<'_>| file.text_of(node).to_owned();
    let name = match name.kind() {
        "identifier" if kind != "dict" => text(name),
        "attribute" => text(name.child_by_field_name("attribute")?),
        "subscript" => file.string_value(name.child_by_field_name("subscript")?)?,
        _ => file.string_value(name)?,
    };
    Some((name, value, kind))
}

/// Returns whether a field of an identifier has a value that tests were often given by hand.
fn is_placeholder(name: &str, id: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    let is_words = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-".contains(c))
    };
    let is_run = matches!(id, "test-run" | "test_run")
        || id.strip_prefix("test_run_").is_some_and(is_digits)
        || id.strip_prefix("run-").is_some_and(is_words);
    let is_thread = id.strip_prefix("thread_").is_some_and(is_digits);
    (name.ends_with("run_id") && is_run) || (name.ends_with("thread_id") && is_thread)
}

/// Returns whether formats are declared and an identifier has none of those in use.
fn fits_nothing(formats: &Formats, id: &str) -> bool {
    let mut current = formats.all.iter().filter(|format| !format.is_legacy).peekable();
    current.peek().is_some() && current.all(|format| format.read(id).is_none())
}
