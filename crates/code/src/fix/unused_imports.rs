//! Removes imports that are no longer used.

use std::ops::Range;

use idhooks_python::{ImportedName, Node, dotted};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{AnyNodeRef, ExprContext};
use ruff_text_size::Ranged;

use super::edits::TextEdit;
use super::file_names::FileNames;
use super::import_place::{aliases, line_of};

/// Returns the changes that remove the imports of these names, except for names that are still used
/// after `code` has been changed. The new code contains none of the names.
pub(super) fn remove_unused(
    found: &FileNames<'_>,
    names: &[String],
    code: &[TextEdit],
    is_used_outside: &dyn Fn(&str) -> bool,
) -> Vec<TextEdit> {
    // The file may look up any name at run time.
    if names.is_empty() || found.scopes().is_dynamic() {
        return Vec::new();
    }
    let mut unused: Vec<(Node<'_>, Vec<&ImportedName<'_>>)> = Vec::new();
    for imported in &found.imports.names {
        let is_needed = || {
            is_kept(imported)
                || is_used(found, imported, code)
                // Other files cannot use a name that is bound inside a function.
                || (is_global(imported) && is_used_outside(imported.bound))
        };
        if names.iter().all(|name| name != imported.bound) || is_needed() {
            continue;
        }
        match unused.last_mut().filter(|(last, _)| *last == imported.statement) {
            Some((_, items)) => items.push(imported),
            None => unused.push((imported.statement, vec![imported])),
        }
    }
    unused.into_iter().flat_map(|(statement, items)| removal(statement, &items)).collect()
}

/// Returns whether an import statement binds names at module level.
fn is_global(imported: &ImportedName<'_>) -> bool {
    let is_function = |node: Node<'_>| matches!(node.ast(), AnyNodeRef::StmtFunctionDef(_));
    !imported.statement.ancestors().any(is_function)
}

/// Returns whether an import should stay because it is exported, marked as unused, or a class
/// attribute.
fn is_kept(imported: &ImportedName<'_>) -> bool {
    let statement = imported.statement;
    let line = statement.file().text_of(line_of(statement)).to_ascii_lowercase();
    // By convention (PEP 484), 'import a as a' exports the name to other modules.
    let is_exported = match imported.item.ast() {
        AnyNodeRef::Alias(alias) => alias.asname.as_ref().is_some_and(|name| *name == alias.name),
        _ => false,
    };
    let is_scope = |node: &Node<'_>| {
        matches!(node.ast(), AnyNodeRef::StmtFunctionDef(_) | AnyNodeRef::StmtClassDef(_))
    };
    let scope = statement.ancestors().find(is_scope);
    let is_of_class = scope.is_some_and(|scope| matches!(scope.ast(), AnyNodeRef::StmtClassDef(_)));
    // `noqa` marks imports that are deliberately unused.
    line.contains("noqa") || is_exported || is_of_class
}

/// Returns whether an imported name may still be used after some code has changed.
fn is_used(found: &FileNames<'_>, imported: &ImportedName<'_>, code: &[TextEdit]) -> bool {
    let (name, place) = (imported.bound, imported.statement.range());
    let is_word = |text: &str| {
        let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
        text.split(|c| !is_of_name(c)).any(|word| word == name)
    };
    let stays = |node: Node<'_>| {
        let at = node.range().start;
        !code.iter().any(|edit| edit.range.contains(&at))
    };
    let is_use = |node: Node<'_>| match node.ast() {
        AnyNodeRef::ExprName(expr) => {
            expr.id.as_str() == name
                && expr.ctx != ExprContext::Store
                && stays(node)
                && found.scopes().is_same_binding(&node.range(), &place, name)
        }
        // The string may be a type, a name that the module exports, or doctest code.
        AnyNodeRef::StringLiteral(literal) => {
            is_word(&literal.value)
                && stays(node)
                && (is_in_type(node) || is_exported(node) || literal.value.contains(">>>"))
        }
        _ => false,
    };
    let file = found.tree.file();
    let mut comments = file.comments_in(0..file.text().len()).map(|range| file.text_of(range));
    // PEP 484 also allows types in comments, such as `# type: List[Name]`.
    let is_type_comment = |text: &str| text.contains("type:") && is_word(text);
    found.tree.nodes().any(is_use) || comments.any(is_type_comment)
}

/// Returns whether a string is part of a type annotation, or is the name of a type.
fn is_in_type(string: Node<'_>) -> bool {
    let mut inner = string;
    for outer in string.ancestors() {
        let is_inner = |expr: &ruff_python_ast::Expr| inner.ast().ptr_eq(expr.into());
        let is_type = match outer.ast() {
            AnyNodeRef::StmtAnnAssign(assign) => is_inner(&assign.annotation),
            AnyNodeRef::Parameter(one) => one.annotation.as_deref().is_some_and(is_inner),
            AnyNodeRef::StmtFunctionDef(one) => one.returns.as_deref().is_some_and(is_inner),
            AnyNodeRef::StmtTypeAlias(_) => true,
            AnyNodeRef::ExprCall(call) => {
                let function = dotted((&*call.func).into());
                let last = function.as_ref().and_then(|parts| parts.last());
                // These functions of `typing` accept a type as a string.
                last.is_some_and(|last| ["cast", "TypeVar", "NewType", "ForwardRef"].contains(last))
            }
            _ => false,
        };
        if is_type {
            return true;
        }
        inner = outer;
    }
    false
}

/// Returns whether a string is listed in `__all__`.
fn is_exported(string: Node<'_>) -> bool {
    string.ancestors().any(|outer| {
        let is_all = |part: Node<'_>| matches!(part.ast(), AnyNodeRef::ExprName(name) if name.id.as_str() == "__all__");
        match outer.ast() {
            AnyNodeRef::StmtAssign(_) | AnyNodeRef::StmtAugAssign(_) | AnyNodeRef::StmtAnnAssign(_) => {
                outer.children().any(is_all)
            }
            _ => false,
        }
    })
}

/// Returns the changes that remove items from an import statement. Comments between the items are
/// kept.
fn removal(statement: Node<'_>, items: &[&ImportedName<'_>]) -> Vec<TextEdit> {
    let all: Vec<Range<usize>> =
        aliases(statement).into_iter().map(|(node, _)| node.range()).collect();
    let is_gone = |range: &Range<usize>| items.iter().any(|item| item.item.range() == *range);
    let Some(last_kept) = all.iter().rfind(|range| !is_gone(range)) else {
        return vec![whole(statement)];
    };
    let file = statement.file();
    let cut = |range: Range<usize>| TextEdit { range, text: String::new() };
    let mut edits = Vec::new();
    for (n, item) in all.iter().enumerate().filter(|(_, item)| is_gone(item)) {
        let comma = file
            .tokens_in(item.end..statement.range().end)
            .find(|token| !token.kind().is_trivia())
            .filter(|token| token.kind() == TokenKind::Comma);
        let end = comma.map_or(item.end, |comma| comma.range().end().to_usize());
        let line = file.line_range(item.start);
        let rest = file.text_of(end..line.end);
        let begins_line = file.text_of(line.start..item.start).trim().is_empty();
        let is_last = n + 1 == all.len();
        let since_kept = last_kept.end..item.end;
        if begins_line && comma.is_some() && rest.trim().is_empty() {
            edits.push(cut(line.start..line.end + 1));
        } else if is_last && file.comments_in(since_kept.clone()).next().is_none() {
            // This change also removes the preceding items; their own changes are dropped, because
            // changes must not overlap.
            edits.retain(|edit: &TextEdit| edit.range.start < last_kept.end);
            edits.push(cut(since_kept));
        } else {
            let blanks = rest.len() - rest.trim_start().len();
            edits.push(cut(item.start..end + blanks));
        }
    }
    edits
}

/// Returns the change that removes a whole statement. If this would leave its block empty, `pass`
/// takes its place.
fn whole(statement: Node<'_>) -> TextEdit {
    let file = statement.file();
    let range = statement.range();
    let siblings: Vec<Node<'_>> =
        statement.parent().map(|block| block.children().collect()).unwrap_or_default();
    let is_only = match statement.parent().map(Node::ast) {
        Some(AnyNodeRef::ModModule(_)) | None => false,
        Some(parent) => block_of(parent, &range) < 2,
    };
    if is_only {
        return TextEdit { range, text: "pass".to_owned() };
    }
    let lines = line_of(statement);
    let after = file.text_of(range.end..lines.end).trim_start();
    let is_alone = file.text_of(lines.start..range.start).trim().is_empty()
        && (after.is_empty() || after.starts_with('#'));
    if !is_alone {
        // The statement shares its line with another one.
        let at = siblings.iter().position(|one| *one == statement).unwrap_or_default();
        let next = siblings.get(at + 1).map(|next| next.range().start);
        let before = at.checked_sub(1).and_then(|at| siblings.get(at)).map(|one| one.range().end);
        let range = match (next.filter(|next| *next < lines.end), before) {
            (Some(next), _) => range.start..next,
            (None, Some(before)) => before..range.end,
            (None, None) => range,
        };
        return TextEdit { range, text: String::new() };
    }
    let text = file.text();
    let mut end = (lines.end + 1).min(text.len());
    let before = file.text_of(0..lines.start);
    // The blank line that set the statement apart is removed too.
    let is_beginning = before.trim().is_empty() || before.ends_with(":\n");
    while (is_beginning || before.ends_with("\n\n"))
        && file.text_of(end..text.len()).starts_with('\n')
    {
        end += 1;
        if !is_beginning {
            break;
        }
    }
    TextEdit { range: lines.start..end, text: String::new() }
}

/// Returns the number of statements in the block that contains a statement.
fn block_of(parent: AnyNodeRef<'_>, range: &Range<usize>) -> usize {
    use ruff_python_ast::Stmt;
    let has = |body: &[Stmt]| {
        body.iter().any(|one| one.range().start().to_usize() == range.start).then_some(body.len())
    };
    let found = match parent {
        AnyNodeRef::StmtFunctionDef(one) => has(&one.body),
        AnyNodeRef::StmtClassDef(one) => has(&one.body),
        AnyNodeRef::StmtFor(one) => has(&one.body).or_else(|| has(&one.orelse)),
        AnyNodeRef::StmtWhile(one) => has(&one.body).or_else(|| has(&one.orelse)),
        AnyNodeRef::StmtIf(one) => has(&one.body),
        AnyNodeRef::StmtWith(one) => has(&one.body),
        AnyNodeRef::StmtTry(one) => {
            has(&one.body).or_else(|| has(&one.orelse)).or_else(|| has(&one.finalbody))
        }
        AnyNodeRef::ElifElseClause(one) => has(&one.body),
        AnyNodeRef::MatchCase(one) => has(&one.body),
        AnyNodeRef::ExceptHandlerExceptHandler(one) => has(&one.body),
        _ => None,
    };
    // Unlisted kinds of blocks get no `pass`; the result is parsed afterwards in any case.
    found.unwrap_or(2)
}
