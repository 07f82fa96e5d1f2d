//! Hints for files that cannot be renamed.

use idhooks_ops::{RefusedName, RenameRefusal};
use idhooks_references::NameRefusal;

use super::{CommandError, Exit};
use crate::output::{count, doubt_text};

/// The maximum number of files listed in an error.
const MOST_FILES: usize = 20;
/// The maximum number of imports listed in an error.
const MOST_IMPORTS: usize = 50;

impl From<RenameRefusal> for CommandError {
    fn from(refusal: RenameRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        match refusal {
            RenameRefusal::NoPath => converted.hint("fill in 'path'"),
            RenameRefusal::Directory(_) => converted.hint(
                // A batch is a table, so the list needs a `path` header.
                "to rename all files in it: { echo path; git ls-files <dir>; } | idhooks rename --to-id-prefix --batch -",
            ),
            RenameRefusal::NotInIndex(_, Some(near)) => {
                converted.hint(format!("did you mean '{near}'?"))
            }
            RenameRefusal::NotInIndex(_, None) => converted.hint("list the index: git ls-files"),
            RenameRefusal::NoIdentity(path) => converted.hint(format!(
                "allocate one: idhooks allocate {}; or commit it",
                path.shell_quoted()
            )),
            RenameRefusal::NotAnId(_) => converted
                .hint("write the 16 digits of the file's identity, or leave 'id' empty"),
            RenameRefusal::OtherIdentity { meant, .. } => {
                converted.hint(format!("show the file it belongs to: idhooks show {meant}"))
            }
            RenameRefusal::Name(refusal) => converted.hint(name_hint(&refusal)),
            RenameRefusal::NotAName(_) => converted,
            RenameRefusal::NoFile(path) => converted
                .hint(format!("restore it first: git restore -- {}", path.shell_quoted())),
            RenameRefusal::Taken { to, .. } => converted.hint(format!(
                "rename the other file first: idhooks mv {} <name>",
                to.shell_quoted()
            )),
            RenameRefusal::Excluded(_) => {
                converted.hint("include the new name in [track] of idhooks.toml first")
            }
            RenameRefusal::NothingSelected => converted
                .hint("add a rule, [[file_names]] with path = \"src/**\", or name files"),
            RenameRefusal::NotInWorkingTree(path) => converted.hint(format!(
                "restore it first: git restore -- {}; or include it in the sparse checkout",
                path.shell_quoted()
            )),
            RenameRefusal::Ambiguous(imports) => Self { exit: Exit::Findings, ..converted }
                .listing(imports.iter().map(doubt_text), MOST_IMPORTS)
                .hint("make each of them unambiguous, or exclude the module in [[file_names]]: id_prefix = false")
                .hint("to rename anyway and leave these imports unchanged: --force"),
        }
    }
}

fn name_hint(refusal: &NameRefusal) -> String {
    match refusal {
        NameRefusal::Reserved(..) => "omit this file".to_owned(),
        NameRefusal::Module(_) => {
            "omit this file, or write modules = \"lead\" in the [[file_names]] rule".to_owned()
        }
        NameRefusal::Foreign(path, id) => format!(
            "see which file it belongs to: idhooks show {id}; then give this file a plain name: idhooks mv {} <name>",
            path.shell_quoted()
        ),
        NameRefusal::Nameless(path) => {
            format!("rename it: idhooks mv {} <name>", path.shell_quoted())
        }
    }
}

impl From<RefusedName> for CommandError {
    fn from(RefusedName { line, error }: RefusedName) -> Self {
        let error = Self::from(error);
        match line {
            Some(line) => Self { message: format!("line {line}: {}", error.message), ..error },
            None => error,
        }
    }
}

/// Returns an error that lists the files that cannot be renamed, if any.
pub fn refused_names(refusals: Vec<RefusedName>) -> Option<CommandError> {
    let mut errors: Vec<CommandError> = refusals.into_iter().map(CommandError::from).collect();
    if errors.len() < 2 {
        return errors.pop();
    }
    let files = count(errors.len(), "file", "files");
    let all = CommandError::new(format!("{files} cannot be renamed"));
    let all = all.listing(errors.iter().map(|error| &error.message), MOST_FILES);
    // The refusals are usually all of the same kind, so the hints of up to twenty files would be
    // the same.
    let hint = errors.iter().find_map(|error| error.hints.first().cloned());
    Some(CommandError { hints: hint.into_iter().collect(), ..all })
}
