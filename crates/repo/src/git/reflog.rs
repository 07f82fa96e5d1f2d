//! Reads git's log of HEAD movements in a working tree, which shows the commits made there.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use idhooks_core::registry::BlobId;

use super::{CommitId, GitError, Repo};

/// The rebase steps that move HEAD without making a commit.
const NO_PICKS: [&str; 4] = ["(start)", "(finish)", "(abort)", "(reset)"];

/// One movement of HEAD.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadMove {
    /// The commit that HEAD moved to.
    pub new: CommitId,
    /// When HEAD moved, in seconds since the Unix epoch.
    pub at: i64,
    /// The action that moved HEAD, in git's words: `commit`, `commit (amend)`, `rebase (pick)`.
    pub action: String,
    /// Whether git made a commit, rather than just moving HEAD to an existing one.
    pub is_commit: bool,
    /// Whether idhooks moved HEAD.
    pub is_own: bool,
}

/// Marks how far the log has been read. A mark stays valid even if git removes old lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeadLogMark {
    offset: u64,
    last: Vec<u8>,
}

impl HeadLogMark {
    /// Encodes the mark as two lines: the offset and the last line read, which is empty if there
    /// was none.
    pub fn encode(&self) -> Vec<u8> {
        let last = if self.last.is_empty() { b"\n" } else { &*self.last };
        [self.offset.to_string().as_bytes(), b"\n", last].concat()
    }

    /// Parses the last complete one of several encoded marks. A killed process or a power failure
    /// may have left something else at the end.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        let mut lines = lines.filter(|line| line.ends_with(b"\n"));
        let mut mark = None;
        while let Some(offset) = lines.next() {
            let offset = std::str::from_utf8(offset).ok();
            let Some(offset) = offset.and_then(|text| text.trim_end().parse().ok()) else { break };
            let last = match lines.next() {
                Some(b"\n") => Vec::new(),
                Some(last) => last.to_vec(),
                // Earlier programs left out the empty line.
                None if offset == 0 => Vec::new(),
                None => break,
            };
            mark = Some(HeadLogMark { offset, last });
        }
        mark
    }
}

impl HeadMove {
    fn parse(line: &[u8]) -> Option<Self> {
        let line = String::from_utf8_lossy(line);
        // The committer's name may contain anything but a tab and '<', so the fields are counted
        // from both ends.
        let (head, message) = line.split_once('\t').unwrap_or((&line, ""));
        let new = head.split(' ').nth(1)?.parse::<BlobId>().ok()?;
        let at = head.rsplit(' ').nth(1)?.parse().ok()?;
        let (action, detail) = message.split_once(": ").unwrap_or((message, ""));
        let is_own = action == "idhooks";
        let is_commit = makes_commit(action, detail);
        Some(HeadMove { new: CommitId(new), at, action: action.to_owned(), is_commit, is_own })
    }
}

/// Returns whether a movement of HEAD with this message created a commit.
fn makes_commit(action: &str, detail: &str) -> bool {
    let mut words = action.split(' ');
    let command = words.next().unwrap_or_default();
    // git writes 'Fast-forward' for a merge, and 'fast-forward' for a step in a sequence of picks.
    if detail.to_ascii_lowercase().starts_with("fast-forward") {
        return false;
    }
    match command {
        "commit" | "cherry-pick" | "revert" | "am" | "idhooks" => true,
        "rebase" => !NO_PICKS.iter().any(|step| action.ends_with(step)),
        // A pull either makes a merge commit or rebases commits one by one.
        "merge" | "pull" => {
            // The steps of `git pull --rebase` are logged under that command's name, as in 'pull
            // --rebase (pick)'.
            let is_step = action.ends_with(')') && !NO_PICKS.iter().any(|s| action.ends_with(s));
            detail.starts_with("Merge made") || is_step
        }
        _ => false,
    }
}

impl Repo {
    /// Returns the movements of HEAD in this working tree since `mark`, oldest first, and a mark
    /// for the end of the log, or `None` if there is nothing new. Without a mark, all existing
    /// lines count as read. If git keeps no log, there are no movements.
    ///
    /// # Errors
    /// Returns an error if the log cannot be read.
    pub fn head_moves_since(
        &self,
        mark: Option<&HeadLogMark>,
    ) -> Result<Option<(Vec<HeadMove>, HeadLogMark)>, GitError> {
        let path = self.git_dir().join("logs/HEAD");
        let failed = |error: io::Error| GitError::failed("reading the log of HEAD", &error);
        let mut file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                // If the log appears later, it is read from its first line.
                let start = HeadLogMark { offset: 0, last: Vec::new() };
                return Ok((mark != Some(&start)).then_some((Vec::new(), start)));
            }
            file => file.map_err(failed)?,
        };
        // A hook calls this on every commit, so the common case costs only one `stat`.
        if mark.is_some_and(|mark| file.metadata().is_ok_and(|meta| meta.len() == mark.offset)) {
            return Ok(None);
        }
        let mut begin = mark.map_or(0, |mark| mark.offset.saturating_sub(mark.last.len() as u64));
        let mut text = read_from(&mut file, begin).map_err(failed)?;
        // `git gc` may have pruned the log in the meantime, so search for the last line that was
        // read.
        let unread = match mark {
            None => text.len(),
            Some(mark) if text.starts_with(&mark.last) => mark.last.len(),
            Some(mark) => {
                (begin, text) = (0, read_from(&mut file, 0).map_err(failed)?);
                let mut parts = text.windows(mark.last.len().max(1));
                let found = parts.rposition(|part| part == mark.last);
                found.map_or(text.len(), |at| at + mark.last.len())
            }
        };
        // A line without a line ending is still being written.
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let moves = text.get(unread..whole).unwrap_or_default();
        let moves = moves.split(|byte| *byte == b'\n').filter_map(HeadMove::parse).collect();
        let last = text[..whole].split_inclusive(|byte| *byte == b'\n').next_back();
        let last = last.map(<[u8]>::to_vec).unwrap_or_default();
        Ok(Some((moves, HeadLogMark { offset: begin + whole as u64, last })))
    }
}

fn read_from(file: &mut File, offset: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(offset))?;
    file.read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{HeadLogMark, makes_commit};

    #[test]
    fn the_last_mark_counts() {
        let mark = |offset, last: &[u8]| HeadLogMark { offset, last: last.to_vec() };
        let marks = [mark(0, b""), mark(6, b"a b\tc\n"), mark(13, b"12\n")];
        let all = marks.each_ref().map(HeadLogMark::encode).concat();
        let known = |length: usize| HeadLogMark::decode(&all[..length]);
        let ends_with_mark = |bytes: &[u8]| {
            HeadLogMark::decode(bytes).is_some_and(|mark| bytes.ends_with(&mark.encode()))
        };
        for (length, expected) in [
            (0, None),
            (1, None),
            (2, Some(&marks[0])),
            (3, Some(&marks[0])),
            (5, Some(&marks[0])),
            (10, Some(&marks[0])),
            (11, Some(&marks[1])),
            (all.len() - 1, Some(&marks[1])),
            (all.len(), Some(&marks[2])),
        ] {
            assert_eq!(known(length).as_ref(), expected, "{length}");
            let is_complete = [3, 11, all.len()].contains(&length);
            assert_eq!(ends_with_mark(&all[..length]), is_complete, "{length}");
        }
        assert_eq!(HeadLogMark::decode(b"x\ny\n"), None);
        let damaged = [&*all, b"\0\0\n"].concat();
        assert_eq!(HeadLogMark::decode(&damaged).as_ref(), Some(&marks[2]));
        assert!(!ends_with_mark(&damaged));
    }

    #[test]
    fn movements_that_make_a_commit_are_known_by_their_message() {
        for (message, expected) in [
            ("commit: a", true),
            ("commit (initial): a", true),
            ("commit (amend): a", true),
            ("commit (merge): a", true),
            ("merge side: Merge made by the 'ort' strategy.", true),
            ("merge side: Fast-forward", false),
            ("pull: Fast-forward", false),
            ("pull origin main: Merge made by the 'ort' strategy.", true),
            ("pull --rebase (start): checkout 123", false),
            ("pull --rebase (pick): a", true),
            ("pull --rebase (finish): returning to refs/heads/main", false),
            ("rebase (start): checkout main", false),
            ("rebase (pick): a", true),
            ("rebase (squash): a", true),
            ("rebase: fast-forward", false),
            ("rebase (finish): returning to refs/heads/side", false),
            ("rebase (abort): returning to refs/heads/side", false),
            ("cherry-pick: a", true),
            ("cherry-pick: fast-forward", false),
            ("revert: Revert \"a\"", true),
            ("am: a", true),
            ("idhooks: registry of the merge", true),
            ("checkout: moving from main to side", false),
            ("reset: moving to HEAD~1", false),
            ("clone: from ../origin", false),
            ("", false),
        ] {
            let (action, detail) = message.split_once(": ").unwrap_or((message, ""));
            assert_eq!(makes_commit(action, detail), expected, "{message}");
        }
    }
}
