//! Which names are in scope at a place of a file.

use super::code_piece::CodePiece;
use super::flow::{binds_always, bound_names, has_target};
use crate::python::Imports;

/// The names that Python has without an import, apart from exceptions.
const BUILTINS: &str = " abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable \
    chr classmethod compile complex delattr dict dir divmod enumerate eval exec filter float format \
    frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len list \
    locals map max memoryview min next object oct open ord pow print property range repr reversed \
    round set setattr slice sorted staticmethod str sum super tuple type vars zip __name__ __file__ \
    __doc__ __import__ Exception BaseException ValueError TypeError KeyError RuntimeError \
    AttributeError NotImplementedError StopIteration OSError ImportError LookupError IndexError ";

/// What a name means at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// An import, with what it may mean.
    Imported(Vec<String>),
    /// Something that the file assigns or defines.
    Own,
    /// No statement of the file binds it.
    Unbound,
}

/// Why a name cannot be used at a place.
type Missing = String;

/// Returns what a name means at a place, by the innermost scope that binds it.
pub(super) fn meaning(imports: &Imports<'_>, place: CodePiece<'_>, name: &str) -> Meaning {
    let mut is_inside_function = false;
    for (outer, inner) in place.outer() {
        let is_body = inner.is_field_of(outer, "body") || outer.kind() == "module";
        let is_own = match outer.kind() {
            kind if is_comprehension(kind) => comprehension_binds(outer, inner, name),
            "lambda" if is_body => parameters_bind(outer, name),
            "function_definition" if is_body && parameters_bind(outer, name) => true,
            "function_definition" | "class_definition" | "module" if is_body => {
                let is_skipped = outer.kind() == "class_definition" && is_inside_function;
                is_inside_function |= outer.kind() == "function_definition";
                if is_skipped {
                    continue;
                }
                let bound = bound_names(outer, name);
                let own = bound.iter().any(|piece| !is_of_import(*piece));
                let is_imported = bound.iter().any(|piece| is_of_import(*piece));
                match (own, is_imported) {
                    (true, false) => true,
                    (false, false) => false,
                    (_, true) => return Meaning::Imported(targets_in(imports, outer, name)),
                }
            }
            _ => false,
        };
        if is_own {
            return Meaning::Own;
        }
    }
    Meaning::Unbound
}

/// Returns what the imports in a scope mean by a name.
fn targets_in(imports: &Imports<'_>, scope: CodePiece<'_>, name: &str) -> Vec<String> {
    let range = scope.range();
    let names = imports.names.iter().filter(|imported| {
        imported.bound == name && range.contains(&imported.statement.start_byte())
    });
    names.map(|imported| imported.target.clone()).collect()
}

fn is_of_import(piece: CodePiece<'_>) -> bool {
    piece.kind() == "dotted_name"
        || piece.parent().is_some_and(|parent| parent.kind() == "aliased_import")
}

/// Checks that a name can be used at a place.
///
/// # Errors
/// Returns the reason if it cannot, or if that is not certain.
pub(super) fn check_name(place: CodePiece<'_>, name: &str) -> Result<(), Missing> {
    let place_line = place.node.start_position().row + 1;
    let (mut is_before, mut is_inside_function, mut is_global) = (false, false, false);
    for (outer, inner) in place.outer() {
        let is_body = inner.is_field_of(outer, "body");
        match outer.kind() {
            kind if is_comprehension(kind) && comprehension_binds(outer, inner, name) => {
                return Ok(());
            }
            "lambda" if is_body && parameters_bind(outer, name) => return Ok(()),
            "block" | "module" if !is_global || outer.kind() == "module" => {
                let statements = outer.named();
                let before = statements.iter().take_while(|one| one.node != inner.node);
                is_before |= before.copied().any(|statement| binds_always(statement, name));
                if outer.kind() == "module" {
                    let is_top = || statements.iter().any(|one| binds_always(*one, name));
                    is_before |= is_inside_function && is_top();
                }
            }
            "if_statement" | "elif_clause" | "while_statement"
                if is_body || inner.is_field_of(outer, "consequence") =>
            {
                is_before |= outer.field("condition").is_some_and(|one| binds_always(one, name));
            }
            "for_statement" if is_body => is_before |= has_target(outer.field("left"), name),
            "with_statement" if is_body => {
                is_before |= outer.named().first().is_some_and(|items| {
                    items.kind() == "with_clause"
                        && items.named().iter().any(|item| binds_always(*item, name))
                });
            }
            "function_definition" if is_body => {
                if parameters_bind(outer, name) && !is_deleted(outer, name) {
                    return Ok(());
                }
                is_global |= declares(outer, "global_statement", name);
                if !is_global && !declares(outer, "nonlocal_statement", name) {
                    match (is_before, bound_names(outer, name).is_empty()) {
                        (true, _) if !is_deleted(outer, name) => return Ok(()),
                        (_, true) => {}
                        _ => return Err(not_always(name, place_line)),
                    }
                }
                (is_before, is_inside_function) = (false, true);
            }
            "class_definition" if is_body => {
                if is_before && !is_inside_function {
                    return Ok(());
                }
                is_before = false;
            }
            _ => {}
        }
        if outer.kind() == "module" {
            return match (is_before, bound_names(outer, name).is_empty()) {
                (true, _) if !is_deleted(outer, name) => Ok(()),
                (_, true) if BUILTINS.contains(&format!(" {name} ")) => Ok(()),
                (_, true) => Err(format!("'{name}' is not defined there")),
                _ => Err(not_always(name, place_line)),
            };
        }
    }
    Err(format!("'{name}' is not defined there"))
}

fn not_always(name: &str, line: usize) -> String {
    format!("'{name}' is not certainly assigned before line {line}")
}

fn is_comprehension(kind: &str) -> bool {
    let kinds = [
        "list_comprehension",
        "set_comprehension",
        "dictionary_comprehension",
        "generator_expression",
    ];
    kinds.contains(&kind)
}

/// Returns whether a comprehension binds a name for one of its parts.
fn comprehension_binds(comprehension: CodePiece<'_>, part: CodePiece<'_>, name: &str) -> bool {
    let parts = comprehension.named();
    let clauses = parts.iter().filter(|part| part.kind() == "for_in_clause");
    // A clause only sees the names of those before it.
    let is_before = |clause: &&CodePiece<'_>| {
        !matches!(part.kind(), "for_in_clause" | "if_clause")
            || clause.range().end <= part.range().start
    };
    clauses.filter(is_before).any(|clause| has_target(clause.field("left"), name))
}

/// Returns whether a function or lambda has a parameter.
pub(super) fn parameters_bind(function: CodePiece<'_>, name: &str) -> bool {
    let Some(parameters) = function.field("parameters") else { return false };
    parameters.named().into_iter().any(|parameter| {
        let named = match parameter.kind() {
            "default_parameter" | "typed_default_parameter" => parameter.field("name"),
            "typed_parameter" => parameter.named().first().copied(),
            _ => Some(parameter),
        };
        has_target(named, name)
    })
}

/// Returns whether a function declares a name as global or nonlocal.
fn declares(function: CodePiece<'_>, kind: &str, name: &str) -> bool {
    let mut declares = false;
    function.walk(&mut |piece| {
        declares |= piece.kind() == kind && piece.named().iter().any(|one| one.source() == name);
    });
    declares
}

fn is_deleted(scope: CodePiece<'_>, name: &str) -> bool {
    let mut is_deleted = false;
    scope.walk(&mut |piece| {
        let is_it = piece.kind() == "delete_statement"
            && piece.named().into_iter().any(|target| has_target(Some(target), name));
        is_deleted |= is_it;
    });
    is_deleted
}

/// Checks that an attribute of the object of a method can be used at a place.
///
/// # Errors
/// Returns the reason if that is not certain.
pub(super) fn check_attribute(place: CodePiece<'_>, own: &str, name: &str) -> Result<(), Missing> {
    check_name(place, own)?;
    let mut method = None;
    for (outer, inner) in place.outer() {
        if !inner.is_field_of(outer, "body") {
            continue;
        }
        match (outer.kind(), method) {
            ("function_definition", _) => method = Some((outer, inner)),
            ("class_definition", Some((method, body))) if parameters_bind(method, own) => {
                let class = outer.field("name").map_or("", CodePiece::source);
                return match class_has(outer, name)
                    || is_assigned_in(place, (method, body), own, name)
                {
                    true => Ok(()),
                    false => Err(format!("'{own}.{name}' is not certainly assigned in '{class}'")),
                };
            }
            _ => {}
        }
    }
    Err(format!("'{own}.{name}' is only known in a method"))
}

/// Returns whether a class itself has an attribute: a value, a method or a field with a type.
fn class_has(class: CodePiece<'_>, name: &str) -> bool {
    let body = class.field("body").map(CodePiece::named).unwrap_or_default();
    let is_field = |statement: &CodePiece<'_>| {
        let inner = statement.named();
        let field = inner.first().filter(|inner| inner.kind() == "assignment");
        field.is_some_and(|field| has_target(field.field("left"), name))
    };
    body.iter().any(|statement| binds_always(*statement, name) || is_field(statement))
}

/// Returns whether the attribute is assigned before a place of a method: in this method or, unless it
/// makes the object, in another.
fn is_assigned_in(
    place: CodePiece<'_>,
    (method, body): (CodePiece<'_>, CodePiece<'_>),
    own: &str,
    name: &str,
) -> bool {
    let target = format!("{own}.{name}");
    let before = place.outer().filter(|(outer, _)| outer.kind() == "block");
    let is_before = before.into_iter().any(|(block, inner)| {
        let is_inside = body.range().contains(&block.range().start);
        let statements = block.named();
        let mut before = statements.iter().take_while(|one| one.node != inner.node);
        is_inside && before.any(|statement| binds_always(*statement, &target))
    });
    let is_maker = method
        .field("name")
        .is_some_and(|name| matches!(name.source(), "__init__" | "__new__" | "__post_init__"));
    let siblings = || method.parent().filter(|parent| parent.kind() == "decorated_definition");
    let block = siblings().unwrap_or(method).parent().map(CodePiece::named).unwrap_or_default();
    is_before
        || (!is_maker
            && block.into_iter().filter(|one| one.node != method.node).any(|other| {
                let is_maker = other.field("name").is_some_and(|name| name.source() == "__init__");
                let body = other.field("body").filter(|_| is_maker).map(CodePiece::named);
                body.is_some_and(|body| body.iter().any(|one| binds_always(*one, &target)))
            }))
}
