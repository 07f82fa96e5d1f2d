//! UNVALIDATED_CONTEXT: functions that take an identifier and never validate it.

use idhooks_core::check::Code;
use idhooks_core::config::LintRules;
use idhooks_python::{NameUse, Node, Tree};
use ruff_python_ast::AnyNodeRef;

use super::super::hit::Hit;

/// The parameter that has to be validated.
pub(in super::super) const PARAMETER: &str = "run_id";
/// Parts of the names of functions that validate their arguments.
const VALIDATORS: [&str; 4] = ["validate", "parse", "check", "verify"];

/// Finds the functions in a file.
pub(in super::super) fn check(
    tree: &Tree<'_>,
    rules: &LintRules,
    uses: &[NameUse<'_>],
    hits: &mut Vec<Hit>,
) {
    for node in tree.nodes() {
        let AnyNodeRef::StmtFunctionDef(function) = node.ast() else { continue };
        let name = function.name.as_str();
        if !rules.context_functions.iter().any(|function| function == name) {
            continue;
        }
        let parameters = node.part(&*function.parameters);
        let Some(parameter) = parameters.and_then(parameter) else { continue };
        let validates = |found: &NameUse<'_>| {
            let validator = found.written.rsplit('.').next().unwrap_or_default().to_lowercase();
            let arguments = found.call.and_then(|call| call.node.children().nth(1));
            found.node.ancestors().any(|outer| outer == node)
                && parameters.is_some_and(|list| list.range().end <= found.node.range().start)
                && VALIDATORS.iter().any(|part| validator.contains(part))
                && arguments.is_some_and(|arguments| has_word(arguments.source()))
        };
        if !uses.iter().any(validates) {
            let message = format!("'{name}' never validates its parameter {PARAMETER}");
            hits.push(Hit::new(parameter, (Code::UnvalidatedContext, "parameter"), message));
        }
    }
}

/// Returns the parameter that has to be validated.
fn parameter(list: Node<'_>) -> Option<Node<'_>> {
    list.children().find(|parameter| match parameter.ast() {
        AnyNodeRef::Parameter(one) => one.name.as_str() == PARAMETER,
        AnyNodeRef::ParameterWithDefault(one) => one.parameter.name.as_str() == PARAMETER,
        _ => false,
    })
}

/// Returns whether an argument list names the parameter.
fn has_word(arguments: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    arguments.split(|c| !is_part(c)).any(|word| word == PARAMETER)
}
