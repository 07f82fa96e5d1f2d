//! Searches tracked text files for words.

use std::collections::BTreeSet;
use std::ffi::OsString;

use idhooks_core::registry::RepoPath;

use super::{CommitId, GitError, Repo, os_string};

/// The variable by which `git --literal-pathspecs` tells hooks to take ':(top)' for a name.
const LITERAL: &str = "GIT_LITERAL_PATHSPECS";

/// A line in a tracked text file that contains one of the words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrepMatch {
    /// The file.
    pub path: RepoPath,
    /// The line number, from 1.
    pub line: usize,
    /// The line's text, with invalid UTF-8 replaced.
    pub text: String,
}

impl Repo {
    /// Returns the lines of tracked text files in the working tree that contain one of `words` as a
    /// whole word, ordered by path and line. The registry is excluded.
    ///
    /// # Errors
    /// Returns an error if git cannot search the files.
    pub fn grep(&self, words: &[String]) -> Result<Vec<GrepMatch>, GitError> {
        // git expects one word per line, and an empty word would match every line.
        let words = words.iter().map(String::as_str);
        let words: Vec<&str> = words.filter(|w| !w.is_empty() && !w.contains('\n')).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let args = [
            "-c",
            // Files in submodules have no record in this registry, so submodules are not searched.
            "submodule.recurse=false",
            "grep",
            "-z",
            "-n",
            "-I",
            "-F",
            "--full-name",
            "--no-color",
            "--no-column",
            "-f",
            "-",
            "--",
            ":(top)",
            ":(top,exclude).idhooks",
        ];
        let git = self.git().env(LITERAL, "0");
        let output = git.answer(&args, words.join("\n").as_bytes())?;
        match output.status.code() {
            // Like grep, `git grep` exits with 1 if no line matches.
            Some(0) => {}
            Some(1) => return Ok(Vec::new()),
            _ => {
                let what = "cannot search the tracked files".to_owned();
                return Err(GitError { what, ..git.refused(&args, &output) });
            }
        }
        let mut matches = Vec::new();
        let mut rest = output.stdout.as_slice();
        while let Some((found, more)) = next(rest) {
            // git's own `-w` treats a hyphen as the end of a word, as in `0110000001260118-draft`.
            if words.iter().any(|word| contains_word(&found.text, word)) {
                matches.push(found);
            }
            rest = more;
        }
        Ok(matches)
    }
}

/// Where files are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrepSource {
    /// In the index.
    Index,
    /// In a commit.
    Commit(CommitId),
}

/// The files that contain a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrepFiles {
    /// The files.
    pub paths: BTreeSet<RepoPath>,
    /// Whether git could not read some files, which may be missing from this clone.
    pub is_partial: bool,
}

impl Repo {
    /// Returns the regular files in the index or in a commit whose content, as git stores it,
    /// contains one of `texts`: among these files, or among all. Unmerged files are not searched,
    /// and nothing is fetched.
    ///
    /// # Errors
    /// Returns an error if git cannot search the files.
    pub fn files_with(
        &self,
        source: GrepSource,
        texts: &[&str],
        among: Option<&[&RepoPath]>,
    ) -> Result<GrepFiles, GitError> {
        if among.is_some_and(<[_]>::is_empty) {
            return Ok(GrepFiles::default());
        }
        let commit = match source {
            GrepSource::Index => None,
            GrepSource::Commit(commit) => Some(commit.to_string()),
        };
        let mut args: Vec<OsString> = [
            "-c",
            // Files in submodules have no record in this registry, so submodules are not searched.
            "submodule.recurse=false",
            "grep",
            "-z",
            "-l",
            "-F",
            "--full-name",
            "--no-color",
            "-f",
            "-",
        ]
        .map(OsString::from)
        .into();
        args.push(commit.as_deref().unwrap_or("--cached").into());
        args.push("--".into());
        match among {
            Some(paths) => args.extend(
                paths.iter().map(|path| os_string(&[b":(top,literal)", path.as_bytes()].concat())),
            ),
            None => args.push(":(top)".into()),
        }
        let git = self.git().env(LITERAL, "0").env("GIT_NO_LAZY_FETCH", "1");
        let output = git.answer(&args, texts.join("\n").as_bytes())?;
        if !matches!(output.status.code(), Some(0 | 1)) {
            let what = "cannot search the tracked files".to_owned();
            return Err(GitError { what, ..git.refused(&args, &output) });
        }
        // git names the commit before each path.
        let prefix = commit.map(|commit| format!("{commit}:")).unwrap_or_default();
        let names = output.stdout.split(|byte| *byte == 0);
        let paths = names
            .filter_map(|name| RepoPath::new(name.strip_prefix(prefix.as_bytes())?.to_vec()).ok());
        Ok(GrepFiles { paths: paths.collect(), is_partial: !output.stderr.is_empty() })
    }
}

/// Parses one match in git's output.
fn next(text: &[u8]) -> Option<(GrepMatch, &[u8])> {
    let (path, rest) = split(text, 0)?;
    let (line, rest) = split(rest, 0)?;
    let (text, rest) = split(rest, b'\n')?;
    let path = RepoPath::new(path.to_vec()).ok()?;
    let line = std::str::from_utf8(line).ok()?.parse().ok()?;
    Some((GrepMatch { path, line, text: String::from_utf8_lossy(text).into_owned() }, rest))
}

fn split(text: &[u8], end: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(end, text)?;
    Some((&text[..at], &text[at + 1..]))
}

/// Returns whether `text` contains `word` on its own, not just as part of a longer name.
fn contains_word(text: &str, word: &str) -> bool {
    let is_name_char = |c: char| c.is_alphanumeric() || c == '-';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(is_name_char) && !after.is_some_and(is_name_char)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_inside_a_longer_one_does_not_match() {
        for text in ["guide.md", "(docs/guide.md)", "x_guide.md", "my-guide.md, guide.md."] {
            assert!(contains_word(text, "guide.md"), "{text}");
        }
        for text in ["myguide.md", "my-guide.md", "guide.mdx", "guide,md", ""] {
            assert!(!contains_word(text, "guide.md"), "{text}");
        }
    }
}
