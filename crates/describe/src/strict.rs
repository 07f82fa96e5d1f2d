//! What Python 3 refuses although the parser accepts it: the syntax of Python 2, wrong indentation
//! and the like.

use tree_sitter::Node;

use crate::literal::Literal;
use crate::outline::line_of;

/// How many brackets may be open, and how many blocks may be nested, in Python.
const MOST_BRACKETS: usize = 200;
const MOST_BLOCKS: usize = 99;

/// Collects errors from the nodes of a syntax tree, in their order.
pub(crate) struct Strict<'t> {
    text: &'t str,
    /// The end of the last leaf.
    end: usize,
    /// The number of open brackets.
    brackets: usize,
    /// Where the last statement or clause begins.
    line_start: usize,
    /// The open blocks.
    blocks: Vec<OpenBlock>,
    pub(crate) count: usize,
    pub(crate) first: Option<String>,
}

/// A block around the current node.
struct OpenBlock {
    end: usize,
    indent: Option<Indent>,
}

/// The width of an indentation, with tabs to multiples of eight, and with tabs as one.
type Indent = [usize; 2];

impl<'t> Strict<'t> {
    pub(crate) fn of(text: &'t str) -> Self {
        let module = OpenBlock { end: usize::MAX, indent: Some([0, 0]) };
        Strict {
            text,
            end: 0,
            brackets: 0,
            line_start: 0,
            blocks: vec![module],
            count: 0,
            first: None,
        }
    }

    /// Looks at a node with its parent.
    pub(crate) fn enter(&mut self, node: Node<'t>, parent: Option<Node<'t>>) {
        while self.blocks.last().is_some_and(|block| block.end <= node.start_byte()) {
            self.blocks.pop();
        }
        if node.is_error() || node.is_missing() {
            return self.fault(node, "invalid syntax");
        }
        if parent.is_some_and(|parent| begins_line(node, parent)) {
            self.line_start = node.start_byte();
        }
        if node.child_count() == 0 && parent.is_some() {
            self.leaf(node);
        }
        if !node.is_named() {
            return;
        }
        let kind = node.kind();
        let is_in_block = parent.is_some_and(|parent| matches!(parent.kind(), "block" | "module"));
        if is_in_block && kind != "comment" {
            self.indentation(node);
        }
        let problem = match kind {
            "block" => self.block(node, parent),
            "string_content" | "format_specifier" => {
                // Its text is no node.
                self.end = node.end_byte();
                None
            }
            "string" => self.string(node),
            "integer" => self.integer(node),
            "identifier" => {
                let is_keyword = matches!(self.text_of(node), "async" | "await");
                is_keyword.then_some("a keyword is used as a name")
            }
            "argument_list" => arguments(node),
            "parameters" | "lambda_parameters" => parameters(node),
            "concatenated_string" => self.concatenated(node),
            "as_pattern" | "named_expression" => {
                // The parser lets ':=' bind more strongly than the operators behind it.
                let is_left = |parent: Node<'_>| parent.start_byte() == node.start_byte();
                let is_misplaced = |parent: Node<'_>| {
                    !may_contain(parent.kind(), kind) && (kind == "as_pattern" || !is_left(parent))
                };
                parent.filter(|parent| is_misplaced(*parent)).map(|_| "invalid syntax")
            }
            _ => statement(node, kind),
        };
        if let Some(problem) = problem {
            self.fault(node, problem);
        }
    }

    fn text_of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn fault(&mut self, node: Node<'_>, problem: &str) {
        self.count += 1;
        if self.first.is_none() {
            self.first = Some(format!("line {}: {problem}", line_of(node)));
        }
    }

    /// Checks what is between two leaves, and counts brackets.
    fn leaf(&mut self, node: Node<'_>) {
        let gap = self.text.get(self.end..node.start_byte()).unwrap_or_default();
        let is_space = |byte: u8| matches!(byte, b' ' | b'\t' | b'\n' | 0x0c | b'\\');
        if !gap.bytes().all(is_space) {
            self.fault(node, "invalid character");
        }
        // The parser takes a line break where no statement can end for a space.
        let is_broken = gap.contains('\n') && !gap.contains('\\') && self.brackets == 0;
        if is_broken && self.line_start != node.start_byte() && node.kind() != "comment" {
            self.fault(node, "invalid syntax");
        }
        self.end = self.end.max(node.end_byte());
        match node.kind() {
            "(" | "[" | "{" => {
                self.brackets += 1;
                if self.brackets == MOST_BRACKETS + 1 {
                    self.fault(node, "too many nested parentheses");
                }
            }
            ")" | "]" | "}" => self.brackets = self.brackets.saturating_sub(1),
            _ => {}
        }
    }

    /// Enters a block: it must have a statement.
    fn block(&mut self, node: Node<'t>, parent: Option<Node<'t>>) -> Option<&'static str> {
        self.blocks.push(OpenBlock { end: node.end_byte(), indent: None });
        let is_deep = self.blocks.len() > MOST_BLOCKS + 1;
        let is_match = parent.is_some_and(|parent| parent.kind() == "match_statement");
        let mut cursor = node.walk();
        let is_empty = node.named_children(&mut cursor).all(|child| child.kind() == "comment");
        match (is_empty, is_deep) {
            (true, _) if is_match => Some("expected 'case'"),
            (true, _) => Some("expected an indented block"),
            (_, true) => Some("too many levels of indentation"),
            _ => None,
        }
    }

    /// Checks that a statement at the beginning of a line is indented as its block.
    fn indentation(&mut self, node: Node<'_>) {
        let start = node.start_byte();
        let line = self.text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let Some(found) = indent(&self.text[line..start]) else { return };
        let outer = self.blocks.iter().rev().skip(1).find_map(|block| block.indent);
        let Some(block) = self.blocks.last_mut() else { return };
        let problem = match (block.indent, outer) {
            (Some(expected), _) if found == expected => None,
            (Some(expected), _) if found[0] == expected[0] => Some("inconsistent tabs and spaces"),
            (Some(_), _) => Some("unexpected indent"),
            (None, outer) => {
                block.indent = Some(found);
                let [wide, narrow] = outer.unwrap_or_default();
                match (found[0] > wide, found[1] > narrow) {
                    (true, true) => None,
                    (false, false) => Some("expected an indented block"),
                    _ => Some("inconsistent tabs and spaces"),
                }
            }
        };
        if let Some(problem) = problem {
            self.fault(node, problem);
        }
    }

    fn string(&self, node: Node<'_>) -> Option<&'static str> {
        let Some(literal) = Literal::of(self.text_of(node)) else {
            return Some("unterminated string literal");
        };
        let prefix = literal.prefix.to_ascii_lowercase();
        let known = ["", "r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"];
        if !known.contains(&&*prefix) {
            return Some("invalid string prefix");
        }
        if literal.has('b') && !literal.body.is_ascii() {
            return Some("bytes can only contain ASCII literal characters");
        }
        // The expressions in a template are nodes of their own.
        let is_template = literal.has('f') || literal.has('t');
        if is_template { None } else { literal.value().err() }
    }

    fn concatenated(&self, node: Node<'_>) -> Option<&'static str> {
        let mut cursor = node.walk();
        let parts = node.named_children(&mut cursor).filter(|part| part.kind() == "string");
        let mut kinds =
            parts.filter_map(|part| Literal::of(self.text_of(part))).map(|l| l.has('b'));
        let first = kinds.next();
        let is_mixed = kinds.any(|kind| Some(kind) != first);
        is_mixed.then_some("cannot mix bytes and nonbytes literals")
    }

    fn integer(&self, node: Node<'_>) -> Option<&'static str> {
        let text = self.text_of(node);
        if text.ends_with(['l', 'L']) {
            return Some("invalid decimal literal");
        }
        if text.ends_with('_') || text.contains("__") {
            return Some("invalid decimal literal");
        }
        let is_octal = text.starts_with('0')
            && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
            && text.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
        is_octal.then_some("leading zeros in decimal integer literals are not permitted")
    }
}

/// Returns the width of an indentation; `None` if other characters are in it.
fn indent(text: &str) -> Option<Indent> {
    let mut width = [0, 0];
    for byte in text.bytes() {
        match byte {
            b' ' => width = [width[0] + 1, width[1] + 1],
            b'\t' => width = [(width[0] / 8 + 1) * 8, width[1] + 1],
            0x0c => width = [0, 0],
            b'\xef' | b'\xbb' | b'\xbf' => {}
            _ => return None,
        }
    }
    Some(width)
}

/// Returns whether a node may be the first one on a line outside of brackets.
fn begins_line(node: Node<'_>, parent: Node<'_>) -> bool {
    let is_part = matches!(parent.kind(), "block" | "module" | "decorated_definition");
    is_part || node.kind().ends_with("_clause")
}

/// Returns whether an expression of a kind may be in another one without brackets.
fn may_contain(outer: &str, inner: &str) -> bool {
    let is_operation = matches!(
        outer,
        "binary_operator"
            | "boolean_operator"
            | "comparison_operator"
            | "conditional_expression"
            | "lambda"
            | "not_operator"
            | "pair"
            | "slice"
            | "unary_operator"
    );
    match inner {
        "as_pattern" => {
            matches!(outer, "with_item" | "except_clause" | "case_pattern" | "case_clause")
                || outer == "tuple"
                || outer.ends_with("_pattern")
        }
        _ => !is_operation,
    }
}

/// Returns what is wrong with a statement.
fn statement(node: Node<'_>, kind: &str) -> Option<&'static str> {
    let has = |kind: &str| {
        let mut cursor = node.walk();
        node.children(&mut cursor).any(|child| child.kind() == kind)
    };
    match kind {
        "print_statement" if !has("chevron") => Some("missing parentheses in call to 'print'"),
        "exec_statement" => Some("missing parentheses in call to 'exec'"),
        "comparison_operator" if has("<>") => Some("invalid syntax: '<>'"),
        "raise_statement" if has("expression_list") => Some("invalid syntax: 'raise' with a list"),
        "except_clause" if has(",") => Some("multiple exception types must be parenthesized"),
        "try_statement" if !has("except_clause") && !has("finally_clause") => {
            Some("expected 'except' or 'finally' block")
        }
        "try_statement" if has("else_clause") && !has("except_clause") => Some("invalid syntax"),
        "expression_statement" if node.child(0).is_some_and(|c| c.kind() == "named_expression") => {
            Some("invalid syntax: ':='")
        }
        "import_statement" | "import_from_statement" | "future_import_statement" => {
            let count = u32::try_from(node.child_count()).unwrap_or_default();
            let last = count.checked_sub(1).and_then(|last| node.child(last));
            let ends_in_comma = last.is_some_and(|last| last.kind() == ",");
            ends_in_comma.then_some("trailing comma not allowed without surrounding parentheses")
        }
        _ => None,
    }
}

/// Returns what is wrong with the order of arguments.
fn arguments(list: Node<'_>) -> Option<&'static str> {
    let (mut has_keyword, mut has_mapping) = (false, false);
    let mut cursor = list.walk();
    for argument in list.named_children(&mut cursor) {
        match argument.kind() {
            "comment" | "line_continuation" => {}
            "keyword_argument" => has_keyword = true,
            "dictionary_splat" => has_mapping = true,
            "list_splat" if has_mapping => {
                return Some("iterable argument unpacking follows keyword argument unpacking");
            }
            "list_splat" => {}
            _ if has_mapping || has_keyword => {
                return Some("positional argument follows keyword argument");
            }
            _ => {}
        }
    }
    None
}

/// Returns what is wrong with parameters.
fn parameters(list: Node<'_>) -> Option<&'static str> {
    let (mut has_default, mut has_slash, mut has_mapping) = (false, false, false);
    // Whether there was a star, and whether it still needs a name after it.
    let (mut has_star, mut is_bare) = (false, false);
    let mut cursor = list.walk();
    for parameter in list.named_children(&mut cursor) {
        let kind = match parameter.kind() {
            "comment" | "line_continuation" => continue,
            "typed_parameter" => parameter.named_child(0).map_or("", |inner| inner.kind()),
            kind => kind,
        };
        if has_mapping {
            return Some("arguments cannot follow var-keyword argument");
        }
        match kind {
            "tuple_pattern" => return Some("parameters cannot be parenthesized"),
            "positional_separator" if has_slash || has_star => {
                return Some("/ may appear only once, and not after *");
            }
            "positional_separator" => has_slash = true,
            "list_splat_pattern" | "keyword_separator" if has_star => {
                return Some("* may appear only once");
            }
            "list_splat_pattern" => has_star = true,
            "keyword_separator" => (has_star, is_bare) = (true, true),
            "dictionary_splat_pattern" if is_bare => return Some(NO_NAME),
            "dictionary_splat_pattern" => has_mapping = true,
            "default_parameter" | "typed_default_parameter" => {
                let name = parameter.child_by_field_name("name");
                if name.is_some_and(|name| name.kind() == "tuple_pattern") {
                    return Some("parameters cannot be parenthesized");
                }
                (has_default, is_bare) = (true, false);
            }
            // After the star, defaults may be anywhere.
            "identifier" if has_default && !has_star => {
                return Some("parameter without a default follows parameter with a default");
            }
            _ => is_bare = false,
        }
    }
    is_bare.then_some(NO_NAME)
}

const NO_NAME: &str = "named arguments must follow bare *";

#[cfg(test)]
mod tests;
