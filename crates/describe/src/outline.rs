//! What a file defines, imports and runs, collected node by node.

use tree_sitter::Node;

use crate::facts::{
    CliFramework, PythonClass, PythonConstant, PythonFacts, PythonFunction, PythonImport,
};
use crate::literal::{docstring_1l, string_value};

/// The libraries that parse command lines, by the names of their packages; the first that a file
/// imports counts, and then the standard library, which others use, too.
const FRAMEWORKS: [(&str, CliFramework); 7] = [
    ("typer", CliFramework::Typer),
    ("click", CliFramework::Click),
    ("fire", CliFramework::Fire),
    ("docopt", CliFramework::Docopt),
    ("argparse", CliFramework::Argparse),
    ("optparse", CliFramework::Unknown),
    ("getopt", CliFramework::Unknown),
];

/// Collects facts from the nodes of a syntax tree, in their order.
pub(crate) struct Outline<'t> {
    text: &'t str,
    /// The definitions around the current node, the innermost last.
    scopes: Vec<OuterDefinition>,
    /// The calls under main guards, as written, and whether each is of a plain name.
    calls: Vec<(String, bool)>,
    /// Where the last main guard ends.
    guard_end: usize,
    uses_argv: bool,
    pub(crate) facts: PythonFacts,
}

/// A definition around the current node.
struct OuterDefinition {
    /// Where it ends.
    end: usize,
    name: String,
    /// Its place among the classes, if it is one.
    class: Option<usize>,
}

impl<'t> Outline<'t> {
    pub(crate) fn of(text: &'t str, module: Node<'t>) -> Self {
        let docstring_1l = docstring_1l(module, text);
        Outline {
            text,
            scopes: Vec::new(),
            calls: Vec::new(),
            guard_end: 0,
            uses_argv: false,
            facts: PythonFacts { docstring_1l, ..PythonFacts::default() },
        }
    }

    /// Looks at a node; `depth` is that of the tree.
    pub(crate) fn enter(&mut self, node: Node<'t>, depth: usize) {
        while self.scopes.last().is_some_and(|scope| scope.end <= node.start_byte()) {
            self.scopes.pop();
        }
        match node.kind() {
            "function_definition" => self.function(node),
            "class_definition" => self.class(node),
            "import_statement" => self.import(node),
            "import_from_statement" | "future_import_statement" => self.import_from(node),
            "if_statement" if depth == 1 => self.guard(node),
            "assignment" if depth == 2 => self.constant(node),
            "call" if node.start_byte() < self.guard_end => self.call(node),
            "attribute" if self.written(node) == "sys.argv" => self.uses_argv = true,
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
            None if self.uses_argv => CliFramework::Unknown,
            None => CliFramework::None,
        };
        self.facts
    }

    fn text_of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// Returns the text of a node on one line.
    fn written(&self, node: Node<'_>) -> String {
        let text = self.text_of(node);
        match text.contains('\n') {
            true => text.split_whitespace().collect::<Vec<_>>().join(" "),
            false => text.to_owned(),
        }
    }

    /// Returns the name of a definition after those around it, and enters it.
    fn define(&mut self, node: Node<'_>, class: Option<usize>) -> String {
        let own = node.child_by_field_name("name").map(|name| self.text_of(name));
        let own = own.unwrap_or_default();
        let name = match self.scopes.last() {
            Some(scope) => format!("{}.{own}", scope.name),
            None => own.to_owned(),
        };
        if class.is_none()
            && let Some(outer) = self.scopes.last().and_then(|scope| scope.class)
        {
            self.facts.classes[outer].methods.push(own.to_owned());
        }
        self.scopes.push(OuterDefinition { end: node.end_byte(), name: name.clone(), class });
        name
    }

    fn function(&mut self, node: Node<'t>) {
        let name = self.define(node, None);
        let (line, end_line, doc_1l) = self.extent(node);
        let args = node.child_by_field_name("parameters").map(|list| self.args(list));
        self.facts.functions.push(PythonFunction {
            name,
            args: args.unwrap_or_default(),
            decorators: self.decorators(node),
            is_async: node.child(0).is_some_and(|first| first.kind() == "async"),
            line,
            end_line,
            doc_1l,
        });
    }

    fn class(&mut self, node: Node<'t>) {
        let name = self.define(node, Some(self.facts.classes.len()));
        let (line, end_line, doc_1l) = self.extent(node);
        let bases = node.child_by_field_name("superclasses").map(|list| {
            let mut cursor = list.walk();
            let bases = list.named_children(&mut cursor);
            let bases = bases.filter(|base| {
                !matches!(base.kind(), "keyword_argument" | "dictionary_splat" | "comment")
            });
            bases.map(|base| self.written(base)).collect()
        });
        let (bases, methods) = (bases.unwrap_or_default(), Vec::new());
        self.facts.classes.push(PythonClass { name, bases, line, end_line, doc_1l, methods });
    }

    /// Returns the first and last line of a definition, and its docstring.
    fn extent(&self, node: Node<'_>) -> (usize, usize, Option<String>) {
        let body = node.child_by_field_name("body");
        let mut last = node;
        // A block ends before the next statement; its last statement may be a block again.
        while let Some(inner) = last_statement(last) {
            last = inner;
        }
        let end = last.end_position();
        let end_line = if end.column == 0 && end.row > 0 { end.row } else { end.row + 1 };
        let doc_1l = body.and_then(|body| docstring_1l(body, self.text));
        (line_of(node), end_line, doc_1l)
    }

    fn decorators(&self, definition: Node<'_>) -> Vec<String> {
        let mut decorators = Vec::new();
        let mut before = definition.prev_named_sibling();
        while let Some(node) = before
            .filter(|node| matches!(node.kind(), "decorator" | "comment" | "line_continuation"))
        {
            if node.kind() == "decorator"
                && let Some(expression) = node.named_child(0)
            {
                decorators.push(self.written(expression));
            }
            before = node.prev_named_sibling();
        }
        decorators.reverse();
        decorators
    }

    fn args(&self, list: Node<'_>) -> Vec<String> {
        let mut cursor = list.walk();
        let parameters = list.named_children(&mut cursor).filter_map(|parameter| {
            let name = match parameter.kind() {
                "comment" | "line_continuation" | "keyword_separator" | "positional_separator" => {
                    return None;
                }
                "default_parameter" | "typed_default_parameter" => {
                    parameter.child_by_field_name("name")?
                }
                "typed_parameter" => parameter.named_child(0)?,
                _ => parameter,
            };
            Some(self.written(name))
        });
        parameters.collect()
    }

    fn import(&mut self, node: Node<'_>) {
        for module in self.names(node) {
            let import = PythonImport { module, names: Vec::new(), level: 0, line: line_of(node) };
            self.facts.imports.push(import);
        }
    }

    fn import_from(&mut self, node: Node<'_>) {
        let mut names = self.names(node);
        let mut cursor = node.walk();
        if node.named_children(&mut cursor).any(|child| child.kind() == "wildcard_import") {
            names.push("*".to_owned());
        }
        let (mut module, mut level) = ("__future__".to_owned(), 0);
        if let Some(named) = node.child_by_field_name("module_name") {
            module = match named.kind() {
                "relative_import" => {
                    let mut cursor = named.walk();
                    let mut parts = named.named_children(&mut cursor);
                    let dots = parts.next().map_or("", |prefix| self.text_of(prefix));
                    level = dots.matches('.').count();
                    parts.next().map(|name| self.dotted(name)).unwrap_or_default()
                }
                _ => self.dotted(named),
            };
        }
        self.facts.imports.push(PythonImport { module, names, level, line: line_of(node) });
    }

    /// Returns the names in an import statement, without their aliases.
    fn names(&self, statement: Node<'_>) -> Vec<String> {
        let mut cursor = statement.walk();
        let items = statement.children_by_field_name("name", &mut cursor);
        let name = |item: Node<'_>| match item.kind() {
            "aliased_import" => item.child_by_field_name("name").map(|name| self.dotted(name)),
            _ => Some(self.dotted(item)),
        };
        items.filter_map(name).collect()
    }

    fn dotted(&self, name: Node<'_>) -> String {
        let mut cursor = name.walk();
        let parts = name.named_children(&mut cursor).filter(|part| part.kind() == "identifier");
        parts.map(|part| self.text_of(part)).collect::<Vec<_>>().join(".")
    }

    fn guard(&mut self, node: Node<'t>) {
        let condition = node.child_by_field_name("condition");
        if condition.is_some_and(|condition| self.is_guard(condition)) {
            self.facts.has_main_guard = true;
            let body = node.child_by_field_name("consequence");
            self.guard_end = body.map_or(0, |body| body.end_byte());
        }
    }

    /// Returns whether a condition compares `__name__` with `"__main__"`.
    fn is_guard(&self, mut condition: Node<'_>) -> bool {
        while condition.kind() == "parenthesized_expression"
            && let Some(inner) = condition.named_child(0)
        {
            condition = inner;
        }
        let [left, right] = match (condition.named_child(0), condition.named_child(1)) {
            (Some(left), Some(right)) => [left, right],
            _ => return false,
        };
        let is_equal =
            condition.child_by_field_name("operators").is_some_and(|sign| sign.kind() == "==");
        let is_name = |node| self.text_of(node) == "__name__";
        let is_main = |node| string_value(node, self.text).as_deref() == Some("__main__");
        let is_pair = (is_name(left) && is_main(right)) || (is_main(left) && is_name(right));
        is_equal && condition.named_child_count() == 2 && is_pair
    }

    fn call(&mut self, node: Node<'_>) {
        let Some(function) = node.child_by_field_name("function") else { return };
        if matches!(function.kind(), "identifier" | "attribute") {
            let is_plain = function.kind() == "identifier";
            self.calls.push((self.written(function), is_plain));
        }
    }

    fn constant(&mut self, node: Node<'_>) {
        let Some(left) = node.child_by_field_name("left") else { return };
        let name = self.text_of(left);
        let is_of_constant = |c: char| c.is_uppercase() || c.is_ascii_digit() || c == '_';
        let is_constant = left.kind() == "identifier"
            && name.contains(char::is_uppercase)
            && name.chars().all(is_of_constant);
        let known = &mut self.facts.constants;
        if is_constant && known.iter().all(|constant| constant.name != name) {
            known.push(PythonConstant { name: name.to_owned(), line: line_of(node) });
        }
    }
}

/// Returns the last statement in a statement that has blocks.
fn last_statement(node: Node<'_>) -> Option<Node<'_>> {
    let is_clause = |kind: &str| kind == "block" || kind.ends_with("_clause");
    let is_compound = |kind: &str| {
        kind.ends_with("_definition")
            || matches!(
                kind,
                "if_statement"
                    | "for_statement"
                    | "while_statement"
                    | "try_statement"
                    | "with_statement"
                    | "match_statement"
            )
    };
    if !is_clause(node.kind()) && !is_compound(node.kind()) {
        return None;
    }
    let last = |index| node.named_child(index).filter(|child| child.kind() != "comment");
    let count = u32::try_from(node.named_child_count()).unwrap_or(u32::MAX);
    (0..count).rev().find_map(last)
}

/// Returns the line on which a node begins, counted from 1.
pub(crate) fn line_of(node: Node<'_>) -> usize {
    node.start_position().row + 1
}
