//! [`PreparedRule`]: a rule and the nodes of its code, prepared for one file.

use idhooks_python::{Imports, Node, SyntaxTree, leading_name, string_value};
use ruff_python_ast::{AnyNodeRef, ExprContext};

use super::code_matching::{Bound, Matcher};
use super::codemod::{Codemod, Target};
use super::snippet::{MARK, expression, statements};

/// The nodes of a rule's code.
pub(super) struct RuleTrees<'c> {
    pub(super) rule: &'c Codemod,
    /// The code to match; `None` if the target is a field.
    find: Option<SyntaxTree<'c>>,
    with: SyntaxTree<'c>,
    import: Option<SyntaxTree<'c>>,
}

/// A rule, and the nodes of its code.
pub(super) struct PreparedRule<'p> {
    /// The rule's index among the file's rules.
    pub(super) at: usize,
    pub(super) rule: &'p Codemod,
    /// The statements to match; empty if the target is a field.
    pub(super) find: Vec<Node<'p>>,
    /// The expression to match, if the rule's code is a single expression.
    pub(super) find_expression: Option<Node<'p>>,
    /// The name that the expression begins with.
    first: Option<&'p str>,
    pub(super) with: &'p SyntaxTree<'p>,
    pub(super) import: Option<&'p SyntaxTree<'p>>,
}

impl<'c> RuleTrees<'c> {
    pub(super) fn of(rule: &'c Codemod) -> Self {
        let find = match &rule.target {
            Target::Code(find) => Some(find.tree()),
            Target::Field(_) => None,
        };
        let import = rule.import.as_ref().map(|import| import.tree());
        RuleTrees { rule, find, with: rule.with.tree(), import }
    }
}

impl<'p> PreparedRule<'p> {
    pub(super) fn of(at: usize, trees: &'p RuleTrees<'p>) -> Self {
        let RuleTrees { rule, find, with, import } = trees;
        let find_expression = find.as_ref().and_then(expression);
        let first = find_expression.and_then(|find| leading_name(find.ast()));
        // A rule that begins with a placeholder may match anything.
        let first = first.filter(|name| !name.contains(MARK));
        let find = find.as_ref().map(statements).unwrap_or_default();
        PreparedRule { at, rule, find, find_expression, first, with, import: import.as_ref() }
    }

    /// Returns the names bound by the rule's import, and what they refer to.
    pub(super) fn import_names(&self) -> Vec<(String, String)> {
        let imports = self.import.map(Imports::of).unwrap_or_default();
        imports.names.into_iter().map(|one| (one.bound.to_owned(), one.target)).collect()
    }

    /// Returns whether the rule may match an expression that begins with the given name.
    /// `is_imported` means that an import may have bound that name.
    pub(super) fn may_be(&self, name: Option<&str>, is_imported: bool) -> bool {
        self.first.is_none_or(|first| is_imported || name == Some(first))
    }

    /// Finds the rule's code at a node: an expression, or the first of several statements.
    pub(super) fn find_code<'t>(
        &self,
        matcher: Matcher<'_, '_>,
        node: Node<'t>,
    ) -> Option<(Vec<Node<'t>>, Bound<'t>)> {
        let mut bound = Bound::default();
        if let Some(expression) = self.find_expression {
            let is_it = node.ast().is_expression()
                && matcher.is_match(expression, node, &mut bound)
                && is_evaluated(node);
            return is_it.then(|| (vec![node], bound));
        }
        let statements = &self.find;
        if !node.ast().is_statement() || !matcher.is_match(*statements.first()?, node, &mut bound) {
            return None;
        }
        let after = node.parent()?.children().skip_while(|one| *one != node);
        let code: Vec<_> = after.take(statements.len()).collect();
        let mut others = statements.iter().zip(&code).skip(1);
        let is_it = code.len() == statements.len()
            && others.all(|(find, code)| matcher.is_match(*find, *code, &mut bound));
        is_it.then_some((code, bound))
    }
}

/// Returns whether a node is an expression whose value is used, so that it can be replaced.
fn is_evaluated(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return false };
    let is_alone = matches!(parent.ast(), AnyNodeRef::StmtExpr(_));
    match node.ast() {
        // A string that is a statement by itself is a docstring or a comment.
        _ if is_alone && string_value(node.ast()).is_some() => false,
        // A rule that matches a bare name applies only where the name is not called.
        AnyNodeRef::ExprName(name) => name.ctx == ExprContext::Load && !is_called(node, parent),
        AnyNodeRef::ExprAttribute(name) => {
            name.ctx == ExprContext::Load && !is_called(node, parent)
        }
        _ => true,
    }
}

fn is_called(node: Node<'_>, parent: Node<'_>) -> bool {
    match parent.ast() {
        AnyNodeRef::ExprCall(call) => node.ast().ptr_eq((&*call.func).into()),
        _ => false,
    }
}
