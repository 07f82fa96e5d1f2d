//! DIRECT_ID_ACCESS and DEPRECATED_ID_CALL: uses of attributes and functions, found by name.

use idhooks_core::check::Code;
use idhooks_python::{NameUse, SyntaxTree};
use ruff_python_ast::{AnyNodeRef, ExprContext};

use super::super::python_finding::PythonFinding;

/// Finds uses of attributes with the given names.
pub(in super::super) fn check_attributes(
    tree: &SyntaxTree<'_>,
    names: &[String],
    hits: &mut Vec<PythonFinding>,
) {
    for node in tree.nodes() {
        let AnyNodeRef::ExprAttribute(attribute) = node.ast() else { continue };
        if names.iter().any(|known| known == attribute.attr.as_str()) {
            let (kind, verb) = match attribute.ctx {
                ExprContext::Store => ("assignment", "set"),
                _ => ("read", "read"),
            };
            let message = format!("'{}' is {verb} directly", node.source());
            hits.push(PythonFinding::new(node, Code::DirectIdAccess, kind, message));
        }
    }
}

/// Finds calls to functions, each given by the last part of its name or by a dotted name.
pub(in super::super) fn check_calls(
    names: &[String],
    uses: &[NameUse<'_>],
    hits: &mut Vec<PythonFinding>,
) {
    for found in uses {
        let Some(call) = found.call else { continue };
        let spellings = || found.targets.iter().chain([&found.written]);
        // An object's class is unknown, so methods can be found only by the last part of their
        // name.
        let is_it = |name: &&String| match name.contains('.') {
            true => spellings().any(|spelling| spelling == *name),
            false => spellings().any(|spelling| spelling.rsplit('.').next() == Some(&***name)),
        };
        if let Some(name) = names.iter().find(is_it) {
            let message = format!("'{name}()' should no longer make identifiers");
            hits.push(PythonFinding::new(call.node, Code::DeprecatedIdCall, "call", message));
        }
    }
}
