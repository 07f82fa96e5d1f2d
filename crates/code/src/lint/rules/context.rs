//! UNVALIDATED_CONTEXT: functions that take an identifier and never validate it.

use idhooks_core::check::Code;
use idhooks_core::config::LintRules;
use idhooks_python::{NameUse, Node, SyntaxTree};
use ruff_python_ast::AnyNodeRef;

use super::super::python_finding::PythonFinding;

/// Words that occur in the names of functions that validate their arguments.
const VALIDATORS: [&str; 4] = ["validate", "parse", "check", "verify"];

/// Finds functions in a file that take an identifier and never validate it.
pub(in super::super) fn check(
    tree: &SyntaxTree<'_>,
    rules: &LintRules,
    uses: &[NameUse<'_>],
    hits: &mut Vec<PythonFinding>,
) {
    for node in tree.nodes() {
        let AnyNodeRef::StmtFunctionDef(function) = node.ast() else { continue };
        let name = function.name.as_str();
        if !rules.context_functions.iter().any(|function| function == name) {
            continue;
        }
        let parameters = node.part(&*function.parameters);
        let parameter = parameters.and_then(|list| parameter(list, &rules.context_parameters));
        let Some((parameter, validated)) = parameter else { continue };
        let validates = |found: &NameUse<'_>| {
            let validator = found.written.rsplit('.').next().unwrap_or_default().to_lowercase();
            let arguments = found.call.and_then(|call| call.node.children().nth(1));
            found.node.ancestors().any(|outer| outer == node)
                // A call in a default value runs when the function is defined, not when it is
                // called.
                && parameters.is_some_and(|list| list.range().end <= found.node.range().start)
                && VALIDATORS.iter().any(|part| validator.contains(part))
                // Validating a different argument does not count.
                && arguments.is_some_and(|arguments| has_word(arguments.source(), validated))
        };
        if !uses.iter().any(validates) {
            let message = format!("'{name}' never validates its parameter {validated}");
            hits.push(PythonFinding::new(
                parameter,
                Code::UnvalidatedContext,
                "parameter",
                message,
            ));
        }
    }
}

/// Returns the first parameter that has to be validated, along with its name.
fn parameter<'t, 'n>(list: Node<'t>, names: &'n [String]) -> Option<(Node<'t>, &'n str)> {
    list.children().find_map(|parameter| {
        let name = match parameter.ast() {
            AnyNodeRef::Parameter(one) => one.name.as_str(),
            AnyNodeRef::ParameterWithDefault(one) => one.name().as_str(),
            _ => return None,
        };
        names.iter().find(|known| *known == name).map(|name| (parameter, &**name))
    })
}

/// Returns whether an argument list contains the parameter.
fn has_word(arguments: &str, parameter: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    arguments.split(|c| !is_part(c)).any(|word| word == parameter)
}
