//! The hints of refused imports.

use idhooks_ops::{ImportRefusal, ImportedText, MOST_REASONS, RefusedLine};

use super::{CommandError, path_hint};

impl From<ImportRefusal> for CommandError {
    fn from(refusal: ImportRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            ImportRefusal::Conflicts { conflicts, joinable } => {
                let error = converted.listing(conflicts, MOST_REASONS).hint("nothing was imported; correct these records in the file, or remove those whose files have an identity here; then import it again");
                match joinable {
                    0 => error,
                    _ => error.hint("where a file has another identity here: --update makes the imported one an alias of that"),
                }
            }
            ImportRefusal::NoFile(_, ImportedText::Settings) => {
                converted.hint("name the settings to import, such as IDENTITY_CONFIG.yaml")
            }
            ImportRefusal::NoFile(_, ImportedText::SecondIds) => {
                converted.hint("name a file with lines such as: DOC-0001 docs/intro.md")
            }
            ImportRefusal::NotText(_, error) => {
                converted.because(&error).hint("save it as UTF-8, then import it again")
            }
            ImportRefusal::Lines(_, lines) => converted
                .listing(lines.iter().map(line), MOST_REASONS)
                .hint("write paths from the repository root; correct the lines, then import the file again")
                .hint("to replace existing second identities: add --force"),
            ImportRefusal::Settings(_, faults) => converted.listing(faults, MOST_REASONS).hint(
                "correct the file, or write idhooks.toml yourself; its format: idhooks schema config",
            ),
            ImportRefusal::OtherScope { .. } => converted
                .hint("the scope of a repository never changes: remove it from the file"),
            ImportRefusal::NoConfigFile => converted.hint("move it away"),
            ImportRefusal::ConfigExists => converted
                .hint("to see what would be written: add --dry-run")
                .hint("to overwrite it and lose its own settings: add --force"),
        }
    }
}

/// Returns a wrong line of a map, with advice.
fn line(RefusedLine { fault, advice }: &RefusedLine) -> String {
    match advice {
        Some(advice) => format!("{fault}; {}", path_hint(advice)),
        None => fault.to_string(),
    }
}
