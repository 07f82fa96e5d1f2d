//! [`Scopes`]: the meaning of names at a place, and whether they are certainly bound there, by
//! Python's own rules.

use std::ops::Range;

use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use crate::doubt::Doubt;
use crate::file::{PythonFile, range_of};
use crate::flow::{Flow, FlowName, Reached};
use crate::scope::{Bindings, MODULE, Scope, ScopeKind, ScopeRegion};

/// The names that Python has without an import, apart from rare exceptions.
const BUILTINS: &str = " abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable \
    chr classmethod compile complex delattr dict dir divmod enumerate eval exec filter float format \
    frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len list \
    locals map max memoryview min next object oct open ord pow print property range repr reversed \
    round set setattr slice sorted staticmethod str sum super tuple type vars zip __name__ __file__ \
    __doc__ __import__ Exception BaseException ValueError TypeError KeyError RuntimeError \
    AttributeError NotImplementedError StopIteration OSError ImportError LookupError IndexError ";

/// The meaning of a name at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// An import, with its possible meaning.
    Imported(Vec<String>),
    /// An import, or something else that the same scope binds to the name.
    Rebound(Vec<String>),
    /// Something that the file assigns or defines.
    Own,
    /// No statement of the file binds it; an import of all names may.
    Unbound,
}

/// The scopes of a file.
#[derive(Debug)]
pub struct Scopes<'t> {
    pub(crate) file: &'t PythonFile<'t>,
    pub(crate) scopes: Vec<Scope<'t>>,
    /// Outer ones before those in them.
    pub(crate) regions: Vec<ScopeRegion>,
}

impl<'t> Scopes<'t> {
    /// Returns the meaning of a name at a place, by the innermost scope that binds it.
    pub fn meaning(&self, place: &Range<usize>, name: &str) -> Meaning {
        let (scope, _) = self.scope_at(place);
        let Some(found) = self.resolve(scope, name) else { return Meaning::Unbound };
        let Some(found) = self.scopes[found].names.get(name) else { return Meaning::Own };
        let is_changed = found.is_rebound() || found.is_unbound || found.is_unbound_elsewhere;
        match (found.imports.is_empty(), is_changed) {
            (true, _) => Meaning::Own,
            (false, true) => Meaning::Rebound(found.imports.clone()),
            (false, false) => Meaning::Imported(found.imports.clone()),
        }
    }

    /// Returns whether the scope that binds a name at a place does so by imports, and whether it does
    /// so otherwise. Deleting a name does not bind it.
    pub fn binds(&self, place: &Range<usize>, name: &str) -> (bool, bool) {
        let found = self.resolve(self.scope_at(place).0, name);
        let bindings = found.and_then(|scope| self.scopes[scope].names.get(name));
        bindings.map_or((false, false), |found| (!found.imports.is_empty(), found.is_rebound()))
    }

    /// Returns whether some scope binds a name other than by an import.
    pub fn is_rebound(&self, name: &str) -> bool {
        self.scopes.iter().filter_map(|scope| scope.names.get(name)).any(Bindings::is_rebound)
    }

    /// Returns the names that the module binds other than by imports.
    pub fn module_names(&self) -> impl Iterator<Item = &'t str> {
        let names = self.scopes[MODULE].names.iter();
        names.filter(|(_, bindings)| bindings.is_rebound()).map(|(name, _)| *name)
    }

    /// Returns whether the module imports something by a name.
    pub fn module_imports(&self, name: &str) -> bool {
        self.scopes[MODULE].names.get(name).is_some_and(|found| !found.imports.is_empty())
    }

    /// Returns whether the file may look up any name at run time.
    pub fn is_dynamic(&self) -> bool {
        self.scopes.iter().any(|scope| scope.dynamic.is_some())
    }

    /// Checks that a name is bound at a place, an expression or a statement, whenever that is executed.
    ///
    /// # Errors
    /// Returns the doubt if it is not, or if that is not certain.
    pub fn check_name(&self, place: &Range<usize>, name: &str) -> Result<(), Doubt> {
        let (own, generators) = self.scope_at(place);
        let found = self.resolve(own, name);
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
            ScopeKind::Comprehension => own != scope || bindings.generator < generators,
            ScopeKind::TypeParameters => true,
            _ => match Flow::of(self, scope, FlowName::Name(name), place) {
                Some(Reached { is_bound: true, is_later: false }) => true,
                Some(Reached { is_bound: true, is_later: true }) => !bindings.is_unbound,
                Some(Reached { is_bound: false, is_later: true }) => {
                    scope == MODULE && !bindings.is_unbound && self.is_bound_in_time(place, name)
                }
                _ => false,
            },
        };
        is_bound.then_some(()).ok_or_else(unassigned)
    }

    /// Checks that a name which no statement binds can be bound in the module, for a place.
    ///
    /// # Errors
    /// Returns the doubt if something may see or change it at run time.
    pub fn check_unbound(&self, place: &Range<usize>, name: &str) -> Result<(), Doubt> {
        self.check_static(self.scope_at(place).0, None, name)
    }

    /// Checks that nothing sees or changes the names between two scopes at run time.
    fn check_static(&self, own: usize, found: Option<usize>, name: &str) -> Result<(), Doubt> {
        for scope in self.outward(own) {
            if self.scopes[scope].kind == ScopeKind::Annotation {
                return Err(Doubt::Annotation);
            }
            if let Some(function) = self.scopes[scope].dynamic {
                return Err(Doubt::Dynamic(name.to_owned(), function));
            }
            // In a class, the names of this form are others.
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

    /// Checks that an attribute of the object of a method can be used at a place.
    ///
    /// # Errors
    /// Returns the doubt if that is not certain.
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
        let body = self.file.text().get(range_of(definition.range())).unwrap_or_default();
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

    /// Returns whether a place is only executed after the statement of the module before this one, as
    /// far as the file itself decides that: it stands behind it, or in a function that nothing calls
    /// before.
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

    /// Returns whether the module binds a name before anything can call the function with a place.
    fn is_bound_in_time(&self, place: &Range<usize>, name: &str) -> bool {
        let mut statements =
            self.file.module().body.iter().skip_while(|one| !contains(one.range(), place));
        statements.next().is_some_and(is_inert)
            && statements
                .find(|one| Flow::statement_binds(self, one, name) || !is_inert(one))
                .is_some_and(|one| Flow::statement_binds(self, one, name))
    }

    /// Returns whether a scope that binds a name at one place is also the one that another place uses.
    pub fn is_same_binding(&self, place: &Range<usize>, other: &Range<usize>, name: &str) -> bool {
        let bound = |place| self.resolve(self.scope_at(place).0, name);
        bound(place) == bound(other)
    }

    /// Returns whether a name at a place is a variable of a function, and no parameter.
    pub fn is_local(&self, place: &Range<usize>, name: &str) -> bool {
        let scope = self.resolve(self.scope_at(place).0, name);
        let local = scope.map(|scope| &self.scopes[scope]);
        let local = local.filter(|scope| scope.kind == ScopeKind::Function);
        let found = local.and_then(|scope| scope.names.get(name));
        found.is_some_and(|found| !found.is_parameter && found.imports.is_empty())
    }

    /// Returns the scope that a place belongs to, and how many generators of a comprehension are bound
    /// there.
    pub(crate) fn scope_at(&self, place: &Range<usize>) -> (usize, usize) {
        let is_around = |region: &&ScopeRegion| {
            region.range.start <= place.start && place.end <= region.range.end
        };
        let innermost = self.regions.iter().rfind(is_around);
        innermost.map_or((MODULE, 0), |region| (region.scope, region.generators))
    }

    /// Returns a scope and those around it.
    fn outward(&self, scope: usize) -> Vec<usize> {
        std::iter::successors(Some(scope), |scope| self.scopes[*scope].parent).collect()
    }

    /// Returns the scope that binds a name used in another scope.
    pub(crate) fn resolve(&self, from: usize, name: &str) -> Option<usize> {
        let in_module =
            || Some(MODULE).filter(|scope| self.scopes[*scope].names.contains_key(name));
        let mut is_own = true;
        for scope in self.outward(from) {
            let Scope { kind, names, globals, nonlocals, .. } = &self.scopes[scope];
            if globals.contains(name) {
                return in_module();
            }
            // The names of a class are only seen in its body itself.
            let is_seen = is_own || *kind != ScopeKind::Class;
            is_own = false;
            if is_seen && !nonlocals.contains(name) && names.contains_key(name) {
                return Some(scope);
            }
        }
        None
    }
}

/// Returns whether Python has a name without an import.
pub fn is_builtin_name(name: &str) -> bool {
    BUILTINS.contains(&format!(" {name} "))
}

fn contains(outer: ruff_text_size::TextRange, place: &Range<usize>) -> bool {
    let outer = range_of(outer);
    outer.start <= place.start && place.end <= outer.end
}

/// Returns whether a class itself has an attribute: a value, a method or a field with a type.
fn class_has(class: &StmtClassDef, name: &str) -> bool {
    let is_name = |expr: &Expr| matches!(expr, Expr::Name(found) if found.id.as_str() == name);
    class.body.iter().any(|statement| match statement {
        Stmt::FunctionDef(function) => function.name.as_str() == name,
        Stmt::ClassDef(inner) => inner.name.as_str() == name,
        Stmt::Assign(assign) => assign.targets.iter().any(is_name),
        // A type alone is a field where a decorator or a base class makes it one.
        Stmt::AnnAssign(assign) => {
            let is_plain = class.decorator_list.is_empty() && class.arguments.is_none();
            is_name(&assign.target) && (assign.value.is_some() || !is_plain)
        }
        _ => false,
    })
}

/// Returns whether the first parameter of a method is not an object of the class.
fn has_no_object(method: &StmtFunctionDef) -> bool {
    method.decorator_list.iter().any(|decorator| {
        matches!(&decorator.expression, Expr::Name(name)
            if ["classmethod", "staticmethod"].contains(&name.id.as_str()))
    })
}

/// Returns whether a statement calls nothing: it defines something, or assigns constants.
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

/// Returns whether an expression is a constant, or a list or a dictionary of constants.
pub fn is_constant(expr: &Expr) -> bool {
    match expr {
        Expr::UnaryOp(sign) => is_constant(&sign.operand),
        Expr::List(list) => list.elts.iter().all(is_constant),
        Expr::Tuple(tuple) => tuple.elts.iter().all(is_constant),
        Expr::Set(set) => set.elts.iter().all(is_constant),
        Expr::Dict(dict) => {
            let mut items = dict.items.iter();
            items.all(|item| item.key.as_ref().is_some_and(is_constant) && is_constant(&item.value))
        }
        _ => expr.is_literal_expr(),
    }
}
