//! Hints for files whose references cannot be listed.

use idhooks_ops::RefsRefusal;

use super::CommandError;

impl From<RefsRefusal> for CommandError {
    fn from(refusal: RefsRefusal) -> Self {
        let converted = Self::new(refusal.to_string());
        converted.hint(match refusal {
            RefsRefusal::NoFile { revision, .. } if revision.is_index() => {
                "references are read from the index: name a file in it, or add the file with 'git add'"
            }
            RefsRefusal::NoFile { .. } => "name the path that the file has in that commit",
            RefsRefusal::NoReference { .. } => {
                "see the lines of all references in the file: idhooks refs --from <PATH>"
            }
            RefsRefusal::NotRegular(_) => "name a regular file",
            RefsRefusal::Excluded(_) => {
                "see [references] exclude in idhooks.toml, and its default in 'idhooks schema config'"
            }
        })
    }
}
