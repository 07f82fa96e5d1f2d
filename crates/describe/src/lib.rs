//! Describes Python files: what they define, import and run, and what they say about themselves.

mod descriptor;
mod facts;
mod outline;
mod parse;

pub use descriptor::{DescribedFile, Descriptor, ModulePlace};
pub use facts::{
    CliFramework, ParseStatus, PythonClass, PythonConstant, PythonFacts, PythonFunction,
    PythonImport,
};
pub use parse::{PARSER_ID, PARSER_VERSION, describe};
