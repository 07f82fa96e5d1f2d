//! Where tracked text files name something.

use crate::registry::RepoPath;

use super::{GitError, Repo};

/// A line of a tracked text file that names one of several words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrepMatch {
    /// The file.
    pub path: RepoPath,
    /// The line's number, from 1.
    pub line: usize,
    /// The line, as far as it is UTF-8.
    pub text: String,
}

impl Repo {
    /// Returns the lines of tracked text files, as the working tree has them, in which one of
    /// `words` stands by itself; in the order of paths and lines. The registry is left out.
    ///
    /// # Errors
    /// Git that cannot search.
    pub fn mentions(&self, words: &[String]) -> Result<Vec<GrepMatch>, GitError> {
        // One word a line is what git reads; none has it look for everything.
        let words: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .filter(|w| !w.is_empty() && !w.contains('\n'))
            .collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let args = [
            "-c",
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
        let git = self.git();
        let output = git.answer(&args, words.join("\n").as_bytes())?;
        match output.status.code() {
            Some(0) => {}
            Some(1) => return Ok(Vec::new()),
            code => {
                let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                let what = "cannot search the tracked files".to_owned();
                return Err(GitError { what, reason, code });
            }
        }
        let mut mentions = Vec::new();
        let mut rest = output.stdout.as_slice();
        while let Some((mention, more)) = next(rest) {
            if words.iter().any(|word| stands_alone(&mention.text, word)) {
                mentions.push(mention);
            }
            rest = more;
        }
        Ok(mentions)
    }
}

/// Reads one line of what git printed.
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

/// Returns whether `word` is somewhere in `text` and no part of a longer name there.
fn stands_alone(text: &str, word: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || c == '-';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_inside_a_longer_one_is_another() {
        for text in ["guide.md", "(docs/guide.md)", "x_guide.md", "my-guide.md, guide.md."] {
            assert!(stands_alone(text, "guide.md"), "{text}");
        }
        for text in ["myguide.md", "my-guide.md", "guide.mdx", "guide,md", ""] {
            assert!(!stands_alone(text, "guide.md"), "{text}");
        }
    }
}
