//! Where a file calls something or uses an imported name.

use tree_sitter::Node;

use super::{Imports, PythonFile, chain, named_children};

/// A dotted name that is used.
#[derive(Debug, Clone)]
pub struct NameUse<'t> {
    /// The dotted name.
    pub node: Node<'t>,
    /// The name as written, without spaces and parentheses. It begins with a dot if the expression
    /// does not begin with a name.
    pub written: String,
    /// What it may mean by the imports of the file.
    pub targets: Vec<String>,
    /// The call, if it is called.
    pub call: Option<PythonCall<'t>>,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub struct PythonCall<'t> {
    /// The call itself.
    pub node: Node<'t>,
    /// What is done with its value.
    pub form: CallForm,
    /// The call with that: `str(f())`, `f().hex[:8]`.
    pub whole: Node<'t>,
    /// The innermost f-string that contains it.
    pub fstring: Option<Node<'t>>,
}

/// What is done with the value of a call.
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

impl PythonFile<'_> {
    /// Returns the calls, and the other uses of imported names.
    pub fn uses<'t>(&'t self, imports: &Imports<'_>) -> Vec<NameUse<'t>> {
        uses(self, imports)
    }
}

fn uses<'t>(file: &'t PythonFile<'_>, imports: &Imports<'_>) -> Vec<NameUse<'t>> {
    let mut uses = Vec::new();
    // How deep the strings around the current node are: a search in its path would take too long for
    // each of thousands of calls in one long expression.
    let mut strings: Vec<usize> = Vec::new();
    file.walk(&mut |path| {
        let Some((node, outer)) = path.split_last() else { return };
        while strings.last().is_some_and(|depth| *depth >= outer.len()) {
            strings.pop();
        }
        match node.kind() {
            "identifier" => uses.extend(reference(file, imports, path)),
            "call" => {
                let string = strings.last().and_then(|depth| outer.get(*depth));
                let fstring = string.filter(|string| is_fstring(file, **string));
                uses.extend(call(file, imports, path, fstring.copied()));
            }
            "string" => strings.push(outer.len()),
            _ => {}
        }
    });
    uses
}

/// Returns the use of a call.
fn call<'t>(
    file: &'t PythonFile<'_>,
    imports: &Imports<'_>,
    path: &[Node<'t>],
    fstring: Option<Node<'t>>,
) -> Option<NameUse<'t>> {
    let (call, outer) = path.split_last()?;
    let node = call.child_by_field_name("function")?;
    let parts = chain(file, node)?;
    let (form, whole) = form(file, *call, outer);
    let call = PythonCall { node: *call, form, whole, fstring };
    let targets = imports.targets(&parts);
    Some(NameUse { node, written: parts.join("."), targets, call: Some(call) })
}

/// Returns the use of an imported name that is not called.
fn reference<'t>(
    file: &'t PythonFile<'_>,
    imports: &Imports<'_>,
    path: &[Node<'t>],
) -> Option<NameUse<'t>> {
    let (name, mut outer) = path.split_last()?;
    if !imports.may_bind(file.text_of(*name)) || !is_read(*name, outer) {
        return None;
    }
    // The longest dotted name.
    let (mut node, mut last) = (*name, *name);
    while let Some((parent, further)) = outer.split_last() {
        match parent.kind() {
            "attribute" if is_field(*parent, "object", last) => node = *parent,
            "parenthesized_expression" => {}
            "call" if is_field(*parent, "function", last) => return None,
            _ => break,
        }
        (last, outer) = (*parent, further);
    }
    let parts = chain(file, node)?;
    let targets = imports.targets(&parts);
    Some(NameUse { node, written: parts.join("."), targets, call: None })
}

/// Returns whether the value of a name is used, rather than the name bound or only written.
fn is_read(name: Node<'_>, outer: &[Node<'_>]) -> bool {
    let mut last = name;
    for parent in outer.iter().rev() {
        let binding = match parent.kind() {
            "attribute" => return is_field(*parent, "object", last),
            "subscript" => return true,
            "keyword_argument"
            | "default_parameter"
            | "typed_default_parameter"
            | "function_definition"
            | "class_definition"
            | "named_expression" => Some("name"),
            "assignment"
            | "augmented_assignment"
            | "for_statement"
            | "for_in_clause"
            | "type_alias_statement" => Some("left"),
            "parameters" | "lambda_parameters" | "dotted_name" | "aliased_import"
            | "global_statement" | "nonlocal_statement" | "delete_statement"
            | "as_pattern_target" | "type_parameter" => return false,
            "typed_parameter" => return parent.named_child(0) != Some(last),
            "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "dictionary_splat_pattern"
            | "expression_list"
            | "tuple"
            | "list" => {
                last = *parent;
                continue;
            }
            _ => return true,
        };
        return binding.is_none_or(|field| !is_field(*parent, field, last));
    }
    true
}

/// Returns what is done with the value of a call, and the outermost node of that.
fn form<'t>(file: &PythonFile<'_>, call: Node<'t>, outer: &[Node<'t>]) -> (CallForm, Node<'t>) {
    let (mut form, mut whole, mut last) = (CallForm::Bare, call, call);
    for parent in outer.iter().rev() {
        match (form, parent.kind()) {
            (_, "parenthesized_expression" | "argument_list") => {}
            (CallForm::Bare, "attribute") if is_field(*parent, "object", last) => {
                let name = parent.child_by_field_name("attribute");
                if name.is_none_or(|name| file.text_of(name) != "hex") {
                    break;
                }
                (form, whole) = (CallForm::Hex, *parent);
            }
            (CallForm::Bare, "call") if is_str_of(file, *parent, last) => {
                (form, whole) = (CallForm::Str, *parent);
            }
            (CallForm::Hex, "subscript") if is_field(*parent, "value", last) => {
                (form, whole) = (CallForm::HexSlice, *parent);
            }
            (CallForm::Str, "subscript") if is_field(*parent, "value", last) => {
                (form, whole) = (CallForm::StrSlice, *parent);
            }
            _ => break,
        }
        last = *parent;
    }
    (form, whole)
}

/// Returns whether a call is `str(…)` with one argument in this list.
fn is_str_of(file: &PythonFile<'_>, call: Node<'_>, list: Node<'_>) -> bool {
    let function = call.child_by_field_name("function");
    let is_str =
        function.is_some_and(|name| name.kind() == "identifier" && file.text_of(name) == "str");
    is_str && is_field(call, "arguments", list) && named_children(list).len() == 1
}

/// Returns whether a string is an f-string.
fn is_fstring(file: &PythonFile<'_>, string: Node<'_>) -> bool {
    let text = file.text_of(string);
    let prefix = text.find(['"', '\'']).map_or("", |end| &text[..end]);
    prefix.contains(['f', 'F'])
}

fn is_field(parent: Node<'_>, field: &str, child: Node<'_>) -> bool {
    parent.child_by_field_name(field) == Some(child)
}
