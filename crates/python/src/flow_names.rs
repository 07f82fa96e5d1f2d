//! How statements bind and unbind the name that a [`Flow`] follows.

use ruff_python_ast::visitor::source_order::walk_expr;
use ruff_python_ast::{ExceptHandler, Expr, Identifier, Pattern, Stmt};

use crate::flow_expression::Parts;
use crate::flow_state::{Flow, FlowName, State};

impl<'t> Flow<'_, 't> {
    pub(crate) fn bind(&mut self, target: &'t Expr, state: State) -> State {
        match target {
            Expr::Tuple(tuple) => tuple.elts.iter().fold(state, |state, one| self.bind(one, state)),
            Expr::List(list) => list.elts.iter().fold(state, |state, one| self.bind(one, state)),
            Expr::Starred(starred) => self.bind(&starred.value, state),
            _ if self.is_target(target) => state.map(|_| true),
            Expr::Name(_) => state,
            _ => {
                let mut parts = Parts(Vec::new());
                walk_expr(&mut parts, target);
                self.all(parts.0, state)
            }
        }
    }

    pub(crate) fn unbind(&mut self, target: &'t Expr, state: State) -> State {
        match target {
            Expr::Tuple(tuple) => {
                tuple.elts.iter().fold(state, |state, one| self.unbind(one, state))
            }
            Expr::List(list) => list.elts.iter().fold(state, |state, one| self.unbind(one, state)),
            _ if self.is_target(target) => state.map(|_| false),
            Expr::Name(_) => state,
            other => self.expression(other, state),
        }
    }

    /// Returns whether an expression is the followed name or attribute.
    fn is_target(&self, target: &Expr) -> bool {
        !self.is_foreign
            && match (self.name, target) {
                (FlowName::Name(name), Expr::Name(found)) => found.id.as_str() == name,
                (FlowName::Attribute(own, name), Expr::Attribute(found)) => {
                    let is_own = matches!(&*found.value, Expr::Name(one) if one.id.as_str() == own);
                    is_own && found.attr.as_str() == name
                }
                _ => false,
            }
    }

    pub(crate) fn bind_any<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
        state: State,
    ) -> State {
        let FlowName::Name(name) = self.name else { return state };
        match !self.is_foreign && { names }.any(|bound| bound == name) {
            true => state.map(|_| true),
            false => state,
        }
    }

    pub(crate) fn bind_name(&mut self, name: &Identifier, state: State) -> State {
        self.bind_any([name.as_str()].into_iter(), state)
    }

    pub(crate) fn is_it(&self, name: Option<&Identifier>) -> bool {
        let FlowName::Name(own) = self.name else { return false };
        !self.is_foreign && name.is_some_and(|name| name.as_str() == own)
    }

    /// Returns the state after execution leaves through `return`, `break` or `continue`.
    pub(crate) fn leaving(&self, state: State) -> State {
        // Each enclosing `finally` runs on the way out.
        state.map(|is_bound| is_bound && !self.finals.contains(&true))
    }

    /// Returns whether statements may unbind the name, ignoring functions defined in them.
    pub(crate) fn unbinds(&self, body: &[Stmt]) -> bool {
        body.iter().any(|statement| match statement {
            Stmt::Delete(delete) => delete.targets.iter().any(|target| self.may_unbind(target)),
            Stmt::For(one) => self.unbinds(&one.body) || self.unbinds(&one.orelse),
            Stmt::While(one) => self.unbinds(&one.body) || self.unbinds(&one.orelse),
            Stmt::If(one) => {
                let mut clauses = one.elif_else_clauses.iter();
                self.unbinds(&one.body) || clauses.any(|clause| self.unbinds(&clause.body))
            }
            Stmt::With(one) => self.unbinds(&one.body),
            Stmt::Match(one) => one.cases.iter().any(|case| self.unbinds(&case.body)),
            Stmt::Try(one) => {
                let parts = [&one.body, &one.orelse, &one.finalbody];
                parts.into_iter().any(|body| self.unbinds(body))
                    || one.handlers.iter().any(|ExceptHandler::ExceptHandler(handler)| {
                        self.is_it(handler.name.as_ref()) || self.unbinds(&handler.body)
                    })
            }
            _ => false,
        })
    }

    fn may_unbind(&self, target: &Expr) -> bool {
        match target {
            Expr::Tuple(tuple) => tuple.elts.iter().any(|one| self.may_unbind(one)),
            Expr::List(list) => list.elts.iter().any(|one| self.may_unbind(one)),
            _ => self.is_target(target),
        }
    }
}

/// Collects the names that a pattern binds.
pub(crate) fn collect_names<'p>(pattern: &'p Pattern, names: &mut Vec<&'p str>) {
    match pattern {
        Pattern::MatchAs(one) => {
            names.extend(one.name.as_ref().map(|name| name.as_str()));
            if let Some(inner) = &one.pattern {
                collect_names(inner, names);
            }
        }
        Pattern::MatchStar(one) => names.extend(one.name.as_ref().map(|name| name.as_str())),
        Pattern::MatchMapping(one) => {
            names.extend(one.rest.as_ref().map(|name| name.as_str()));
            one.patterns.iter().for_each(|inner| collect_names(inner, names));
        }
        Pattern::MatchSequence(one) => {
            one.patterns.iter().for_each(|inner| collect_names(inner, names));
        }
        Pattern::MatchClass(one) => {
            one.arguments.patterns.iter().for_each(|inner| collect_names(inner, names));
            one.arguments.keywords.iter().for_each(|inner| collect_names(&inner.pattern, names));
        }
        // All alternatives bind the same names.
        Pattern::MatchOr(one) => {
            if let Some(first) = one.patterns.first() {
                collect_names(first, names);
            }
        }
        Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
    }
}
