//! Descriptors whose files are gone.

use std::path::PathBuf;
use std::{fs, io};

use idhooks_core::registry::{Id, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::store::StoreError;
use serde_json::Value;

use crate::OpsError;

/// The suffix that follows the identity in a descriptor's name.
const END: &str = ".v1.json";

/// Returns the descriptors in the working tree's directory `output` whose identities no longer have
/// a file. A file counts as a descriptor only if its content is a descriptor too.
///
/// # Errors
/// Returns an error if the directory cannot be read.
pub(super) fn leftovers(
    repo: &Repo,
    output: &RepoPath,
    has_file: impl Fn(Id) -> bool,
) -> Result<Vec<(RepoPath, PathBuf)>, OpsError> {
    let dir = repo.top().join(output.to_os_path());
    // A symlink in the repository could make the command delete files elsewhere.
    repo.link_guard().check(&dir)?;
    let failed = |cause| StoreError::new("read", &dir, cause);
    let entries = match fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error).into()),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_suffix(END)?.parse::<Id>().ok());
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let Some(id) = id.filter(|id| is_file && !has_file(*id)) else { continue };
        let place = entry.path();
        let bytes = fs::read(&place).map_err(|cause| StoreError::new("read", &place, cause))?;
        // The caller deletes these files, and one of the user's own files may have a similar name.
        if !is_descriptor(&bytes, id) {
            continue;
        }
        let path = [output.as_bytes(), b"/", name.as_encoded_bytes()].concat();
        found.extend(RepoPath::new(path).ok().map(|path| (path, place)));
    }
    found.sort();
    Ok(found)
}

/// Returns whether a file is the descriptor for an identity.
fn is_descriptor(bytes: &[u8], id: Id) -> bool {
    let value: Result<Value, _> = serde_json::from_slice(bytes);
    value.is_ok_and(|value| value["id"] == id.to_string() && value["python"].is_object())
}
