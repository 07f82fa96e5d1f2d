//! Identifiers that programs mint in formats declared once in `idhooks.toml`, and everything
//! derived from these formats; also descriptions of Python files. Nothing here accesses files, the
//! clock or the environment.

mod ambiguity;
pub mod bridge;
mod describe;
mod email_address;
pub mod emit;
mod fix;
mod format;
mod formats;
mod id_result;
mod lint;
mod mint;
mod pair;
mod pattern;
mod template;
#[cfg(test)]
mod tests;
mod translate;

pub use describe::{
    CliFramework, DescribedFile, Descriptor, ModulePlace, PARSER_ID, PARSER_VERSION, ParseStatus,
    PythonClass, PythonConstant, PythonFacts, PythonFunction, PythonImport, describe,
};
pub use fix::{
    Codemods, FixContext, FixError, FixPlace, FixRefusal, FixedFile, ImportFault, ImportSection,
    OutsideUses,
};
pub use format::{FormatPiece, IdFormat, IdReading, Invalid, MAX_BYTES, Part};
pub use formats::{Context, Formats, UnknownFormat};
pub use id_result::{FormatChoice, IdResult};
pub use lint::{CountMode, FINDING_KINDS, FileFinding, FileReport, LintSelection, Linter};
pub use mint::{Given, MintError, Minter, Source};
pub use pair::PairError;
pub use template::PartKind;
pub use translate::TranslateError;
