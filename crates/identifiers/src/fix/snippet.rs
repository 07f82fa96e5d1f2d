//! [`Snippet`]: Python code with names that stand for other code.

use idhooks_describe::parse_strictly;
use tree_sitter::Tree;

use super::code_piece::CodePiece;

/// What surrounds the name of a placeholder in the text that is parsed: a letter that no code uses.
pub(super) const MARK: char = 'ꙮ';
/// What the code is the body of, so that `return` and `await` are allowed.
const FRAME: &str = "async def _():\n";

/// Python code with placeholders such as `$name`.
#[derive(Debug)]
pub(super) struct Snippet {
    text: String,
    tree: Tree,
}

impl Snippet {
    /// Parses an expression, or statements.
    ///
    /// # Errors
    /// Returns the problem if it is not Python, or if a placeholder is not one.
    pub(super) fn parse(code: &str) -> Result<Self, String> {
        let code = with_marks(code.trim_matches('\n'))?;
        if code.trim().is_empty() {
            return Err("there is no code".to_owned());
        }
        let text = format!("{FRAME} {}\n", code.replace('\n', "\n "));
        let tree = parse_strictly(&text).map_err(|problem| match problem.split_once(": ") {
            Some((place, problem)) if place.starts_with("line ") => problem.to_owned(),
            _ => problem,
        })?;
        let snippet = Snippet { text, tree };
        match snippet.statements().is_empty() {
            true => Err("there is no code".to_owned()),
            false => Ok(snippet),
        }
    }

    /// Returns the statements.
    pub(super) fn statements(&self) -> Vec<CodePiece<'_>> {
        let root = CodePiece { text: &self.text, node: self.tree.root_node(), parents: None };
        let function = root.named().into_iter().next();
        let body = function.and_then(|function| function.field("body"));
        body.map(CodePiece::named).unwrap_or_default()
    }

    /// Returns the expression, if the code is only one.
    pub(super) fn expression(&self) -> Option<CodePiece<'_>> {
        let statements = self.statements();
        let [statement] = &statements[..] else { return None };
        let inner = statement.named();
        let [inner] = &inner[..] else { return None };
        let is_expression = statement.kind() == "expression_statement"
            && !matches!(inner.kind(), "assignment" | "augmented_assignment" | "yield");
        is_expression.then_some(*inner)
    }

    /// Returns whether it is an expression that is only a name, such as `uuid.uuid4`.
    pub(super) fn is_name(&self) -> bool {
        let is_name =
            |piece: CodePiece<'_>| matches!(piece.bare().kind(), "identifier" | "attribute");
        self.expression().is_some_and(is_name)
    }

    /// Returns whether another snippet has the same text.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.text == other.text
    }

    /// Returns the names of the placeholders.
    pub(super) fn placeholders(&self) -> Vec<&str> {
        self.text.split(MARK).skip(1).step_by(2).collect()
    }

    /// Returns the names that every text contains in which the code is found.
    pub(super) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        for statement in self.statements() {
            statement.walk(&mut |piece| {
                let text = piece.source();
                if piece.kind() == "identifier" && !text.contains(MARK) {
                    words.push(text.to_owned());
                }
            });
        }
        words
    }
}

/// Returns the name of a placeholder.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let name = text.strip_prefix(MARK)?.strip_suffix(MARK)?;
    (!name.contains(MARK)).then_some(name)
}

/// Puts marks around the names of placeholders, in place of the dollar sign.
fn with_marks(code: &str) -> Result<String, String> {
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
            let form = "a placeholder is '$' and lower-case letters and digits, such as $prefix";
            return Err(format!("{form}; '$$' is a dollar sign"));
        }
        marked.extend([MARK]);
        marked.push_str(name);
        marked.push(MARK);
        rest = after;
    }
    marked.push_str(rest);
    Ok(marked)
}
