//! ID_FSTRING: identifiers that are put together from a known prefix and a random or time part.

use std::ops::Range;

use idhooks_core::check::Code;
use tree_sitter::Node;

use super::super::hit::Hit;
use super::raw_uuid::MAKERS;
use crate::python::{NameUse, PythonFile, named_children};

/// The functions whose values are random or a time, besides those that make UUIDs.
const SOURCES: [&str; 12] = [
    "os.urandom",
    "time.time",
    "time.time_ns",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "django.utils.timezone.now",
];
/// The modules of which every function is one.
const MODULES: [&str; 2] = ["secrets.", "random."];

/// Returns the dotted names of all sources; those of modules end with a dot.
pub(in super::super) fn sources() -> impl Iterator<Item = &'static str> {
    MAKERS.into_iter().chain(SOURCES).chain(MODULES)
}

/// Finds the identifiers in a file.
pub(in super::super) fn check(
    file: &PythonFile<'_>,
    prefixes: &[String],
    uses: &[NameUse<'_>],
    hits: &mut Vec<Hit>,
) {
    let is_source = |target: &String| {
        let name = &**target;
        MAKERS.contains(&name)
            || SOURCES.contains(&name)
            || MODULES.iter().any(|module| name.starts_with(module))
    };
    let calls = uses.iter().filter(|found| found.targets.iter().any(is_source));
    let sources: Vec<Range<usize>> =
        calls.filter_map(|found| Some(found.call?.node.byte_range())).collect();
    if sources.is_empty() {
        return;
    }
    let inserts = |node: Node<'_>| {
        let range = node.byte_range();
        sources.iter().any(|source| range.start <= source.start && source.end <= range.end)
    };
    let prefix_of = |node: Node<'_>| {
        let text = opening(file, node)?;
        prefixes.iter().find(|prefix| text.starts_with(&***prefix))
    };
    file.walk(&mut |path| {
        let [.., parent, node] = path else { return };
        let found = match node.kind() {
            "string" if parent.kind() != "concatenated_string" => {
                prefix_of(*node).map(|prefix| (prefix, "fstring"))
            }
            "concatenated_string" => prefix_of(*node).map(|prefix| (prefix, "fstring")),
            "binary_operator" => operator(file, *node)
                .filter(|sign| operator(file, *parent) != Some(sign))
                .zip(prefix_of(leftmost(*node)))
                .map(|(sign, prefix)| {
                    (prefix, if sign == "%" { "percent" } else { "concatenation" })
                }),
            "call" => formatted(file, *node).and_then(prefix_of).map(|prefix| (prefix, "format")),
            _ => None,
        };
        if let Some((prefix, kind)) = found
            && inserts(*node)
        {
            let message = format!("an identifier is made of '{prefix}' and a random or time part");
            hits.push(Hit::new(file, *node, (Code::IdFstring, kind), message));
        }
    });
}

/// Returns the text with which a literal begins, before anything is inserted.
fn opening<'f>(file: &'f PythonFile<'_>, node: Node<'_>) -> Option<&'f str> {
    match node.kind() {
        "concatenated_string" => opening(file, *named_children(node).first()?),
        "string" => {
            let first =
                named_children(node).into_iter().find(|part| part.kind() != "string_start")?;
            (first.kind() == "string_content").then(|| file.text_of(first))
        }
        _ => None,
    }
}

/// Returns the operator of an expression, if it is one that makes texts.
fn operator<'f>(file: &'f PythonFile<'_>, node: Node<'_>) -> Option<&'f str> {
    let is_binary = node.kind() == "binary_operator";
    let sign = node.child_by_field_name("operator").filter(|_| is_binary)?;
    Some(file.text_of(sign)).filter(|sign| matches!(*sign, "%" | "+"))
}

fn leftmost(mut node: Node<'_>) -> Node<'_> {
    while node.kind() == "binary_operator"
        && let Some(left) = node.child_by_field_name("left")
    {
        node = left;
    }
    node
}

/// Returns the text of which a call is `.format(…)`.
fn formatted<'t>(file: &PythonFile<'_>, call: Node<'t>) -> Option<Node<'t>> {
    let function = call.child_by_field_name("function").filter(|f| f.kind() == "attribute")?;
    let name = function.child_by_field_name("attribute")?;
    (file.text_of(name) == "format").then(|| function.child_by_field_name("object"))?
}
