//! Which statements bind a name: always, or perhaps.

use super::code_piece::CodePiece;

/// Returns whether a name has certainly been bound when a statement is done. `name` may also be an
/// attribute, such as `self.name`.
pub(super) fn binds_always(statement: CodePiece<'_>, name: &str) -> bool {
    match statement.kind() {
        "if_statement" => {
            let parts = statement.named();
            let others: Vec<_> =
                parts.iter().filter(|part| part.kind().ends_with("_clause")).collect();
            let has_else = others.last().is_some_and(|last| last.kind() == "else_clause");
            let condition = statement.field("condition");
            condition.is_some_and(|condition| binds_in_expression(condition, name))
                || has_else
                    && block_binds(statement.field("consequence"), name)
                    && others.iter().all(|part| block_binds(last_block(**part), name))
        }
        "try_statement" => {
            let parts = statement.named();
            let clauses = |kind: &'static str| parts.iter().filter(move |part| part.kind() == kind);
            let is_final = clauses("finally_clause")
                .any(|part| last_block(*part).is_some_and(|block| block_contains(block, name)));
            let is_done = statement.field("body").is_some_and(|body| block_contains(body, name))
                || clauses("else_clause")
                    .any(|part| last_block(*part).is_some_and(|block| block_contains(block, name)));
            let mut handlers = clauses("except_clause").chain(clauses("except_group_clause"));
            is_final || is_done && handlers.all(|part| block_binds(last_block(*part), name))
        }
        "with_statement" => statement.named().iter().any(|part| match part.kind() {
            "with_clause" => part.named().iter().any(|item| binds_always(*item, name)),
            "block" => block_contains(*part, name),
            _ => false,
        }),
        "for_statement" | "while_statement" | "match_statement" => false,
        "function_definition" | "class_definition" => {
            statement.field("name").is_some_and(|own| own.source() == name)
        }
        "decorated_definition" => {
            statement.field("definition").is_some_and(|inner| binds_always(inner, name))
        }
        "import_statement" | "import_from_statement" => !bound_names(statement, name).is_empty(),
        _ => binds_in_expression(statement, name),
    }
}

/// Returns whether evaluating a simple statement or an expression certainly binds a name.
fn binds_in_expression(piece: CodePiece<'_>, name: &str) -> bool {
    match piece.kind() {
        // They may not be evaluated, or have a scope of their own.
        "lambda" | "conditional_expression" | "boolean_operator" => return false,
        kind if kind.ends_with("_comprehension") || kind == "generator_expression" => return false,
        _ => {}
    }
    let target = match piece.kind() {
        // A type alone binds nothing.
        "assignment" if piece.field("right").is_some() => piece.field("left"),
        "named_expression" => piece.field("name"),
        "as_pattern" => piece.field("alias"),
        _ => None,
    };
    has_target(target, name)
        || piece.named().into_iter().any(|part| binds_in_expression(part, name))
}

/// Returns whether a block binds a name, or is never left at its end.
fn block_binds(block: Option<CodePiece<'_>>, name: &str) -> bool {
    let Some(block) = block else { return false };
    let leaves = ["return_statement", "raise_statement", "continue_statement", "break_statement"];
    let statements = block.named();
    let is_left = statements.last().is_some_and(|last| leaves.contains(&last.kind()));
    is_left || block_contains(block, name)
}

fn block_contains(block: CodePiece<'_>, name: &str) -> bool {
    block.named().into_iter().any(|statement| binds_always(statement, name))
}

/// Returns the block of a clause.
fn last_block(clause: CodePiece<'_>) -> Option<CodePiece<'_>> {
    clause.named().into_iter().rfind(|part| part.kind() == "block")
}

/// Returns whether a target of an assignment contains a name.
pub(super) fn has_target(target: Option<CodePiece<'_>>, name: &str) -> bool {
    let Some(target) = target else { return false };
    match target.kind() {
        "identifier" | "attribute" => target.source() == name,
        "pattern_list"
        | "tuple_pattern"
        | "list_pattern"
        | "list_splat_pattern"
        | "dictionary_splat_pattern"
        | "tuple"
        | "list"
        | "expression_list"
        | "parenthesized_expression"
        | "as_pattern_target" => {
            target.named().into_iter().any(|part| has_target(Some(part), name))
        }
        _ => false,
    }
}

/// Returns the places of a scope, outside of scopes in it, where a name is bound.
pub(super) fn bound_names<'t>(scope: CodePiece<'t>, name: &str) -> Vec<CodePiece<'t>> {
    let mut found = Vec::new();
    let body = match scope.kind() {
        "function_definition" | "class_definition" => scope.field("body"),
        _ => Some(scope),
    };
    if let Some(body) = body {
        collect(body, name, &mut found);
    }
    found
}

fn collect<'t>(piece: CodePiece<'t>, name: &str, found: &mut Vec<CodePiece<'t>>) {
    let target = match piece.kind() {
        "assignment" | "augmented_assignment" | "for_statement" | "type_alias_statement" => {
            piece.field("left")
        }
        "named_expression" => piece.field("name"),
        "as_pattern" => piece.field("alias"),
        "function_definition" | "class_definition" => {
            found.extend(piece.field("name").filter(|own| own.source() == name));
            return;
        }
        "lambda" => return,
        // A capture looks like any other name in a pattern.
        "case_pattern" if piece.source().contains(name) => Some(piece),
        "import_statement" | "import_from_statement" => {
            collect_imported(piece, name, found);
            return;
        }
        _ => None,
    };
    if piece.kind() == "case_pattern" {
        found.extend(target);
        return;
    }
    found.extend(target.filter(|target| has_target(Some(*target), name)));
    for part in piece.named() {
        collect(part, name, found);
    }
}

/// Adds the item of an import statement that binds a name.
fn collect_imported<'t>(statement: CodePiece<'t>, name: &str, found: &mut Vec<CodePiece<'t>>) {
    let is_from = statement.kind() == "import_from_statement";
    let mut cursor = statement.node.walk();
    for item in statement.node.children_by_field_name("name", &mut cursor) {
        let item = statement.at(item);
        let bound = match item.field("alias") {
            Some(alias) => alias,
            None if is_from => item,
            None => item.named().first().copied().unwrap_or(item),
        };
        if bound.source() == name {
            found.push(if item.kind() == "aliased_import" { bound } else { item });
        }
    }
}
