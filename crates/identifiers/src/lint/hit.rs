//! [`Hit`]: a finding of a rule in a Python file, before it is decided whether it is allowed.

use idhooks_core::check::Code;
use tree_sitter::Node;

use super::spot::Spot;
use crate::python::PythonFile;

/// A finding with the lines that it spans.
#[derive(Debug)]
pub(super) struct Hit {
    pub(super) spot: Spot,
    /// The last line.
    pub(super) end_line: usize,
}

impl Hit {
    /// Returns the finding of a rule at a node.
    pub(super) fn new(
        file: &PythonFile<'_>,
        node: Node<'_>,
        (code, kind): (Code, &str),
        message: String,
    ) -> Self {
        let start = node.start_byte();
        let before = file.text().get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let spot = Spot {
            code,
            line: node.start_position().row + 1,
            column: before[line_start..].chars().count() + 1,
            kind: kind.to_owned(),
            id: None,
            message,
        };
        Hit { spot, end_line: node.end_position().row + 1 }
    }

    /// Sets the identifier that is written there.
    pub(super) fn with_id(mut self, id: String) -> Self {
        self.spot.id = Some(id);
        self
    }
}
