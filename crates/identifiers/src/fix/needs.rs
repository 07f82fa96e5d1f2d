//! Whether what a replacement uses is in scope where it would be written.

use super::code_piece::CodePiece;
use super::flow::{bound_names, has_target};
use super::matching::Matcher;
use super::rule::Codemod;
use super::scope::{Meaning, check_attribute, check_name, parameters_bind};
use super::snippet::{MARK, Snippet};

/// Checks everything that a replacement uses at a place, and returns whether its import has to be
/// added.
///
/// # Errors
/// Returns the reason if a name is not in scope, or means something else.
pub(super) fn check(
    rule: &Codemod,
    matcher: &Matcher<'_>,
    code: &[CodePiece<'_>],
) -> Result<bool, String> {
    let Some(place) = code.first().copied() else { return Ok(false) };
    let imported = rule.import.as_ref().map(imported_names).unwrap_or_default();
    let is_imported = |name: &str| imported.iter().any(|(bound, _)| bound == name);
    for need in &rule.needs {
        match need.split_once('.') {
            Some((own, attribute)) => check_attribute(place, own, attribute)?,
            None if is_imported(need) => {}
            None => check_name(place, need)?,
        }
    }
    let uses = uses(code);
    let assigned = assigned(&rule.with);
    for name in free_names(&rule.with) {
        // What the code uses already is in scope, even if only a star import says so.
        let is_known = uses.contains(&name) || assigned.contains(&name) || is_imported(name);
        if !is_known {
            check_name(place, name)?;
        }
    }
    for name in &assigned {
        let is_own = code.iter().any(|one| !bound_names(*one, name).is_empty());
        if !is_own && is_used_around(place, name) {
            return Err(format!("'{name}', which the replacement assigns, is already used there"));
        }
    }
    let mut is_missing = false;
    for (bound, target) in &imported {
        match matcher.meaning(place, bound) {
            Meaning::Unbound => is_missing = true,
            Meaning::Imported(targets) if targets.iter().all(|one| one == target) => {
                is_missing |= check_name(place, bound).is_err();
            }
            _ => return Err(format!("'{bound}' means something else there")),
        }
    }
    Ok(is_missing)
}

/// Returns the names that an import statement binds, with what they mean.
fn imported_names(import: &Snippet) -> Vec<(String, String)> {
    let statements = import.statements();
    let Some(statement) = statements.first() else { return Vec::new() };
    let module = statement.field("module_name").map(CodePiece::source);
    let mut cursor = statement.node.walk();
    let items = statement.node.children_by_field_name("name", &mut cursor);
    let name = |item| {
        let item = statement.at(item);
        let written = item.field("name").unwrap_or(item).source();
        let first = written.split('.').next().unwrap_or(written);
        let alias = item.field("alias").map(CodePiece::source);
        match module {
            Some(module) => {
                let dot = if module.ends_with('.') { "" } else { "." };
                (alias.unwrap_or(written).to_owned(), format!("{module}{dot}{written}"))
            }
            None => match alias {
                Some(alias) => (alias.to_owned(), written.to_owned()),
                None => (first.to_owned(), first.to_owned()),
            },
        }
    };
    items.map(name).collect()
}

/// Returns the names that a replacement looks up.
fn free_names(with: &Snippet) -> Vec<&str> {
    let mut names = Vec::new();
    for statement in with.statements() {
        statement.walk(&mut |piece| {
            let Some(parent) = piece.parent().filter(|_| piece.kind() == "identifier") else {
                return;
            };
            let name = piece.source();
            let is_label = (parent.kind() == "attribute" && piece.is_field_of(parent, "attribute"))
                || (parent.kind() == "keyword_argument" && piece.is_field_of(parent, "name"));
            let is_bound_inside = piece.outer().any(|(outer, _)| match outer.kind() {
                "lambda" => parameters_bind(outer, name),
                kind if kind.ends_with("_comprehension") || kind == "generator_expression" => {
                    outer.named().iter().any(|clause| has_target(clause.field("left"), name))
                }
                _ => false,
            });
            if !is_label && !is_bound_inside && !name.contains(MARK) && !names.contains(&name) {
                names.push(name);
            }
        });
    }
    names
}

/// Returns the names that a replacement assigns.
fn assigned(with: &Snippet) -> Vec<&str> {
    let mut names = Vec::new();
    for statement in with.statements() {
        statement.walk(&mut |piece| {
            let is_name = piece.kind() == "identifier" && !piece.source().contains(MARK);
            if is_name && !bound_names(statement, piece.source()).is_empty() {
                names.push(piece.source());
            }
        });
    }
    names
}

/// Returns the names that code contains.
fn uses<'t>(code: &[CodePiece<'t>]) -> Vec<&'t str> {
    let mut names = Vec::new();
    for one in code {
        one.walk(&mut |piece| {
            if piece.kind() == "identifier" {
                names.push(piece.source());
            }
        });
    }
    names
}

/// Returns whether the function or the module around a place contains a name.
fn is_used_around(place: CodePiece<'_>, name: &str) -> bool {
    let is_scope = |kind: &str| matches!(kind, "function_definition" | "module");
    let Some((scope, _)) = place.outer().find(|(outer, _)| is_scope(outer.kind())) else {
        return false;
    };
    let mut is_used = false;
    scope.walk(&mut |piece| is_used |= piece.kind() == "identifier" && piece.source() == name);
    is_used
}
