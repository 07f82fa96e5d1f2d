//! How statements are executed: whether a [`Flow`]'s name is certain to be bound when execution
//! reaches a place, whichever branches Python takes.

use std::ops::Range;

use ruff_python_ast::{ArgOrKeyword, ExceptHandler, Expr, MatchCase, Stmt, StmtTry, StmtWith};
use ruff_text_size::Ranged;

use crate::file::range_of;
use crate::flow_expression::is_true;
use crate::flow_names::collect_names;
use crate::flow_state::{Flow, FlowName, LoopExits, Reached, State, join};
use crate::imports::{imported, imported_from};
use crate::scope::ScopeBody;
use crate::scopes::{Meaning, Scopes};

impl<'s, 't> Flow<'s, 't> {
    /// Returns what is known about a scope's name at a place, or `None` if the scope's execution
    /// does not reach it.
    pub(crate) fn of(
        scopes: &'s Scopes<'t>,
        scope: usize,
        name: FlowName<'s>,
        place: &Range<usize>,
    ) -> Option<Reached> {
        let mut flow = Flow::new(scopes, name, place.clone());
        flow.run(scope);
        flow.reached
    }

    /// Returns whether an attribute is bound after a function has run.
    pub(crate) fn binds_always(scopes: &'s Scopes<'t>, scope: usize, name: FlowName<'s>) -> bool {
        // No code is at this place, so the whole body is followed.
        let mut flow = Flow::new(scopes, name, usize::MAX..usize::MAX);
        let end = flow.run(scope);
        join(end, flow.returned) == Some(true)
    }

    /// Returns whether a statement in the module is certain to bind a name.
    pub(crate) fn statement_binds(
        scopes: &'s Scopes<'t>,
        statement: &'t Stmt,
        name: &'s str,
    ) -> bool {
        let mut flow = Flow::new(scopes, FlowName::Name(name), usize::MAX..usize::MAX);
        flow.statement(statement, Some(false)) == Some(true)
    }

    fn run(&mut self, scope: usize) -> State {
        let found = &self.scopes.scopes[scope];
        let is_parameter = match self.name {
            FlowName::Name(name) => found.names.get(name).is_some_and(|one| one.is_parameter),
            FlowName::Attribute(..) => false,
        };
        let start = Some(is_parameter);
        match found.body {
            ScopeBody::Statements(body) => self.body(body, start),
            ScopeBody::Lambda(body) => self.expression(body, start),
            ScopeBody::Other => start,
        }
    }

    fn body(&mut self, body: &'t [Stmt], start: State) -> State {
        body.iter().fold(start, |state, statement| self.statement(statement, state))
    }

    fn statement(&mut self, statement: &'t Stmt, state: State) -> State {
        self.reach(statement.range(), state);
        match statement {
            Stmt::If(one) => {
                let mut state = self.expression(&one.test, state);
                let mut end = self.body(&one.body, state);
                let mut has_else = false;
                for clause in &one.elif_else_clauses {
                    // Only the last clause can be an `else`, so the last assignment is the right
                    // one.
                    has_else = clause.test.is_none();
                    state = self.all(&clause.test, state);
                    end = join(end, self.body(&clause.body, state));
                }
                if has_else { end } else { join(end, state) }
            }
            Stmt::With(with) => self.with(with, state),
            Stmt::Match(one) => {
                let state = self.expression(&one.subject, state);
                self.cases(&one.cases, state)
            }
            Stmt::Try(one) => self.attempt(one, state),
            Stmt::Assert(assert) => {
                let tested = self.expression(&assert.test, state);
                self.all(assert.msg.as_deref(), tested);
                // `python -O` skips assertions.
                join(state, tested)
            }
            Stmt::Expr(one) => self.expression(&one.value, state),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => self.definition(statement, state),
            Stmt::For(_) | Stmt::While(_) => self.round(statement, state),
            Stmt::Return(_) | Stmt::Raise(_) | Stmt::Break(_) | Stmt::Continue(_) => {
                self.leave(statement, state);
                None
            }
            _ => self.binding(statement, state),
        }
    }

    /// Follows a statement that defines a function or class.
    fn definition(&mut self, statement: &'t Stmt, state: State) -> State {
        match statement {
            Stmt::FunctionDef(function) => {
                let decorators = function.decorator_list.iter().map(|one| &one.expression);
                let state = self.all(decorators, state);
                let state = self.defaults(&function.parameters, state);
                if let ([first, ..], [.., last]) = (&*function.body, &*function.body) {
                    self.defer(first.range().cover(last.range()), state);
                }
                self.bind_name(&function.name, state)
            }
            Stmt::ClassDef(class) => {
                let state = self.all(class.decorator_list.iter().map(|one| &one.expression), state);
                let bases = class.arguments.iter().flat_map(|one| one.iter_source_order());
                let state = self.all(bases.map(ArgOrKeyword::value), state);
                // A class body binds its own attributes, not names in the enclosing scope.
                let is_foreign = std::mem::replace(&mut self.is_foreign, true);
                let state = self.body(&class.body, state);
                self.is_foreign = is_foreign;
                self.bind_name(&class.name, state)
            }
            _ => state,
        }
    }

    /// Follows a statement that binds or unbinds names.
    fn binding(&mut self, statement: &'t Stmt, state: State) -> State {
        match statement {
            Stmt::Delete(delete) => {
                delete.targets.iter().fold(state, |state, target| self.unbind(target, state))
            }
            Stmt::Assign(assign) => {
                let state = self.expression(&assign.value, state);
                assign.targets.iter().fold(state, |state, target| self.bind(target, state))
            }
            // If the name is unbound, this statement fails, so nothing after it runs without a
            // binding.
            Stmt::AugAssign(assign) => {
                let state = self.expression(&assign.value, state);
                self.bind(&assign.target, state)
            }
            // An annotation alone binds nothing.
            Stmt::AnnAssign(assign) => match &assign.value {
                Some(value) => {
                    let state = self.expression(value, state);
                    self.bind(&assign.target, state)
                }
                None => state,
            },
            Stmt::TypeAlias(alias) => self.bind(&alias.name, state),
            Stmt::Import(import) => {
                let bound = import.names.iter().map(|alias| imported(alias).0);
                self.bind_any(bound, state)
            }
            Stmt::ImportFrom(from) => {
                // `import *` binds unknown names, so none of them is certain to be bound.
                let bound = from.names.iter().map(|alias| imported_from(from, alias).0);
                self.bind_any(bound, state)
            }
            _ => state,
        }
    }

    /// Follows a loop.
    fn round(&mut self, statement: &'t Stmt, state: State) -> State {
        match statement {
            Stmt::For(one) => {
                let head = self.expression(&one.iter, state);
                let (head, broken) = self.repeat(head, |flow, head| {
                    let start = flow.bind(&one.target, head);
                    flow.body(&one.body, start)
                });
                join(self.body(&one.orelse, head), broken)
            }
            Stmt::While(one) => {
                let (head, broken) = self.repeat(state, |flow, head| {
                    let start = flow.expression(&one.test, head);
                    flow.body(&one.body, start)
                });
                // Only `break` or an exception ends a `while True`.
                let ended = self.expression(&one.test, head).filter(|_| !is_true(&one.test));
                // `break` skips a loop's `else`.
                join(self.body(&one.orelse, ended), broken)
            }
            _ => state,
        }
    }

    /// Follows a statement that never continues with the next one.
    fn leave(&mut self, statement: &'t Stmt, state: State) {
        match statement {
            Stmt::Return(one) => {
                let state = self.all(one.value.as_deref(), state);
                self.returned = join(self.returned, self.leaving(state));
            }
            Stmt::Raise(raise) => {
                // The resulting state does not matter: a `try` assumes that its body may fail
                // anywhere.
                self.all(raise.exc.as_deref().into_iter().chain(raise.cause.as_deref()), state);
            }
            Stmt::Break(_) | Stmt::Continue(_) => {
                let left = self.leaving(state);
                if let Some(exits) = self.loops.last_mut() {
                    let exit = match statement {
                        Stmt::Break(_) => &mut exits.broken,
                        _ => &mut exits.continued,
                    };
                    *exit = join(*exit, left);
                }
            }
            _ => {}
        }
    }

    /// Follows a loop's body until nothing changes; returns the state at the body's start and the
    /// state after `break`.
    fn repeat(&mut self, start: State, body: impl Fn(&mut Self, State) -> State) -> (State, State) {
        let mut head = start;
        loop {
            self.loops.push(LoopExits::default());
            let end = body(self, head);
            let exits = self.loops.pop().unwrap_or_default();
            // A name only ever becomes less certain here, so this loop terminates.
            let next = join(head, join(end, exits.continued));
            if next == head {
                return (head, exits.broken);
            }
            head = next;
        }
    }

    fn with(&mut self, with: &'t StmtWith, state: State) -> State {
        let (mut state, mut entered) = (state, None);
        for item in &with.items {
            state = self.expression(&item.context_expr, state);
            state = item.optional_vars.iter().fold(state, |state, vars| self.bind(vars, state));
            // The first context manager may catch exceptions raised by the others.
            entered = entered.or(Some(state));
        }
        let end = self.body(&with.body, state);
        // Only file objects are known not to catch exceptions.
        match with.items.iter().all(|item| self.is_open(&item.context_expr)) {
            true => end,
            false => {
                let entered = entered.flatten();
                join(end, entered.map(|is_bound| is_bound && !self.unbinds(&with.body)))
            }
        }
    }

    /// Returns whether an expression calls Python's built-in `open`.
    fn is_open(&self, expr: &Expr) -> bool {
        let Expr::Call(call) = expr else { return false };
        let Expr::Name(name) = &*call.func else { return false };
        let place = range_of(name.range());
        // A file may define its own `open`, which may return an object that catches exceptions.
        name.id.as_str() == "open" && self.scopes.meaning(&place, "open") == Meaning::Unbound
    }

    fn cases(&mut self, cases: &'t [MatchCase], state: State) -> State {
        let (mut end, mut rest) = (None, state);
        for case in cases {
            let mut names = Vec::new();
            collect_names(&case.pattern, &mut names);
            let bound = self.bind_any(names.into_iter(), rest);
            let start = self.all(case.guard.as_deref(), bound);
            end = join(end, self.body(&case.body, start));
            // A `case _` matches everything, so execution reaches neither a later case nor the end
            // without a match.
            if case.guard.is_none() && case.pattern.is_irrefutable() {
                rest = None;
            }
        }
        join(end, rest)
    }

    fn attempt(&mut self, one: &'t StmtTry, before: State) -> State {
        // An exception may come from anywhere in the body, before or after any `del` in it.
        let may_unbind_body = self.unbinds(&one.body);
        let handled = |ExceptHandler::ExceptHandler(handler): &'t ExceptHandler| handler;
        let handlers_unbind = one
            .handlers
            .iter()
            .map(handled)
            .any(|handler| self.unbinds(&handler.body) || self.is_it(handler.name.as_ref()));
        let orelse_unbinds = self.unbinds(&one.orelse);
        let final_unbinds = self.unbinds(&one.finalbody);
        // A `return` or `break` in the body runs `finally` first.
        self.finals.push(final_unbinds);
        let end = self.body(&one.body, before);
        let mut end = self.body(&one.orelse, end);
        // There is no telling what the body had bound by the time it failed.
        let failed = before
            .map(|is_bound| is_bound && !may_unbind_body && !(one.is_star && handlers_unbind));
        for handler in one.handlers.iter().map(handled) {
            let state = self.all(handler.type_.as_deref(), failed);
            let start = match &handler.name {
                Some(name) => self.bind_name(name, state),
                None => state,
            };
            let mut left = self.body(&handler.body, start);
            // Python unbinds the name at the end of the handler.
            if self.is_it(handler.name.as_ref()) {
                left = left.map(|_| false);
            }
            end = join(end, left);
        }
        self.finals.pop();
        if one.finalbody.is_empty() {
            return end;
        }
        let interrupted = before
            .map(|is_bound| is_bound && !may_unbind_body && !handlers_unbind && !orelse_unbinds);
        // The `finally` also runs after an exception.
        self.body(&one.finalbody, join(end, interrupted));
        // The code after the `try` is only executed if no exception gets past it.
        let reached = self.reached;
        let end = self.body(&one.finalbody, end);
        self.reached = reached;
        end
    }
}
