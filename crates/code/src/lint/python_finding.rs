//! [`PythonFinding`]: a rule's finding in a Python file, before it is known whether the finding is allowed.

use idhooks_core::check::Code;
use idhooks_python::Node;

use super::file_finding::FileFinding;

/// A finding and the lines it spans.
#[derive(Debug)]
pub(super) struct PythonFinding {
    pub(super) spot: FileFinding,
    /// The last line.
    pub(super) end_line: usize,
}

impl PythonFinding {
    /// Returns a rule's finding at a node.
    pub(super) fn new(node: Node<'_>, code: Code, kind: &str, message: String) -> Self {
        let spot = FileFinding {
            code,
            line: node.line(),
            column: node.file().column(node.range().start),
            kind: kind.to_owned(),
            id: None,
            message,
        };
        PythonFinding { spot, end_line: node.end_line() }
    }

    /// Sets the identifier that the code contains.
    pub(super) fn with_id(mut self, id: String) -> Self {
        self.spot.id = Some(id);
        self
    }
}
