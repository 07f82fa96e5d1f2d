//! A commit object, and how it is stored again with a different tree.

use std::time::Duration;

use idhooks_core::registry::BlobId;

use super::{CommitId, Git, GitError, Repo, TreeId, command::os_string, object_ids::stored_id};

/// The time limit for signing. A key agent answers immediately, but a passphrase prompt waits for a
/// human.
const SIGNING_LIMIT: Duration = Duration::from_secs(20);

/// Environment variables that keep signing programs from asking for a passphrase.
const UNATTENDED: [(&str, &str); 4] =
    [("SSH_ASKPASS_REQUIRE", "never"), ("GPG_TTY", ""), ("DISPLAY", ""), ("WAYLAND_DISPLAY", "")];

/// A parsed commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The commit's tree.
    pub tree: TreeId,
    /// The commit's parents, in order. They may be missing in a shallow clone.
    pub parents: Vec<CommitId>,
    /// The author time, in seconds since the Unix epoch.
    pub author_time: i64,
    raw: Vec<u8>,
}

impl Commit {
    pub(super) fn parse(raw: Vec<u8>) -> Option<Self> {
        let values = |name: &'static [u8]| lines_of(&raw).filter_map(move |l| l.strip_prefix(name));
        let id = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<BlobId>().ok();
        let tree = TreeId(id(values(b"tree ").last()?)?);
        let parents: Option<_> =
            values(b"parent ").map(|digits| id(digits).map(CommitId)).collect();
        let time = |line: &[u8]| lossy(line).rsplit(' ').nth(1)?.parse().ok();
        let author_time = values(b"author ").find_map(time).unwrap_or(0);
        Some(Commit { tree, parents: parents?, author_time, raw })
    }

    /// Returns whether the commit carries a signature.
    pub fn is_signed(&self) -> bool {
        lines_of(&self.raw).any(|line| line.starts_with(b"gpgsig"))
    }

    /// Stores the same commit (author, dates, message, other headers) with a different tree and
    /// different parents, and returns its ID. If the commit was signed, it is signed again.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written, or if the commit cannot be signed
    /// unattended, within the time limit, and without losing a header.
    pub fn store_again(
        &self,
        git: &Git,
        tree: TreeId,
        parents: &[CommitId],
    ) -> Result<CommitId, GitError> {
        if !self.is_signed() {
            return self.store_unsigned(git, tree, parents);
        }
        self.assert_plain()?;
        let mut git = git.clone();
        // Signing must not wait for a human.
        for (name, value) in UNATTENDED {
            git = git.env(name, value);
        }
        for role in ["author", "committer"] {
            git = with_person(git, &role.to_uppercase(), self.person(role));
        }
        let mut args = Vec::new();
        if let Some(encoding) = self.header("encoding ") {
            args.extend(["-c".to_owned(), format!("i18n.commitEncoding={}", lossy(encoding))]);
        }
        args.extend(["commit-tree".to_owned(), "-S".to_owned()]);
        for parent in parents {
            args.extend(["-p".to_owned(), parent.to_string()]);
        }
        args.extend(["-F".to_owned(), "-".to_owned(), tree.to_string()]);
        // An agent without a terminal may wait forever for a passphrase, and the hook would hang
        // with it.
        let id = git.run_within(&args, self.message(), SIGNING_LIMIT)?;
        stored_id(&id, "a commit").map(CommitId)
    }

    /// Stores the same commit with a different tree and different parents; everything else is kept
    /// byte for byte. Any signature becomes invalid.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written.
    pub fn store_unsigned(
        &self,
        git: &Git,
        tree: TreeId,
        parents: &[CommitId],
    ) -> Result<CommitId, GitError> {
        // The header is copied as bytes, because `git commit-tree` would drop headers it does not
        // know and re-encode the message.
        let mut raw = format!("tree {tree}\n").into_bytes();
        for parent in parents {
            raw.extend_from_slice(format!("parent {parent}\n").as_bytes());
        }
        let mut in_header = true;
        for line in self.raw.split_inclusive(|b| *b == b'\n') {
            in_header &= line != b"\n";
            // A header's continuation lines, such as in a signature or a merged tag, begin with a
            // space and never match.
            let replaced = line.starts_with(b"tree ") || line.starts_with(b"parent ");
            if !(in_header && replaced) {
                raw.extend_from_slice(line);
            }
        }
        store_raw(git, &raw)
    }

    /// Stores a commit with `tree` on top of `parent` (this commit), with this commit's dates, and
    /// with the same person as author and committer. The new commit is not signed.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written.
    pub fn store_child(
        &self,
        git: &Git,
        tree: TreeId,
        parent: CommitId,
        name: &str,
        mail: &str,
        message: &str,
    ) -> Result<CommitId, GitError> {
        let mut raw = format!("tree {tree}\nparent {parent}\n").into_bytes();
        for role in ["author", "committer"] {
            let [_, _, date] = self.person(role);
            raw.extend_from_slice(format!("{role} {name} <{mail}> ").as_bytes());
            raw.extend_from_slice(date.strip_prefix(b"@").unwrap_or(&date));
            raw.push(b'\n');
        }
        raw.extend_from_slice(format!("\n{message}").as_bytes());
        store_raw(git, &raw)
    }

    /// Checks that the header only contains lines that `git commit-tree` writes.
    fn assert_plain(&self) -> Result<(), GitError> {
        let supported: [&[u8]; 7] =
            [b"tree", b"parent", b"author", b"committer", b"encoding", b"gpgsig", b"gpgsig-sha256"];
        let words = lines_of(&self.raw).filter(|line| !line.starts_with(b" "));
        let mut words = words.filter_map(|line| line.split(|b| *b == b' ').next());
        match words.find(|word| !supported.contains(word)) {
            None => Ok(()),
            Some(word) => {
                let reason = format!("its header '{}' would be lost", lossy(word));
                Err(GitError::failed("re-signing the commit", &reason))
            }
        }
    }

    /// Returns the name, email and date of the author or committer.
    fn person(&self, role: &str) -> [Vec<u8>; 3] {
        person(self.header(&format!("{role} ")).unwrap_or_default())
    }

    /// Returns the text after `prefix` on a line in the header.
    fn header(&self, prefix: &str) -> Option<&[u8]> {
        lines_of(&self.raw).find_map(|line| line.strip_prefix(prefix.as_bytes()))
    }

    /// Returns the author's name and email.
    pub fn author(&self) -> [String; 2] {
        let [name, mail, _] = self.person("author");
        [lossy(&name), lossy(&mail)]
    }

    /// Returns the committer time, in seconds since the Unix epoch.
    pub fn committer_time(&self) -> i64 {
        let [_, _, date] = self.person("committer");
        let date = lossy(&date);
        let seconds = date.trim_start_matches('@').split(' ').next();
        seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
    }

    /// Returns the message, without the header.
    pub fn message(&self) -> &[u8] {
        let end = self.raw.windows(2).position(|pair| pair == b"\n\n");
        end.map_or(&[], |at| &self.raw[at + 2..])
    }
}

impl Repo {
    /// Stores a commit with `tree` on top of `parent`, with the configured committer as the author.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written or the committer is unknown.
    pub fn store_follow_up(
        &self,
        parent: CommitId,
        tree: TreeId,
        message: &str,
    ) -> Result<CommitId, GitError> {
        let (parent, tree) = (parent.to_string(), tree.to_string());
        // In a 'git commit' hook, the environment names the author of the commit being made.
        let committer = self.git().run(&["var", "GIT_COMMITTER_IDENT"])?;
        let git = with_person(self.git(), "AUTHOR", person(&committer));
        let id = git.run(&["commit-tree", "-p", &parent, "-m", message, &tree])?;
        stored_id(&id, "a commit").map(CommitId)
    }
}

/// Returns the lines of a commit's header.
fn lines_of(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    // The header ends at the first empty line. The message may also contain lines such as 'tree …'.
    raw.split(|b| *b == b'\n').take_while(|line| !line.is_empty())
}

/// Stores a commit with these bytes.
fn store_raw(git: &Git, raw: &[u8]) -> Result<CommitId, GitError> {
    let id = git.run_with(&["hash-object", "-t", "commit", "-w", "--stdin"], raw)?;
    stored_id(&id, "a commit").map(CommitId)
}

/// Parses the name, email and date from a line printed by git.
fn person(line: &[u8]) -> [Vec<u8>; 3] {
    let (name, rest) = split_at(line, b'<');
    let (mail, date) = split_at(rest, b'>');
    [name.trim_ascii().into(), mail.into(), [b"@", date.trim_ascii()].concat()]
}

/// Sets the author or the committer in git's environment.
fn with_person(git: Git, role: &str, person: [Vec<u8>; 3]) -> Git {
    let parts = ["NAME", "EMAIL", "DATE"].into_iter().zip(person);
    parts.fold(git, |git, (part, value)| git.env(format!("GIT_{role}_{part}"), os_string(&value)))
}

/// Splits a line at the first `mark`.
fn split_at(line: &[u8], mark: u8) -> (&[u8], &[u8]) {
    match line.iter().position(|b| *b == mark) {
        Some(at) => (&line[..at], &line[at + 1..]),
        None => (line, &[]),
    }
}

fn lossy(line: &[u8]) -> String {
    String::from_utf8_lossy(line).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_the_header() {
        let tree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
        let raw = format!(
            "tree {tree}\nparent {tree}\nauthor A U Thor <a@b> 1700000000 +0100\ncommitter C <c@d> 1700000001 +0000\ngpgsig -----BEGIN\n abc\n -----END\n\nparent of all\n\ntext"
        );
        let commit = Commit::parse(raw.into_bytes()).expect("valid");
        assert_eq!(commit.tree.to_string(), tree);
        assert_eq!(commit.parents.len(), 1);
        assert_eq!(commit.author_time, 1_700_000_000);
        assert_eq!(commit.author(), ["A U Thor", "a@b"]);
        assert_eq!(commit.committer_time(), 1_700_000_001);
        assert!(commit.is_signed());
        assert_eq!(commit.message(), b"parent of all\n\ntext");
    }
}
