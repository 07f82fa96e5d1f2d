//! Finds code by its structure, regardless of layout, quote style and the way names are imported.

use std::collections::HashMap;

use idhooks_python::{Meaning, Node, dotted, is_builtin_name};
use ruff_python_ast::{AnyNodeRef, NodeKind};

use super::file_names::FileNames;
use super::node_text::{Segment, is_same, own_tokens, segments};
use super::refusal::FixRefusal;
use super::snippet::{MARK, placeholder};

/// Names that refer to Python modules only where those modules are imported.
const MODULES: [&str; 7] = ["datetime", "hashlib", "os", "random", "secrets", "time", "uuid"];

/// The values of a snippet's placeholders.
#[derive(Debug, Clone, Default)]
pub(super) struct Bound<'t> {
    pub(super) pieces: HashMap<String, Node<'t>>,
    /// Parts of strings.
    pub(super) texts: HashMap<String, String>,
    /// Why the code may mean something different from the snippet even though it looks the same.
    pub(super) doubt: Option<FixRefusal>,
}

/// Compares snippets with code: in a file or, without `names`, in another snippet.
#[derive(Clone, Copy)]
pub(super) struct Matcher<'n, 't> {
    pub(super) names: Option<&'n FileNames<'t>>,
}

impl<'t> Matcher<'_, 't> {
    /// Returns whether code has the same structure as a snippet, and records the placeholders'
    /// values.
    pub(super) fn is_match<'c>(
        &self,
        find: Node<'_>,
        code: Node<'c>,
        bound: &mut Bound<'c>,
    ) -> bool {
        if let Some(name) = placeholder(find.source()) {
            return match bound.pieces.get(name) {
                Some(before) => is_same(*before, code),
                None => {
                    bound.pieces.insert(name.to_owned(), code);
                    true
                }
            };
        }
        // `uuid.uuid4` may be just `uuid4` in the code, so names are not compared part by part.
        if let Some(names) = plain_name(find) {
            return plain_name(code)
                .is_some_and(|found| self.is_same_name(&names, &found, code, bound));
        }
        // `"a" "b"` is the same string as `"ab"`, so the contents are compared rather than the
        // literals.
        if let Some((is_bytes, parts)) = segments(find) {
            let Some((is_code_bytes, code_parts)) = segments(code) else { return false };
            return is_bytes == is_code_bytes
                && parts.len() == code_parts.len()
                && parts
                    .iter()
                    .zip(code_parts)
                    .all(|(one, other)| self.is_same_part(one, &other, bound));
        }
        if !is_like(find, code) {
            return false;
        }
        let (parts, code_parts) = (find.children(), parts_like(find, code));
        find.children().count() == code_parts.len()
            && parts.zip(code_parts).all(|(part, other)| self.is_match(part, other, bound))
            && (is_typed(find, code) || own_tokens(find) == own_tokens(code))
    }

    /// Returns whether a dotted name in a file may refer to the same thing as a name in a snippet.
    fn is_same_name(
        &self,
        find: &[&str],
        code: &[&str],
        place: Node<'_>,
        bound: &mut Bound<'_>,
    ) -> bool {
        let (Some(names), Some(first)) = (self.names, code.first()) else { return find == code };
        let is_module = find.len() > 1 && find.first().is_some_and(|name| MODULES.contains(name));
        let meaning = || names.scopes().meaning(&place.range(), first);
        if find == code && !is_module {
            if is_builtin_name(first) && meaning() != Meaning::Unbound {
                bound.doubt = Some(FixRefusal::OtherMeaning((*first).to_owned()));
            }
            return true;
        }
        // An import can bind only the first part of a dotted name, and most names are not imported
        // at all.
        if code.len() > 1 && code.last() != find.last() {
            return false;
        }
        let may_be_imported = |one: &str| one == *first || one == "*";
        if !names.imports.names.iter().any(|name| may_be_imported(name.bound)) {
            return false;
        }
        let whole = find.join(".");
        if !names.imports.targets(code).contains(&whole) {
            return false;
        }
        let is_it = |target: &String| [&[&**target], &code[1..]].concat().join(".") == whole;
        let (is_certain, may_be) = match meaning() {
            Meaning::Imported(targets) => (targets.iter().all(is_it), targets.iter().any(is_it)),
            Meaning::Rebound(targets) => (false, targets.iter().any(is_it)),
            Meaning::Own => (false, false),
            // If no scope binds the name, an `import *` may bind it.
            Meaning::Unbound => {
                let is_star = !names.imports.names.iter().any(|name| name.bound == *first);
                (false, is_star)
            }
        };
        if may_be && !is_certain {
            bound.doubt = Some(FixRefusal::UncertainMeaning((*first).to_owned()));
        } else if may_be && names.assigns(&code.join(".")) {
            bound.doubt = Some(FixRefusal::AssignedAttribute(code.join(".")));
        }
        may_be
    }

    fn is_same_part<'c>(
        &self,
        find: &Segment<'_>,
        code: &Segment<'c>,
        bound: &mut Bound<'c>,
    ) -> bool {
        match (find, code) {
            (Segment::Value(find, rest), Segment::Value(code, code_rest)) => {
                rest == code_rest && self.is_match(*find, *code, bound)
            }
            (Segment::Text(find), Segment::Text(code)) => {
                let mut parts = find.split(MARK);
                let (Some(before), Some(name)) = (parts.next(), parts.next()) else {
                    return find == code;
                };
                let after = parts.next().unwrap_or_default();
                let inner = code.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
                // Other characters might need to be escaped in the replacement, or might end its
                // string.
                let is_plain = |c: char| !c.is_control() && !" \"'\\{}".contains(c);
                let Some(inner) =
                    inner.filter(|inner| !inner.is_empty() && inner.chars().all(is_plain))
                else {
                    return false;
                };
                let known = bound.texts.insert(name.to_owned(), inner.to_owned());
                known.is_none_or(|known| known == inner)
            }
            _ => false,
        }
    }
}

/// Returns the parts of a dotted name, if none of them is a placeholder.
fn plain_name(node: Node<'_>) -> Option<Vec<&str>> {
    let parts = dotted(node.ast())?;
    let is_plain = parts.iter().all(|part| !part.is_empty() && !part.contains(MARK));
    is_plain.then_some(parts)
}

/// Returns whether code is the same kind of syntax as a snippet. An assignment in the code may also
/// have a type.
pub(super) fn is_like(find: Node<'_>, code: Node<'_>) -> bool {
    find.ast().kind() == code.ast().kind() || is_typed(find, code)
}

fn is_typed(find: Node<'_>, code: Node<'_>) -> bool {
    match (find.ast(), code.ast()) {
        (AnyNodeRef::StmtAssign(find), AnyNodeRef::StmtAnnAssign(code)) => {
            find.targets.len() == 1 && code.value.is_some()
        }
        _ => false,
    }
}

/// Returns the kinds of syntax that can match a snippet.
pub(super) fn kinds_like(find: Node<'_>) -> Vec<NodeKind> {
    match find.ast() {
        AnyNodeRef::ExprStringLiteral(_) | AnyNodeRef::ExprFString(_) => {
            vec![NodeKind::ExprStringLiteral, NodeKind::ExprFString]
        }
        // A name may be a different kind of node in the code, depending on how it is imported.
        AnyNodeRef::ExprName(_) | AnyNodeRef::ExprAttribute(_) if plain_name(find).is_some() => {
            vec![NodeKind::ExprName, NodeKind::ExprAttribute]
        }
        AnyNodeRef::StmtAssign(_) => vec![NodeKind::StmtAssign, NodeKind::StmtAnnAssign],
        other => vec![other.kind()],
    }
}

/// Returns the parts of some code that correspond to a snippet's parts. An assignment's type is
/// included only if the snippet has one.
pub(super) fn parts_like<'t>(find: Node<'_>, code: Node<'t>) -> Vec<Node<'t>> {
    match code.ast() {
        AnyNodeRef::StmtAnnAssign(assign) if is_typed(find, code) => {
            let value = assign.value.as_deref().and_then(|value| code.part(value));
            code.part(&*assign.target).into_iter().chain(value).collect()
        }
        _ => code.children().collect(),
    }
}
