//! Finds the examples in docstrings that `doctest` would run.

use idhooks_python::{SyntaxTree, range_of};
use ruff_python_ast::AnyNodeRef;

/// The code of the examples, line by line, with each line's position in the file.
pub(super) struct Examples {
    pub(super) code: String,
    /// Each line's offset in the code and its offset in the file.
    lines: Vec<(usize, usize)>,
    /// The string's offset in the file.
    start: usize,
}

impl Examples {
    /// Extracts the examples from every string used as a statement in a file with this text.
    pub(super) fn in_strings<'t>(
        text: &'t str,
        tree: &'t SyntaxTree<'t>,
    ) -> impl Iterator<Item = Self> {
        tree.nodes().filter_map(move |node| {
            let AnyNodeRef::StmtExpr(statement) = node.ast() else { return None };
            // A string made of several parts is not contiguous in the file.
            let [part] = statement.value.as_string_literal_expr()?.value.as_slice() else {
                return None;
            };
            let place = tree.file().in_bytes(range_of(part.content_range()));
            let content = text.get(place.clone()).filter(|text| text.contains(">>> "))?;
            Some(Self::of(content, place.start))
        })
    }

    /// Extracts the examples from a string that begins at an offset in the file.
    fn of(text: &str, start: usize) -> Self {
        let mut examples = Examples { code: String::new(), lines: Vec::new(), start };
        let mut indent = None;
        let mut at = start;
        for line in text.split_inclusive('\n') {
            let spaces = line.len() - line.trim_start_matches([' ', '\t']).len();
            let rest = &line[spaces..];
            let code = match rest.strip_prefix(">>>") {
                Some(code) => {
                    indent = Some(spaces);
                    Some(code)
                }
                // A `...` line continues an example only if it has the same indentation.
                None => rest.strip_prefix("...").filter(|_| indent == Some(spaces)),
            };
            let code = code.filter(|code| code.starts_with([' ', '\n', '\r']) || code.is_empty());
            match code {
                Some(code) => {
                    let code = code.strip_prefix(' ').unwrap_or(code);
                    let place = at + line.len() - code.len();
                    examples.lines.push((examples.code.len(), place));
                    examples.code.push_str(code.trim_end_matches(['\n', '\r']));
                    examples.code.push('\n');
                }
                // Everything else is expected output or prose.
                None => indent = None,
            }
            at += line.len();
        }
        examples
    }

    /// Translates a line number in the code into a line number in the file, which has this text.
    pub(super) fn line(&self, line: usize, text: &str) -> usize {
        let at = self.lines.get(line - 1).map_or(self.start, |(_, at)| *at);
        1 + text[..at].matches('\n').count()
    }

    /// Translates an offset in the code into an offset in the file.
    pub(super) fn place(&self, at: usize) -> usize {
        let after = self.lines.partition_point(|(begin, _)| *begin <= at);
        let (begin, place) = self.lines.get(after.saturating_sub(1)).copied().unwrap_or_default();
        place + (at - begin)
    }
}
