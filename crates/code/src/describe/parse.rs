//! Parses a Python file and collects the facts about it.

use idhooks_python::{PythonFile, SyntaxTree, decode};

use crate::describe::outline::Outline;
use crate::describe::python_facts::{ParseStatus, PythonFacts};

/// The parser's name, as recorded in descriptors.
pub const PARSER_ID: &str = "ruff_python_parser";
/// Its version.
pub const PARSER_VERSION: &str = "0.0.10";

/// The number of nodes between two checks of the clock.
const NODES_BETWEEN: usize = 10_000;

/// Describes the content of a Python file. `is_over` returns whether the time is up.
pub fn describe(bytes: &[u8], is_over: &mut dyn FnMut() -> bool) -> PythonFacts {
    let text = match decode(bytes) {
        Ok(python) => python.text,
        Err(error) => {
            return PythonFacts::unread(ParseStatus::EncodingError, Some(error.to_string()));
        }
    };
    let facts = match PythonFile::recover(&text) {
        Ok(file) => file.on_stack(|file| collect(file, is_over)),
        Err(error) => {
            return PythonFacts::unread(ParseStatus::SyntaxError, Some(error.to_string()));
        }
    };
    facts.unwrap_or_else(|| {
        PythonFacts::unread(ParseStatus::Timeout, Some("the time limit was reached".to_owned()))
    })
}

/// Collects the facts about a file; `None` if the time is up.
fn collect(file: &PythonFile<'_>, is_over: &mut dyn FnMut() -> bool) -> Option<PythonFacts> {
    let tree = SyntaxTree::of(file);
    let mut outline = Outline::of(file);
    for node in tree.nodes() {
        // Reading the clock at every node would cost more than visiting it.
        if node.index() % NODES_BETWEEN == 0 && is_over() {
            return None;
        }
        outline.enter(node);
    }
    let mut facts = outline.finish();
    // Python rejects null bytes anywhere, but the parser rejects them only outside strings.
    let null =
        file.text().contains('\0').then(|| "source code cannot contain null bytes".to_owned());
    let mut errors = file.errors().map(|error| error.to_string()).chain(null);
    facts.error_first = errors.next();
    facts.error_count = usize::from(facts.error_first.is_some()) + errors.count();
    facts.status = match facts.error_count {
        0 => ParseStatus::Ok,
        _ => ParseStatus::SyntaxError,
    };
    Some(facts)
}

#[cfg(test)]
mod tests;
