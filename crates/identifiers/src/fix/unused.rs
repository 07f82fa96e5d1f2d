//! Removes imports that nothing uses any more.

use super::code_piece::CodePiece;
use super::edits::TextEdit;
use super::import_place::{end_of_line, start_of_line};
use crate::python::{ImportedName, PythonFile};

/// Returns the changes that remove the imports of these names, as far as nothing uses them.
pub(super) fn remove_unused(file: &PythonFile<'_>, names: &[String]) -> Vec<TextEdit> {
    let imports = file.imports();
    let root = CodePiece { text: file.text(), node: file.root(), parents: None };
    let mut unused: Vec<(CodePiece<'_>, Vec<&ImportedName<'_>>)> = Vec::new();
    for imported in &imports.names {
        let statement = root.at(imported.statement);
        let is_gone = names.iter().any(|name| name == imported.bound)
            && !is_kept(statement, root.at(imported.item))
            && !is_used(scope_of(statement), imported.bound);
        if !is_gone {
            continue;
        }
        match unused.last_mut().filter(|(last, _)| last.node == statement.node) {
            Some((_, items)) => items.push(imported),
            None => unused.push((statement, vec![imported])),
        }
    }
    unused.into_iter().flat_map(|(statement, items)| removal(statement, &items)).collect()
}

/// Returns whether an import is meant to stay: it is exported, or marked.
fn is_kept(statement: CodePiece<'_>, item: CodePiece<'_>) -> bool {
    let line = &statement.text[start_of_line(statement)..end_of_line(statement)];
    let alias = item.field("alias");
    let is_exported = alias.is_some_and(|alias| {
        item.field("name").is_some_and(|name| name.source() == alias.source())
    });
    line.to_ascii_lowercase().contains("noqa") || is_exported
}

/// Returns the function, the class or the module whose scope a statement belongs to.
fn scope_of(statement: CodePiece<'_>) -> CodePiece<'_> {
    let is_scope =
        |kind: &str| matches!(kind, "function_definition" | "class_definition" | "module");
    let mut outer = statement.outer().map(|(outer, _)| outer);
    outer.find(|outer| is_scope(outer.kind())).unwrap_or(statement)
}

/// Returns whether anything in a scope may use a name, apart from import statements.
fn is_used(scope: CodePiece<'_>, name: &str) -> bool {
    let mut is_used = false;
    visit(scope, &mut |piece, parent| {
        is_used |= match piece.kind() {
            "identifier" if piece.source() == name => {
                let is_label = (parent.kind() == "attribute"
                    && piece.is_field_of(parent, "attribute"))
                    || (parent.kind() == "keyword_argument" && piece.is_field_of(parent, "name"));
                !is_label
            }
            // A type, or a name that the module exports.
            "string" => {
                let has_word = |text: &str| {
                    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
                    text.split(|c| !is_of_name(c)).any(|word| word == name)
                };
                has_word(piece.source()) && (is_in_type(piece) || is_exported(piece))
            }
            _ => false,
        };
    });
    is_used
}

/// Visits a piece and what is in it, without import statements.
fn visit<'t>(piece: CodePiece<'t>, found: &mut dyn FnMut(CodePiece<'t>, CodePiece<'t>)) {
    let mut cursor = piece.node.walk();
    let children: Vec<_> = piece.node.named_children(&mut cursor).collect();
    for child in children {
        let child = piece.at(child);
        if !child.kind().ends_with("import_statement") && child.kind() != "import_from_statement" {
            found(child, piece);
            visit(child, found);
        }
    }
}

fn is_in_type(string: CodePiece<'_>) -> bool {
    string.outer().any(|(outer, inner)| {
        let is_cast = outer.kind() == "argument_list"
            && outer.named().first().is_some_and(|first| first.node == inner.node)
            && outer.parent().and_then(|call| call.field("function")).is_some_and(|function| {
                ["cast", "TypeVar", "NewType", "ForwardRef"]
                    .iter()
                    .any(|name| function.source().ends_with(name))
            });
        outer.kind() == "type" || is_cast
    })
}

fn is_exported(string: CodePiece<'_>) -> bool {
    let assigned = string.outer().find(|(outer, _)| outer.kind().ends_with("assignment"));
    assigned
        .and_then(|(assignment, _)| assignment.field("left"))
        .is_some_and(|left| left.source() == "__all__")
}

/// Returns the changes that remove items of an import statement.
fn removal(statement: CodePiece<'_>, items: &[&ImportedName<'_>]) -> Vec<TextEdit> {
    let mut cursor = statement.node.walk();
    let all: Vec<_> = statement.node.children_by_field_name("name", &mut cursor).collect();
    if items.len() < all.len() {
        let is_gone = |at: usize| items.iter().any(|item| item.item == all[at]);
        let cut = |start, end| TextEdit { range: start..end, text: String::new() };
        let kept: Vec<usize> = (0..all.len()).filter(|at| !is_gone(*at)).collect();
        let (Some(first), Some(last)) = (kept.first(), kept.last()) else { return Vec::new() };
        let edit = |at: usize| match at {
            at if is_gone(at) && at < *first => {
                Some(cut(all[at].start_byte(), all[at + 1].start_byte()))
            }
            at if is_gone(at) && at > *last => {
                Some(cut(all[at - 1].end_byte(), all[at].end_byte()))
            }
            at if is_gone(at) => Some(cut(all[at - 1].end_byte(), all[at].end_byte())),
            _ => None,
        };
        return (0..all.len()).filter_map(edit).collect();
    }
    whole(statement).into_iter().collect()
}

/// Returns the change that removes a whole statement; nothing if a block would be empty.
fn whole(statement: CodePiece<'_>) -> Option<TextEdit> {
    let text = statement.text;
    let block = statement.parent()?;
    if block.kind() != "module" && block.named().len() < 2 {
        return None;
    }
    let (start, end) = (start_of_line(statement), end_of_line(statement));
    let range = statement.range();
    let is_alone = text[start..range.start].trim_start_matches('\u{feff}').trim().is_empty();
    let after = text[range.end..end].trim_start();
    if !is_alone || !(after.is_empty() || after.starts_with('#')) {
        // Another statement is on the line.
        let next = statement.node.next_named_sibling().filter(|next| next.start_byte() < end);
        let before = statement.node.prev_named_sibling();
        let range = match (next, before) {
            (Some(next), _) => range.start..next.start_byte(),
            (None, Some(before)) => before.end_byte()..range.end,
            (None, None) => return None,
        };
        return Some(TextEdit { range, text: String::new() });
    }
    let mut end = (end + 1).min(text.len());
    let before = &text[..start];
    // The empty line that separated it goes with it.
    let is_beginning = before.trim().is_empty() || before.ends_with(":\n");
    while (is_beginning || before.ends_with("\n\n")) && text[end..].starts_with('\n') {
        end += 1;
        if !is_beginning {
            break;
        }
    }
    Some(TextEdit { range: start..end, text: String::new() })
}
