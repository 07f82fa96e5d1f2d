//! Hints for files whose references cannot be listed, and for references that cannot be written.

use idhooks_ops::{AddRefusal, MissingObjects, RefsRefusal};

use super::CommandError;

/// How many files with the same title are listed.
const MOST_PATHS: usize = 10;

impl From<RefsRefusal> for CommandError {
    fn from(refusal: RefsRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        converted.hint(match refusal {
            RefsRefusal::NoFile { at_root: Some(typed), .. } => {
                format!("a path begins in the current directory; did you mean '{typed}'?")
            }
            RefsRefusal::NoFile { revision, .. } if revision.is_index() => {
                "references are read from the index: name a file in it, or add the file with 'git add'"
                    .to_owned()
            }
            RefsRefusal::NoFile { .. } => "name the path that the file has in that commit".to_owned(),
            RefsRefusal::NoReference { .. } => {
                "see the lines of all references in the file: idhooks refs --from <PATH>".to_owned()
            }
            RefsRefusal::NotRegular(_) => "name a regular file".to_owned(),
            RefsRefusal::Excluded(_) => {
                "see [references] exclude in idhooks.toml, and its default in 'idhooks schema config'"
                    .to_owned()
            }
            RefsRefusal::Unmerged(path) => format!(
                "resolve it first, keeping either of two stamps; then git add -- {}, and run this again",
                path.shell_quoted()
            ),
            RefsRefusal::Missing(_) => {
                format!("to fetch it: {}", MissingObjects::Contents.command())
            }
        })
    }
}

impl From<AddRefusal> for CommandError {
    fn from(refusal: AddRefusal) -> Self {
        let mut converted = Self::new(refusal.to_string());
        if let AddRefusal::SharedTitle { paths, .. } = &refusal {
            converted = converted.listing(paths, MOST_PATHS);
        }
        converted.hint(match refusal {
            AddRefusal::NoLineNamed(path) => {
                format!("name a line: idhooks refs add {}:<LINE> <PATH|ID>", path.shell_quoted())
            }
            AddRefusal::NoLine { last, .. } => format!("name a line from 1 to {last}"),
            AddRefusal::NoColumn { characters, .. } => {
                let last = characters + 1;
                format!("name a column from 1 to {last}, or none for the end of the line")
            }
            AddRefusal::Ignored { .. } => {
                "name another line, or remove 'idhooks: ignore' first".to_owned()
            }
            AddRefusal::Markup { .. } => {
                "name a line of text; a fence, an underline or a delimiter must stand alone"
                    .to_owned()
            }
            AddRefusal::OwnIdentity { .. } => "name another line".to_owned(),
            AddRefusal::NotRead { .. } => "name another column, or none".to_owned(),
            AddRefusal::Unscannable { .. } => "refer to the file from a text file".to_owned(),
            AddRefusal::Filtered(_) => {
                "see what git does with it: git check-attr filter working-tree-encoding -- <PATH>"
                    .to_owned()
            }
            AddRefusal::Missing(_) => {
                "fetch it, for example with 'git checkout -- <PATH>'".to_owned()
            }
            AddRefusal::NoIdentity(path) => {
                format!("commit it first, or: idhooks allocate {}", path.shell_quoted())
            }
            AddRefusal::NotTracked(_) => {
                "refer to it by its path; see 'include' and 'exclude' in idhooks.toml".to_owned()
            }
            AddRefusal::SharedTitle { .. } => "name the file by its path".to_owned(),
            AddRefusal::Own(_) => "link to a heading of the same file with '#heading'".to_owned(),
            AddRefusal::Superseded { by, .. } => {
                format!("refer to its successor, if that is what you mean: {by}")
            }
            AddRefusal::Former { id, .. } => {
                format!("refer to another file; to see what happened to it: idhooks log {id}")
            }
            AddRefusal::Section { nearest: Some(nearest), .. } => {
                format!("did you mean '{nearest}'?")
            }
            AddRefusal::Section { path, .. } => {
                format!("name a heading of '{path}', or leave out --section")
            }
            AddRefusal::NoSections(_) => "leave out --section".to_owned(),
        })
    }
}
