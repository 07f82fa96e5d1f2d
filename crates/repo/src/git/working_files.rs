//! The blobs of files in the working tree.

use idhooks_core::registry::{BlobId, RepoPath};

use super::{GitError, Repo};

impl Repo {
    /// Returns the ids of the blobs that `git add` would store for regular files, in order. Filters
    /// and line endings follow the attributes; nothing is stored.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or a filter fails.
    pub fn blobs_of_files(&self, paths: &[RepoPath]) -> Result<Vec<BlobId>, GitError> {
        if paths.is_empty() {
            return Ok(Vec::new());
        }
        let names: Vec<u8> = paths.iter().flat_map(|path| quoted(path).into_bytes()).collect();
        let answer = self.git().run_with(&["hash-object", "--stdin-paths"], &names)?;
        let text = String::from_utf8_lossy(&answer);
        let blobs: Vec<BlobId> = text.lines().filter_map(|line| line.parse().ok()).collect();
        match blobs.len() == paths.len() {
            true => Ok(blobs),
            false => Err(GitError::reading("the working tree", &"git skipped a file")),
        }
    }
}

/// Returns a path as an input line for git, in quotes, since it may contain a newline.
fn quoted(path: &RepoPath) -> String {
    let escaped = |byte: &u8| match byte {
        b'"' | b'\\' => format!("\\{}", char::from(*byte)),
        b' '..=b'~' => char::from(*byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    format!("\"{}\"\n", path.as_bytes().iter().map(escaped).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_line() {
        let path = RepoPath::new(*b"a\n\"b\\\xff c").expect("valid");
        assert_eq!(quoted(&path), "\"a\\012\\\"b\\\\\\377 c\"\n");
    }
}
