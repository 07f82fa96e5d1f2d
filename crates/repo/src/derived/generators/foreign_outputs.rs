//! Tracked files that idhooks did not write: a built-in format only replaces them if the user says
//! so.

use idhooks_core::registry::{BlobId, RepoPath, Tree};

use crate::git::{Repo, attributes};
use crate::state::StateError;

use super::build::Build;
use super::earlier_version::is_earlier_version;
use super::task::TaskFailure;

/// Returns the first changed output in a built-in format that would replace a tracked file idhooks
/// did not write, and the reason that it cannot be an output.
///
/// idhooks wrote the file if `.gitattributes` assigns it to the generator: that line is added along
/// with the first output, and is in every clone. If the line is missing, the content decides.
pub(super) fn foreign_output(
    repo: &Repo,
    tree: &Tree,
    build: &Build<'_>,
    changed: &[(RepoPath, BlobId)],
) -> Result<Option<(RepoPath, TaskFailure)>, StateError> {
    // A user's command may write any file: trusting the command covers this.
    if build.generator.built_in.is_none() {
        return Ok(None);
    }
    for (path, blob) in changed {
        let Some(entry) = tree.get(path) else { continue };
        if is_assigned(repo, tree, build, path)? {
            continue;
        }
        // A partial clone may lack the blob, and a file must not be overwritten just because its
        // content is unknown.
        repo.obtain_one(entry.blob);
        if !is_earlier_version(&repo.blob(entry.blob)?, &repo.blob(*blob)?) {
            let reason = format!("git tracks its output '{path}', and idhooks did not write it");
            let name = &build.generator.name;
            let help = format!(
                "name another output in idhooks.toml, or replace the file: idhooks generate --overwrite {name}"
            );
            return Ok(Some((path.clone(), TaskFailure { reason, help })));
        }
    }
    Ok(None)
}

/// Returns whether `.gitattributes` has the line for this output.
fn is_assigned(
    repo: &Repo,
    tree: &Tree,
    build: &Build<'_>,
    path: &RepoPath,
) -> Result<bool, StateError> {
    let entry = tree.get(&RepoPath::attributes()).filter(|entry| entry.mode.is_file());
    let Some(entry) = entry else { return Ok(false) };
    let text = repo.blob(entry.blob)?;
    let output = build.generator.outputs.iter().find(|output| output.matches(path.as_bytes()));
    let line = output.map(|output| output.attributes_line());
    Ok(line.is_some_and(|line| attributes::with_outputs(Some(&text), &[line]).is_none()))
}
