//! Describes Python files: definitions, imports, entry points and docstrings.

mod descriptor;
mod outline;
mod parse;
mod python_facts;

pub use descriptor::{DescribedFile, Descriptor, ModulePlace};
pub use parse::{PARSER_ID, PARSER_VERSION, describe};
pub use python_facts::{
    CliFramework, ParseStatus, PythonClass, PythonConstant, PythonFacts, PythonFunction,
    PythonImport,
};
