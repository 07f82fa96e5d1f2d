//! [`TypedPlace`]: a file, or a line of it, as typed.

use std::ffi::OsString;
use std::path::Path;

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::Repo;
use idhooks_repo::state::CommitState;

use super::reference_list::ListedReference;
use super::refusal::RefsRefusal;
use crate::{HERE, OpsError, Revision, repo_path};

/// A file, a line of it, or a character on that line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TypedPlace {
    pub(super) path: RepoPath,
    pub(super) line: Option<usize>,
    pub(super) column: Option<usize>,
}

impl TypedPlace {
    /// Parses `FILE`, `FILE:LINE` or `FILE:LINE:COLUMN`, as `idhooks refs` prints it. A file whose
    /// name ends so is the file.
    pub(super) fn parse(
        repo: &Repo,
        view: &CommitState,
        typed: &OsString,
    ) -> Result<Self, OpsError> {
        let path = |typed: &Path| repo_path(repo, HERE.as_ref(), typed);
        let is_file =
            |path: &RepoPath| view.tree.contains_key(path) || view.unmerged.contains(path);
        let whole = path(Path::new(typed));
        if let Ok(path) = &whole
            && is_file(path)
        {
            return Ok(TypedPlace { path: path.clone(), line: None, column: None });
        }
        let line = typed.to_str().and_then(split_number);
        let column = line.and_then(|(rest, column)| {
            let (rest, line) = split_number(rest)?;
            Some((rest, line, Some(column)))
        });
        let numbered = line.map(|(rest, line)| (rest, line, None)).into_iter().chain(column);
        let mut missing = whole;
        for (rest, line, column) in numbered {
            let path = path(Path::new(rest));
            if let Ok(path) = &path
                && is_file(path)
            {
                return Ok(TypedPlace { path: path.clone(), line: Some(line), column });
            }
            // The error names the file without the line.
            missing = path;
        }
        Err(RefsRefusal::no_file(repo, view, missing?, Revision::default()).into())
    }

    /// Returns whether this names a reference.
    pub(super) fn names(&self, reference: &ListedReference) -> bool {
        let ListedReference { path, line, column, .. } = reference;
        self.path == *path
            && self.line.is_none_or(|own| own == *line)
            && self.column.is_none_or(|own| own == *column)
    }
}

/// Splits `rest:NUMBER`.
fn split_number(text: &str) -> Option<(&str, usize)> {
    let (rest, number) = text.rsplit_once(':')?;
    let is_number = !rest.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    Some((rest, number.parse().ok().filter(|number| is_number && *number > 0)?))
}
