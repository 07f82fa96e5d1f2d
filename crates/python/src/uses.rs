//! The places where a file calls something or uses an imported name.

use ruff_python_ast::{AnyNodeRef, Expr, ExprContext};

use crate::imports::Imports;
use crate::tree::{Node, SyntaxTree};

/// A use of a dotted name.
#[derive(Debug, Clone)]
pub struct NameUse<'t> {
    /// The dotted name.
    pub node: Node<'t>,
    /// The name as written, without spaces and parentheses. It begins with a dot if the expression
    /// does not begin with a name.
    pub written: String,
    /// What the name may refer to, based on the file's imports.
    pub targets: Vec<String>,
    /// The call, if the name is called.
    pub call: Option<PythonCall<'t>>,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub struct PythonCall<'t> {
    /// The call itself.
    pub node: Node<'t>,
    /// How the call's value is used.
    pub form: CallForm,
    /// The call along with that use: `str(f())`, `f().hex[:8]`.
    pub whole: Node<'t>,
    /// Whether the call is in an f-string.
    pub is_in_fstring: bool,
}

/// How a call's value is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CallForm {
    /// `f()`
    Bare,
    /// `f().hex`
    Hex,
    /// `f().hex[:8]`
    HexSlice,
    /// `str(f())`
    Str,
    /// `str(f())[:8]`
    StrSlice,
}

/// Returns all calls, and all other uses of imported names.
pub fn uses<'t>(tree: &'t SyntaxTree<'t>, imports: &Imports<'_>) -> Vec<NameUse<'t>> {
    let mut uses = Vec::new();
    // The ends of the f-strings around the current node. For thousands of calls in one long
    // expression, searching each call's ancestors would be too slow.
    let mut strings: Vec<usize> = Vec::new();
    for node in tree.nodes() {
        match node.ast() {
            AnyNodeRef::ExprName(_) => uses.extend(reference(imports, node)),
            AnyNodeRef::ExprCall(_) => {
                while strings.last().is_some_and(|end| *end <= node.range().start) {
                    strings.pop();
                }
                uses.extend(call(imports, node, !strings.is_empty()));
            }
            AnyNodeRef::ExprFString(_) => {
                while strings.last().is_some_and(|end| *end <= node.range().start) {
                    strings.pop();
                }
                strings.push(node.range().end);
            }
            _ => {}
        }
    }
    uses
}

/// Returns the use that a call represents.
fn call<'t>(imports: &Imports<'_>, call: Node<'t>, is_in_fstring: bool) -> Option<NameUse<'t>> {
    let node = call.children().next()?;
    let parts = dotted(node.ast().as_expr_ref()?.into())?;
    let (form, whole) = form(call);
    let targets = imports.targets(&parts);
    let call = PythonCall { node: call, form, whole, is_in_fstring };
    Some(NameUse { node, written: parts.join("."), targets, call: Some(call) })
}

/// Returns the use of an imported name that is not called.
fn reference<'t>(imports: &Imports<'_>, name: Node<'t>) -> Option<NameUse<'t>> {
    let AnyNodeRef::ExprName(expr) = name.ast() else { return None };
    if expr.ctx != ExprContext::Load || !imports.may_bind(expr.id.as_str()) {
        return None;
    }
    // Find the longest dotted name.
    let mut node = name;
    for parent in name.ancestors() {
        match parent.ast() {
            AnyNodeRef::ExprAttribute(_) => node = parent,
            // Calls are handled separately.
            AnyNodeRef::ExprCall(call) if node.ast().ptr_eq((&*call.func).into()) => return None,
            _ => break,
        }
    }
    let parts = dotted(node.ast())?;
    let targets = imports.targets(&parts);
    Some(NameUse { node, written: parts.join("."), targets, call: None })
}

/// Returns how a call's value is used, and the outermost node of that use.
fn form(call: Node<'_>) -> (CallForm, Node<'_>) {
    let (mut form, mut whole) = (CallForm::Bare, call);
    for parent in call.ancestors() {
        match (form, parent.ast()) {
            // The outer call's arguments are a separate node between the two calls.
            (CallForm::Bare, AnyNodeRef::Arguments(_)) => continue,
            (CallForm::Bare, AnyNodeRef::ExprAttribute(attribute))
                if attribute.attr.as_str() == "hex" && whole.parent() == Some(parent) =>
            {
                form = CallForm::Hex;
            }
            (CallForm::Bare, AnyNodeRef::ExprCall(outer)) if is_str_of_one(outer) => {
                form = CallForm::Str;
            }
            (CallForm::Hex | CallForm::Str, AnyNodeRef::ExprSubscript(subscript))
                if whole.ast().ptr_eq((&*subscript.value).into()) =>
            {
                form = match form {
                    CallForm::Hex => CallForm::HexSlice,
                    _ => CallForm::StrSlice,
                };
            }
            _ => break,
        }
        whole = parent;
    }
    (form, whole)
}

/// Returns whether a call is `str(…)` with one argument.
fn is_str_of_one(call: &ruff_python_ast::ExprCall) -> bool {
    let is_str = matches!(&*call.func, Expr::Name(name) if name.id.as_str() == "str");
    is_str && call.arguments.args.len() == 1 && call.arguments.keywords.is_empty()
}

/// Returns the name that an expression begins with, if the expression only calls it or accesses
/// parts of it.
pub fn leading_name(node: AnyNodeRef<'_>) -> Option<&str> {
    let mut node = node;
    loop {
        node = match node {
            AnyNodeRef::ExprName(name) => return Some(name.id.as_str()),
            AnyNodeRef::ExprAttribute(attribute) => (&*attribute.value).into(),
            AnyNodeRef::ExprCall(call) => (&*call.func).into(),
            AnyNodeRef::ExprSubscript(subscript) => (&*subscript.value).into(),
            _ => return None,
        }
    }
}

/// Returns the parts of a dotted name such as `a.b.c`. If the expression does not begin with a
/// name, the first part is empty.
pub fn dotted(node: AnyNodeRef<'_>) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut node = node;
    loop {
        match node {
            AnyNodeRef::ExprAttribute(attribute) => {
                parts.push(attribute.attr.as_str());
                node = (&*attribute.value).into();
            }
            AnyNodeRef::ExprName(name) => {
                parts.push(name.id.as_str());
                break;
            }
            _ if parts.is_empty() => return None,
            _ => {
                parts.push("");
                break;
            }
        }
    }
    parts.reverse();
    Some(parts)
}

/// Returns the value of a string expression without computed parts.
pub fn string_value(node: AnyNodeRef<'_>) -> Option<&str> {
    match node {
        AnyNodeRef::ExprStringLiteral(string) => Some(string.value.to_str()),
        _ => None,
    }
}
