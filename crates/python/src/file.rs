//! [`PythonFile`]: a file that Python can parse.

use std::fmt;
use std::ops::Range;

use ruff_python_ast::token::{Token, Tokens};
use ruff_python_ast::visitor::source_order::{
    SourceOrderVisitor, walk_expr, walk_pattern, walk_stmt,
};
use ruff_python_ast::{Expr, ModModule, Pattern, PySourceType, Stmt};
use ruff_python_parser::{Parsed, parse_unchecked_source};
use ruff_text_size::{Ranged, TextSize};

use crate::text::{PythonText, decode};

/// The maximum nesting depth of expressions and statements. Python itself gives up at a few
/// thousand levels.
const DEEPEST: usize = 5_000;
/// The maximum stack size of one nesting level, in bytes.
const LEVEL: usize = if cfg!(debug_assertions) { 16 << 10 } else { 4 << 10 };
/// The amount of stack that must always be free, in bytes.
const SPARE: usize = 256 << 10;

/// Why a file cannot be parsed as Python.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PythonError {
    /// The line, counted from 1; `None` if the problem concerns the whole file.
    pub line: Option<usize>,
    /// The problem.
    pub message: String,
}

impl fmt::Display for PythonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for PythonError {}

/// A Python file, as far as the parser could make sense of it.
#[derive(Debug)]
pub struct PythonFile<'b> {
    source: PythonText<'b>,
    parsed: Parsed<ModModule>,
    /// The offsets where lines begin.
    lines: Vec<usize>,
    depth: usize,
}

impl<'b> PythonFile<'b> {
    /// Parses a file's content in the encoding it declares.
    ///
    /// # Errors
    /// Returns the problem if the content is not valid in that encoding, or if Python rejects it.
    pub fn parse(bytes: &'b [u8]) -> Result<Self, PythonError> {
        let source = decode(bytes)
            .map_err(|error| PythonError { line: None, message: error.to_string() })?;
        Self::of_source(source)?.checked()
    }

    /// Parses the parts of a string that are Python; [`PythonFile::is_broken`] finds the other
    /// parts. An encoding declaration in the string is ignored.
    ///
    /// # Errors
    /// Returns the problem if the string is nested too deeply.
    pub fn recover(text: &'b str) -> Result<Self, PythonError> {
        Self::of_source(PythonText::decoded(text))
    }

    fn of_source(source: PythonText<'b>) -> Result<Self, PythonError> {
        let newlines = source.text.match_indices('\n').map(|(at, _)| at + 1);
        let lines: Vec<usize> = [0].into_iter().chain(newlines).collect();
        // Returns a tree even if there are errors, for strings that are only partly Python.
        let parsed = parse_unchecked_source(&source.text, PySourceType::Python);
        let mut depth = Depth::default();
        depth.visit_body(&parsed.syntax().body);
        let file = PythonFile { source, parsed, lines, depth: depth.deepest };
        match file.depth > DEEPEST {
            true => {
                let message = format!("it is nested more than {DEEPEST} levels deep");
                // Dropping a deep tree needs the larger stack as well.
                file.on_stack(|_| Err(PythonError { line: None, message }))
            }
            false => Ok(file),
        }
    }

    /// Returns the file if all of it is Python.
    fn checked(self) -> Result<Self, PythonError> {
        let Some(error) = self.errors().next() else { return Ok(self) };
        self.on_stack(|_| Err(error))
    }

    /// Returns the syntax errors in the order they appear in the file.
    pub fn errors(&self) -> impl Iterator<Item = PythonError> {
        // If something is missing at the end, the error is on the last non-empty line.
        let end = self.text().trim_end().len();
        self.parsed.errors().iter().map(move |error| {
            let line = self.line(error.location.start().to_usize().min(end));
            PythonError { line: Some(line), message: error.error.to_string() }
        })
    }

    /// Parses a string.
    ///
    /// # Errors
    /// Returns the problem if Python rejects the string.
    pub fn of_text(text: String) -> Result<PythonFile<'static>, PythonError> {
        PythonFile::of_source(PythonText::of(text))?.checked()
    }

    /// Calls a function with the file, on a stack large enough to descend into the deepest syntax
    /// and to free it.
    pub fn on_stack<R>(self, work: impl FnOnce(&Self) -> R) -> R {
        let needed = self.depth * LEVEL + SPARE;
        stacker::maybe_grow(needed, needed + SPARE, move || {
            let result = work(&self);
            // The syntax is dropped here, since freeing it is recursive as well.
            drop(self);
            result
        })
    }

    /// Returns the file's text with `\n` at the end of each line. All ranges refer to this text.
    pub fn text(&self) -> &str {
        &self.source.text
    }

    /// Returns part of the text.
    pub fn text_of(&self, range: Range<usize>) -> &str {
        self.text().get(range).unwrap_or_default()
    }

    /// Returns the parts that are not Python, each extended to whole lines.
    pub fn broken(&self) -> impl Iterator<Item = Range<usize>> {
        self.parsed.errors().iter().map(|error| {
            let place = range_of(error.location);
            self.line_range(place.start).start..self.line_range(place.end).end
        })
    }

    /// Returns whether any line that a part touches is not Python.
    pub fn is_broken(&self, part: &Range<usize>) -> bool {
        self.broken().any(|broken| broken.start <= part.end && part.start <= broken.end)
    }

    /// Returns the statements.
    pub fn module(&self) -> &ModModule {
        self.parsed.syntax()
    }

    /// Returns the tokens, including comments.
    pub fn tokens(&self) -> &Tokens {
        self.parsed.tokens()
    }

    /// Returns the tokens in a range that begins and ends between tokens.
    pub fn tokens_in(&self, range: Range<usize>) -> impl Iterator<Item = &Token> {
        let tokens = self.tokens();
        let start = |at: usize| TextSize::try_from(at).unwrap_or_default();
        let (first, end) = (start(range.start), start(range.end));
        // Tokens are in text order.
        let from = tokens.partition_point(|token| token.range().start() < first);
        tokens[from..].iter().take_while(move |token| token.range().end() <= end)
    }

    /// Returns the ranges of all comments within a range.
    pub fn comments_in(&self, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let comments = self.tokens_in(range).filter(|token| token.kind().is_comment());
        comments.map(|token| range_of(token.range()))
    }

    /// Returns the byte range in the file that corresponds to a range in the text.
    pub fn in_bytes(&self, range: Range<usize>) -> Range<usize> {
        self.source.in_bytes(range.start)..self.source.in_bytes(range.end)
    }

    /// Returns the line number of a position in the text, counted from 1.
    pub fn line(&self, at: usize) -> usize {
        line_of(&self.lines, at)
    }

    /// Returns the start and end of the line that contains a position, without its `\n`.
    pub fn line_range(&self, at: usize) -> Range<usize> {
        let line = self.line(at);
        let start = self.lines.get(line - 1).copied().unwrap_or_default();
        let end = self.lines.get(line).map_or(self.text().len(), |next| next - 1);
        start..end
    }

    /// Returns the column of a position, in characters counted from 1.
    pub fn column(&self, at: usize) -> usize {
        let start = self.line_range(at).start;
        self.text_of(start..at).chars().count() + 1
    }
}

/// Returns the byte range of a part of a file's text.
pub fn range_of(part: impl Ranged) -> Range<usize> {
    part.start().to_usize()..part.end().to_usize()
}

fn line_of(lines: &[usize], at: usize) -> usize {
    lines.partition_point(|start| *start <= at).max(1)
}

/// Measures how deeply statements and expressions are nested, on a stack that grows as needed.
#[derive(Default)]
struct Depth {
    now: usize,
    deepest: usize,
}

impl Depth {
    fn descend(&mut self, visit: impl FnOnce(&mut Self)) {
        self.now += 1;
        self.deepest = self.deepest.max(self.now);
        stacker::maybe_grow(SPARE / 2, 4 << 20, || visit(self));
        self.now -= 1;
    }
}

impl<'a> SourceOrderVisitor<'a> for Depth {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        self.descend(|depth| walk_stmt(depth, stmt));
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        self.descend(|depth| walk_expr(depth, expr));
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.descend(|depth| walk_pattern(depth, pattern));
    }
}
