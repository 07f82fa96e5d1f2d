//! One scope in a file, and how it binds its names.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use ruff_python_ast::{Expr, Stmt, StmtClassDef};

/// The scope number of the module.
pub(crate) const MODULE: usize = 0;

/// The kinds of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScopeKind {
    Module,
    Class,
    /// A function or a lambda.
    Function,
    Comprehension,
    TypeParameters,
    /// A type annotation, whose content is not examined.
    Annotation,
}

/// A scope's code.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ScopeBody<'t> {
    Statements(&'t [Stmt]),
    Lambda(&'t Expr),
    /// A scope whose names are never unbound.
    Other,
}

/// A scope.
#[derive(Debug)]
pub(crate) struct PythonScope<'t> {
    pub(crate) kind: ScopeKind,
    pub(crate) parent: Option<usize>,
    pub(crate) body: ScopeBody<'t>,
    pub(crate) class: Option<&'t StmtClassDef>,
    pub(crate) names: HashMap<&'t str, Bindings>,
    pub(crate) globals: HashSet<&'t str>,
    pub(crate) nonlocals: HashSet<&'t str>,
    /// A function that is called in the scope and sees or changes all names.
    pub(crate) dynamic: Option<&'static str>,
    /// The function's name.
    pub(crate) function: Option<&'t str>,
}

/// How a scope binds a name.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    /// What the name refers to because of imports.
    pub(crate) imports: Vec<String>,
    pub(crate) is_parameter: bool,
    /// Whether something other than an import binds the name.
    pub(crate) is_other: bool,
    /// Whether `del` or the end of `except … as` unbinds the name.
    pub(crate) is_unbound: bool,
    /// Whether code in another scope unbinds the name.
    pub(crate) is_unbound_elsewhere: bool,
    /// The first generator in a comprehension that binds the name.
    pub(crate) generator: usize,
}

impl Bindings {
    /// Returns whether something other than an import binds the name.
    pub(crate) fn is_rebound(&self) -> bool {
        self.is_other || self.is_parameter
    }
}

/// A text range and the scope it belongs to.
#[derive(Debug)]
pub(crate) struct ScopeRegion {
    pub(crate) range: Range<usize>,
    pub(crate) scope: usize,
    /// How many of the comprehension's generators have already bound their names in this range.
    pub(crate) generators: usize,
}
