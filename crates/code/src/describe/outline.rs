//! Collects a file's definitions, imports and calls, node by node.

use idhooks_python::{Node, PythonFile, dotted, range_of, string_value};
use ruff_python_ast::{
    AnyNodeRef, CmpOp, Decorator, Expr, ExprCall, ExprCompare, Parameters, Stmt, StmtClassDef,
    StmtFunctionDef, StmtIf, StmtImport, StmtImportFrom,
};
use ruff_text_size::Ranged;

use crate::describe::python_facts::{
    CliFramework, PythonClass, PythonConstant, PythonFacts, PythonFunction, PythonImport,
};

/// The libraries that parse command lines, by package name. If a file imports several of them, the
/// first one on this list counts. The standard library comes last, because files that use another
/// library may import it too.
const FRAMEWORKS: [(&str, CliFramework); 7] = [
    ("typer", CliFramework::Typer),
    ("click", CliFramework::Click),
    ("fire", CliFramework::Fire),
    ("docopt", CliFramework::Docopt),
    ("argparse", CliFramework::Argparse),
    ("optparse", CliFramework::Unknown),
    ("getopt", CliFramework::Unknown),
];

/// Collects facts from a file's nodes, in order.
pub(crate) struct Outline<'t> {
    file: &'t PythonFile<'t>,
    /// The definitions that enclose the current node, innermost last.
    scopes: Vec<OuterDefinition>,
    /// The calls inside main guards, as written, each with a flag for whether the called function
    /// is a plain name.
    calls: Vec<(String, bool)>,
    /// The end of the last main guard.
    guard_end: usize,
    uses_argv: bool,
    facts: PythonFacts,
}

/// A definition that encloses the current node.
struct OuterDefinition {
    /// Where it ends.
    end: usize,
    name: String,
    /// The definition's index among the classes, if it is a class.
    class: Option<usize>,
}

impl<'t> Outline<'t> {
    pub(crate) fn of(file: &'t PythonFile<'t>) -> Self {
        let docstring_1l = docstring_1l(&file.module().body);
        Outline {
            file,
            scopes: Vec::new(),
            calls: Vec::new(),
            guard_end: 0,
            uses_argv: false,
            facts: PythonFacts { docstring_1l, ..PythonFacts::default() },
        }
    }

    /// Examines a node.
    pub(crate) fn enter(&mut self, node: Node<'t>) {
        let start = node.range().start;
        // Nodes are visited in source order, so a definition is complete once a node starts after
        // its end.
        while self.scopes.last().is_some_and(|scope| scope.end <= start) {
            self.scopes.pop();
        }
        let is_at_top = || node.parent().is_some_and(|parent| parent.parent().is_none());
        match node.ast() {
            AnyNodeRef::StmtFunctionDef(function) => self.function(node, function),
            AnyNodeRef::StmtClassDef(class) => self.class(node, class),
            AnyNodeRef::StmtImport(import) => self.import(node, import),
            AnyNodeRef::StmtImportFrom(from) => self.import_from(node, from),
            AnyNodeRef::StmtIf(statement) if is_at_top() => self.guard(statement),
            AnyNodeRef::StmtAssign(assign) if is_at_top() => {
                assign.targets.first().into_iter().for_each(|target| self.constant(target));
            }
            AnyNodeRef::StmtAnnAssign(assign) if is_at_top() => self.constant(&assign.target),
            AnyNodeRef::ExprCall(call) if start < self.guard_end => self.call(call),
            AnyNodeRef::ExprAttribute(_) if dotted(node.ast()) == Some(vec!["sys", "argv"]) => {
                self.uses_argv = true;
            }
            _ => {}
        }
    }

    /// Returns the facts.
    pub(crate) fn finish(mut self) -> PythonFacts {
        let named = |name: &str| {
            let functions = self.facts.functions.iter().map(|function| &function.name);
            let imported = self.facts.imports.iter().flat_map(|import| &import.names);
            functions.chain(imported).any(|known| known == name)
        };
        // A function that is imported or defined in this file is a better entry point than a call
        // such as `logging.basicConfig()`.
        let known = self.calls.iter().find(|(name, is_plain)| *is_plain && named(name));
        self.facts.entrypoint = known.or(self.calls.first()).map(|(name, _)| name.clone());
        let top = |import: &PythonImport| {
            let name = import.module.split('.').next().unwrap_or_default().to_owned();
            (import.level == 0).then_some(name)
        };
        let tops: Vec<String> = self.facts.imports.iter().filter_map(top).collect();
        let framework = FRAMEWORKS.iter().find(|(name, _)| tops.iter().any(|top| top == name));
        self.facts.cli_framework = match framework {
            Some((_, framework)) => *framework,
            // This means that the file reads `sys.argv` itself.
            None if self.uses_argv => CliFramework::Unknown,
            None => CliFramework::None,
        };
        self.facts
    }

    /// Returns a node's text on a single line.
    fn written(&self, part: impl Ranged) -> String {
        let text = self.file.text_of(range_of(part));
        match text.contains('\n') {
            true => text.split_whitespace().collect::<Vec<_>>().join(" "),
            false => text.to_owned(),
        }
    }

    fn line_of(&self, part: impl Ranged) -> usize {
        self.file.line(part.start().to_usize())
    }

    /// Returns a definition's name, prefixed by the names of the enclosing definitions, and enters
    /// the definition.
    fn define(&mut self, node: Node<'_>, own: &str, class: Option<usize>) -> String {
        let name = match self.scopes.last() {
            Some(scope) => format!("{}.{own}", scope.name),
            None => own.to_owned(),
        };
        if class.is_none()
            && let Some(outer) = self.scopes.last().and_then(|scope| scope.class)
        {
            self.facts.classes[outer].methods.push(own.to_owned());
        }
        self.scopes.push(OuterDefinition { end: node.range().end, name: name.clone(), class });
        name
    }

    fn function(&mut self, node: Node<'t>, function: &StmtFunctionDef) {
        let name = self.define(node, &function.name, None);
        let decorators = function.decorator_list.iter();
        self.facts.functions.push(PythonFunction {
            name,
            args: args(&function.parameters),
            decorators: decorators.map(|one| self.decorator(one)).collect(),
            is_async: function.is_async,
            line: self.definition_line(node, &function.decorator_list),
            end_line: node.end_line(),
            doc_1l: docstring_1l(&function.body),
        });
    }

    fn class(&mut self, node: Node<'t>, class: &StmtClassDef) {
        let name = self.define(node, &class.name, Some(self.facts.classes.len()));
        let bases = class.bases().iter().map(|base| self.written(base)).collect();
        self.facts.classes.push(PythonClass {
            name,
            bases,
            line: self.definition_line(node, &class.decorator_list),
            end_line: node.end_line(),
            doc_1l: docstring_1l(&class.body),
            methods: Vec::new(),
        });
    }

    /// Returns the line with `def` or `class`, which comes after any decorators.
    fn definition_line(&self, node: Node<'_>, decorators: &[Decorator]) -> usize {
        let Some(last) = decorators.last() else { return node.line() };
        // The node's range starts at the first decorator, but people look for the line with `def`.
        let mut tokens = self.file.tokens_in(last.end().to_usize()..node.range().end);
        let first =
            tokens.find(|token| !token.kind().is_trivia() && !token.kind().is_any_newline());
        first.map_or(node.line(), |token| self.line_of(token))
    }

    /// Returns a decorator's expression, as written.
    fn decorator(&self, decorator: &Decorator) -> String {
        self.written(decorator)[1..].trim_start().to_owned()
    }

    fn import(&mut self, node: Node<'_>, import: &StmtImport) {
        let line = node.line();
        self.facts.imports.extend(import.names.iter().map(|alias| {
            let module = alias.name.to_string();
            PythonImport { module, names: Vec::new(), level: 0, line }
        }));
    }

    fn import_from(&mut self, node: Node<'_>, from: &StmtImportFrom) {
        self.facts.imports.push(PythonImport {
            module: from.module.as_ref().map(ToString::to_string).unwrap_or_default(),
            names: from.names.iter().map(|alias| alias.name.to_string()).collect(),
            level: usize::try_from(from.level).unwrap_or_default(),
            line: node.line(),
        });
    }

    fn guard(&mut self, statement: &StmtIf) {
        if let Expr::Compare(condition) = &*statement.test
            && is_guard(condition)
        {
            self.facts.has_main_guard = true;
            self.guard_end = statement.body.last().map_or(0, |last| last.end().to_usize());
        }
    }

    fn call(&mut self, call: &ExprCall) {
        if matches!(&*call.func, Expr::Name(_) | Expr::Attribute(_)) {
            self.calls.push((self.written(&*call.func), call.func.is_name_expr()));
        }
    }

    fn constant(&mut self, target: &Expr) {
        let Expr::Name(name) = target else { return };
        let is_of_constant = |c: char| c.is_uppercase() || c.is_ascii_digit() || c == '_';
        let is_constant =
            name.id.contains(char::is_uppercase) && name.id.chars().all(is_of_constant);
        let (name, line) = (name.id.to_string(), self.line_of(target));
        let known = &mut self.facts.constants;
        if is_constant && known.iter().all(|constant| constant.name != name) {
            known.push(PythonConstant { name, line });
        }
    }
}

/// Returns whether a condition compares `__name__` with `"__main__"`.
fn is_guard(condition: &ExprCompare) -> bool {
    let ([CmpOp::Eq], [right]) = (&*condition.ops, &*condition.comparators) else { return false };
    let is_name = |side: &Expr| matches!(side, Expr::Name(name) if name.id == "__name__");
    let is_main = |side: &Expr| string_value(side.into()) == Some("__main__");
    let left = &condition.left;
    (is_name(left) && is_main(right)) || (is_main(left) && is_name(right))
}

/// Returns the parameter names, including any stars.
fn args(parameters: &Parameters) -> Vec<String> {
    let starred = |stars: &str, name: &str| format!("{stars}{name}");
    let plain = parameters.posonlyargs.iter().chain(&parameters.args);
    let mut args: Vec<String> = plain.map(|one| one.name().to_string()).collect();
    args.extend(parameters.vararg.iter().map(|one| starred("*", one.name())));
    args.extend(parameters.kwonlyargs.iter().map(|one| one.name().to_string()));
    args.extend(parameters.kwarg.iter().map(|one| starred("**", one.name())));
    args
}

/// Returns the first line of the docstring of a module or non-empty block.
fn docstring_1l(body: &[Stmt]) -> Option<String> {
    let first = body.first()?.as_expr_stmt()?;
    let text = string_value((&*first.value).into())?;
    // Python's strip() also removes the separators U+001C to U+001F, which Unicode does not count
    // as white space.
    let is_space = |c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c);
    let mut lines = text.split('\n').map(|line| line.trim_matches(is_space));
    lines.find(|line| !line.is_empty()).map(str::to_owned)
}
