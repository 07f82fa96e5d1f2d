//! The facts about one Python file that depend only on its content.

use serde::{Deserialize, Deserializer, Serialize};

idhooks_core::words! {
    /// Whether and how well a Python file could be read.
    #[derive(Default)]
    pub enum ParseStatus {
        /// The file is valid Python 3.
        Ok = "ok",
        /// The file has syntax errors; the facts cover the recognizable parts.
        SyntaxError = "syntax_error",
        /// The file is not text in the encoding it declares.
        EncodingError = "encoding_error",
        /// The file does not exist.
        #[default]
        MissingFile = "missing_file",
        /// The file could not be parsed in time.
        Timeout = "timeout",
    }
}

idhooks_core::words! {
    /// The library that parses a program's command line.
    #[derive(Default)]
    pub enum CliFramework {
        /// The program parses no command line.
        None = "none",
        /// The standard library.
        Argparse = "argparse",
        /// Click.
        Click = "click",
        /// Typer.
        Typer = "typer",
        /// Fire.
        Fire = "fire",
        /// docopt.
        Docopt = "docopt",
        /// The program uses an unlisted library, or the file could not be read.
        #[default]
        Unknown = "unknown",
    }
}

/// Implements `Deserialize` for enums declared with `words!`.
macro_rules! deserialize_word {
    ($($name:ident),+) => {
        $(impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let word = String::deserialize(from)?;
                $name::parse(&word).ok_or_else(|| serde::de::Error::custom("an unknown word"))
            }
        })+
    };
}
deserialize_word!(ParseStatus, CliFramework);

/// The facts about a Python file that depend only on its content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonFacts {
    /// How well the file could be read.
    pub status: ParseStatus,
    /// The number of syntax errors.
    pub error_count: usize,
    /// The first syntax error, with its line.
    pub error_first: Option<String>,
    /// Whether the file has an `if __name__ == "__main__"` block.
    pub has_main_guard: bool,
    /// The function that is called in the main block.
    pub entrypoint: Option<String>,
    /// The library that parses the command line.
    pub cli_framework: CliFramework,
    /// The first line of the docstring.
    pub docstring_1l: Option<String>,
    /// The imported modules, with one entry per import.
    pub imports: Vec<PythonImport>,
    /// The classes, including nested ones.
    pub classes: Vec<PythonClass>,
    /// The functions, including methods and nested ones.
    pub functions: Vec<PythonFunction>,
    /// The capitalized names that are assigned at module level.
    pub constants: Vec<PythonConstant>,
}

/// A module in an import statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonImport {
    /// The dotted name; empty in `from . import a`.
    pub module: String,
    /// The names imported from the module; `*` for all.
    pub names: Vec<String>,
    /// The number of leading dots.
    pub level: usize,
    /// The line of the import statement.
    pub line: usize,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonClass {
    /// The name, prefixed by the names of the enclosing classes and functions.
    pub name: String,
    /// The base classes, as written.
    pub bases: Vec<String>,
    /// The line of `class`.
    pub line: usize,
    /// The last line.
    pub end_line: usize,
    /// The first line of the docstring.
    pub doc_1l: Option<String>,
    /// The names of the functions defined directly in the class.
    pub methods: Vec<String>,
}

/// A function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonFunction {
    /// The name, prefixed by the names of the enclosing classes and functions.
    pub name: String,
    /// The names of the parameters, including any stars.
    pub args: Vec<String>,
    /// The decorators, as written.
    pub decorators: Vec<String>,
    /// Whether the function is an `async def`.
    pub is_async: bool,
    /// The line of `def`.
    pub line: usize,
    /// The last line.
    pub end_line: usize,
    /// The first line of the docstring.
    pub doc_1l: Option<String>,
}

/// A capitalized name that is assigned at module level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonConstant {
    /// The name.
    pub name: String,
    /// The line of the first assignment.
    pub line: usize,
}

impl PythonFacts {
    /// Returns the facts for a file that could not be parsed.
    pub fn unread(status: ParseStatus, error: Option<String>) -> Self {
        let error_count = usize::from(error.is_some());
        PythonFacts { status, error_count, error_first: error, ..PythonFacts::default() }
    }
}
