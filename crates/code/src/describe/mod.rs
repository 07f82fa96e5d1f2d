//! Describes Python files: definitions, imports, entry points and docstrings.
//!
//! ```
//! let facts = idhooks_code::describe(b"import os\n\ndef main(*args): pass\n", &mut || false);
//! assert_eq!(facts.imports[0].module, "os");
//! assert_eq!(facts.functions[0].args, ["*args"]);
//! ```

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
