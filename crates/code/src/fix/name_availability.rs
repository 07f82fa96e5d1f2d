//! Checks whether the names in a replacement are in scope where it is inserted.

use idhooks_python::{ImportedName, Imports, Meaning, Node, is_builtin_name};
use ruff_python_ast::{AnyNodeRef, ExprContext, NodeKind};

use super::edits::TextEdit;
use super::file_names::FileNames;
use super::prepared_rule::PreparedRule;
use super::refusal::FixRefusal;
use super::snippet::{MARK, statements};

/// Syntax that Python accepts only in certain places, or that affects the function it appears in.
const PLACED: [(NodeKind, &str); 9] = [
    (NodeKind::ExprAwait, "await"),
    (NodeKind::ExprNamed, ":="),
    (NodeKind::ExprYield, "yield"),
    (NodeKind::ExprYieldFrom, "yield"),
    (NodeKind::StmtReturn, "return"),
    (NodeKind::StmtBreak, "break"),
    (NodeKind::StmtContinue, "continue"),
    (NodeKind::StmtGlobal, "global"),
    (NodeKind::StmtNonlocal, "nonlocal"),
];

/// Checks everything that a replacement uses, and returns whether its import has to be added.
///
/// # Errors
/// Returns the reason if a name is not in scope, or refers to something else.
pub(super) fn check(
    rule: &PreparedRule<'_>,
    names: &FileNames<'_>,
    code: &[Node<'_>],
) -> Result<bool, FixRefusal> {
    let Some(place) = code.first().map(|first| first.range()) else { return Ok(false) };
    let import = rule.import.map(Imports::of).unwrap_or_default();
    let is_imported = |name: &str| import.names.iter().any(|one| one.bound == name);
    for need in &rule.rule.needs {
        match need.split_once('.') {
            Some((own, name)) => {
                names.scopes().check_attribute(&place, own, name)?;
            }
            None if is_imported(need) => {}
            None => names.scopes().check_name(&place, need)?,
        }
    }
    let with = statements(rule.with);
    let used = names_in(code, |_| true);
    let assigned = names_in(&with, |ctx| ctx == ExprContext::Store);
    for name in free_names(&with) {
        // Names that the code already uses are in scope, even if only `import *` binds them.
        let is_known = used.contains(&name) || assigned.contains(&name) || is_imported(name);
        if !is_known {
            // The file may have redefined a built-in function.
            if is_builtin_name(name) && names.scopes().meaning(&place, name) != Meaning::Unbound {
                return Err(FixRefusal::OtherMeaning(name.to_owned()));
            }
            names.scopes().check_name(&place, name)?;
        }
    }
    if let Some(name) = lost_name(rule, &with, names, code) {
        return Err(FixRefusal::LostName(name));
    }
    if let Some(word) = misplaced(&with, code) {
        return Err(FixRefusal::MisplacedSyntax(word));
    }
    let own = names_in(code, |ctx| ctx == ExprContext::Store);
    // If other code reads this variable, the replacement must not overwrite it.
    for name in assigned.iter().filter(|name| !own.contains(name)) {
        if code.first().is_some_and(|first| is_used_around(*first, name)) {
            return Err(FixRefusal::UsedName((*name).to_owned()));
        }
    }
    let mut is_missing = false;
    for one in &import.names {
        match names.scopes().meaning(&place, one.bound) {
            // An `import *` may bind this name too.
            Meaning::Unbound if names.imports.names.iter().any(|name| name.bound == "*") => {
                return Err(FixRefusal::StarImport(one.bound.to_owned()));
            }
            Meaning::Unbound => {
                names.scopes().check_unbound(&place, one.bound)?;
                is_missing = true;
            }
            Meaning::Imported(targets) if targets.iter().all(|target| *target == one.target) => {
                names.scopes().check_name(&place, one.bound)?;
                is_missing |= !is_loaded(names, one);
            }
            _ => return Err(FixRefusal::OtherMeaning(one.bound.to_owned())),
        }
    }
    Ok(is_missing)
}

/// Returns a name that the code assigns but the replacement does not, if the name may be used
/// elsewhere: in the same file or, if it belongs to the module or a class, in any file.
fn lost_name(
    rule: &PreparedRule<'_>,
    with: &[Node<'_>],
    names: &FileNames<'_>,
    code: &[Node<'_>],
) -> Option<String> {
    let stored = |nodes: &[Node<'_>]| -> Vec<String> {
        let nodes = nodes.iter().flat_map(|one| one.nodes());
        let name = |node: Node<'_>| match node.ast() {
            AnyNodeRef::ExprName(name) if name.ctx == ExprContext::Store => {
                Some(name.id.to_string())
            }
            _ => None,
        };
        nodes.filter_map(name).collect()
    };
    let kept = stored(with);
    // A placeholder keeps its name here; the names in its value occur in the matched code anyway.
    let is_kept = |name: &String| kept.contains(name);
    if stored(&rule.find).iter().all(is_kept) {
        return None;
    }
    let is_replaced = |node: Node<'_>| {
        let at = node.range();
        code.iter().any(|one| one.range().start <= at.start && at.end <= one.range().end)
    };
    let is_shared = |name: &str| {
        let place = code.first().map(|first| first.range());
        !place.is_some_and(|place| names.scopes().is_local(&place, name))
            || names.tree.nodes().any(|node| match node.ast() {
                AnyNodeRef::ExprName(found) => found.id.as_str() == name && !is_replaced(node),
                _ => false,
            })
    };
    stored(code).into_iter().find(|name| !is_kept(name) && is_shared(name))
}

/// Returns syntax in a replacement that the parser accepts anywhere but Python does not accept in
/// this place.
fn misplaced(with: &[Node<'_>], code: &[Node<'_>]) -> Option<&'static str> {
    let has = |nodes: &[Node<'_>], kind: NodeKind| {
        nodes.iter().flat_map(|one| one.nodes()).any(|node| node.ast().kind() == kind)
    };
    let first = code.first()?;
    let is_misplaced = |kind: NodeKind| {
        let around = first.ancestors().map(Node::ast).find(|outer| match kind {
            // A comprehension may be evaluated in its own scope.
            NodeKind::ExprNamed => {
                matches!(outer, AnyNodeRef::Comprehension(_)) || is_comprehension(*outer)
            }
            _ => matches!(
                outer,
                AnyNodeRef::StmtFunctionDef(_)
                    | AnyNodeRef::ExprLambda(_)
                    | AnyNodeRef::StmtClassDef(_)
                    | AnyNodeRef::ExprGenerator(_)
            ),
        });
        match (kind, around) {
            (NodeKind::ExprNamed, around) => around.is_some(),
            (NodeKind::StmtReturn, around) => {
                !matches!(around, Some(AnyNodeRef::StmtFunctionDef(_)))
            }
            (NodeKind::ExprAwait, Some(AnyNodeRef::StmtFunctionDef(one))) => !one.is_async,
            _ => true,
        }
    };
    let mut new = PLACED.iter().filter(|(kind, _)| has(with, *kind) && !has(code, *kind));
    new.find(|(kind, _)| is_misplaced(*kind)).map(|(_, word)| *word)
}

fn is_comprehension(node: AnyNodeRef<'_>) -> bool {
    use AnyNodeRef::{ExprDictComp, ExprGenerator, ExprListComp, ExprSetComp};
    matches!(node, ExprListComp(_) | ExprSetComp(_) | ExprDictComp(_) | ExprGenerator(_))
}

/// Returns whether an import loads the wanted module: 'import a' binds the same name as 'import
/// a.b', but does not load 'a.b'.
fn is_loaded(names: &FileNames<'_>, wanted: &ImportedName<'_>) -> bool {
    let module = |one: &ImportedName<'_>| match (one.statement.ast(), one.item.ast()) {
        (AnyNodeRef::StmtImport(_), AnyNodeRef::Alias(alias)) if alias.asname.is_none() => {
            Some(alias.name.to_string())
        }
        _ => None,
    };
    let Some(wanted) = module(wanted).filter(|name| name.contains('.')) else { return true };
    let is_it = |one: &ImportedName<'_>| {
        // An import inside a function may not have run yet.
        let is_top = one
            .statement
            .parent()
            .is_some_and(|parent| matches!(parent.ast(), AnyNodeRef::ModModule(_)));
        let rest = module(one).and_then(|name| name.strip_prefix(&wanted).map(str::to_owned));
        is_top && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    names.imports.names.iter().any(is_it)
}

/// Returns the names in some code that are used in a given context, such as an assignment.
fn names_in<'t>(code: &[Node<'t>], is_wanted: impl Fn(ExprContext) -> bool) -> Vec<&'t str> {
    let name = |node: Node<'t>| match node.ast() {
        AnyNodeRef::ExprName(name) if is_wanted(name.ctx) => Some(name.id.as_str()),
        _ => None,
    };
    let names = code.iter().flat_map(|one| one.nodes()).filter_map(name);
    names.filter(|name| !name.contains(MARK)).collect()
}

/// Returns the names that a replacement looks up.
fn free_names<'t>(with: &[Node<'t>]) -> Vec<&'t str> {
    let mut names = Vec::new();
    for node in with.iter().flat_map(|one| one.nodes()) {
        let AnyNodeRef::ExprName(expr) = node.ast() else { continue };
        let name = expr.id.as_str();
        let is_bound_inside = node.ancestors().any(|outer| match outer.ast() {
            AnyNodeRef::ExprLambda(lambda) => {
                lambda.parameters.as_ref().is_some_and(|parameters| parameters.includes(name))
            }
            _ => outer.children().any(|part| match part.ast() {
                AnyNodeRef::Comprehension(one) => {
                    let target = part.part(&one.target).into_iter().collect::<Vec<_>>();
                    names_in(&target, |_| true).contains(&name)
                }
                _ => false,
            }),
        });
        let is_read = expr.ctx == ExprContext::Load;
        if is_read && !is_bound_inside && !name.contains(MARK) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Returns whether a name occurs in the function or module that encloses some code.
fn is_used_around(place: Node<'_>, name: &str) -> bool {
    let is_scope = |node: &Node<'_>| {
        matches!(node.ast(), AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::ModModule(_))
    };
    let Some(scope) = place.ancestors().find(is_scope) else { return false };
    scope.nodes().any(|node| match node.ast() {
        AnyNodeRef::ExprName(found) => found.id.as_str() == name,
        AnyNodeRef::Parameter(found) => found.name.as_str() == name,
        AnyNodeRef::Alias(found) => found.asname.as_ref().unwrap_or(&found.name).as_str() == name,
        _ => false,
    })
}

/// Checks that the changes do not leave a local variable unused.
///
/// # Errors
/// Returns the reason if a local variable would become unused.
pub(super) fn check_left(
    names: &FileNames<'_>,
    code: &[Node<'_>],
    edits: &[TextEdit],
) -> Result<(), FixRefusal> {
    let is_gone = |node: Node<'_>| {
        let at = node.range().start;
        edits.iter().any(|edit| edit.range.contains(&at))
    };
    for node in code.iter().flat_map(|one| one.nodes()).filter(|node| is_gone(*node)) {
        let AnyNodeRef::ExprName(expr) = node.ast() else { continue };
        let (name, place) = (expr.id.as_str(), node.range());
        let is_written = edits.iter().any(|edit| edit.text.contains(name));
        let is_read = |other: Node<'_>| match other.ast() {
            AnyNodeRef::ExprName(found) => {
                found.id.as_str() == name && found.ctx != ExprContext::Store && !is_gone(other)
            }
            _ => false,
        };
        let is_local = expr.ctx == ExprContext::Load && names.scopes().is_local(&place, name);
        if is_local && !is_written && !names.tree.nodes().any(is_read) {
            return Err(FixRefusal::UnusedName(name.to_owned()));
        }
    }
    Ok(())
}
