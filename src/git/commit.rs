//! A commit as git stores it, and how one is made again with another tree.

use crate::registry::BlobId;

use super::{CommitId, Git, GitError, TreeId};

/// What a commit says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its tree.
    pub tree: TreeId,
    /// Its parents in order; in a shallow clone they need not be there.
    pub parents: Vec<CommitId>,
    /// When its author made it, in seconds since 1970.
    pub author_time: i64,
    raw: Vec<u8>,
}

impl Commit {
    pub(super) fn parse(raw: Vec<u8>) -> Option<Self> {
        let mut tree = None;
        let mut parents = Vec::new();
        let mut author_time = None;
        for line in raw.split(|b| *b == b'\n').take_while(|line| !line.is_empty()) {
            let line = std::str::from_utf8(line).map_or_else(|_| lossy(line), str::to_owned);
            let Some((name, rest)) = line.split_once(' ') else { continue };
            match name {
                "tree" => tree = rest.parse::<BlobId>().ok().map(TreeId),
                "parent" => parents.push(CommitId(rest.parse().ok()?)),
                "author" if author_time.is_none() => {
                    author_time = rest.rsplit(' ').nth(1).and_then(|time| time.parse().ok());
                }
                _ => {}
            }
        }
        Some(Commit { tree: tree?, parents, author_time: author_time.unwrap_or(0), raw })
    }

    /// Returns whether the commit carries a signature.
    pub fn is_signed(&self) -> bool {
        let header = self.raw.split(|b| *b == b'\n').take_while(|line| !line.is_empty());
        header.into_iter().any(|line| line.starts_with(b"gpgsig"))
    }

    /// Stores the same commit (author, dates, message, other headers) with another tree and
    /// without a signature, and returns its id.
    ///
    /// # Errors
    /// An object database that cannot be written.
    pub fn store_with_tree(&self, git: &Git, tree: TreeId) -> Result<CommitId, GitError> {
        let mut raw = format!("tree {tree}\n").into_bytes();
        let mut in_header = true;
        let mut in_signature = false;
        for (n, line) in self.raw.split_inclusive(|b| *b == b'\n').enumerate() {
            in_header &= line != b"\n";
            // A header goes on in the lines that begin with a space.
            in_signature = in_header
                && (line.starts_with(b"gpgsig") || (in_signature && line.starts_with(b" ")));
            if n > 0 && !in_signature {
                raw.extend_from_slice(line);
            }
        }
        let id = git.run_with(&["hash-object", "-t", "commit", "-w", "--stdin"], &raw)?;
        let id = String::from_utf8_lossy(&id).trim().parse::<BlobId>();
        id.map(CommitId).map_err(|e| GitError::failed("storing a commit", &e))
    }

    /// Returns the message, without header.
    pub fn message(&self) -> &[u8] {
        let end = self.raw.windows(2).position(|pair| pair == b"\n\n");
        end.map_or(&[], |at| &self.raw[at + 2..])
    }
}

fn lossy(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_header_only() {
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let raw = format!(
            "tree {tree}\nparent {tree}\nauthor A U Thor <a@b> 1700000000 +0100\ncommitter C <c@d> 1700000001 +0000\ngpgsig -----BEGIN\n abc\n -----END\n\nparent of all\n\ntext"
        );
        let commit = Commit::parse(raw.into_bytes()).expect("valid");
        assert_eq!(commit.tree.to_string(), tree);
        assert_eq!(commit.parents.len(), 1);
        assert_eq!(commit.author_time, 1_700_000_000);
        assert!(commit.is_signed());
        assert_eq!(commit.message(), b"parent of all\n\ntext");
    }
}
