//! The content of Python files: their text in the encoding they declare, their syntax tree, the
//! names that their imports bind and the uses of these names, and which names are in scope. This is
//! the only Python parser that rules and code changes rely on.

mod certainty;
mod doubt;
mod dynamic;
mod file;
mod flow;
mod flow_expression;
mod flow_names;
mod flow_state;
mod import_time;
mod imports;
mod scope;
mod scope_build;
mod scopes;
#[cfg(test)]
mod scopes_tests;
mod standard_library;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod uses;

pub use doubt::Doubt;
pub use dynamic::{DynamicName, dynamic_names};
pub use file::{PythonError, PythonFile, range_of};
pub use import_time::{Executed, ImportTime};
pub use imports::{ImportedName, Imports, module_of, modules_of};
pub use scopes::{Meaning, Scopes, is_builtin_name, is_constant};
pub use standard_library::is_standard;
pub use text::{EncodingError, PythonText, decode};
pub use tree::{Node, SyntaxTree};
pub use uses::{CallForm, NameUse, PythonCall, dotted, leading_name, string_value, uses};
