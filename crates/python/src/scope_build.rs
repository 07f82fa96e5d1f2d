//! Finds a file's scopes and the names that they bind.

use std::ops::Range;

use ruff_python_ast::visitor::source_order::{
    SourceOrderVisitor, walk_except_handler, walk_expr, walk_pattern, walk_stmt,
};
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprCall, ExprContext, Parameters, Pattern, Stmt,
    StmtClassDef, StmtFunctionDef, TypeParam, TypeParams,
};
use ruff_text_size::Ranged;

use crate::file::{PythonFile, range_of};
use crate::imports::{imported, imported_from};
use crate::scope::{Bindings, MODULE, PythonScope, ScopeBody, ScopeKind, ScopeRegion};
use crate::scopes::Scopes;

/// The functions that see or change a scope's names.
const DYNAMIC: [&str; 5] = ["exec", "eval", "globals", "locals", "vars"];

/// Collects the scopes.
struct ScopeBuilder<'t> {
    scopes: Scopes<'t>,
    current: usize,
    /// Names that an inner function binds or unbinds in an outer function: the inner scope, the
    /// name, and whether it is unbound.
    outer: Vec<(usize, &'t str, bool)>,
}

impl<'t> Scopes<'t> {
    /// Finds a file's scopes. Call this, and everything that examines the scopes, in
    /// [`PythonFile::on_stack`].
    pub fn of(file: &'t PythonFile<'t>) -> Self {
        let body = &file.module().body;
        let scopes = Scopes { file, scopes: Vec::new(), regions: Vec::new() };
        let mut builder = ScopeBuilder { scopes, current: MODULE, outer: Vec::new() };
        builder.open(ScopeKind::Module, ScopeBody::Statements(body), None);
        builder.current = MODULE;
        builder.visit_body(body);
        // This is done last, since an outer function may bind the name after the inner one.
        let ScopeBuilder { mut scopes, outer, .. } = builder;
        for (scope, name, is_unbinding) in outer {
            let around = scopes.scopes[scope].parent;
            let found = around.and_then(|around| scopes.resolve(around, name));
            if let Some(found) = found {
                let bindings = scopes.scopes[found].names.entry(name).or_default();
                bindings.is_other |= !is_unbinding;
                bindings.is_unbound_elsewhere |= is_unbinding;
            }
        }
        scopes
    }
}

impl<'t> ScopeBuilder<'t> {
    /// Opens a scope inside the current one.
    fn open(&mut self, kind: ScopeKind, body: ScopeBody<'t>, parent: Option<usize>) -> usize {
        self.scopes.scopes.push(PythonScope {
            kind,
            parent,
            body,
            class: None,
            names: Default::default(),
            globals: Default::default(),
            nonlocals: Default::default(),
            dynamic: None,
            function: None,
        });
        self.scopes.scopes.len() - 1
    }

    fn inner(&mut self, kind: ScopeKind, body: ScopeBody<'t>) -> usize {
        self.open(kind, body, Some(self.current))
    }

    fn scope(&mut self, scope: usize) -> &mut PythonScope<'t> {
        &mut self.scopes.scopes[scope]
    }

    fn region(&mut self, range: Range<usize>, scope: usize, generators: usize) {
        self.scopes.regions.push(ScopeRegion { range, scope, generators });
    }

    /// Visits part of the syntax in another scope.
    fn within(&mut self, scope: usize, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.current, scope);
        visit(self);
        self.current = outer;
    }

    /// Records that a scope binds or unbinds a name.
    fn note(&mut self, scope: usize, name: &'t str, note: impl FnOnce(&mut Bindings)) {
        let is_global = self.scopes.scopes[scope].globals.contains(name);
        let mut noted = Bindings::default();
        if is_global || self.scopes.scopes[scope].nonlocals.contains(name) {
            note(&mut noted);
            if !is_global {
                self.outer.push((scope, name, noted.is_unbound));
                return;
            }
            let bindings = self.scope(MODULE).names.entry(name).or_default();
            bindings.is_unbound_elsewhere |= noted.is_unbound;
            bindings.is_other |= noted.is_other || noted.is_parameter;
            bindings.imports.extend(noted.imports);
            return;
        }
        note(self.scope(scope).names.entry(name).or_default());
    }

    fn bind(&mut self, name: &'t str) {
        self.note(self.current, name, |found| found.is_other = true);
    }

    /// Binds a `:=` name, which belongs to the scope around any comprehensions.
    fn bind_named(&mut self, name: &'t str) {
        let mut scope = self.current;
        while let (ScopeKind::Comprehension, Some(parent)) =
            (self.scopes.scopes[scope].kind, self.scopes.scopes[scope].parent)
        {
            scope = parent;
        }
        self.note(scope, name, |found| found.is_other = true);
    }

    fn function(&mut self, function: &'t StmtFunctionDef) {
        function.decorator_list.iter().for_each(|one| self.visit_decorator(one));
        // Python evaluates defaults outside the function.
        self.defaults(&function.parameters);
        self.bind(&function.name);
        let around = self.current;
        self.type_parameters(function.type_params.as_deref(), range_of(function.range()));
        self.annotations(&function.parameters);
        if let Some(returns) = &function.returns {
            self.visit_annotation(returns);
        }
        let scope = self.inner(ScopeKind::Function, ScopeBody::Statements(&function.body));
        self.scope(scope).function = Some(&function.name);
        self.parameters(scope, &function.parameters);
        self.region(body_range(&function.body), scope, 0);
        self.within(scope, |builder| builder.visit_body(&function.body));
        self.current = around;
    }

    fn class(&mut self, class: &'t StmtClassDef) {
        class.decorator_list.iter().for_each(|one| self.visit_decorator(one));
        if let Some(arguments) = &class.arguments {
            self.visit_arguments(arguments);
        }
        self.bind(&class.name);
        let around = self.current;
        self.type_parameters(class.type_params.as_deref(), body_range(&class.body));
        let scope = self.inner(ScopeKind::Class, ScopeBody::Statements(&class.body));
        self.scope(scope).class = Some(class);
        self.region(body_range(&class.body), scope, 0);
        self.within(scope, |builder| builder.visit_body(&class.body));
        self.current = around;
    }

    /// Opens a scope for a definition's type parameters, if it has any.
    fn type_parameters(&mut self, parameters: Option<&'t TypeParams>, range: Range<usize>) {
        let Some(parameters) = parameters else { return };
        let scope = self.inner(ScopeKind::TypeParameters, ScopeBody::Other);
        for parameter in &parameters.type_params {
            let name = match parameter {
                TypeParam::TypeVar(one) => &one.name,
                TypeParam::TypeVarTuple(one) => &one.name,
                TypeParam::ParamSpec(one) => &one.name,
            };
            self.note(scope, name, |found| found.is_other = true);
        }
        self.annotation(range_of(parameters.range()));
        self.region(range, scope, 0);
        self.current = scope;
    }

    fn annotation(&mut self, range: Range<usize>) {
        let scope = self.inner(ScopeKind::Annotation, ScopeBody::Other);
        self.region(range, scope, 0);
    }

    fn defaults(&mut self, parameters: &'t Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }

    fn annotations(&mut self, parameters: &'t Parameters) {
        for parameter in parameters {
            if let Some(annotation) = parameter.annotation() {
                self.visit_annotation(annotation);
            }
        }
    }

    fn parameters(&mut self, scope: usize, parameters: &'t Parameters) {
        for parameter in parameters {
            self.note(scope, parameter.name(), |found| found.is_parameter = true);
        }
    }

    fn comprehension(&mut self, generators: &'t [Comprehension], elements: &[&'t Expr]) {
        let Some(first) = generators.first() else { return };
        // Python evaluates the first source outside the comprehension.
        self.visit_expr(&first.iter);
        let scope = self.inner(ScopeKind::Comprehension, ScopeBody::Other);
        for (n, generator) in generators.iter().enumerate() {
            if n > 0 {
                self.region(range_of(generator.iter.range()), scope, n);
                self.within(scope, |builder| builder.visit_expr(&generator.iter));
            }
            self.region(range_of(generator.target.range()), scope, n);
            self.target(scope, n, &generator.target);
            for condition in &generator.ifs {
                self.region(range_of(condition.range()), scope, n + 1);
                self.within(scope, |builder| builder.visit_expr(condition));
            }
        }
        for element in elements {
            self.region(range_of(element.range()), scope, generators.len());
            self.within(scope, |builder| builder.visit_expr(element));
        }
    }

    /// Binds the names in a generator's target.
    fn target(&mut self, scope: usize, generator: usize, target: &'t Expr) {
        match target {
            // The first generator that binds a name determines where the name is visible.
            Expr::Name(name) => {
                let known = self.scope(scope).names.contains_key(name.id.as_str());
                self.note(scope, &name.id, |found| found.is_other = true);
                if let Some(found) = self.scope(scope).names.get_mut(name.id.as_str())
                    && !known
                {
                    found.generator = generator;
                }
            }
            Expr::Tuple(tuple) => {
                tuple.elts.iter().for_each(|one| self.target(scope, generator, one));
            }
            Expr::List(list) => {
                list.elts.iter().for_each(|one| self.target(scope, generator, one));
            }
            Expr::Starred(starred) => self.target(scope, generator, &starred.value),
            other => self.within(scope, |builder| builder.visit_expr(other)),
        }
    }

    /// Records a call to a function that sees or changes all names.
    fn call(&mut self, call: &ExprCall) {
        let Expr::Name(name) = &*call.func else { return };
        let Some(function) = DYNAMIC.into_iter().find(|one| *one == name.id.as_str()) else {
            return;
        };
        // With an argument, 'vars' returns that object's names.
        if function == "vars" && !call.arguments.is_empty() {
            return;
        }
        let scope = self.current;
        self.scope(scope).dynamic = Some(function);
        // These functions also see the module's names.
        if matches!(function, "exec" | "eval" | "globals") {
            self.scope(MODULE).dynamic = Some(function);
        }
    }
}

impl<'t> SourceOrderVisitor<'t> for ScopeBuilder<'t> {
    fn visit_stmt(&mut self, stmt: &'t Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => return self.function(function),
            Stmt::ClassDef(class) => return self.class(class),
            Stmt::Import(import) => {
                for alias in &import.names {
                    let (bound, target) = imported(alias);
                    self.note(self.current, bound, |found| found.imports.push(target));
                }
            }
            Stmt::ImportFrom(from) => {
                // There is no telling which names `*` binds.
                for alias in from.names.iter().filter(|alias| alias.name.as_str() != "*") {
                    let (bound, target) = imported_from(from, alias);
                    self.note(self.current, bound, |found| found.imports.push(target));
                }
            }
            Stmt::Global(global) => {
                let scope = self.current;
                // At module level, the statement has no effect.
                if scope != MODULE {
                    let names = global.names.iter().map(|name| name.as_str());
                    self.scope(scope).globals.extend(names);
                }
            }
            Stmt::Nonlocal(nonlocal) => {
                let scope = self.current;
                let names = nonlocal.names.iter().map(|name| name.as_str());
                self.scope(scope).nonlocals.extend(names);
            }
            Stmt::TypeAlias(alias) => {
                self.visit_expr(&alias.name);
                return self.annotation(range_of(alias.range()));
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_annotation(&mut self, expr: &'t Expr) {
        self.annotation(range_of(expr.range()));
    }

    fn visit_except_handler(&mut self, handler: &'t ExceptHandler) {
        let ExceptHandler::ExceptHandler(inner) = handler;
        if let Some(name) = &inner.name {
            // Python unbinds the name at the end of the handler.
            self.note(self.current, name, |found| {
                (found.is_other, found.is_unbound) = (true, true);
            });
        }
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'t Pattern) {
        let name = match pattern {
            Pattern::MatchAs(one) => one.name.as_ref(),
            Pattern::MatchStar(one) => one.name.as_ref(),
            Pattern::MatchMapping(one) => one.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.bind(name);
        }
        walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expr: &'t Expr) {
        match expr {
            Expr::Name(name) => match name.ctx {
                ExprContext::Store => self.bind(&name.id),
                ExprContext::Del => {
                    self.note(self.current, &name.id, |found| found.is_unbound = true);
                }
                _ => {}
            },
            Expr::Named(named) => {
                if let Expr::Name(name) = &*named.target {
                    self.bind_named(&name.id);
                }
                self.visit_expr(&named.value);
            }
            Expr::Lambda(lambda) => {
                let scope = self.inner(ScopeKind::Function, ScopeBody::Lambda(&lambda.body));
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                    self.parameters(scope, parameters);
                }
                self.region(range_of(lambda.body.range()), scope, 0);
                self.within(scope, |builder| builder.visit_expr(&lambda.body));
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::Generator(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::DictComp(comp) => {
                let key = comp.key.as_deref().into_iter();
                let elements: Vec<&Expr> = key.chain([&*comp.value]).collect();
                self.comprehension(&comp.generators, &elements);
            }
            _ => {
                if let Expr::Call(call) = expr {
                    self.call(call);
                }
                walk_expr(self, expr);
            }
        }
    }
}

/// Returns the range of the statements in a body.
fn body_range(body: &[Stmt]) -> Range<usize> {
    match body {
        [first, .., last] => first.range().start().to_usize()..last.range().end().to_usize(),
        [only] => range_of(only.range()),
        [] => 0..0,
    }
}
