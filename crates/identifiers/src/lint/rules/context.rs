//! UNVALIDATED_CONTEXT: functions that take an identifier and never validate it.

use idhooks_core::check::Code;
use idhooks_core::config::LintRules;
use tree_sitter::Node;

use super::super::hit::Hit;
use crate::python::{NameUse, PythonFile, named_children};

/// The parameter that has to be validated.
pub(in super::super) const PARAMETER: &str = "run_id";
/// Parts of the names of functions that validate their arguments.
const VALIDATORS: [&str; 4] = ["validate", "parse", "check", "verify"];

/// Finds the functions in a file.
pub(in super::super) fn check(
    file: &PythonFile<'_>,
    rules: &LintRules,
    uses: &[NameUse<'_>],
    hits: &mut Vec<Hit>,
) {
    file.walk(&mut |path| {
        let Some(node) = path.last().filter(|node| node.kind() == "function_definition") else {
            return;
        };
        let Some(name) = node.child_by_field_name("name").map(|name| file.text_of(name)) else {
            return;
        };
        let is_context = rules.context_functions.iter().any(|function| function == name);
        let parameters = node.child_by_field_name("parameters");
        let Some(parameter) = parameters.and_then(|list| parameter(file, list)) else { return };
        let body = node.child_by_field_name("body").map(|body| body.byte_range());
        let validates = |found: &NameUse<'_>| {
            let function = found.written.rsplit('.').next().unwrap_or_default().to_lowercase();
            let is_inside = body.as_ref().is_some_and(|b| b.contains(&found.node.start_byte()));
            let list = found.call.and_then(|call| call.node.child_by_field_name("arguments"));
            is_inside
                && VALIDATORS.iter().any(|part| function.contains(part))
                && list.is_some_and(|list| has_word(file.text_of(list)))
        };
        if is_context && !uses.iter().any(validates) {
            let message = format!("'{name}' never validates its parameter {PARAMETER}");
            let hit = Hit::new(file, parameter, (Code::UnvalidatedContext, "parameter"), message);
            hits.push(hit);
        }
    });
}

/// Returns the parameter that has to be validated.
fn parameter<'t>(file: &PythonFile<'_>, list: Node<'t>) -> Option<Node<'t>> {
    named_children(list).into_iter().find(|parameter| {
        let name = match parameter.kind() {
            "identifier" => Some(*parameter),
            "typed_parameter" => parameter.named_child(0),
            _ => parameter.child_by_field_name("name"),
        };
        name.is_some_and(|name| file.text_of(name) == PARAMETER)
    })
}

/// Returns whether an argument list names the parameter.
fn has_word(arguments: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    arguments.split(|c| !is_part(c)).any(|word| word == PARAMETER)
}
