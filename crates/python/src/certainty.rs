//! Whether names are certain to be bound at a place in [`Scopes`], no matter which branches
//! execution takes.

use std::ops::Range;

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use crate::doubt::Doubt;
use crate::file::range_of;
use crate::flow_state::{Flow, FlowName, Reached};
use crate::scope::{MODULE, ScopeKind};
use crate::scopes::{Scopes, is_builtin_name, is_constant};

impl Scopes<'_> {
    /// Checks that a name is bound whenever the expression or statement at a place is executed.
    ///
    /// # Errors
    /// Returns the doubt if the name is not bound, or if that is uncertain.
    pub fn check_name(&self, place: &Range<usize>, name: &str) -> Result<(), Doubt> {
        let (own, generators) = self.scope_at(place);
        let found = self.resolve(own, name);
        // If names change at run time, no later answer would be certain.
        self.check_static(own, found, name)?;
        let Some(scope) = found else {
            return match is_builtin_name(name) {
                true => Ok(()),
                false => Err(Doubt::Undefined(name.to_owned())),
            };
        };
        let unassigned = || Doubt::Unassigned(name.to_owned(), self.file.line(place.start));
        let bindings = self.scopes[scope].names.get(name).ok_or_else(unassigned)?;
        let is_bound = match self.scopes[scope].kind {
            _ if bindings.is_unbound_elsewhere => false,
            // A generator's source only sees the targets of the generators before it.
            ScopeKind::Comprehension => own != scope || bindings.generator < generators,
            ScopeKind::TypeParameters => true,
            _ => match Flow::of(self, scope, FlowName::Name(name), place) {
                Some(Reached { is_bound: true, is_later: false }) => true,
                // A `del` may run between a function's definition and its call.
                Some(Reached { is_bound: true, is_later: true }) => !bindings.is_unbound,
                // A function may use a name that the module binds further down, if nothing calls it
                // before then.
                Some(Reached { is_bound: false, is_later: true }) => {
                    scope == MODULE && !bindings.is_unbound && self.is_bound_in_time(place, name)
                }
                _ => false,
            },
        };
        is_bound.then_some(()).ok_or_else(unassigned)
    }

    /// Checks that a name not bound by any statement can be bound in the module for use at a place.
    ///
    /// # Errors
    /// Returns the doubt if something may see or change it at run time.
    pub fn check_unbound(&self, place: &Range<usize>, name: &str) -> Result<(), Doubt> {
        self.check_static(self.scope_at(place).0, None, name)
    }

    /// Checks that nothing between two scopes sees or changes names at run time.
    fn check_static(&self, own: usize, found: Option<usize>, name: &str) -> Result<(), Doubt> {
        for scope in self.outward(own) {
            if self.scopes[scope].kind == ScopeKind::Annotation {
                return Err(Doubt::Annotation);
            }
            if let Some(function) = self.scopes[scope].dynamic {
                return Err(Doubt::Dynamic(name.to_owned(), function));
            }
            // Python mangles names of this form in classes.
            let is_mangled = name.starts_with("__") && !name.ends_with("__");
            if is_mangled && self.scopes[scope].kind == ScopeKind::Class {
                return Err(Doubt::Undefined(name.to_owned()));
            }
            if found == Some(scope) {
                break;
            }
        }
        Ok(())
    }

    /// Checks that an attribute of a method's object can be used at a place in the method.
    ///
    /// # Errors
    /// Returns the doubt if this is uncertain.
    pub fn check_attribute(
        &self,
        place: &Range<usize>,
        own: &str,
        name: &str,
    ) -> Result<(), Doubt> {
        self.check_name(place, own)?;
        let whole = format!("{own}.{name}");
        let scope = self.resolve(self.scope_at(place).0, own);
        let method = scope.filter(|scope| {
            let bindings = self.scopes[*scope].names.get(own);
            // A rebound parameter may hold a different object.
            bindings.is_some_and(|found| found.is_parameter && !found.is_other && !found.is_unbound)
        });
        let class = method.and_then(|method| self.scopes[method].parent);
        let (Some(method), Some(class)) = (method, class) else {
            return Err(Doubt::NoMethod(whole));
        };
        let Some(definition) = self.scopes[class].class else { return Err(Doubt::NoMethod(whole)) };
        let methods = definition.body.iter().filter_map(Stmt::as_function_def_stmt);
        let own_method = methods.into_iter().find(|one| contains(one.range(), place));
        if own_method.is_some_and(has_no_object) {
            return Err(Doubt::NoMethod(whole));
        }
        // Searching the text is enough: a false match only makes the answer more cautious.
        let body = self.file.text().get(range_of(definition.range())).unwrap_or_default();
        // Calling the method from within itself would never end.
        if own_method.is_some_and(|one| one.name.as_str() == name)
            || body.contains(&format!("del {whole}"))
        {
            return Err(Doubt::Attribute(whole, definition.name.to_string()));
        }
        let attribute = FlowName::Attribute(own, name);
        let is_before = Flow::of(self, method, attribute, place).is_some_and(|at| at.is_bound);
        let is_maker = |scope: usize| {
            let name = self.scopes[scope].function;
            name.is_some_and(|name| matches!(name, "__init__" | "__new__" | "__post_init__"))
        };
        // Any other method can only be called on an object after `__init__` has run.
        let is_made = !is_maker(method)
            && self.scopes.iter().enumerate().any(|(scope, other)| {
                other.parent == Some(class)
                    && other.function == Some("__init__")
                    && Flow::binds_always(self, scope, attribute)
            });
        match class_has(definition, name) || is_before || is_made {
            true => Ok(()),
            false => Err(Doubt::Attribute(whole, definition.name.to_string())),
        }
    }

    /// Returns whether a place is only executed after the module's statements before this one, as
    /// far as the file itself determines: the place is not before this statement, or it is in a
    /// function that is not called before it.
    pub fn runs_after(&self, place: &Range<usize>, statement: usize) -> bool {
        let module = &self.file.module().body;
        let Some(own) = module.iter().position(|one| contains(one.range(), place)) else {
            return false;
        };
        own >= statement
            || (self.is_in_function(place) && module.iter().take(statement).skip(own).all(is_inert))
    }

    /// Returns whether a place is only executed when a function is called.
    fn is_in_function(&self, place: &Range<usize>) -> bool {
        let scopes = self.outward(self.scope_at(place).0);
        scopes.into_iter().any(|scope| self.scopes[scope].kind == ScopeKind::Function)
    }

    /// Returns whether the module binds a name before anything can call the function that contains
    /// a place.
    fn is_bound_in_time(&self, place: &Range<usize>, name: &str) -> bool {
        let mut statements =
            self.file.module().body.iter().skip_while(|one| !contains(one.range(), place));
        // Any other statement may call the function before the name is bound.
        statements.next().is_some_and(is_inert)
            && statements
                .find(|one| Flow::statement_binds(self, one, name) || !is_inert(one))
                .is_some_and(|one| Flow::statement_binds(self, one, name))
    }
}

fn contains(outer: ruff_text_size::TextRange, place: &Range<usize>) -> bool {
    let outer = range_of(outer);
    outer.start <= place.start && place.end <= outer.end
}

/// Returns whether a class itself has an attribute: a value, a method or a typed field.
fn class_has(class: &StmtClassDef, name: &str) -> bool {
    let is_name = |expr: &Expr| matches!(expr, Expr::Name(found) if found.id.as_str() == name);
    class.body.iter().any(|statement| match statement {
        Stmt::FunctionDef(function) => function.name.as_str() == name,
        Stmt::ClassDef(inner) => inner.name.as_str() == name,
        Stmt::Assign(assign) => assign.targets.iter().any(is_name),
        // An annotation without a value is a field if a decorator or a base class turns it into
        // one.
        Stmt::AnnAssign(assign) => {
            let is_plain = class.decorator_list.is_empty() && class.arguments.is_none();
            is_name(&assign.target) && (assign.value.is_some() || !is_plain)
        }
        _ => false,
    })
}

/// Returns whether a method's first parameter is not an instance of the class.
fn has_no_object(method: &StmtFunctionDef) -> bool {
    method.decorator_list.iter().any(|decorator| {
        matches!(&decorator.expression, Expr::Name(name)
            if ["classmethod", "staticmethod"].contains(&name.id.as_str()))
    })
}

/// Returns whether a statement calls nothing: it only defines something or assigns constants.
fn is_inert(statement: &Stmt) -> bool {
    match statement {
        Stmt::FunctionDef(function) => {
            let mut defaults = function.parameters.iter_non_variadic_params();
            function.decorator_list.is_empty()
                && defaults.all(|one| one.default.as_deref().is_none_or(is_constant))
        }
        Stmt::ClassDef(class) => {
            class.decorator_list.is_empty()
                && class.arguments.is_none()
                && class.body.iter().all(is_inert)
        }
        Stmt::Assign(assign) => {
            is_constant(&assign.value) && assign.targets.iter().all(Expr::is_name_expr)
        }
        Stmt::AnnAssign(assign) => {
            assign.target.is_name_expr() && assign.value.as_deref().is_none_or(is_constant)
        }
        Stmt::Expr(expr) => is_constant(&expr.value),
        Stmt::Pass(_) | Stmt::Global(_) => true,
        _ => false,
    }
}
