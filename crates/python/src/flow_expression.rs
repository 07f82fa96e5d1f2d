//! How a [`Flow`] follows the evaluation of expressions.

use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, walk_expr};
use ruff_python_ast::{Comprehension, Expr, Number, Parameters};
use ruff_text_size::Ranged;

use crate::file::range_of;
use crate::flow_state::{Flow, State, join};

impl<'t> Flow<'_, 't> {
    pub(crate) fn expression(&mut self, expr: &'t Expr, state: State) -> State {
        self.reach(expr.range(), state);
        match expr {
            Expr::Named(named) => {
                let state = self.expression(&named.value, state);
                self.bind(&named.target, state)
            }
            Expr::BoolOp(one) => self.perhaps(1, one.values.iter(), state),
            Expr::Compare(one) => {
                self.perhaps(2, std::iter::once(&*one.left).chain(&one.comparators), state)
            }
            Expr::If(one) => {
                let state = self.expression(&one.test, state);
                let end = self.expression(&one.body, state);
                join(end, self.expression(&one.orelse, state))
            }
            Expr::Lambda(lambda) => {
                let parameters = lambda.parameters.as_deref();
                let state = parameters.map_or(state, |one| self.defaults(one, state));
                // A lambda's defaults are evaluated here, but its body is evaluated when it is
                // called.
                self.defer(lambda.body.range(), state);
                state
            }
            Expr::ListComp(one) => self.comprehension(&one.generators, &[&one.elt], state),
            Expr::SetComp(one) => self.comprehension(&one.generators, &[&one.elt], state),
            Expr::DictComp(one) => {
                let key = one.key.as_deref().into_iter();
                let elements: Vec<&Expr> = key.chain([&*one.value]).collect();
                self.comprehension(&one.generators, &elements, state)
            }
            Expr::Generator(one) => {
                let Some(first) = one.generators.first() else { return state };
                let state = self.expression(&first.iter, state);
                // The rest of a generator expression is executed when values are requested.
                let iter = range_of(first.iter.range());
                if !(iter.start <= self.place.start && self.place.end <= iter.end) {
                    self.defer(one.range(), state);
                }
                state
            }
            _ => {
                let mut parts = Parts(Vec::new());
                // Other expressions evaluate all their parts.
                walk_expr(&mut parts, expr);
                self.all(parts.0, state)
            }
        }
    }

    fn comprehension(
        &mut self,
        generators: &'t [Comprehension],
        elements: &[&'t Expr],
        state: State,
    ) -> State {
        let Some(first) = generators.first() else { return state };
        let state = self.expression(&first.iter, state);
        // A comprehension's bindings are only certain inside the comprehension.
        let mut inner = state;
        for (n, generator) in generators.iter().enumerate() {
            // The first source is evaluated before the comprehension begins.
            if n > 0 {
                inner = self.expression(&generator.iter, inner);
            }
            inner = self.all(&generator.ifs, inner);
        }
        self.all(elements.iter().copied(), inner);
        // There may be no elements, so nothing inside is certain to be evaluated.
        state
    }

    /// Follows expressions; only the first `certain` of them are sure to be evaluated.
    fn perhaps(
        &mut self,
        certain: usize,
        parts: impl Iterator<Item = &'t Expr>,
        state: State,
    ) -> State {
        let (mut state, mut end) = (state, None);
        for (n, part) in parts.enumerate() {
            state = self.expression(part, state);
            // Evaluation may stop after this part or any later one.
            if n + 1 >= certain {
                end = join(end, state);
            }
        }
        end
    }

    pub(crate) fn all(&mut self, parts: impl IntoIterator<Item = &'t Expr>, state: State) -> State {
        parts.into_iter().fold(state, |state, part| self.expression(part, state))
    }

    pub(crate) fn defaults(&mut self, parameters: &'t Parameters, state: State) -> State {
        let parameters = parameters.iter_non_variadic_params();
        self.all(parameters.filter_map(|one| one.default.as_deref()), state)
    }
}

/// Returns whether a condition is always true.
pub(crate) fn is_true(test: &Expr) -> bool {
    match test {
        Expr::BooleanLiteral(literal) => literal.value,
        // Only recognizes the usual forms: missing others merely makes the answer more cautious.
        Expr::NumberLiteral(literal) => matches!(&literal.value, Number::Int(n) if *n != 0),
        _ => false,
    }
}

/// The expressions that make up another expression, in evaluation order.
pub(crate) struct Parts<'t>(pub(crate) Vec<&'t Expr>);

impl<'t> SourceOrderVisitor<'t> for Parts<'t> {
    fn visit_expr(&mut self, expr: &'t Expr) {
        self.0.push(expr);
    }
}
