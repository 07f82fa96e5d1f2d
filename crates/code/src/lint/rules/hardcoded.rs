//! HARDCODED_ID: identifiers hard-coded in source files.

use idhooks_core::check::Code;
use idhooks_core::config::LintRules;
use idhooks_python::{Node, SyntaxTree, string_value};
use ruff_python_ast::{AnyNodeRef, Expr};

use super::super::python_finding::PythonFinding;
use crate::email_address::is_address;
use crate::format::IdFormat;
use crate::formats::Formats;

/// Finds hard-coded identifiers in a file.
pub(in super::super) fn check(
    tree: &SyntaxTree<'_>,
    rules: &LintRules,
    formats: &Formats,
    hits: &mut Vec<PythonFinding>,
) {
    for node in tree.nodes() {
        // An empty string does not represent an identifier.
        let Some(id) = string_value(node.ast()).filter(|id| !id.is_empty()) else { continue };
        let Some((name, kind)) = field(node) else { continue };
        if is_hardcoded(rules, formats, name, id) {
            let message = match formats.readings(id).iter().any(|one| !one.format.is_legacy) {
                true => format!("{name} is '{id}', which has only a format that fits any word"),
                false => format!("{name} is '{id}', which no format has"),
            };
            let hit = PythonFinding::new(node, Code::HardcodedId, kind, message);
            hits.push(hit.with_id(id.to_owned()));
        }
    }
}

/// Returns whether a string assigned to a field is a hard-coded identifier.
pub(in super::super) fn is_hardcoded(
    rules: &LintRules,
    formats: &Formats,
    name: &str,
    id: &str,
) -> bool {
    let is_field = || rules.id_fields.iter().any(|field| field == name);
    rules.placeholders.iter().any(|rule| rule.fits(name, id))
        || (is_field() && fits_nothing(formats, id) && !is_address(id))
}

/// Returns the name of the field that a value is assigned to, and how it is assigned.
pub(crate) fn field(value: Node<'_>) -> Option<(&str, &'static str)> {
    let is_value = |expr: &Expr| value.ast().ptr_eq(expr.into());
    let (target, kind) = match value.parent()?.ast() {
        AnyNodeRef::StmtAssign(assign) if is_value(&assign.value) => {
            // In `a = b = value`, only the last target counts, which is next to the value.
            (assign.targets.last()?, "assignment")
        }
        AnyNodeRef::StmtAnnAssign(assign) if assign.value.as_deref().is_some_and(is_value) => {
            (&*assign.target, "assignment")
        }
        AnyNodeRef::Keyword(keyword) => return Some((keyword.arg.as_ref()?.as_str(), "keyword")),
        AnyNodeRef::ParameterWithDefault(one) => return Some((one.name().as_str(), "default")),
        AnyNodeRef::ExprDict(dict) => {
            let item = dict.items.iter().find(|item| is_value(&item.value))?;
            return Some((string_value(item.key.as_ref()?.into())?, "dict"));
        }
        _ => return None,
    };
    let name = match target {
        Expr::Name(name) => name.id.as_str(),
        Expr::Attribute(attribute) => attribute.attr.as_str(),
        Expr::Subscript(subscript) => string_value((&*subscript.slice).into())?,
        _ => return None,
    };
    Some((name, kind))
}

/// Returns whether an identifier matches no current format; false if there are none. Formats that
/// match any word do not count.
fn fits_nothing(formats: &Formats, id: &str) -> bool {
    let is_current = |format: &&IdFormat| !format.is_legacy && format.is_telling();
    let mut current = formats.all.iter().filter(is_current).peekable();
    // If there are no formats, every string would be a finding.
    current.peek().is_some() && current.all(|format| format.read(id).is_none())
}
