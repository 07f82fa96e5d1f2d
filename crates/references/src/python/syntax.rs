//! The syntax of a Python file, reduced to what the search for references needs.

use std::ops::Range;

use idhooks_python::{PythonFile, SyntaxTree, range_of};
use ruff_python_ast::{Alias, AnyNodeRef, Expr};

/// Calls a function with the syntax of `text`, up to the point where the text stops being valid
/// Python. Returns `None` if the text is nested more deeply than Python allows.
pub(super) fn in_tree<R>(
    text: &str,
    work: impl for<'t> FnOnce(&'t SyntaxTree<'t>) -> R,
) -> Option<R> {
    let file = PythonFile::recover(text).ok()?;
    Some(file.on_stack(|file| work(&SyntaxTree::of(file))))
}

/// Returns the name bound by part of an import.
pub(super) fn bound_by(alias: &Alias) -> &str {
    alias.asname.as_ref().unwrap_or(&alias.name).as_str()
}

/// Returns the names in an expression such as `a.b.c` with their positions, or `None` if it does
/// not begin with a name.
pub(super) fn chain(node: AnyNodeRef<'_>) -> Option<Vec<(&str, Range<usize>)>> {
    let AnyNodeRef::ExprAttribute(attribute) = node else { return None };
    let (mut attribute, mut parts) = (attribute, Vec::new());
    loop {
        parts.push((attribute.attr.as_str(), range_of(&attribute.attr)));
        match &*attribute.value {
            Expr::Attribute(inner) => attribute = inner,
            Expr::Name(name) => {
                parts.push((name.id.as_str(), range_of(name)));
                parts.reverse();
                return Some(parts);
            }
            _ => return None,
        }
    }
}
