//! [`Scopes`]: what names refer to at a place, according to Python's own rules.

use std::ops::Range;

use ruff_python_ast::Expr;

use crate::file::PythonFile;
use crate::scope::{Bindings, MODULE, PythonScope, ScopeKind, ScopeRegion};

/// The names that Python provides without an import, apart from rare exceptions.
const BUILTINS: &str = " abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable \
    chr classmethod compile complex delattr dict dir divmod enumerate eval exec filter float format \
    frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len list \
    locals map max memoryview min next object oct open ord pow print property range repr reversed \
    round set setattr slice sorted staticmethod str sum super tuple type vars zip __name__ __file__ \
    __doc__ __import__ Exception BaseException ValueError TypeError KeyError RuntimeError \
    AttributeError NotImplementedError StopIteration OSError ImportError LookupError IndexError ";

/// What a name refers to at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// An import; holds what the import may refer to.
    Imported(Vec<String>),
    /// An import, or something else that the same scope binds to the name; holds what the import
    /// may refer to.
    Rebound(Vec<String>),
    /// Something that the file assigns or defines.
    Own,
    /// No statement in the file binds the name, though `import *` may.
    Unbound,
}

/// A file's scopes.
#[derive(Debug)]
pub struct Scopes<'t> {
    pub(crate) file: &'t PythonFile<'t>,
    pub(crate) scopes: Vec<PythonScope<'t>>,
    /// Outer regions come before inner ones.
    pub(crate) regions: Vec<ScopeRegion>,
}

impl<'t> Scopes<'t> {
    /// Returns what a name refers to at a place, according to the innermost scope that binds it.
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

    /// Returns whether the scope that binds a name at a place binds it with imports, and whether it
    /// binds it in another way. Deleting a name does not count as binding it.
    pub fn binds(&self, place: &Range<usize>, name: &str) -> (bool, bool) {
        let found = self.resolve(self.scope_at(place).0, name);
        let bindings = found.and_then(|scope| self.scopes[scope].names.get(name));
        bindings.map_or((false, false), |found| (!found.imports.is_empty(), found.is_rebound()))
    }

    /// Returns whether any scope binds a name other than by an import.
    pub fn is_rebound(&self, name: &str) -> bool {
        self.scopes.iter().filter_map(|scope| scope.names.get(name)).any(Bindings::is_rebound)
    }

    /// Returns the names that the module binds other than by imports.
    pub fn module_names(&self) -> impl Iterator<Item = &'t str> {
        let names = self.scopes[MODULE].names.iter();
        names.filter(|(_, bindings)| bindings.is_rebound()).map(|(name, _)| *name)
    }

    /// Returns whether the module imports something under this name.
    pub fn module_imports(&self, name: &str) -> bool {
        self.scopes[MODULE].names.get(name).is_some_and(|found| !found.imports.is_empty())
    }

    /// Returns whether the file may look up arbitrary names at run time.
    pub fn is_dynamic(&self) -> bool {
        self.scopes.iter().any(|scope| scope.dynamic.is_some())
    }

    /// Returns whether the scope that binds a name at one place also binds it at another.
    pub fn is_same_binding(&self, place: &Range<usize>, other: &Range<usize>, name: &str) -> bool {
        let bound = |place| self.resolve(self.scope_at(place).0, name);
        bound(place) == bound(other)
    }

    /// Returns whether a name at a place is a function's local variable rather than a parameter.
    pub fn is_local(&self, place: &Range<usize>, name: &str) -> bool {
        let scope = self.resolve(self.scope_at(place).0, name);
        let local = scope.map(|scope| &self.scopes[scope]);
        let local = local.filter(|scope| scope.kind == ScopeKind::Function);
        let found = local.and_then(|scope| scope.names.get(name));
        found.is_some_and(|found| !found.is_parameter && found.imports.is_empty())
    }

    /// Returns the scope that a place belongs to, and how many of a comprehension's generators have
    /// bound their names there.
    pub(crate) fn scope_at(&self, place: &Range<usize>) -> (usize, usize) {
        let is_around = |region: &&ScopeRegion| {
            region.range.start <= place.start && place.end <= region.range.end
        };
        // Inner regions come after outer ones.
        let innermost = self.regions.iter().rfind(is_around);
        innermost.map_or((MODULE, 0), |region| (region.scope, region.generators))
    }

    /// Returns a scope and the scopes around it.
    pub(crate) fn outward(&self, scope: usize) -> Vec<usize> {
        std::iter::successors(Some(scope), |scope| self.scopes[*scope].parent).collect()
    }

    /// Returns the scope that binds a name used in another scope.
    pub(crate) fn resolve(&self, from: usize, name: &str) -> Option<usize> {
        let in_module =
            || Some(MODULE).filter(|scope| self.scopes[*scope].names.contains_key(name));
        // A scope always sees its own names, even if it is a class.
        let mut is_own = true;
        for scope in self.outward(from) {
            let PythonScope { kind, names, globals, nonlocals, .. } = &self.scopes[scope];
            if globals.contains(name) {
                return in_module();
            }
            // A class's names are only visible directly in its body.
            let is_seen = is_own || *kind != ScopeKind::Class;
            is_own = false;
            if is_seen && !nonlocals.contains(name) && names.contains_key(name) {
                return Some(scope);
            }
        }
        None
    }
}

/// Returns whether Python provides a name without an import.
pub fn is_builtin_name(name: &str) -> bool {
    BUILTINS.contains(&format!(" {name} "))
}

/// Returns whether an expression is a constant, or a list or dictionary of constants.
pub fn is_constant(expr: &Expr) -> bool {
    match expr {
        // `-1` is a sign followed by a literal.
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
