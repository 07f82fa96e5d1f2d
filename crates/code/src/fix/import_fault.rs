//! [`ImportFault`]: why importing one of the project's modules would fail.

use std::fmt;

/// Why a file's import of a module, or of a name from it, would fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFault {
    /// The module imports the file itself, directly or indirectly.
    Circular,
    /// The module does not contain the name.
    Undefined,
}

impl ImportFault {
    /// Returns the reason an import fails, given its dotted name.
    pub(super) fn reason(self, imported: &str) -> impl fmt::Display + use<'_> {
        fmt::from_fn(move |f| match self {
            ImportFault::Circular => {
                write!(f, "'{imported}' imports this file, so that neither could be imported")
            }
            ImportFault::Undefined => {
                let (module, name) = imported.rsplit_once('.').unwrap_or(("", imported));
                write!(f, "'{module}' does not define '{name}'")
            }
        })
    }
}
