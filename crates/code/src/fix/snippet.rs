//! [`Snippet`]: Python code with placeholders for other code.

use idhooks_python::{Node, PythonError, PythonFile, SyntaxTree};
use ruff_python_ast::{AnyNodeRef, Expr};

/// The mark before and after a placeholder's name in the parsed text. It is a letter, so that
/// Python reads it as part of a name, but one that does not occur in real code.
pub(super) const MARK: char = 'ꙮ';
/// The function wrapped around the code, so that `return` and `await` are allowed.
const FRAME: &str = "async def _():\n";

/// Why a string isn't a valid [`Snippet`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum SnippetError {
    /// The string contains no code.
    #[error("there is no code")]
    Empty,
    /// A dollar sign does not start a placeholder.
    #[error(
        "a placeholder is '$' and lower-case letters and digits, such as $prefix; '$$' is a dollar sign"
    )]
    Placeholder,
    /// The string is not Python; the line number does not refer to the original text.
    #[error("{}", .0.message)]
    NotPython(PythonError),
}

/// Python code with placeholders such as `$name`.
#[derive(Debug)]
pub(super) struct Snippet {
    file: PythonFile<'static>,
}

impl Snippet {
    /// Parses an expression, or one or more statements.
    ///
    /// # Errors
    /// Returns an error if the string is not Python, or if a placeholder is malformed.
    pub(super) fn parse(code: &str) -> Result<Self, SnippetError> {
        // A multi-line string in TOML usually ends with a line break.
        let code = with_marks(code.trim_matches('\n'))?;
        if code.trim().is_empty() {
            return Err(SnippetError::Empty);
        }
        let text = format!("{FRAME} {}\n", code.replace('\n', "\n "));
        let file = PythonFile::of_text(text).map_err(SnippetError::NotPython)?;
        let snippet = Snippet { file };
        match statements(&snippet.tree()).is_empty() {
            true => Err(SnippetError::Empty),
            false => Ok(snippet),
        }
    }

    /// Returns the nodes of the code and of its enclosing function.
    pub(super) fn tree(&self) -> SyntaxTree<'_> {
        SyntaxTree::of(&self.file)
    }

    /// Returns whether another snippet has the same text.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.file.text() == other.file.text()
    }

    /// Returns the placeholders' names.
    pub(super) fn placeholders(&self) -> Vec<&str> {
        self.file.text().split(MARK).skip(1).step_by(2).collect()
    }

    /// Returns the names that a file must contain for the snippet to match.
    pub(super) fn words(&self) -> Vec<String> {
        let tree = self.tree();
        let name = |node: Node<'_>| match node.ast() {
            AnyNodeRef::ExprName(name) => Some(name.id.to_string()),
            AnyNodeRef::Identifier(name) => Some(name.to_string()),
            _ => None,
        };
        let words = statements(&tree).into_iter().flat_map(Node::nodes).filter_map(name);
        words.filter(|word| !word.contains(MARK)).collect()
    }
}

/// Returns a snippet's statements.
pub(super) fn statements<'t>(tree: &'t SyntaxTree<'t>) -> Vec<Node<'t>> {
    let function = tree.root().children().next();
    let parts = function.into_iter().flat_map(Node::children);
    parts.filter(|part| part.ast().is_statement()).collect()
}

/// Returns a snippet's expression, if it consists of a single one.
pub(super) fn expression<'t>(tree: &'t SyntaxTree<'t>) -> Option<Node<'t>> {
    let statements = statements(tree);
    let [statement] = &statements[..] else { return None };
    let AnyNodeRef::StmtExpr(inner) = statement.ast() else { return None };
    // A `yield` within an expression needs parentheses, so it is compared as a statement.
    match &*inner.value {
        Expr::Yield(_) | Expr::YieldFrom(_) => None,
        _ => statement.children().next(),
    }
}

/// Returns a placeholder's name.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let name = text.strip_prefix(MARK)?.strip_suffix(MARK)?;
    (!name.contains(MARK)).then_some(name)
}

/// Replaces the dollar sign of each placeholder with marks around its name.
fn with_marks(code: &str) -> Result<String, SnippetError> {
    let mut marked = String::with_capacity(code.len());
    let mut rest = code;
    while let Some((before, after)) = rest.split_once('$') {
        marked.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            marked.push('$');
            rest = after;
            continue;
        }
        let is_of_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let end = after.find(|c| !is_of_name(c)).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(SnippetError::Placeholder);
        }
        marked.extend([MARK]);
        marked.push_str(name);
        marked.push(MARK);
        rest = after;
    }
    marked.push_str(rest);
    Ok(marked)
}
