//! [`Hit`]: a rule's finding in a Python file, before it is known whether the finding is allowed.

use idhooks_core::check::Code;
use idhooks_python::Node;

use super::file_finding::Spot;

/// A finding and the lines it spans.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) spot: Spot,
    /// The last line.
    pub(super) end_line: usize,
}

impl Hit {
    /// Returns a rule's finding at a node.
    pub(super) fn new(node: Node<'_>, code: Code, kind: &str, message: String) -> Self {
        let spot = Spot {
            code,
            line: node.line(),
            column: node.file().column(node.range().start),
            kind: kind.to_owned(),
            id: None,
            message,
        };
        Hit { spot, end_line: node.end_line() }
    }

    /// Sets the identifier that the code contains.
    pub(super) fn with_id(mut self, id: String) -> Self {
        self.spot.id = Some(id);
        self
    }
}
