//! Describes Python files: what they define, import and run, and what they say about themselves.

mod descriptor;
mod facts;
mod literal;
mod outline;
mod parse;
mod source;
mod strict;

pub use descriptor::{DescribedFile, Descriptor, ModulePlace};
pub use facts::{
    CliFramework, ParseStatus, PythonClass, PythonConstant, PythonFacts, PythonFunction,
    PythonImport,
};
pub use literal::string_value;
pub use parse::{PARSER_ID, PARSER_VERSION, describe, parse_strictly, walk};
pub use source::{PythonText, decode};
