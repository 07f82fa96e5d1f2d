//! [`FixRefusal`]: why a rule's match is not replaced.

use idhooks_python::Doubt;

use super::import_fault::ImportFault;

/// Why a rule's match is not replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FixRefusal {
    /// A name cannot be used at this place, or may not be usable.
    #[error(transparent)]
    Doubt(#[from] Doubt),
    /// A name means something else there than in the rule.
    #[error("'{0}' means something else there")]
    OtherMeaning(String),
    /// A name may mean something else there than in the rule.
    #[error("'{0}' may mean something else there")]
    UncertainMeaning(String),
    /// The file assigns an attribute with this dotted name, as a mock does.
    #[error("the file assigns '{0}'")]
    AssignedAttribute(String),
    /// An f-string prints the code's source, as in `f"{code=}"`.
    #[error("the f-string around it shows the code itself")]
    ShownCode,
    /// A comment in the code would be lost.
    #[error("a comment in it would be lost")]
    LostComment,
    /// The replacement contains code that is not allowed in an f-string.
    #[error("it cannot be written in an f-string")]
    InFString,
    /// The replacement needs quotes that an enclosing string already uses.
    #[error("its quotes would be those of a string around it")]
    SameQuotes,
    /// A placeholder has no value.
    #[error("'${0}' stands for nothing")]
    EmptyPlaceholder(String),
    /// A placeholder has the value `*values` where a single value is expected.
    #[error("'${0}' stands for several values there")]
    SeveralValues(String),
    /// A keyword or operator in the replacement is not allowed there.
    #[error("'{0}' cannot be written there")]
    MisplacedSyntax(&'static str),
    /// The replacement assigns a name that is already in use there.
    #[error("'{0}', which the replacement assigns, is already used there")]
    UsedName(String),
    /// The replacement does not assign a name that the code assigns and that may be used elsewhere.
    #[error("the replacement no longer assigns '{0}', which may be used elsewhere")]
    LostName(String),
    /// A local variable would be left unused.
    #[error("it would leave '{0}' unused")]
    UnusedName(String),
    /// `from … import *` may bind the name that the rule imports.
    #[error("an import of all names may bind '{0}'")]
    StarImport(String),
    /// Another rule adds an import that binds the same name to something different.
    #[error("another rule imports another '{0}'")]
    OtherImport(String),
    /// The rule's import would fail.
    #[error("{}", fault.reason(imported))]
    FailedImport {
        /// Why the import would fail.
        fault: ImportFault,
        /// The import's dotted name.
        imported: String,
    },
    /// The code may run before the rule's import.
    #[error("it may be executed before the import that it needs")]
    LateImport,
    /// `from __future__ import …`, which must come first, shares its line with other code.
    #[error("Python wants 'from __future__' first, which shares its line")]
    FutureLine,
    /// The file changes Python's search path.
    #[error("the file changes sys.path, so that its import may fail at the top")]
    ChangedPath,
    /// Code runs before the file's first import.
    #[error("code stands before the imports, so that its import may fail there")]
    CodeBeforeImports,
}
